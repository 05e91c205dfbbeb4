//! An internal log: what the broker itself remembers (topics, committed offsets, transactions), as keys and values.
//!
//! The latest value of a key counts; a key without value is forgotten. On disk it is a log like that of a partition, one
//! record per change, rewritten to the living keys when most of it is history. Values are JSON.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::batch::{self, BatchHeader, NO_ORIGIN, RawRecord};
use super::log::Log;
use super::records::records;

/// A log may hold this much history before it is rewritten, in bytes.
const HISTORY: u64 = 1024 * 1024;

/// A handle on an internal log; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct InternalLog {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    folder: Option<PathBuf>,
    /// None in memory: the living values are all that is needed there.
    log: Option<Log>,
    living: BTreeMap<String, Bytes>,
    living_bytes: u64,
}

// === impl InternalLog ===

impl InternalLog {
    /// Opens the log in `folder`, or an empty one in memory, and reads it to its end.
    pub(crate) fn open(folder: Option<&Path>) -> io::Result<InternalLog> {
        let mut living = BTreeMap::new();
        let log = match folder {
            None => None,
            Some(folder) => {
                let log = Log::open(Some(folder))?;
                for segment in log.segments() {
                    for (index, entry) in segment.entries().iter().enumerate() {
                        let found = records(&entry.header, &segment.read(index)?).map_err(io::Error::other)?;
                        for record in found {
                            let key = String::from_utf8_lossy(&record.key.unwrap_or_default()).into_owned();
                            match record.value {
                                Some(value) => living.insert(key, value),
                                None => living.remove(&key),
                            };
                        }
                    }
                }
                Some(log)
            }
        };
        let living_bytes = living.iter().map(|(key, value)| weight(key, value)).sum();
        let inner = Inner { folder: folder.map(Path::to_owned), log, living, living_bytes };
        Ok(InternalLog { inner: Arc::new(Mutex::new(inner)) })
    }

    /// Remembers `value` under `key`, in place of the former value. When it returns, a killed broker remembers it too.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written; the former value counts then.
    pub(crate) fn put<T: Serialize>(&self, key: &str, value: &T) -> io::Result<()> {
        let value = serde_json::to_vec(value).map_err(io::Error::other)?;
        self.inner.lock().put(key, Some(value.into()))
    }

    /// Forgets `key`.
    pub(crate) fn remove(&self, key: &str) -> io::Result<()> {
        let mut inner = self.inner.lock();
        if inner.living.contains_key(key) { inner.put(key, None) } else { Ok(()) }
    }

    /// All living keys and values, in order of the keys. A value of another form than `T` is an error.
    pub(crate) fn entries<T: DeserializeOwned>(&self) -> io::Result<Vec<(String, T)>> {
        let inner = self.inner.lock();
        inner
            .living
            .iter()
            .map(|(key, value)| Ok((key.clone(), serde_json::from_slice(value).map_err(io::Error::other)?)))
            .collect()
    }

    /// Flushes the log to the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.inner.lock().log.as_ref().map_or(Ok(()), Log::sync)
    }
}

// === impl Inner ===

impl Inner {
    fn put(&mut self, key: &str, value: Option<Bytes>) -> io::Result<()> {
        if let Some(log) = &mut self.log {
            append(log, key, value.as_deref())?;
        }
        if let Some(former) = self.living.remove(key) {
            self.living_bytes -= weight(key, &former);
        }
        if let Some(value) = value {
            self.living_bytes += weight(key, &value);
            self.living.insert(key.to_owned(), value);
        }
        let size = self.log.as_ref().map_or(0, Log::size);
        if size > HISTORY && size > 3 * self.living_bytes { self.rewrite() } else { Ok(()) }
    }

    /// Appends all living keys into a new segment, and only then removes the older ones.
    fn rewrite(&mut self) -> io::Result<()> {
        let Some(log) = &mut self.log else { return Ok(()) };
        tracing::debug!(folder = ?self.folder, "rewriting an internal log");
        log.roll()?;
        let start = log.next_offset();
        for (key, value) in &self.living {
            append(log, key, Some(value))?;
        }
        log.sync()?;
        log.advance_start(start)
    }
}

fn append(log: &mut Log, key: &str, value: Option<&[u8]>) -> io::Result<()> {
    let record = RawRecord { offset_delta: 0, timestamp: 0, body: batch::record_body(Some(key.as_bytes()), value) };
    let bytes = batch::build(log.next_offset(), 0, 0, 0, NO_ORIGIN, &[record]).freeze();
    let header = BatchHeader::parse(&bytes).map_err(io::Error::other)?;
    log.append(header, bytes, u64::MAX)
}

/// Bytes that a living key takes on disk, about.
fn weight(key: &str, value: &[u8]) -> u64 {
    (key.len() + value.len() + 80) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_value_of_a_key_survives() {
        let folder = tempfile::tempdir().unwrap();
        let log = InternalLog::open(Some(folder.path())).unwrap();
        log.put("a", &1).unwrap();
        log.put("b", &2).unwrap();
        log.put("a", &3).unwrap();
        log.remove("b").unwrap();
        drop(log);
        let log = InternalLog::open(Some(folder.path())).unwrap();
        assert_eq!(log.entries::<i32>().unwrap(), [("a".to_owned(), 3)]);
    }

    #[test]
    fn history_does_not_grow_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let log = InternalLog::open(Some(folder.path())).unwrap();
        let value = "x".repeat(100_000);
        for _ in 0..30 {
            log.put("a", &value).unwrap();
        }
        assert!(log.inner.lock().log.as_ref().unwrap().size() < 2 * HISTORY);
        drop(log);
        let log = InternalLog::open(Some(folder.path())).unwrap();
        assert_eq!(log.entries::<String>().unwrap(), [("a".to_owned(), value)]);
    }

    #[test]
    fn a_torn_tail_costs_only_the_last_change() {
        let folder = tempfile::tempdir().unwrap();
        let log = InternalLog::open(Some(folder.path())).unwrap();
        log.put("a", &1).unwrap();
        log.put("a", &2).unwrap();
        drop(log);
        let file = folder.path().join(super::super::segment::file_name(0));
        let bytes = std::fs::read(&file).unwrap();
        std::fs::write(&file, &bytes[..bytes.len() - 3]).unwrap();
        let log = InternalLog::open(Some(folder.path())).unwrap();
        assert_eq!(log.entries::<i32>().unwrap(), [("a".to_owned(), 1)]);
    }
}
