//! Whole-worker stories on real brokers
