//! Where the broker keeps things: nowhere but in memory, or in a folder that it holds for itself.
//!
//! Names of topics and internal logs enter, opened logs leave. The folder's layout is described in the crate's
//! documentation.

pub(crate) mod batch;
pub(crate) mod internal_log;
pub(crate) mod log;
pub(crate) mod records;
pub(crate) mod segment;

use std::fs::{File, TryLockError};
use std::io;
use std::path::PathBuf;

pub(crate) use internal_log::InternalLog;
use log::Log;
use uuid::Uuid;

/// Memory, or a folder.
#[derive(Debug)]
pub(crate) struct Storage {
    folder: Option<PathBuf>,
    /// Held as long as the broker runs.
    _lock: Option<File>,
}

/// Why a folder cannot be used.
#[derive(Debug)]
pub(crate) enum FolderError {
    /// Another broker holds it.
    InUse,
    /// It cannot be made, or not written.
    Unwritable(io::Error),
}

// === impl Storage ===

impl Storage {
    /// Nothing but memory.
    pub(crate) fn memory() -> Storage {
        Storage { folder: None, _lock: None }
    }

    /// Takes `folder` into possession; makes it when it is not there.
    pub(crate) fn folder(folder: PathBuf) -> Result<Storage, FolderError> {
        std::fs::create_dir_all(&folder).map_err(FolderError::Unwritable)?;
        let lock = File::create(folder.join("lock")).map_err(FolderError::Unwritable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Storage { folder: Some(folder), _lock: Some(lock) }),
            Err(TryLockError::WouldBlock) => Err(FolderError::InUse),
            Err(TryLockError::Error(error)) => Err(FolderError::Unwritable(error)),
        }
    }

    /// The internal log with this name, read to its end.
    pub(crate) fn internal_log(&self, name: &str) -> io::Result<InternalLog> {
        InternalLog::open(self.folder.as_ref().map(|folder| folder.join("internal").join(name)).as_deref())
    }

    /// The log of a partition of the topic with this id.
    pub(crate) fn partition_log(&self, topic: Uuid, partition: i32) -> io::Result<Log> {
        Log::open(self.topic_folder(topic).map(|folder| folder.join(partition.to_string())).as_deref())
    }

    /// Removes all partitions of a topic.
    pub(crate) fn remove_topic(&self, topic: Uuid) -> io::Result<()> {
        match self.topic_folder(topic) {
            Some(folder) if folder.exists() => std::fs::remove_dir_all(folder),
            _ => Ok(()),
        }
    }

    /// Removes the folders of topics that `living` does not tell: what an interrupted deletion left.
    pub(crate) fn remove_strangers(&self, living: &[Uuid]) -> io::Result<()> {
        let Some(folder) = self.folder.as_ref().map(|folder| folder.join("topics")).filter(|folder| folder.exists())
        else {
            return Ok(());
        };
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let known = entry.file_name().to_str().and_then(|name| Uuid::parse_str(name).ok());
            if known.is_some_and(|id| !living.contains(&id)) {
                std::fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }

    /// Whether everything is gone when the broker stops.
    pub(crate) fn is_memory(&self) -> bool {
        self.folder.is_none()
    }

    fn topic_folder(&self, topic: Uuid) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join("topics").join(topic.to_string()))
    }
}
