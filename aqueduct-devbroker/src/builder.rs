//! How a broker is made: its address, its storage and its limits.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::DevBroker;
use crate::broker::Settings;
use crate::storage::{FolderError, Storage};

/// Settings of a broker that is about to start.
#[derive(Debug, Clone)]
pub struct Builder {
    pub(crate) listen: String,
    pub(crate) advertised_host: Option<String>,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) auto_create_topics: bool,
    pub(crate) default_partitions: i32,
    pub(crate) memory_limit: u64,
    pub(crate) max_request_bytes: usize,
}

/// Why a broker does not start. Each text says what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Something else listens on the address.
    #[error("{0} is in use by another process: stop it, or choose another port (0 takes a free one)")]
    PortInUse(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; use host:port with a host of this machine")]
    Address {
        /// As it was given.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// Another broker uses the folder.
    #[error("the folder {} is in use by another broker: stop it, or choose another folder", .0.display())]
    FolderInUse(PathBuf),
    /// The folder cannot be made or written.
    #[error("the folder {} cannot be written: {source}; make it writable, or choose another folder", .folder.display())]
    FolderUnwritable {
        /// As it was given.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// What the folder holds cannot be read.
    #[error("reading what the broker has stored: {0}; move the folder away to begin anew")]
    Storage(#[source] io::Error),
}

// === impl Builder ===

impl Default for Builder {
    fn default() -> Builder {
        Builder {
            listen: "127.0.0.1:0".to_owned(),
            advertised_host: None,
            folder: None,
            auto_create_topics: true,
            default_partitions: 1,
            memory_limit: 512 * 1024 * 1024,
            max_request_bytes: 100 * 1024 * 1024,
        }
    }
}

impl Builder {
    /// The address to listen on, `host:port`. Port 0 takes a free one. The default is a free port of the loopback device.
    #[must_use]
    pub fn listen(mut self, address: impl Into<String>) -> Builder {
        self.listen = address.into();
        self
    }

    /// The host that clients are told to connect to; by default the one that is listened on.
    #[must_use]
    pub fn advertised_host(mut self, host: impl Into<String>) -> Builder {
        self.advertised_host = Some(host.into());
        self
    }

    /// Keeps everything in this folder. Without it everything is in memory, and gone when the broker stops.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Builder {
        self.folder = Some(folder.into());
        self
    }

    /// Whether a topic is made when a client asks for it (`auto.create.topics.enable`). The default is true.
    #[must_use]
    pub fn auto_create_topics(mut self, enable: bool) -> Builder {
        self.auto_create_topics = enable;
        self
    }

    /// Partitions of a topic that does not say how many (`num.partitions`). The default is 1.
    #[must_use]
    pub fn default_partitions(mut self, partitions: u16) -> Builder {
        self.default_partitions = i32::from(partitions.max(1));
        self
    }

    /// Bytes of records that a broker without a folder holds at most. When it is full, the oldest records of topics with
    /// `cleanup.policy=delete` go; when that is not enough, producing fails. The default is 512 MiB.
    #[must_use]
    pub fn memory_limit(mut self, bytes: u64) -> Builder {
        self.memory_limit = bytes;
        self
    }

    /// Bytes of a request at most (`socket.request.max.bytes`). The default is 100 MiB.
    #[must_use]
    pub fn max_request_bytes(mut self, bytes: usize) -> Builder {
        self.max_request_bytes = bytes;
        self
    }

    /// Starts the broker. It accepts connections when this returns.
    ///
    /// # Errors
    ///
    /// When the address or the folder cannot be used.
    pub async fn start(self) -> Result<DevBroker, StartError> {
        DevBroker::start(self).await
    }

    pub(crate) fn storage(&self) -> Result<Storage, StartError> {
        let Some(folder) = &self.folder else { return Ok(Storage::memory()) };
        Storage::folder(folder.clone()).map_err(|error| match error {
            FolderError::InUse => StartError::FolderInUse(folder.clone()),
            FolderError::Unwritable(source) => StartError::FolderUnwritable { folder: folder.clone(), source },
        })
    }

    pub(crate) fn settings(&self, address: SocketAddr) -> Settings {
        let host = if address.ip().is_unspecified() { "localhost".to_owned() } else { address.ip().to_string() };
        Settings {
            auto_create_topics: self.auto_create_topics,
            default_partitions: self.default_partitions,
            memory_limit: self.memory_limit,
            max_request_bytes: self.max_request_bytes,
            advertised_host: self.advertised_host.clone().unwrap_or(host),
        }
    }
}
