//! The sink: the values of a topic as the lines of a file, or on standard output.
//!
//! A value is written as Java's `toString` gives it. All tasks of a connector append to one file; a batch is one write, so
//! that their lines do not mix.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};

use aqueduct_api::{
    BoxFuture, ConfigMap, ConnectError, Connector, ConnectorContext, SinkBatch, SinkConnector, SinkOffsets, SinkTask,
    SinkTaskContext, TopicPartition, ready,
};
use aqueduct_config::ConfigDef;

use crate::config::{file, sink_def};

/// The connector: as many tasks as `tasks.max` says.
#[derive(Debug, Default)]
pub struct FileStreamSinkConnector {
    props: ConfigMap,
}

impl Connector for FileStreamSinkConnector {
    fn config_def(&self) -> ConfigDef {
        sink_def()
    }

    fn start(&mut self, _context: ConnectorContext, props: ConfigMap) -> BoxFuture<'_, Result<(), ConnectError>> {
        let checked = sink_def().parse(&props);
        self.props = props;
        ready(checked.map(|_| ()).map_err(ConnectError::from))
    }

    fn task_configs(&mut self, max_tasks: usize) -> BoxFuture<'_, Result<Vec<ConfigMap>, ConnectError>> {
        ready(Ok(vec![self.props.clone(); max_tasks]))
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>> {
        ready(Ok(()))
    }
}

impl SinkConnector for FileStreamSinkConnector {
    fn alter_offsets(
        &mut self,
        _props: ConfigMap,
        _offsets: Vec<(TopicPartition, Option<i64>)>,
    ) -> BoxFuture<'_, Result<bool, ConnectError>> {
        ready(Ok(true))
    }
}

/// The task that writes.
#[derive(Debug, Default)]
pub struct FileStreamSinkTask {
    output: Output,
    /// The text of a batch; kept for its memory.
    text: Vec<u8>,
}

#[derive(Debug, Default)]
enum Output {
    #[default]
    Closed,
    File(String, File),
    Standard,
}

impl SinkTask for FileStreamSinkTask {
    fn start(&mut self, _context: SinkTaskContext, config: ConfigMap) -> BoxFuture<'_, Result<(), ConnectError>> {
        ready(self.open_output(&config))
    }

    fn put(&mut self, records: SinkBatch) -> BoxFuture<'_, Result<(), ConnectError>> {
        self.text.clear();
        for record in records.iter() {
            record.record.value.value.write_java_text(&mut self.text);
            self.text.push(b'\n');
        }
        ready(self.write())
    }

    fn flush(&mut self, _offsets: SinkOffsets) -> BoxFuture<'_, Result<(), ConnectError>> {
        // Every put has written through already.
        ready(Ok(()))
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>> {
        self.output = Output::Closed;
        ready(Ok(()))
    }
}

impl FileStreamSinkTask {
    fn open_output(&mut self, config: &ConfigMap) -> Result<(), ConnectError> {
        self.output = match file(config) {
            None => Output::Standard,
            Some(name) => {
                let opened = OpenOptions::new().create(true).append(true).open(&name);
                let opened = opened.map_err(|error| {
                    ConnectError::connect(format!("Couldn't find or create file '{name}' for FileStreamSinkTask"))
                        .caused_by(error)
                })?;
                Output::File(name, opened)
            }
        };
        Ok(())
    }

    fn write(&mut self) -> Result<(), ConnectError> {
        if self.text.is_empty() {
            return Ok(());
        }
        match &mut self.output {
            Output::Closed => Err(ConnectError::connect("the task is not started")),
            Output::Standard => {
                let mut out = io::stdout().lock();
                out.write_all(&self.text).and_then(|()| out.flush()).map_err(ConnectError::from)
            }
            Output::File(name, file) => file.write_all(&self.text).map_err(|error| {
                // What was written of the batch comes again after a restart: at least once.
                ConnectError::connect(format!("Cannot write to file '{name}'; free space or mend it, then restart the task"))
                    .caused_by(error)
            }),
        }
    }
}
