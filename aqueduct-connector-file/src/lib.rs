//! FileStreamSource and FileStreamSink
