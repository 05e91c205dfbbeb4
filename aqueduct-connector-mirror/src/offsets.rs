//! Source partitions and offsets of the three connectors, and the rules for those that a user sets by hand.
//!
//! The order of the keys is part of the format: the offset store compares keys as texts, and Java writes them in the order of
//! its hash maps.

use aqueduct_api::{ConnectError, TopicPartition};
use aqueduct_data::{Value, ValueMap};

/// The alias of the cluster that a partition belongs to.
const CLUSTER: &str = "cluster";
const TOPIC: &str = "topic";
const PARTITION: &str = "partition";
const GROUP: &str = "group";
const OFFSET: &str = "offset";
const SOURCE_ALIAS: &str = "sourceClusterAlias";
const TARGET_ALIAS: &str = "targetClusterAlias";

/// The source partition of a partition that is copied.
pub(crate) fn of_topic(alias: &str, topic: &str, partition: i32) -> ValueMap {
    ValueMap::from_iter([
        (CLUSTER, Value::string(alias)),
        (PARTITION, Value::Int32(partition)),
        (TOPIC, Value::string(topic)),
    ])
}

/// The source partition of a checkpoint.
pub(crate) fn of_checkpoint(group: &str, topic: &str, partition: i32) -> ValueMap {
    ValueMap::from_iter([
        (PARTITION, Value::Int32(partition)),
        (TOPIC, Value::string(topic)),
        (GROUP, Value::string(group)),
    ])
}

/// The source partition of heartbeats.
pub(crate) fn of_heartbeats(source_alias: &str, target_alias: &str) -> ValueMap {
    ValueMap::from_iter([(SOURCE_ALIAS, Value::string(source_alias)), (TARGET_ALIAS, Value::string(target_alias))])
}

/// A source offset. Checkpoints and heartbeats have no use for one and store 0.
pub(crate) fn offset(offset: i64) -> ValueMap {
    ValueMap::from_iter([(OFFSET, Value::Int64(offset))])
}

/// The offset of a stored source offset; none when there is nothing to go on from.
pub(crate) fn stored(offset: Option<&ValueMap>) -> Option<i64> {
    offset?.get_str(OFFSET)?.as_i64().filter(|offset| *offset >= 0)
}

/// The partition that a record was copied from.
pub(crate) fn source_of(partition: &ValueMap) -> Option<TopicPartition> {
    let Value::String(topic) = partition.get_str(TOPIC)? else { return None };
    let number = partition.get_str(PARTITION)?.as_i64()?;
    Some(TopicPartition::new(topic.clone(), i32::try_from(number).ok()?))
}

/// The consumer group of a checkpoint.
pub(crate) fn group_of(partition: &ValueMap) -> Option<&str> {
    partition.get_str(GROUP)?.as_str()
}

/// The offset of a record that was copied.
pub(crate) fn offset_of(offset: &ValueMap) -> Option<i64> {
    offset.get_str(OFFSET)?.as_i64()
}

/// What a connector expects of offsets that are set by hand.
pub(crate) struct Rules {
    /// The keys of a source partition that hold texts.
    texts: &'static [&'static str],
    /// Whether there is a partition number.
    numbered: bool,
    /// Whether the offset says nothing, so that only 0 is one.
    only_zero: bool,
}

/// Of `MirrorSource`.
pub(crate) const SOURCE: Rules = Rules { texts: &[CLUSTER, TOPIC], numbered: true, only_zero: false };
/// Of `MirrorCheckpoint`.
pub(crate) const CHECKPOINT: Rules = Rules { texts: &[GROUP, TOPIC], numbered: true, only_zero: true };
/// Of `MirrorHeartbeat`.
pub(crate) const HEARTBEAT: Rules = Rules { texts: &[SOURCE_ALIAS, TARGET_ALIAS], numbered: false, only_zero: true };

impl Rules {
    /// Checks offsets; those that are to be forgotten may look as they like.
    pub(crate) fn check(&self, offsets: &[(Option<ValueMap>, Option<ValueMap>)]) -> Result<(), ConnectError> {
        for (partition, offset) in offsets {
            let Some(offset) = offset else { continue };
            let partition =
                partition.as_ref().ok_or_else(|| ConnectError::connect("Source partitions may not be null"))?;
            self.check_one(partition, offset).map_err(ConnectError::connect)?;
        }
        Ok(())
    }

    fn check_one(&self, partition: &ValueMap, offset: &ValueMap) -> Result<(), String> {
        for key in self.texts {
            let value = required(partition, key)?;
            if value.as_str().is_none() {
                return Err(invalid(partition, value, key, ", which must be a string"));
            }
        }
        if self.numbered {
            let value = required(partition, PARTITION)?;
            match integer(value).filter(|number| *number <= i64::from(i32::MAX)) {
                None => return Err(invalid(partition, value, PARTITION, ", which must be an integer")),
                // Java looks at the lower half of a number here.
                #[allow(clippy::cast_possible_truncation, reason = "Number.intValue() cuts off in the same way")]
                Some(number) if (number as i32) < 0 => {
                    return Err(invalid(partition, value, PARTITION, ", which cannot be negative"));
                }
                Some(_) => {}
            }
        }
        let of = || format!("Source offset {offset} for source partition {partition}");
        let Some(value) = offset.get_str(OFFSET) else {
            return Err(format!("{} is missing the '{OFFSET}' key, which is required", of()));
        };
        let wrong = |why| Err(format!("{} has an invalid value {value} for the '{OFFSET}' key{why}", of()));
        match integer(value) {
            None => wrong(", which must be an integer"),
            Some(number) if self.only_zero && number != 0 => wrong("; the only accepted value is 0"),
            Some(number) if number < 0 => wrong(", which cannot be negative"),
            Some(_) => Ok(()),
        }
    }
}

fn required<'a>(partition: &'a ValueMap, key: &str) -> Result<&'a Value, String> {
    partition
        .get_str(key)
        .ok_or_else(|| format!("Source partition {partition} is missing the '{key}' key, which is required"))
}

fn invalid(partition: &ValueMap, value: &Value, key: &str, why: &str) -> String {
    format!("Source partition {partition} has an invalid value {value} for the '{key}' key{why}")
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Int32(number) => Some(i64::from(*number)),
        Value::Int64(number) => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, Value)]) -> ValueMap {
        pairs.iter().map(|(key, value)| (*key, value.clone())).collect()
    }

    #[track_caller]
    fn check(rules: &Rules, partition: &[(&str, Value)], offset: &[(&str, Value)], expect: Result<(), &str>) {
        let checked = rules.check(&[(Some(map(partition)), Some(map(offset)))]);
        assert_eq!(checked.as_ref().map_err(|error| error.message().unwrap()).copied(), expect);
    }

    #[test]
    fn keys_are_in_javas_order() {
        let keys = |map: ValueMap| map.iter().map(|(key, _)| key.as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(keys(of_topic("A", "t", 1)), ["cluster", "partition", "topic"]);
        assert_eq!(keys(of_checkpoint("g", "t", 1)), ["partition", "topic", "group"]);
        assert_eq!(keys(of_heartbeats("A", "B")), ["sourceClusterAlias", "targetClusterAlias"]);
    }

    #[test]
    fn what_was_stored_is_read_whatever_its_width() {
        assert_eq!(stored(Some(&offset(7))), Some(7));
        assert_eq!(stored(Some(&map(&[("offset", Value::Int32(7))]))), Some(7));
        assert_eq!(stored(Some(&offset(-1))), None);
        assert_eq!(stored(Some(&map(&[("offset", Value::Null)]))), None);
        assert_eq!(stored(None), None);
        assert_eq!(source_of(&of_topic("A", "t", 3)), Some(TopicPartition::new("t", 3)));
    }

    #[test]
    fn offsets_by_hand_are_checked_with_javas_texts() {
        let number = |n: i64| [("offset", Value::Int64(n))];
        let topic = |partition: Value| {
            [("cluster", Value::string("A")), ("topic", Value::string("t")), ("partition", partition)]
        };
        check(&SOURCE, &topic(Value::Int64(0)), &number(5), Ok(()));
        check(
            &SOURCE,
            &topic(Value::Int64(0)),
            &number(-1),
            Err(
                "Source offset {offset=-1} for source partition {cluster=A, topic=t, partition=0} has an invalid value -1 \
                 for the 'offset' key, which cannot be negative",
            ),
        );
        check(
            &SOURCE,
            &topic(Value::Int64(-2)),
            &number(1),
            Err(
                "Source partition {cluster=A, topic=t, partition=-2} has an invalid value -2 for the 'partition' key, \
                 which cannot be negative",
            ),
        );
        check(
            &SOURCE,
            &topic(Value::string("x")),
            &number(1),
            Err("Source partition {cluster=A, topic=t, partition=x} has an invalid value x for the 'partition' key, \
                 which must be an integer"),
        );
        check(
            &SOURCE,
            &[("topic", Value::string("t"))],
            &number(1),
            Err("Source partition {topic=t} is missing the 'cluster' key, which is required"),
        );
        check(
            &HEARTBEAT,
            &[("sourceClusterAlias", Value::Int64(1))],
            &number(0),
            Err(
                "Source partition {sourceClusterAlias=1} has an invalid value 1 for the 'sourceClusterAlias' key, which \
                 must be a string",
            ),
        );
        let aliases = [("sourceClusterAlias", Value::string("A")), ("targetClusterAlias", Value::string("B"))];
        check(&HEARTBEAT, &aliases, &number(0), Ok(()));
        check(
            &HEARTBEAT,
            &aliases,
            &number(3),
            Err("Source offset {offset=3} for source partition {sourceClusterAlias=A, targetClusterAlias=B} has an \
                 invalid value 3 for the 'offset' key; the only accepted value is 0"),
        );
        check(
            &HEARTBEAT,
            &aliases,
            &[],
            Err("Source offset {} for source partition {sourceClusterAlias=A, targetClusterAlias=B} is missing the \
                 'offset' key, which is required"),
        );
    }

    #[test]
    fn anything_may_be_forgotten_but_no_partition_may_be_null() {
        assert!(SOURCE.check(&[(Some(map(&[("x", Value::Int64(1))])), None), (None, None)]).is_ok());
        let error = CHECKPOINT.check(&[(None, Some(offset(0)))]).unwrap_err();
        assert_eq!(error.message(), Some("Source partitions may not be null"));
    }
}
