//! Micro benchmarks
