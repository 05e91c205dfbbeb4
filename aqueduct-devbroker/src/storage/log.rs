//! A log: segments in order, from which batches are read by offset, and at whose end batches are appended.
//!
//! It knows nothing of producers or transactions. Batches enter with their offsets assigned; they leave as slices of
//! whole batches. It relies on its caller to hold a lock around it.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};

use bytes::{Bytes, BytesMut};

use super::batch::BatchHeader;
use super::segment::{Segment, base_offset_of};

/// Segments in memory or in one folder.
#[derive(Debug)]
pub(crate) struct Log {
    folder: Option<PathBuf>,
    segments: VecDeque<Segment>,
    /// The first offset that readers see; everything before is gone, or about to go.
    start_offset: i64,
}

// === impl Log ===

impl Log {
    /// Opens the log in `folder`, or an empty one in memory.
    pub(crate) fn open(folder: Option<&Path>) -> io::Result<Log> {
        let mut segments = VecDeque::new();
        if let Some(folder) = folder {
            std::fs::create_dir_all(folder)?;
            let mut found = Vec::new();
            for entry in std::fs::read_dir(folder)? {
                let entry = entry?;
                match entry.file_name().to_str().and_then(base_offset_of) {
                    Some(base) => found.push((base, entry.path())),
                    // What an interrupted compaction left.
                    None => std::fs::remove_file(entry.path())?,
                }
            }
            found.sort();
            for (base, path) in found {
                segments.push_back(Segment::open(&path, base)?);
            }
        }
        if segments.is_empty() {
            segments.push_back(Segment::create(folder, 0)?);
        }
        let start_offset = segments[0].base_offset;
        Ok(Log { folder: folder.map(Path::to_owned), segments, start_offset })
    }

    /// Appends a batch whose offset is the next one. A new segment begins when the last one would grow over
    /// `segment_bytes`.
    pub(crate) fn append(&mut self, header: BatchHeader, batch: Bytes, segment_bytes: u64) -> io::Result<()> {
        let last = self.last();
        if last.size() > 0 && last.size() + header.size as u64 > segment_bytes {
            self.roll()?;
        }
        let last = self.segments.len() - 1;
        self.segments[last].append(header, batch)
    }

    /// Begins a new segment, unless the last one is empty.
    pub(crate) fn roll(&mut self) -> io::Result<()> {
        if self.last().entries().is_empty() {
            return Ok(());
        }
        self.segments.push_back(Segment::create(self.folder.as_deref(), self.next_offset())?);
        Ok(())
    }

    /// Moves the start of the log to `offset`, and removes the segments that end before it.
    pub(crate) fn advance_start(&mut self, offset: i64) -> io::Result<()> {
        self.start_offset = self.start_offset.max(offset);
        while self.segments.len() > 1 && self.segments[1].base_offset <= self.start_offset {
            if let Some(oldest) = self.segments.pop_front() {
                oldest.remove()?;
            }
        }
        Ok(())
    }

    /// Removes the oldest segment. The last one is rolled first, so that something remains. Tells the bytes that became free.
    pub(crate) fn drop_oldest(&mut self) -> io::Result<u64> {
        if self.segments.len() == 1 {
            self.roll()?;
        }
        if self.segments.len() == 1 {
            return Ok(0);
        }
        let freed = self.segments[0].size();
        self.advance_start(self.segments[1].base_offset)?;
        Ok(freed)
    }

    /// Puts `rewritten` batches in place of those of the segment with this index.
    pub(crate) fn replace_segment(&mut self, index: usize, rewritten: Vec<(BatchHeader, Bytes)>) -> io::Result<()> {
        self.segments[index] = self.segments[index].replace(rewritten)?;
        Ok(())
    }

    /// Whole batches from the one that holds `offset` on, before the offset `limit`, as many as `max_bytes` allow, and at
    /// least one when `at_least_one`.
    pub(crate) fn read(&self, offset: i64, limit: i64, max_bytes: usize, at_least_one: bool) -> io::Result<Bytes> {
        let mut found: Vec<Bytes> = Vec::new();
        let mut size = 0;
        'segments: for segment in self.segments.iter().skip(self.segment_of(offset)) {
            let first = segment.entries().partition_point(|entry| entry.header.last_offset() < offset);
            for (index, entry) in segment.entries().iter().enumerate().skip(first) {
                let next = size + entry.header.size;
                let first_of_all = found.is_empty() && at_least_one;
                if entry.header.base_offset >= limit || (next > max_bytes && !first_of_all) {
                    break 'segments;
                }
                found.push(segment.read(index)?);
                size = next;
            }
        }
        if found.len() == 1 {
            return Ok(found.remove(0));
        }
        let mut all = BytesMut::with_capacity(size);
        found.iter().for_each(|batch| all.extend_from_slice(batch));
        Ok(all.freeze())
    }

    /// The headers of all batches, oldest first.
    pub(crate) fn headers(&self) -> impl Iterator<Item = &BatchHeader> {
        self.segments.iter().flat_map(Segment::entries).map(|entry| &entry.header)
    }

    /// The first batch that `wanted` accepts, with its bytes.
    pub(crate) fn find(&self, wanted: impl Fn(&BatchHeader) -> bool) -> io::Result<Option<(BatchHeader, Bytes)>> {
        for segment in &self.segments {
            if let Some(index) = segment.entries().iter().position(|entry| wanted(&entry.header)) {
                return Ok(Some((segment.entries()[index].header, segment.read(index)?)));
            }
        }
        Ok(None)
    }

    /// Flushes the last segment to the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.last().sync()
    }

    pub(crate) fn segments(&self) -> &VecDeque<Segment> {
        &self.segments
    }

    pub(crate) fn start_offset(&self) -> i64 {
        self.start_offset
    }

    /// The offset that the next record gets.
    pub(crate) fn next_offset(&self) -> i64 {
        self.last().next_offset()
    }

    /// Bytes of all batches.
    pub(crate) fn size(&self) -> u64 {
        self.segments.iter().map(Segment::size).sum()
    }

    fn segment_of(&self, offset: i64) -> usize {
        self.segments.partition_point(|segment| segment.base_offset <= offset).saturating_sub(1)
    }

    fn last(&self) -> &Segment {
        &self.segments[self.segments.len() - 1]
    }
}
