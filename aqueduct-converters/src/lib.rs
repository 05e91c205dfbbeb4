//! String, byte array, number and boolean converters, and SimpleHeaderConverter
