//! JsonConverter, and the JSON form of offsets
