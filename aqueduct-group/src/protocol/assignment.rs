//! What the leader tells a member, and what a member reports that it has.

use aqueduct_jvm::hash_order;

use super::wire::{Fault, InField, Reader, put_string, put_work};
use super::{Protocol, ProtocolError};
use crate::names::ConnectorName;
use crate::work::Work;

/// An assignment. From the leader, in versions 1 and 2, it holds what is *new* for the member and what it has to stop; in
/// version 0, and as a member's allocation, it holds everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// The version that it was read with.
    pub version: i16,
    /// [`Assignment::NO_ERROR`] or [`Assignment::CONFIG_MISMATCH`].
    pub error: i16,
    /// The member id of the leader.
    pub leader: String,
    /// The leader's REST URL.
    pub leader_url: String,
    /// The config offset that it was made for. A member that is behind reads on first.
    pub offset: i64,
    /// What to run.
    pub assigned: Work,
    /// What to stop. Not in version 0.
    pub revoked: Work,
    /// After how many milliseconds every member joins again; 0 for not at all. Not in version 0.
    pub delay: i32,
}

impl Assignment {
    /// The assignment can be followed.
    pub const NO_ERROR: i16 = 0;
    /// The leader is behind the config offset of a member: read to the end of the config topic and join again.
    pub const CONFIG_MISMATCH: i16 = 1;

    /// Whether the leader could not assign.
    pub fn failed(&self) -> bool {
        self.error != Self::NO_ERROR
    }

    /// Writes it as a Java worker does, down to the order of the connectors (that of a hash table).
    ///
    /// # Errors
    /// When a text is longer than 32,767 bytes.
    pub fn encode(&self, protocol: Protocol) -> Result<Vec<u8>, ProtocolError> {
        let connectors = &self.assigned.connectors;
        // Java copies the list to a hash set that has room for all of it, and 16 at least.
        let room = ((connectors.len() as f32 / 0.75) as usize + 1).max(16);
        let order = hash_order::iteration_order_with_capacity(room, connectors);
        self.write(protocol, order.into_iter().map(|index| &connectors[index])).map_err(ProtocolError::Field)
    }

    /// As [`Assignment::encode`], but the connectors stay in the order that they have. To a reader it is the same.
    ///
    /// # Errors
    /// When a text is longer than 32,767 bytes.
    pub fn encode_in_order(&self, protocol: Protocol) -> Result<Vec<u8>, ProtocolError> {
        self.write(protocol, self.assigned.connectors.iter()).map_err(ProtocolError::Field)
    }

    fn write<'a>(
        &'a self,
        protocol: Protocol,
        connectors: impl Iterator<Item = &'a ConnectorName>,
    ) -> Result<Vec<u8>, Fault> {
        let mut out = protocol.version().to_be_bytes().to_vec();
        out.extend(self.error.to_be_bytes());
        put_string(&mut out, &self.leader).writing("leader")?;
        put_string(&mut out, &self.leader_url).writing("leader-url")?;
        out.extend(self.offset.to_be_bytes());
        put_work(&mut out, connectors, &self.assigned.tasks).writing("assignment")?;
        if protocol != Protocol::Eager {
            // Never null: a Java member cannot go on from an assignment whose lists are null.
            put_work(&mut out, self.revoked.connectors.iter(), &self.revoked.tasks).writing("revoked")?;
            out.extend(self.delay.to_be_bytes());
        }
        Ok(out)
    }

    /// Reads an assignment of any version as versions 1 and 2 do. Fields that are missing at the end are empty or 0.
    ///
    /// # Errors
    /// When the version is negative or a field is cut off.
    pub fn decode(bytes: &[u8]) -> Result<Self, ProtocolError> {
        let mut reader = Reader(bytes);
        let version = reader.version()?;
        Self::fields(&mut reader, version).map_err(ProtocolError::Field)
    }

    fn fields(reader: &mut Reader<'_>, version: i16) -> Result<Self, Fault> {
        let mut assignment = Self::head(reader, version, true)?;
        if !reader.is_empty() {
            assignment.assigned = reader.nullable_work().reading("assignment")?;
        }
        if !reader.is_empty() {
            assignment.revoked = reader.nullable_work().reading("revoked")?;
        }
        if !reader.is_empty() {
            assignment.delay = reader.int32().reading("delay")?;
        }
        Ok(assignment)
    }

    /// Reads an assignment of any version as version 0 does: without what is revoked and without the delay.
    ///
    /// # Errors
    /// When the version is negative or a field is missing or cut off.
    pub fn decode_eager(bytes: &[u8]) -> Result<Self, ProtocolError> {
        let mut reader = Reader(bytes);
        let version = reader.version()?;
        let mut read = || {
            let mut assignment = Self::head(&mut reader, version, false)?;
            assignment.assigned = reader.work().reading("assignment")?;
            Ok(assignment)
        };
        read().map_err(ProtocolError::Field)
    }

    /// The fields before the lists. `tolerant` readers have words of their own for what is missing altogether.
    fn head(reader: &mut Reader<'_>, version: i16, tolerant: bool) -> Result<Self, Fault> {
        let present = |reader: &Reader<'_>, field: &str| {
            if tolerant && reader.is_empty() {
                return Err(format!("Missing value for field '{field}' which has no default value."));
            }
            Ok(())
        };
        present(reader, "error").reading("error")?;
        let error = reader.int16().reading("error")?;
        present(reader, "leader").reading("leader")?;
        let leader = reader.string().reading("leader")?;
        present(reader, "leader-url").reading("leader-url")?;
        let leader_url = reader.string().reading("leader-url")?;
        present(reader, "config-offset").reading("config-offset")?;
        let offset = reader.int64().reading("config-offset")?;
        Ok(Self { version, error, leader, leader_url, offset, ..Self::default() })
    }

    /// What a member has after it followed this assignment, which the leader sent: its present allocation without what is
    /// revoked, behind what is new (all there is, in version 0). What is revoked stays on record for the herder, which
    /// stops it, clears it and joins again.
    #[must_use]
    pub fn following(mut self, protocol: Protocol, allocation: Option<Assignment>) -> Assignment {
        if let (Some(mut before), true) = (allocation, protocol != Protocol::Eager) {
            before.assigned.remove_all(&self.revoked);
            self.assigned.connectors.append(&mut before.assigned.connectors);
            self.assigned.tasks.append(&mut before.assigned.tasks);
        }
        self
    }
}
