//! Reading and writing the protocol's primitive types, big-endian, and what can be wrong with bytes.
//!
//! Relies on nothing that the bytes claim: a length is compared with what is left before it is used.

use std::fmt;

use aqueduct_jvm::utf8;

use crate::names::ConnectorName;
use crate::work::{TaskId, Work};

/// The task number that stands for the connector itself.
const CONNECTOR_TASK: i32 = -1;

/// Bytes that cannot be read, or values that cannot be written. Trying again never helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    /// The version is negative.
    UnsupportedVersion(i16),
    /// A field is cut off, has an impossible length or is too long to be written.
    Field(String),
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedVersion(version) => write!(f, "Unsupported subscription version: {version}"),
            Self::Field(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for ProtocolError {}

/// What is wrong inside a field, before the field's name is put in front.
pub(super) type Fault = String;

/// Names the field that a fault was in.
pub(super) trait InField<T> {
    fn reading(self, field: &str) -> Result<T, Fault>;
    fn writing(self, field: &str) -> Result<T, Fault>;
}

impl<T> InField<T> for Result<T, Fault> {
    fn reading(self, field: &str) -> Result<T, Fault> {
        self.map_err(|fault| format!("Error reading field '{field}': {fault}"))
    }

    fn writing(self, field: &str) -> Result<T, Fault> {
        self.map_err(|fault| format!("Error computing size for field '{field}': {fault}"))
    }
}

/// What is left of the bytes.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    /// The version in front, which is not negative.
    pub(super) fn version(&mut self) -> Result<i16, ProtocolError> {
        let version = self.int16().reading("version").map_err(ProtocolError::Field)?;
        if version < 0 { Err(ProtocolError::UnsupportedVersion(version)) } else { Ok(version) }
    }

    /// Whether no byte is left: where a field may be missing, it is.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or("java.nio.BufferUnderflowException")?;
        self.0 = rest;
        Ok(*bytes)
    }

    fn take(&mut self, length: usize, what: &str) -> Result<&'a [u8], Fault> {
        let Some((bytes, rest)) = self.0.split_at_checked(length) else {
            return Err(format!("Error reading {what} {length}, only {} bytes available", self.0.len()));
        };
        self.0 = rest;
        Ok(bytes)
    }

    pub(super) fn int16(&mut self) -> Result<i16, Fault> {
        self.fixed().map(i16::from_be_bytes)
    }

    pub(super) fn int32(&mut self) -> Result<i32, Fault> {
        self.fixed().map(i32::from_be_bytes)
    }

    pub(super) fn int64(&mut self) -> Result<i64, Fault> {
        self.fixed().map(i64::from_be_bytes)
    }

    pub(super) fn string(&mut self) -> Result<String, Fault> {
        let length = self.int16()?;
        let length = usize::try_from(length).map_err(|_| format!("String length {length} cannot be negative"))?;
        self.take(length, "string of length").map(utf8::decode)
    }

    pub(super) fn nullable_bytes(&mut self) -> Result<Option<&'a [u8]>, Fault> {
        match usize::try_from(self.int32()?) {
            Ok(length) => self.take(length, "bytes of size").map(Some),
            Err(_) => Ok(None),
        }
    }

    /// The size of an array, or nothing for null. Every element has a byte at least.
    fn nullable_size(&mut self) -> Result<Result<usize, i32>, Fault> {
        let size = self.int32()?;
        match usize::try_from(size) {
            Err(_) => Ok(Err(size)),
            Ok(size) if size > self.0.len() => {
                Err(format!("Error reading array of size {size}, only {} bytes available", self.0.len()))
            }
            Ok(size) => Ok(Ok(size)),
        }
    }

    fn size(&mut self) -> Result<usize, Fault> {
        self.nullable_size()?.map_err(|size| format!("Array size {size} cannot be negative"))
    }

    /// The elements of connectors with their task numbers, in the order of the bytes.
    pub(super) fn work(&mut self) -> Result<Work, Fault> {
        let size = self.size()?;
        self.elements(size)
    }

    /// As `work`, where null stands for nothing.
    pub(super) fn nullable_work(&mut self) -> Result<Work, Fault> {
        match self.nullable_size()? {
            Ok(size) => self.elements(size),
            Err(_) => Ok(Work::default()),
        }
    }

    fn elements(&mut self, size: usize) -> Result<Work, Fault> {
        let mut work = Work::default();
        for _ in 0..size {
            let connector = ConnectorName::from(self.string().reading("connector")?);
            let numbers = self.size().reading("tasks")?;
            for _ in 0..numbers {
                match self.int32().reading("tasks")? {
                    CONNECTOR_TASK => work.connectors.push(connector.clone()),
                    task => work.tasks.push(TaskId { connector: connector.clone(), task }),
                }
            }
        }
        Ok(work)
    }
}

/// Writes a text, at most 32,767 bytes of it.
pub(super) fn put_string(out: &mut Vec<u8>, text: &str) -> Result<(), Fault> {
    let length = i16::try_from(text.len())
        .map_err(|_| format!("String length {} is larger than the maximum string length.", text.len()))?;
    out.extend(length.to_be_bytes());
    out.extend(text.as_bytes());
    Ok(())
}

/// Writes the size of an array or of bytes.
pub(super) fn put_size(out: &mut Vec<u8>, size: usize) -> Result<(), Fault> {
    let size = i32::try_from(size).map_err(|_| format!("size {size} is larger than the protocol allows"))?;
    out.extend(size.to_be_bytes());
    Ok(())
}

/// Writes work: an element for each connector, the connectors first, then the tasks at their connector's element.
pub(super) fn put_work<'a>(
    out: &mut Vec<u8>,
    connectors: impl Iterator<Item = &'a ConnectorName>,
    tasks: &'a [TaskId],
) -> Result<(), Fault> {
    let mut elements: Vec<(&ConnectorName, Vec<i32>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for connector in connectors {
        places.entry(connector).or_insert_with(|| {
            elements.push((connector, vec![CONNECTOR_TASK]));
            elements.len() - 1
        });
    }
    for TaskId { connector, task } in tasks {
        let place = *places.entry(connector).or_insert_with(|| {
            elements.push((connector, Vec::new()));
            elements.len() - 1
        });
        elements[place].1.push(*task);
    }
    put_size(out, elements.len())?;
    for (connector, numbers) in elements {
        put_string(out, connector.as_str())?;
        put_size(out, numbers.len())?;
        out.extend(numbers.into_iter().flat_map(i32::to_be_bytes));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_surrogates_become_one_replacement_character() {
        for (bytes, expect) in [
            (&b"abc"[..], "abc"),
            (b"\xff\xfea", "\u{fffd}\u{fffd}a"),
            (b"\xed\xa0\x80", "\u{fffd}"),
            (b"\xed\xa0\xbd\xed\xb8\x80", "\u{fffd}\u{fffd}"),
            (b"\xe0\x80\x80", "\u{fffd}\u{fffd}\u{fffd}"),
            (b"\xf0\x9f\x98", "\u{fffd}"),
        ] {
            assert_eq!(utf8::decode(bytes), expect, "{bytes:x?}");
        }
    }

    #[test]
    fn sizes_that_the_bytes_do_not_account_for_are_refused() {
        let huge = i32::MAX.to_be_bytes();
        assert!(Reader(&huge).work().is_err());
        assert!(Reader(&huge).nullable_work().is_err());
        assert!(Reader(&huge).nullable_bytes().is_err());
        assert!(Reader(&[0x7f, 0xff]).string().is_err());
        assert_eq!(Reader(&[0x80, 0]).string(), Err("String length -32768 cannot be negative".into()));
    }
}
