//! What a worker says of itself when it joins.

use super::wire::{InField, Reader, put_size, put_string};
use super::{Assignment, Protocol, ProtocolError};

/// A worker's metadata in JoinGroup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The advertised REST URL, with a slash at its end.
    pub url: String,
    /// One past the offset of the last record of the config topic that the worker read; -1 for none.
    pub offset: i64,
    /// What the worker runs now; nothing when it was never assigned anything. Version 0 leaves it out.
    pub allocation: Option<Assignment>,
}

impl Metadata {
    /// Writes it as a Java worker does.
    ///
    /// # Errors
    /// When a text is longer than 32,767 bytes.
    pub fn encode(&self, protocol: Protocol) -> Result<Vec<u8>, ProtocolError> {
        let allocation = match &self.allocation {
            Some(allocation) if protocol != Protocol::Eager => Some(allocation.encode(protocol)?),
            _ => None,
        };
        self.with_allocation(protocol, allocation)
    }

    /// As [`Metadata::encode`], but the connectors of the allocation stay in the order that they have.
    ///
    /// # Errors
    /// When a text is longer than 32,767 bytes.
    pub fn encode_in_order(&self, protocol: Protocol) -> Result<Vec<u8>, ProtocolError> {
        let allocation = match &self.allocation {
            Some(allocation) if protocol != Protocol::Eager => Some(allocation.encode_in_order(protocol)?),
            _ => None,
        };
        self.with_allocation(protocol, allocation)
    }

    fn with_allocation(&self, protocol: Protocol, allocation: Option<Vec<u8>>) -> Result<Vec<u8>, ProtocolError> {
        let mut out = protocol.version().to_be_bytes().to_vec();
        put_string(&mut out, &self.url).writing("url").map_err(ProtocolError::Field)?;
        out.extend(self.offset.to_be_bytes());
        match allocation {
            _ if protocol == Protocol::Eager => {}
            Some(bytes) => {
                put_size(&mut out, bytes.len()).writing("allocation").map_err(ProtocolError::Field)?;
                out.extend(bytes);
            }
            None => out.extend((-1_i32).to_be_bytes()),
        }
        Ok(out)
    }

    /// Reads metadata of any version as versions 1 and 2 do. A missing allocation is none.
    ///
    /// # Errors
    /// When the version is negative or a field is cut off.
    pub fn decode(bytes: &[u8]) -> Result<Self, ProtocolError> {
        let mut reader = Reader(bytes);
        let mut metadata = Self::basic(&mut reader)?;
        if !reader.is_empty() {
            let allocation = reader.nullable_bytes().reading("allocation").map_err(ProtocolError::Field)?;
            metadata.allocation = allocation.map(Assignment::decode).transpose()?;
        }
        Ok(metadata)
    }

    /// Reads metadata of any version as version 0 does: without the allocation.
    ///
    /// # Errors
    /// When the version is negative or a field is cut off.
    pub fn decode_eager(bytes: &[u8]) -> Result<Self, ProtocolError> {
        Self::basic(&mut Reader(bytes))
    }

    fn basic(reader: &mut Reader<'_>) -> Result<Self, ProtocolError> {
        reader.version()?;
        let url = reader.string().reading("url").map_err(ProtocolError::Field)?;
        let offset = reader.int64().reading("config-offset").map_err(ProtocolError::Field)?;
        Ok(Self { url, offset, allocation: None })
    }
}
