//! The files of the quickstart: what a person would write for the documented example.

use std::io;
use std::path::{Path, PathBuf};

/// What the input holds at first.
pub(super) const SAMPLE: &str = "foo\nbar\nhello world\n";
/// The name of the sink connector.
pub(super) const SINK: &str = "local-file-sink";

/// Where the files are.
pub(super) struct Files {
    pub(super) input: PathBuf,
    pub(super) output: PathBuf,
    pub(super) worker: PathBuf,
    pub(super) source: PathBuf,
    pub(super) sink: PathBuf,
    pub(super) log: PathBuf,
}

impl Files {
    /// Writes them into a folder. An input that is there already stays as it is.
    pub(super) fn write(folder: &Path, kafka: &str, rest_port: u16) -> io::Result<Self> {
        let file = |name: &str| folder.join(name);
        let files = Self {
            input: file("test.txt"),
            output: file("test.sink.txt"),
            worker: file("worker.properties"),
            source: file("file-source.properties"),
            sink: file("file-sink.properties"),
            log: file("worker.log"),
        };
        if !files.input.exists() {
            std::fs::write(&files.input, SAMPLE)?;
        }
        let offsets = escaped(&file("connect.offsets"));
        let (input, output) = (escaped(&files.input), escaped(&files.output));
        std::fs::write(
            &files.worker,
            format!(
                "bootstrap.servers={kafka}\n\
                 listeners=http://127.0.0.1:{rest_port}\n\
                 key.converter=org.apache.kafka.connect.json.JsonConverter\n\
                 value.converter=org.apache.kafka.connect.json.JsonConverter\n\
                 key.converter.schemas.enable=false\n\
                 value.converter.schemas.enable=false\n\
                 offset.storage.file.filename={offsets}\n\
                 offset.flush.interval.ms=1000\n"
            ),
        )?;
        std::fs::write(
            &files.source,
            format!(
                "name=local-file-source\n\
                 connector.class=FileStreamSource\n\
                 tasks.max=1\n\
                 file={input}\n\
                 topic=connect-test\n\
                 transforms=MakeMap, InsertSource\n\
                 transforms.MakeMap.type=org.apache.kafka.connect.transforms.HoistField$Value\n\
                 transforms.MakeMap.field=line\n\
                 transforms.InsertSource.type=org.apache.kafka.connect.transforms.InsertField$Value\n\
                 transforms.InsertSource.static.field=data_source\n\
                 transforms.InsertSource.static.value=test-file-source\n"
            ),
        )?;
        std::fs::write(
            &files.sink,
            format!(
                "name={SINK}\n\
                 connector.class=FileStreamSink\n\
                 tasks.max=1\n\
                 file={output}\n\
                 topics=connect-test\n\
                 # The text of the records as it is, so that the file holds the JSON.\n\
                 value.converter=org.apache.kafka.connect.storage.StringConverter\n"
            ),
        )?;
        Ok(files)
    }
}

/// A path as the value of a property.
fn escaped(path: &Path) -> String {
    path.display().to_string().replace('\\', "\\\\")
}
