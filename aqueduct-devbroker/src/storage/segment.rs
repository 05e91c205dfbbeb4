//! One segment of a log: whole record batches one after the other, in memory or in a file.
//!
//! A file is nothing but the batches as they go over the wire, and its name is its first offset. Opening a file reads it
//! to the last whole batch with a valid checksum and cuts off what follows: that is what a killed process left behind.
//! Appending calls `write` before it returns, which survives the death of the process; `fsync` is called when the broker
//! stops, not per batch.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bytes::{Bytes, BytesMut};

use super::batch::{BatchHeader, HEADER, PREFIX};

/// Where one batch is, and its header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BatchEntry {
    pub(crate) header: BatchHeader,
    position: u64,
}

#[derive(Debug)]
enum Data {
    Memory(Vec<Bytes>),
    File { file: File, path: PathBuf },
}

/// A run of batches with ascending offsets.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) base_offset: i64,
    data: Data,
    entries: Vec<BatchEntry>,
    size: u64,
}

// === impl Segment ===

impl Segment {
    /// An empty segment: in the folder where one is given, else in memory.
    pub(crate) fn create(folder: Option<&Path>, base_offset: i64) -> io::Result<Segment> {
        let data = match folder {
            None => Data::Memory(Vec::new()),
            Some(folder) => {
                let path = folder.join(file_name(base_offset));
                let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
                Data::File { file, path }
            }
        };
        Ok(Segment { base_offset, data, entries: Vec::new(), size: 0 })
    }

    /// Opens a segment's file, and cuts off a torn tail.
    pub(crate) fn open(path: &Path, base_offset: i64) -> io::Result<Segment> {
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        let length = file.metadata()?.len();
        let mut segment = Segment { base_offset, data: Data::Memory(Vec::new()), entries: Vec::new(), size: 0 };
        let mut next = base_offset;
        let mut buffer = Vec::new();
        while length - segment.size >= HEADER as u64 {
            let mut prefix = [0; PREFIX];
            file.seek(SeekFrom::Start(segment.size))?;
            file.read_exact(&mut prefix)?;
            let counted = i32::from_be_bytes([prefix[8], prefix[9], prefix[10], prefix[11]]);
            let size = u64::try_from(counted).unwrap_or(u64::MAX).saturating_add(PREFIX as u64);
            if size > length - segment.size {
                break;
            }
            buffer.clear();
            buffer.extend_from_slice(&prefix);
            (&mut file).take(size - PREFIX as u64).read_to_end(&mut buffer)?;
            match BatchHeader::parse(&buffer) {
                Ok(header) if header.base_offset >= next => {
                    next = header.last_offset() + 1;
                    segment.entries.push(BatchEntry { header, position: segment.size });
                    segment.size += size;
                }
                _ => break,
            }
        }
        if segment.size < length {
            tracing::warn!(segment = %path.display(), kept = segment.size, cut = length - segment.size, "cut off a torn tail");
            file.set_len(segment.size)?;
        }
        segment.data = Data::File { file, path: path.to_owned() };
        Ok(segment)
    }

    /// Appends one whole batch.
    ///
    /// # Errors
    ///
    /// When the file cannot be written; what was written of the batch is taken back.
    pub(crate) fn append(&mut self, header: BatchHeader, batch: Bytes) -> io::Result<()> {
        match &mut self.data {
            Data::Memory(batches) => batches.push(batch),
            Data::File { file, .. } => {
                file.seek(SeekFrom::Start(self.size))?;
                if let Err(error) = file.write_all(&batch) {
                    file.set_len(self.size)?;
                    return Err(error);
                }
            }
        }
        self.entries.push(BatchEntry { header, position: self.size });
        self.size += header.size as u64;
        Ok(())
    }

    /// The bytes of the batch with this index.
    pub(crate) fn read(&self, index: usize) -> io::Result<Bytes> {
        match &self.data {
            Data::Memory(batches) => Ok(batches[index].clone()),
            Data::File { file, .. } => {
                let entry = &self.entries[index];
                let mut buffer = BytesMut::zeroed(entry.header.size);
                let mut file = file;
                file.seek(SeekFrom::Start(entry.position))?;
                file.read_exact(&mut buffer)?;
                Ok(buffer.freeze())
            }
        }
    }

    /// Flushes the file to the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        match &self.data {
            Data::Memory(_) => Ok(()),
            Data::File { file, .. } => file.sync_all(),
        }
    }

    /// Takes the segment away, with its file.
    pub(crate) fn remove(self) -> io::Result<()> {
        match self.data {
            Data::Memory(_) => Ok(()),
            Data::File { file, path } => {
                drop(file);
                std::fs::remove_file(path)
            }
        }
    }

    /// Writes `batches` in place of this segment's. The file is replaced whole, so that a kill leaves the old or the new.
    pub(crate) fn replace(&self, batches: Vec<(BatchHeader, Bytes)>) -> io::Result<Segment> {
        let Data::File { path, .. } = &self.data else {
            let mut rewritten = Segment::create(None, self.base_offset)?;
            for (header, batch) in batches {
                rewritten.append(header, batch)?;
            }
            return Ok(rewritten);
        };
        let scratch = path.with_extension("cleaned");
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&scratch)?;
        let data = Data::File { file, path: path.clone() };
        let mut rewritten = Segment { base_offset: self.base_offset, data, entries: Vec::new(), size: 0 };
        for (header, batch) in batches {
            rewritten.append(header, batch)?;
        }
        rewritten.sync()?;
        std::fs::rename(&scratch, path)?;
        Ok(rewritten)
    }

    pub(crate) fn entries(&self) -> &[BatchEntry] {
        &self.entries
    }

    /// Bytes in this segment.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The offset after the segment's last record.
    pub(crate) fn next_offset(&self) -> i64 {
        self.entries.last().map_or(self.base_offset, |entry| entry.header.last_offset() + 1)
    }

    /// The latest time stamp in the segment, -1 when it is empty.
    pub(crate) fn max_timestamp(&self) -> i64 {
        self.entries.iter().map(|entry| entry.header.max_timestamp).max().unwrap_or(-1)
    }
}

/// The name of the file of the segment that begins at `base_offset`.
pub(crate) fn file_name(base_offset: i64) -> String {
    format!("{base_offset:020}.log")
}

/// The first offset that a segment's file name tells.
pub(crate) fn base_offset_of(name: &str) -> Option<i64> {
    name.strip_suffix(".log")?.parse().ok()
}
