//! The source task: opens the file at the stored position and turns its lines into records.
//!
//! Regular files are read on the runtime's own thread: their data comes from the page cache. Pipes and devices block,
//! so they are read by a [`Feed`]. Positions count bytes. The position after a line is stored with the line's record, so
//! a restart goes on with exactly the lines that were not stored. (Java counts UTF-16 units and skips bytes; both agree
//! on ASCII, and Java skips exactly to a position of ours.)

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use aqueduct_api::source::NoControl;
use aqueduct_api::{
    BoxFuture, ConfigMap, ConnectError, Origin, Record, SourcePoller, SourceRecord, SourceTask, SourceTaskContext,
    StartedSource,
};
use aqueduct_data::{ByteString, Headers, Schema, SchemaAndValue, SchemaRef, Value, ValueMap};

use crate::feed::Feed;
use crate::lines::Lines;
use crate::settings::{FILENAME_FIELD, POSITION_FIELD, SourceSettings};

/// How long a poll waits when there is nothing to read.
const IDLE: Duration = Duration::from_secs(1);

/// A batch ends when it holds so many bytes, whatever `batch.size` allows: long lines would fill the memory.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

static POSITION: LazyLock<Value> = LazyLock::new(|| Value::String(ByteString::from_static(POSITION_FIELD)));

/// Reads the lines of one file (`FileStreamSourceTask`).
#[derive(Debug, Default)]
pub struct FileStreamSourceTask;

impl SourceTask for FileStreamSourceTask {
    fn start(
        self: Box<Self>,
        context: SourceTaskContext,
        config: ConfigMap,
    ) -> BoxFuture<'static, Result<StartedSource, ConnectError>> {
        Box::pin(async move {
            let settings = SourceSettings::parse(&config)?;
            let filename = settings.file.as_deref().map_or(Value::Null, Value::string);
            let partition = ValueMap::from_iter([(FILENAME_FIELD, filename)]);
            let position = match &settings.file {
                Some(_) => Some(stored_position(context.offset(partition.clone()).await?.as_ref())?),
                // Nothing can be skipped there: what comes after the next start is other data.
                None => None,
            };
            let mut poller = FilePoller {
                context,
                batch_size: settings.batch_size,
                last_batch: 0,
                input: Input::Absent,
                file: settings.file,
                connector: config.get("name").cloned().unwrap_or_else(|| "NAME".to_owned()),
                lines: Lines::new(),
                maker: RecordMaker {
                    partition: Arc::new(partition),
                    topic: settings.topic.into(),
                    schema: Schema::string(),
                    position,
                    timestamp: 0,
                },
                warned: false,
            };
            poller.open()?;
            Ok(StartedSource { poller: Box::new(poller), control: Arc::new(NoControl) })
        })
    }
}

fn stored_position(offset: Option<&ValueMap>) -> Result<u64, ConnectError> {
    match offset.and_then(|offset| offset.get_str(POSITION_FIELD)) {
        None | Some(Value::Null) => Ok(0),
        Some(Value::Int64(position)) => Ok(u64::try_from(*position).unwrap_or(0)),
        Some(_) => Err(ConnectError::connect("Offset position is the incorrect type")),
    }
}

/// Where the bytes come from.
enum Input {
    /// Nowhere yet: there is no such file.
    Absent,
    File(File),
    Feed(Arc<Feed>),
}

struct FilePoller {
    context: SourceTaskContext,
    batch_size: usize,
    /// How many lines the last batch had: the next one likely has as many.
    last_batch: usize,
    input: Input,
    /// The setting; none is standard input.
    file: Option<String>,
    /// The connector's name, for messages.
    connector: String,
    lines: Lines,
    maker: RecordMaker,
    /// The present trouble (no such file, a failing read) was reported; it is not reported every second.
    warned: bool,
}

impl SourcePoller for FilePoller {
    fn poll(&mut self) -> BoxFuture<'_, Result<Option<Vec<SourceRecord>>, ConnectError>> {
        Box::pin(async move {
            let batch = self.read_batch()?;
            if !batch.is_empty() {
                return Ok(Some(batch));
            }
            self.lines.relax();
            if let Input::Feed(feed) = &self.input {
                if let Some(piece) = feed.piece().await {
                    // Nothing is awaited between the two, so no byte is lost when this poll is dropped.
                    feed.put_back(piece);
                    let batch = self.read_batch()?;
                    return Ok((!batch.is_empty()).then_some(batch));
                }
                self.context.sleep(IDLE).await;
                feed.try_again();
            } else {
                self.context.sleep(IDLE).await;
            }
            Ok(None)
        })
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>> {
        if let Input::Feed(feed) = std::mem::replace(&mut self.input, Input::Absent) {
            match self.file {
                Some(_) => feed.close(),
                None => feed.put_back(self.lines.drain()),
            }
        }
        aqueduct_api::ready(Ok(()))
    }
}

impl FilePoller {
    /// The name of what is read, for messages.
    fn name(&self) -> &str {
        self.file.as_deref().unwrap_or("standard input")
    }

    /// Opens the file when it is there.
    fn open(&mut self) -> Result<(), ConnectError> {
        let Some(path) = self.file.as_deref() else {
            self.input = Input::Feed(Feed::standard_input()?);
            return Ok(());
        };
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if !self.warned {
                    tracing::warn!("There is no file '{path}' yet, waiting for it to be created");
                    self.warned = true;
                }
                return Ok(());
            }
            Err(error) => return Err(cannot_open(path, &error)),
        };
        self.input = if metadata.is_file() {
            let position = self.maker.position.unwrap_or(0);
            if metadata.len() < position {
                return Err(self.too_short(position, metadata.len()));
            }
            let mut file = File::open(path).map_err(|error| cannot_open(path, &error))?;
            file.seek(SeekFrom::Start(position)).map_err(|error| cannot_open(path, &error))?;
            Input::File(file)
        } else if metadata.is_dir() {
            return Err(cannot_open(path, &ErrorKind::IsADirectory.into()));
        } else {
            // A pipe has no positions: what comes now was never seen before.
            let opened = path.to_owned();
            Input::Feed(Feed::start(path, move || File::open(opened))?)
        };
        if self.warned {
            tracing::info!("Reading from '{path}', which is there now");
            self.warned = false;
        }
        Ok(())
    }

    /// Reads lines until the batch is full or there is no more to read.
    fn read_batch(&mut self) -> Result<Vec<SourceRecord>, ConnectError> {
        if matches!(self.input, Input::Absent) {
            self.open()?;
        }
        let mut batch = Vec::with_capacity(self.last_batch);
        let mut bytes = 0;
        self.maker.timestamp = now();
        while batch.len() < self.batch_size && bytes < BATCH_BYTES {
            let maker = &mut self.maker;
            let taken = self.lines.take(self.batch_size - batch.len(), |line, length| {
                bytes += length;
                batch.push(maker.record(line, length));
            });
            if taken == 0 && !self.read()? {
                break;
            }
        }
        self.last_batch = batch.len();
        Ok(batch)
    }

    /// Reads one block; answers whether there was any.
    fn read(&mut self) -> Result<bool, ConnectError> {
        match &mut self.input {
            Input::Absent => Ok(false),
            Input::File(file) => match file.read(self.lines.space()) {
                Ok(0) => self.end_of_file().map(|()| false),
                Ok(count) => {
                    self.lines.filled(count);
                    self.warned = false;
                    Ok(true)
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
                Err(error) => {
                    // Java's task passes over these, too: a network file system may come back.
                    if !self.warned {
                        tracing::warn!("Could not read '{}', will try again every second: {error}", self.name());
                        self.warned = true;
                    }
                    Ok(false)
                }
            },
            Input::Feed(feed) => {
                let Some(mut piece) = feed.piece_at_hand() else { return Ok(false) };
                let fed = self.lines.feed(&piece);
                feed.put_back(piece.split_off(fed));
                Ok(true)
            }
        }
    }

    /// There is no more at the moment. Is the file at least as long as what was read of it?
    fn end_of_file(&mut self) -> Result<(), ConnectError> {
        let (Input::File(file), Some(position)) = (&mut self.input, self.maker.position) else { return Ok(()) };
        let Ok(size) = file.metadata().map(|metadata| metadata.len()) else { return Ok(()) };
        if size < position {
            return Err(self.too_short(position, size));
        }
        if size < position + self.lines.held() as u64 && file.seek(SeekFrom::Start(position)).is_ok() {
            // Only the unfinished last line was taken back; it may be written anew.
            self.lines.forget_unfinished();
        }
        Ok(())
    }

    fn too_short(&self, position: u64, size: u64) -> ConnectError {
        let (file, connector) = (self.name(), &self.connector);
        ConnectError::connect(format!(
            "File '{file}' is {size} bytes long, but reading was to go on at position {position}: the file was truncated, \
             or replaced by another one. To read it from its beginning, stop the connector (PUT \
             /connectors/{connector}/stop), reset its offsets (DELETE /connectors/{connector}/offsets) and resume it (PUT \
             /connectors/{connector}/resume); or name another file in its configuration"
        ))
    }
}

fn cannot_open(path: &str, error: &io::Error) -> ConnectError {
    let class = match error.kind() {
        ErrorKind::PermissionDenied => "java.nio.file.AccessDeniedException",
        _ => "java.nio.file.FileSystemException",
    };
    ConnectError::connect(format!("Couldn't open file '{path}' for FileStreamSourceTask"))
        .caused_by(ConnectError::from(io::Error::new(error.kind(), format!("{path}: {error}"))).with_class(class))
}

/// Milliseconds since the epoch.
fn now() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

/// What the records of a task have in common, and how far they are.
struct RecordMaker {
    partition: Arc<ValueMap>,
    topic: ByteString,
    schema: SchemaRef,
    /// The bytes up to the next line; `None` for standard input.
    position: Option<u64>,
    timestamp: i64,
}

impl RecordMaker {
    /// The record of a line; `length` counts the line's bytes with its end.
    #[inline]
    fn record(&mut self, line: ByteString, length: usize) -> SourceRecord {
        let position = self.position.as_mut().map_or(Value::Null, |position| {
            *position += length as u64;
            Value::Int64(i64::try_from(*position).unwrap_or(i64::MAX))
        });
        let mut offset = ValueMap::with_capacity(1);
        offset.insert(POSITION.clone(), position);
        SourceRecord {
            source_partition: Arc::clone(&self.partition),
            source_offset: offset,
            record: Record {
                topic: self.topic.clone(),
                partition: None,
                key: SchemaAndValue::NULL,
                value: SchemaAndValue { schema: Some(self.schema.clone()), value: Value::String(line) },
                timestamp: Some(self.timestamp),
                headers: Headers::new(),
                origin: Origin::Source,
            },
        }
    }
}
