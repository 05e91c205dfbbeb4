//! The offset file of the standalone mode (`offset.storage.file.filename`), as Java reads and writes it.
//!
//! The whole file is rewritten on every flush: into a temporary file beside it, which then takes its name, so that a crash
//! leaves either the old or the new content. Where the folder does not allow that (a single file mounted into a container),
//! the file is written in place, as Java does.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aqueduct_api::{BoxFuture, ConnectError, ready};
use aqueduct_data::{Bytes, ValueMap};
use aqueduct_jvm::hashmap_file;
use parking_lot::Mutex;

use crate::offset_keys::OffsetMap;
use crate::offset_store::{OffsetEntries, OffsetStore};

/// Why an offset file cannot be used.
#[derive(Debug)]
pub struct OffsetFileError {
    path: PathBuf,
    problem: String,
}

impl std::fmt::Display for OffsetFileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "offset.storage.file.filename={}: {}", self.path.display(), self.problem)
    }
}

impl std::error::Error for OffsetFileError {}

/// Keeps offsets in a file, which Java Connect can read.
#[derive(Debug, Clone)]
pub struct FileOffsetStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    map: Mutex<OffsetMap>,
    /// Held while the file is written, so that an older state never replaces a newer one.
    writing: Mutex<()>,
}

impl FileOffsetStore {
    /// Reads the file; a missing or empty one is an empty store.
    ///
    /// # Errors
    /// When the file is there and is not an offset file, or cannot be read.
    pub fn open(path: &Path) -> Result<Self, OffsetFileError> {
        let failed = |problem: String| OffsetFileError { path: path.to_owned(), problem };
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                return Err(failed(format!("cannot be read: {error}. Name a file that this user may read and write")));
            }
        };
        let mut map = OffsetMap::default();
        if !bytes.is_empty() {
            let entries = hashmap_file::read(&bytes).map_err(|error| {
                failed(format!("{error}. This is no offset file; name another one, or move it away to begin anew"))
            })?;
            for (key, value) in entries {
                let key = key.map(Bytes::from);
                if !map.insert(key.clone(), value.map(Bytes::from)) {
                    let text = key.as_deref().map_or("null".into(), String::from_utf8_lossy);
                    tracing::warn!(
                        "Ignoring the offset key {text} in {}: it is not of the form [\"connector\",{{…}}]",
                        path.display()
                    );
                }
            }
        }
        // Through a link, so that replacing the file keeps the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        Ok(Self(Arc::new(Inner { path, map: Mutex::new(map), writing: Mutex::new(()) })))
    }

    /// Whether offsets can be stored at all, found out without changing the content.
    ///
    /// # Errors
    /// When the file can neither be replaced nor written in place.
    pub fn check_writable(&self) -> Result<(), OffsetFileError> {
        let path = &self.0.path;
        let existed = path.exists();
        let Err(error) = fs::OpenOptions::new().append(true).create(true).open(path) else {
            if !existed {
                // Looking must leave nothing behind.
                let _ = fs::remove_file(path);
            }
            return Ok(());
        };
        Err(OffsetFileError {
            path: path.clone(),
            problem: format!(
                "cannot be written: {error}. Name a file in a folder that exists and that this user may write"
            ),
        })
    }
}

impl Inner {
    fn write(&self) -> io::Result<()> {
        let _one_at_a_time = self.writing.lock();
        let bytes = {
            let map = self.map.lock();
            let entries = map.entries().iter().map(|(key, value)| (key.as_deref(), value.as_deref()));
            hashmap_file::write(entries)
        };
        match self.replace(&bytes) {
            Ok(()) => Ok(()),
            // No right to make files here, or the file is a mount of its own.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::PermissionDenied | io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices
                ) =>
            {
                let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).open(&self.path)?;
                file.write_all(&bytes)?;
                file.sync_data()
            }
            Err(error) => Err(error),
        }
    }

    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut file = tempfile::Builder::new().prefix(".connect-offsets-").tempfile_in(folder)?;
        file.write_all(bytes)?;
        if let Ok(metadata) = fs::metadata(&self.path) {
            file.as_file().set_permissions(metadata.permissions())?;
        }
        file.as_file().sync_data()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

impl OffsetStore for FileOffsetStore {
    fn get(&self, keys: Vec<Bytes>) -> BoxFuture<'_, Result<Vec<Option<Bytes>>, ConnectError>> {
        let map = self.0.map.lock();
        ready(Ok(keys.iter().map(|key| map.get(key)).collect()))
    }

    fn set(&self, entries: OffsetEntries) -> BoxFuture<'_, Result<(), ConnectError>> {
        {
            let mut map = self.0.map.lock();
            for (key, value) in entries {
                map.insert(Some(key), value);
            }
        }
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            let path = inner.path.clone();
            let written = tokio::task::spawn_blocking(move || inner.write()).await;
            let problem = match written {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => error.to_string(),
                Err(stopped) => stopped.to_string(),
            };
            Err(ConnectError::connect(format!("writing the offset file {}: {problem}", path.display())))
        })
    }

    fn partitions(&self, connector: &str) -> BoxFuture<'_, Result<Vec<ValueMap>, ConnectError>> {
        ready(Ok(self.0.map.lock().partitions(connector)))
    }
}
