//! The JSON form of source partitions and offsets, in the offsets topic and in the offset file.
//!
//! A partition's key is `["connector",{partition}]`, its value the offset, or nothing when the offset was deleted.
//! Stores compare keys by their bytes, so the members are in the order of the partition's map, which for Java's
//! connectors is that of a `HashMap`; what is read back here is in that order, too.

use aqueduct_api::ConnectError;
use aqueduct_data::{Bytes, Type, Value, ValueMap};

use crate::charset;
use crate::config::DecimalFormat;
use crate::label::LabelCache;
use crate::parser;
use crate::read::Reader;
use crate::tape::{Document, Tape};
use crate::write::{Buffer, Writer};

/// The key under which a partition of a connector is stored.
///
/// ```
/// use aqueduct_api::data::ValueMap;
/// use aqueduct_json::offsets::{offset_key, parse_offset_key};
///
/// let partition = ValueMap::from_iter([("filename", "/tmp/test.txt")]);
/// let key = offset_key("local-file-source", &partition)?;
/// assert_eq!(key, br#"["local-file-source",{"filename":"/tmp/test.txt"}]"#);
/// assert_eq!(parse_offset_key(&key)?, ("local-file-source".to_owned(), partition));
/// # Ok::<(), aqueduct_api::ConnectError>(())
/// ```
///
/// # Errors
/// `DataException` when the map has other keys than strings, or other values than primitives and null.
pub fn offset_key(connector: &str, partition: &ValueMap) -> Result<Vec<u8>, ConnectError> {
    check(partition)?;
    json(|writer| {
        writer.raw(b"[");
        writer.text(connector);
        writer.raw(b",");
        writer.free_map(partition)?;
        writer.raw(b"]");
        Ok(())
    })
}

/// What is stored for a partition: its offset, or nothing to delete it.
///
/// # Errors
/// `DataException` when the map has other keys than strings, or other values than primitives and null.
pub fn offset_value(offset: Option<&ValueMap>) -> Result<Option<Vec<u8>>, ConnectError> {
    let Some(offset) = offset else { return Ok(None) };
    check(offset)?;
    json(|writer| writer.free_map(offset)).map(Some)
}

/// The connector and the partition of a key.
///
/// # Errors
/// `DataException` when the key is not what [`offset_key`] makes.
pub fn parse_offset_key(key: &[u8]) -> Result<(String, ValueMap), ConnectError> {
    let Value::Array(parts) = parse(key)? else {
        return Err(ConnectError::data("offset partition key is not a list"));
    };
    match &parts[..] {
        [Value::String(connector), Value::Map(partition)] => Ok((connector.to_string(), (**partition).clone())),
        [_, _] => Err(ConnectError::data("offset partition key does not hold a connector's name and a partition")),
        _ => Err(ConnectError::data(format!(
            "offset partition key has an unexpected number of elements: expected 2, actual {}",
            parts.len()
        ))),
    }
}

/// The offset of a stored value; none for JSON's null. Integers are [`Value::Int64`], other numbers
/// [`Value::Float64`].
///
/// # Errors
/// `DataException` when the value is not JSON, no map, or has parts that are not primitive.
pub fn parse_offset_value(value: &[u8]) -> Result<Option<ValueMap>, ConnectError> {
    match parse(value)? {
        Value::Null => Ok(None),
        Value::Map(offset) => {
            check(&offset)?;
            Ok(Some((*offset).clone()))
        }
        _ => Err(ConnectError::data("Offsets must be specified as a Map")),
    }
}

/// Checks that a partition or an offset can be stored (`OffsetUtils.validateFormat`).
///
/// # Errors
/// `DataException` when the map has other keys than strings, or other values than primitives and null.
pub fn check(map: &ValueMap) -> Result<(), ConnectError> {
    for (key, value) in map.iter() {
        let Some(field) = key.as_str() else { return Err(ConnectError::data("Offsets may only use String keys")) };
        let found = match value {
            Value::Array(_) => Type::Array.name().to_owned(),
            Value::Map(_) => Type::Map.name().to_owned(),
            Value::Struct(_) => Type::Struct.name().to_owned(),
            Value::Java(_) if value.as_bytes().is_some() => continue,
            Value::Decimal(_) | Value::Date(_) | Value::Java(_) => format!("class {}", value.java_class()),
            _ => continue,
        };
        return Err(ConnectError::data(format!(
            "Offsets may only contain primitive types as values, but field {field} contains {found}"
        )));
    }
    Ok(())
}

fn json(write: impl FnOnce(&mut Writer<'_>) -> Result<(), ConnectError>) -> Result<Vec<u8>, ConnectError> {
    let mut out = Buffer::default();
    write(&mut Writer::new(&mut out, &mut LabelCache::default(), DecimalFormat::Base64, true, 0))?;
    Ok(out.as_slice().to_vec())
}

fn parse(text: &[u8]) -> Result<Value, ConnectError> {
    let invalid = |fault: crate::fault::Fault| {
        ConnectError::data("Converting byte[] to Kafka Connect data failed due to serialization error: ")
            .caused_by(fault.into_error(text))
    };
    let mut tape = Tape::default();
    // The values share this copy, not the caller's buffer, which may be a whole file.
    let (start, recoded) = charset::to_utf8(text).map_err(invalid)?;
    let utf8 = recoded.unwrap_or_else(|| Bytes::copy_from_slice(text));
    parser::parse(&utf8, start, &mut tape).map_err(invalid)?;
    Reader::new(true).read(None, Document { text: &utf8, tokens: &tape.tokens }.root())
}

#[cfg(test)]
mod tests {
    use aqueduct_data::{Decimal, Struct};

    use super::*;

    fn map(pairs: &[(&str, Value)]) -> ValueMap {
        pairs.iter().cloned().collect()
    }

    #[test]
    fn keys_have_the_order_of_the_map() {
        let partition = map(&[("topic", "t".into()), ("partition", 3.into()), ("cluster", "c".into())]);
        assert_eq!(offset_key("mm", &partition).unwrap(), br#"["mm",{"topic":"t","partition":3,"cluster":"c"}]"#);
    }

    #[test]
    fn partitions_are_read_in_the_order_of_a_hash_map() {
        let (connector, partition) =
            parse_offset_key(br#"["m\"m",{"topic":"t","partition":3,"cluster":"c"}]"#).unwrap();
        assert_eq!(connector, "m\"m");
        assert!(partition.iter().map(|(key, _)| key.as_str().unwrap()).eq(["cluster", "partition", "topic"]));
    }

    #[test]
    fn values_are_json() {
        let value =
            |pairs: &[(&str, Value)]| String::from_utf8(offset_value(Some(&map(pairs))).unwrap().unwrap()).unwrap();
        assert_eq!(value(&[]), "{}");
        assert_eq!(value(&[("position", 20i64.into())]), r#"{"position":20}"#);
        assert_eq!(
            value(&[
                ("f", 2.0.into()),
                ("n", Value::Null),
                ("b", true.into()),
                ("x", Bytes::from_static(b"\x01").into())
            ]),
            r#"{"f":2.0,"n":null,"b":true,"x":"AQ=="}"#
        );
        assert_eq!(offset_value(None).unwrap(), None);
    }

    #[test]
    fn values_are_read_back() {
        assert_eq!(parse_offset_value(b"null").unwrap(), None);
        assert_eq!(
            parse_offset_value(br#"{"i":1,"f":2.5,"s":"x","n":null}"#).unwrap(),
            Some(map(&[("i", 1i64.into()), ("f", 2.5.into()), ("s", "x".into()), ("n", Value::Null)]))
        );
    }

    #[test]
    fn only_primitives_can_be_stored() {
        let empty = Struct::new(aqueduct_data::SchemaBuilder::structure().build().unwrap()).unwrap();
        for (value, found) in [
            (Value::array([]), "ARRAY"),
            (ValueMap::new().into(), "MAP"),
            (empty.into(), "STRUCT"),
            (Decimal::new(1.into(), 0).into(), "class java.math.BigDecimal"),
            (Value::Date(0), "class java.util.Date"),
        ] {
            let expect = format!("Offsets may only contain primitive types as values, but field F contains {found}");
            let map = map(&[("F", value)]);
            assert_eq!(offset_key("c", &map).unwrap_err().message(), Some(&*expect));
            assert_eq!(offset_value(Some(&map)).unwrap_err().message(), Some(&*expect));
        }
        let numbered = ValueMap::from_iter([(1, 2)]);
        assert_eq!(offset_key("c", &numbered).unwrap_err().message(), Some("Offsets may only use String keys"));
    }

    #[test]
    fn what_is_no_key_or_value_is_refused() {
        for key in ["", "5", "[]", r#"["c"]"#, r#"["c",null]"#, r#"["c",5]"#, r#"[5,{}]"#, r#"["c",{},1]"#, "[\"c\""] {
            assert!(parse_offset_key(key.as_bytes()).is_err(), "{key}");
        }
        for (value, message) in [
            ("5", "Offsets must be specified as a Map"),
            (r#"{"a":[]}"#, "Offsets may only contain primitive types as values, but field a contains ARRAY"),
            ("{", "Converting byte[] to Kafka Connect data failed due to serialization error: "),
        ] {
            assert_eq!(parse_offset_value(value.as_bytes()).unwrap_err().message(), Some(message), "{value}");
        }
    }
}
