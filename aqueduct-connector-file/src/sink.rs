//! The sink connector and its task: the values of records, one to a line, are appended to a file.
//!
//! Values enter in batches and leave as Java's text of them, in one write for each batch. Nothing is kept between
//! batches, so whatever was put is with the operating system when offsets are committed. (Neither Java's task nor this
//! one asks for it to be on the disk.)

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Seek, Write};
use std::path::Path;

use aqueduct_api::{
    BoxFuture, ConfigMap, ConnectError, Connector, ConnectorContext, SinkBatch, SinkConnector, SinkOffsets, SinkTask,
    SinkTaskContext, TopicPartition, ready,
};
use aqueduct_config::ConfigDef;

use crate::settings::{SINK, sink_file};

/// A buffer that grew beyond this for one batch is given back.
const KEPT_BUFFER: usize = 1024 * 1024;

/// Appends the values of records to a file (`FileStreamSinkConnector`).
#[derive(Debug, Default)]
pub struct FileStreamSinkConnector {
    props: ConfigMap,
}

impl Connector for FileStreamSinkConnector {
    fn config_def(&self) -> ConfigDef {
        SINK.clone()
    }

    fn start(&mut self, _context: ConnectorContext, props: ConfigMap) -> BoxFuture<'_, Result<(), ConnectError>> {
        let parsed = sink_file(&props).map(|file| {
            tracing::info!("Writing to {}", file.as_deref().unwrap_or("standard output"));
            self.props = props;
        });
        ready(parsed)
    }

    /// As many tasks as allowed; all append to the one file.
    fn task_configs(&mut self, max_tasks: usize) -> BoxFuture<'_, Result<Vec<ConfigMap>, ConnectError>> {
        ready(Ok(vec![self.props.clone(); max_tasks]))
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>> {
        ready(Ok(()))
    }
}

impl SinkConnector for FileStreamSinkConnector {
    /// Any offset will do: nothing about offsets is kept in the file.
    fn alter_offsets(
        &mut self,
        _props: ConfigMap,
        _offsets: Vec<(TopicPartition, Option<i64>)>,
    ) -> BoxFuture<'_, Result<bool, ConnectError>> {
        ready(Ok(true))
    }
}

#[derive(Debug, Default)]
enum Output {
    #[default]
    Closed,
    Standard,
    File(File),
}

/// Appends the values of records to a file (`FileStreamSinkTask`).
#[derive(Debug, Default)]
pub struct FileStreamSinkTask {
    output: Output,
    name: String,
    text: Vec<u8>,
    /// A write failed. The records of that batch may not be in the file, so nothing may be committed any more.
    failed: Option<ConnectError>,
}

impl SinkTask for FileStreamSinkTask {
    fn start(&mut self, _context: SinkTaskContext, config: ConfigMap) -> BoxFuture<'_, Result<(), ConnectError>> {
        ready(self.open_file(&config))
    }

    fn put(&mut self, records: SinkBatch) -> BoxFuture<'_, Result<(), ConnectError>> {
        ready(self.append(&records))
    }

    fn flush(&mut self, _offsets: SinkOffsets) -> BoxFuture<'_, Result<(), ConnectError>> {
        ready(self.flush_output())
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>> {
        self.output = Output::Closed;
        ready(Ok(()))
    }
}

impl FileStreamSinkTask {
    fn open_file(&mut self, config: &ConfigMap) -> Result<(), ConnectError> {
        let Some(path) = sink_file(config)? else {
            self.name = "standard output".to_owned();
            self.output = Output::Standard;
            return Ok(());
        };
        let opened = OpenOptions::new().create(true).append(true).open(&path);
        self.output = Output::File(opened.map_err(|error| cannot_open(&path, &error))?);
        self.name = path;
        Ok(())
    }

    fn append(&mut self, records: &SinkBatch) -> Result<(), ConnectError> {
        self.check()?;
        self.text.clear();
        for record in records.iter() {
            record.record.value.value.write_java_text(&mut self.text);
            self.text.push(b'\n');
        }
        let written = match &mut self.output {
            _ if self.text.is_empty() => Ok(()),
            Output::Standard => io::stdout().lock().write_all(&self.text),
            Output::File(file) => write_whole(file, &self.text),
            Output::Closed => Err(ErrorKind::NotConnected.into()),
        };
        if self.text.capacity() > KEPT_BUFFER {
            self.text = Vec::new();
        }
        written.map_err(|error| self.fail("write to", error))
    }

    fn flush_output(&mut self) -> Result<(), ConnectError> {
        self.check()?;
        let flushed = match &mut self.output {
            Output::Standard => io::stdout().lock().flush(),
            Output::File(file) => file.flush(),
            Output::Closed => Ok(()),
        };
        flushed.map_err(|error| self.fail("flush", error))
    }

    fn check(&self) -> Result<(), ConnectError> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    fn fail(&mut self, what: &str, error: io::Error) -> ConnectError {
        let message = format!(
            "Couldn't {what} '{}' for FileStreamSinkTask; no offsets are committed for this batch. Restart the task when \
             the cause is gone",
            self.name
        );
        let error = ConnectError::connect(message).caused_by(error);
        self.failed = Some(error.clone());
        error
    }
}

/// Writes everything, usually in one call, or takes back the part of it that was written, so that trying the batch
/// again repeats nothing and no line is left half.
///
/// Taking back is not possible when another task appended to the same file in the meantime, nor in a pipe; then the
/// part stays, and its last line may be incomplete.
fn write_whole(file: &mut File, text: &[u8]) -> io::Result<()> {
    let mut written = 0;
    while written < text.len() {
        match file.write(&text[written..]) {
            Ok(count) if count > 0 => written += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            outcome => {
                if written > 0 {
                    take_back(file, text, written);
                }
                return Err(outcome.err().unwrap_or_else(|| ErrorKind::WriteZero.into()));
            }
        }
    }
    Ok(())
}

/// Removes what the file ends with, when that is what this task wrote. Failing to is no second error.
fn take_back(file: &mut File, text: &[u8], written: usize) {
    // After appending, the position is the end of what this handle wrote.
    let (Ok(metadata), Ok(end)) = (file.metadata(), file.stream_position()) else { return };
    let begin = end.checked_sub(written as u64);
    if let Some(begin) = begin.filter(|_| metadata.is_file() && metadata.len() == end)
        && let Err(error) = file.set_len(begin)
    {
        let lines = memchr::memchr_iter(b'\n', &text[..written]).count();
        tracing::warn!("{lines} whole lines and a part of one were written and could not be taken back: {error}");
    }
}

fn cannot_open(path: &str, error: &io::Error) -> ConnectError {
    let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty());
    let (class, cause) = match (error.kind(), folder) {
        (ErrorKind::NotFound, Some(folder)) if !folder.exists() => (
            "java.nio.file.NoSuchFileException",
            format!("{path}: there is no folder '{}'; create it, or name another file in 'file'", folder.display()),
        ),
        (ErrorKind::NotFound, _) => ("java.nio.file.NoSuchFileException", format!("{path}: {error}")),
        (ErrorKind::PermissionDenied, _) => (
            "java.nio.file.AccessDeniedException",
            format!("{path}: {error}; allow the worker's user to write there, or name another file in 'file'"),
        ),
        _ => ("java.nio.file.FileSystemException", format!("{path}: {error}")),
    };
    ConnectError::connect(format!("Couldn't find or create file '{path}' for FileStreamSinkTask"))
        .caused_by(ConnectError::from(io::Error::new(error.kind(), cause)).with_class(class))
}
