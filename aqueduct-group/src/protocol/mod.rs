//! The bytes that members and leader exchange inside JoinGroup and SyncGroup.
//!
//! Version 0 (`default`) has a worker's URL and config offset; versions 1 (`compatible`) and 2 (`sessioned`) are alike and
//! add the worker's present assignment (KIP-415); 2 says that internal requests are signed (KIP-507). Readers take what
//! any version wrote, and higher versions too; they neither panic nor take more memory than the bytes account for.

mod assignment;
mod metadata;
mod wire;

pub use assignment::Assignment;
pub use metadata::Metadata;
pub use wire::ProtocolError;

/// The group protocol type of Connect workers.
pub const PROTOCOL_TYPE: &str = "connect";

/// A protocol that the members of a group agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// `default`, version 0: everything stops for a rebalance.
    Eager,
    /// `compatible`, version 1: only what moves stops.
    Compatible,
    /// `sessioned`, version 2: as `compatible`, and internal requests are signed.
    Sessioned,
}

impl Protocol {
    /// All, the most preferred first.
    pub const ALL: [Protocol; 3] = [Protocol::Sessioned, Protocol::Compatible, Protocol::Eager];

    /// Its name in JoinGroup.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Eager => "default",
            Protocol::Compatible => "compatible",
            Protocol::Sessioned => "sessioned",
        }
    }

    /// The version that its bytes begin with.
    pub fn version(self) -> i16 {
        match self {
            Protocol::Eager => 0,
            Protocol::Compatible => 1,
            Protocol::Sessioned => 2,
        }
    }

    /// The protocol that the coordinator chose, by its name in JoinGroup.
    pub fn from_name(name: &str) -> Option<Protocol> {
        Protocol::ALL.into_iter().find(|protocol| protocol.name() == name)
    }

    /// The protocol of `connect.protocol`: `eager`, `compatible` or `sessioned` in any case.
    pub fn from_config(value: &str) -> Option<Protocol> {
        match value.to_ascii_lowercase().as_str() {
            "eager" => Some(Protocol::Eager),
            "compatible" => Some(Protocol::Compatible),
            "sessioned" => Some(Protocol::Sessioned),
            _ => None,
        }
    }
}

/// What a worker whose `connect.protocol` is `most` offers in JoinGroup: this protocol and the older ones, the most
/// preferred first, each with the worker's metadata.
///
/// # Errors
/// When a text of the metadata is too long for the protocol.
pub fn offers(most: Protocol, metadata: &Metadata) -> Result<Vec<(&'static str, Vec<u8>)>, ProtocolError> {
    let offered = Protocol::ALL.into_iter().filter(|protocol| protocol.version() <= most.version());
    offered.map(|protocol| Ok((protocol.name(), metadata.encode(protocol)?))).collect()
}
