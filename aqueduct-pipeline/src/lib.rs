//! The record path: transform chain, converters, error policy; synchronous, without I/O
