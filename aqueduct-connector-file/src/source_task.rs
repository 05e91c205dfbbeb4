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
                Some(_) => stored_position(context.offset(partition.clone()).await?)?,
                // Nothing can be skipped there: the next start finds other data.
                None => 0,
            };
            let mut poller = FilePoller {
                context,
                batch_size: settings.batch_size,
                last_batch: 0,
                input: Input::None,
                name: settings.file,
                connector: config.get("name").cloned().unwrap_or_else(|| "NAME".to_owned()),
                lines: Lines::new(),
                records: RecordMaker {
                    partition: Arc::new(partition),
                    topic: settings.topic.into(),
                    schema: Schema::string(),
                    position,
                },
                trouble: None,
            };
            poller.open()?;
            Ok(StartedSource { poller: Box::new(poller), control: Arc::new(NoControl) })
        })
    }
}

fn stored_position(offset: Option<ValueMap>) -> Result<Option<u64>, ConnectError> {
    match offset.as_ref().and_then(|offset| offset.get_str(POSITION_FIELD)) {
        None | Some(Value::Null) => Ok(Some(0)),
        Some(Value::Int64(position)) => Ok(Some(u64::try_from(*position).unwrap_or(0))),
        Some(_) => Err(ConnectError::connect("Offset position is the incorrect type")),
    }
}
