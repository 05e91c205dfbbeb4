//! The file connectors: `FileStreamSource` reads a file line by line into a topic, `FileStreamSink` appends the values
//! of topics to a file.
//!
//! They stand for Kafka's own connectors of these names: keys, defaults, offsets and texts are theirs. A source's data
//! enters through [`std::fs`] (or a thread of its own, for standard input and pipes) and leaves as records whose values
//! are slices of the blocks that were read; a sink's data enters as records and leaves in one write for each batch.

mod feed;
mod lines;
mod settings;
mod sink;
mod source;
mod source_task;

use aqueduct_api::Plugin;

pub use sink::{FileStreamSinkConnector, FileStreamSinkTask};
pub use source::FileStreamSourceConnector;
pub use source_task::FileStreamSourceTask;

/// The version that both answer: that of the Kafka release whose connectors they stand for.
pub const VERSION: &str = "4.3.1";

/// What this crate provides.
pub fn plugins() -> Vec<Plugin> {
    vec![
        Plugin::source(
            "org.apache.kafka.connect.file.FileStreamSourceConnector",
            "org.apache.kafka.connect.file.FileStreamSourceTask",
            VERSION,
            FileStreamSourceConnector::default,
            FileStreamSourceTask::default,
        ),
        Plugin::sink(
            "org.apache.kafka.connect.file.FileStreamSinkConnector",
            "org.apache.kafka.connect.file.FileStreamSinkTask",
            VERSION,
            FileStreamSinkConnector::default,
            FileStreamSinkTask::default,
        ),
    ]
}
