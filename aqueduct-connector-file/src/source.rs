//! The source connector: one task, which gets the connector's own configuration; and rules for offsets by hand.

use aqueduct_api::{
    BoxFuture, ConfigMap, ConnectError, Connector, ConnectorContext, ExactlyOnceSupport, SourceConnector, ready,
};
use aqueduct_config::ConfigDef;
use aqueduct_data::{Value, ValueMap};

use crate::settings::{FILENAME_FIELD, POSITION_FIELD, SOURCE, SourceSettings};

/// Reads a file line by line into a topic (`FileStreamSourceConnector`).
#[derive(Debug, Default)]
pub struct FileStreamSourceConnector {
    props: ConfigMap,
}

impl Connector for FileStreamSourceConnector {
    fn config_def(&self) -> ConfigDef {
        SOURCE.clone()
    }

    fn start(&mut self, _context: ConnectorContext, props: ConfigMap) -> BoxFuture<'_, Result<(), ConnectError>> {
        let parsed = SourceSettings::parse(&props).map(|settings| {
            tracing::info!("Reading from {}", settings.file.as_deref().unwrap_or("standard input"));
            self.props = props;
        });
        ready(parsed)
    }

    /// One task whatever the maximum is: a file has one position.
    fn task_configs(&mut self, _max_tasks: usize) -> BoxFuture<'_, Result<Vec<ConfigMap>, ConnectError>> {
        ready(Ok(vec![self.props.clone()]))
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>> {
        ready(Ok(()))
    }
}

impl SourceConnector for FileStreamSourceConnector {
    /// A file can be read again from any position, standard input cannot.
    fn exactly_once_support(&self, props: &ConfigMap) -> Result<Option<ExactlyOnceSupport>, ConnectError> {
        Ok(Some(match SourceSettings::parse(props)?.file {
            Some(_) => ExactlyOnceSupport::Supported,
            None => ExactlyOnceSupport::Unsupported,
        }))
    }

    fn alter_offsets(
        &mut self,
        props: ConfigMap,
        offsets: Vec<(Option<ValueMap>, Option<ValueMap>)>,
    ) -> BoxFuture<'_, Result<bool, ConnectError>> {
        ready(check_offsets(&props, &offsets).map(|()| true))
    }
}

fn check_offsets(props: &ConfigMap, offsets: &[(Option<ValueMap>, Option<ValueMap>)]) -> Result<(), ConnectError> {
    if SourceSettings::parse(props)?.file.is_none() {
        return Err(ConnectError::connect(
            "Offsets cannot be modified if the 'file' configuration is unspecified. This is because stdin is used for \
             input and offsets are not tracked.",
        ));
    }
    for (partition, offset) in offsets {
        // No offset means that the partition is forgotten, whatever it looks like: old rubbish can be cleared away.
        if let Some(offset) = offset {
            check_offset(partition.as_ref(), offset).map_err(ConnectError::connect)?;
        }
    }
    Ok(())
}

fn check_offset(partition: Option<&ValueMap>, offset: &ValueMap) -> Result<(), &'static str> {
    match offset.get_str(POSITION_FIELD) {
        None => return Err("Offset objects should either be null or contain the key 'position'"),
        Some(Value::Int64(position)) if *position < 0 => {
            return Err("The value for the 'position' key in the offset should be a non-negative value");
        }
        Some(Value::Int64(_)) => {}
        Some(_) => return Err("The value for the 'position' key in the offset is expected to be a Long value"),
    }
    let partition = partition.ok_or("Partition objects cannot be null")?;
    match partition.get_str(FILENAME_FIELD) {
        None => Err("Partition objects should contain the key 'filename'"),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn props(file: Option<&str>) -> ConfigMap {
        let mut props = ConfigMap::from([("topic".to_owned(), "t".to_owned())]);
        props.extend(file.map(|file| ("file".to_owned(), file.to_owned())));
        props
    }

    fn map(key: &str, value: impl Into<Value>) -> Option<ValueMap> {
        Some(ValueMap::from_iter([(key, value.into())]))
    }

    fn check(file: Option<&str>, partition: Option<ValueMap>, offset: Option<ValueMap>, expect: Result<(), &str>) {
        let checked = check_offsets(&props(file), &[(partition, offset)]);
        assert_eq!(checked.as_ref().map_err(|error| error.message().unwrap()).copied(), expect);
    }

    #[test]
    fn offsets_by_hand_are_checked_with_javas_texts() {
        let (file, name) = (Some("f"), || map("filename", "f"));
        check(file, name(), map("position", 0i64), Ok(()));
        check(file, map("filename", Value::Null), map("position", i64::MAX), Ok(()));
        check(file, name(), None, Ok(()));
        check(file, None, None, Ok(()));
        check(file, map("other", 1i64), None, Ok(()));
        let stdin = "Offsets cannot be modified if the 'file' configuration is unspecified. This is because stdin is used \
                     for input and offsets are not tracked.";
        check(None, name(), None, Err(stdin));
        check(Some(""), name(), map("position", 1i64), Err(stdin));
        let missing = "Offset objects should either be null or contain the key 'position'";
        check(file, name(), map("pos", 1i64), Err(missing));
        check(file, None, Some(ValueMap::new()), Err(missing));
        let long = "The value for the 'position' key in the offset is expected to be a Long value";
        check(file, name(), map("position", "1"), Err(long));
        check(file, name(), map("position", Value::Null), Err(long));
        check(file, name(), map("position", 1.5), Err(long));
        let negative = "The value for the 'position' key in the offset should be a non-negative value";
        check(file, name(), map("position", -1i64), Err(negative));
        check(file, None, map("position", 1i64), Err("Partition objects cannot be null"));
        let filename = "Partition objects should contain the key 'filename'";
        check(file, map("file", "f"), map("position", 1i64), Err(filename));
    }

    #[test]
    fn only_a_file_can_be_read_exactly_once() {
        let support = |file| FileStreamSourceConnector::default().exactly_once_support(&props(file)).unwrap();
        assert_eq!(support(Some("f")), Some(ExactlyOnceSupport::Supported));
        assert_eq!(support(None), Some(ExactlyOnceSupport::Unsupported));
        assert_eq!(support(Some("")), Some(ExactlyOnceSupport::Unsupported));
        assert!(!FileStreamSourceConnector::default().can_define_transaction_boundaries(&props(None)).unwrap());
    }
}
