//! Numbered lines: a file that grows all the time, and which of its lines have arrived somewhere.
//!
//! All lines are of one length, so that a position in the file is a number of lines, and a line can be told from the torn
//! rest of one whose writer was killed.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// The length of a line with its end.
pub const LINE: usize = 40;

/// Line `number`, without its end.
pub fn line(number: u64) -> String {
    format!("<{number:09} some text of one line......>")
}

/// The number of a whole line, none for anything else.
pub fn line_number(text: &str) -> Option<u64> {
    let number = text.strip_prefix('<')?.get(..9)?.parse().ok()?;
    (text == line(number)).then_some(number)
}

/// A file that gets new lines until it is told to stop.
pub struct GrowingFile {
    path: PathBuf,
    written: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    writer: Option<JoinHandle<()>>,
}

impl GrowingFile {
    /// Makes the file; it gets `count` lines in each tenth of a second.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn start(path: &Path, count: u64) -> Self {
        let mut file = OpenOptions::new().create(true).append(true).open(path).expect("the folder is ours");
        let (written, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (counter, told) = (Arc::clone(&written), Arc::clone(&stop));
        let writer = std::thread::spawn(move || {
            while !told.load(Ordering::Relaxed) {
                let from = counter.load(Ordering::Relaxed);
                let lines: String = (from..from + count).map(|number| line(number) + "\n").collect();
                file.write_all(lines.as_bytes()).expect("the disk has room");
                counter.store(from + count, Ordering::Relaxed);
                pace();
            }
        });
        Self { path: path.to_owned(), written, stop, writer: Some(writer) }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many lines it has.
    pub fn count(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Lets it grow no further; answers how many lines it has.
    ///
    /// # Panics
    /// When it could not be written.
    pub fn finish(&mut self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(writer) = self.writer.take() {
            writer.join().expect("the file is written");
        }
        self.count()
    }
}

impl Drop for GrowingFile {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// The pace of the writer.
#[expect(clippy::disallowed_methods, reason = "a load has a rate")]
fn pace() {
    std::thread::sleep(Duration::from_millis(100));
}

/// Which lines there are, by their numbers, and how often.
#[derive(Default, Clone)]
pub struct Lines(Vec<u32>);

impl Lines {
    /// Counts a line in.
    pub fn add(&mut self, number: u64) {
        let at = usize::try_from(number).expect("numbers are small");
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        self.0[at] += 1;
    }

    /// Whether a line is there.
    pub fn has(&self, number: u64) -> bool {
        usize::try_from(number).ok().and_then(|at| self.0.get(at)).is_some_and(|times| *times > 0)
    }

    /// The first of the lines below `end` that is not there.
    pub fn first_missing(&self, end: u64) -> Option<u64> {
        (0..end).find(|number| !self.has(*number))
    }

    /// How many lines came more than once.
    pub fn repeated(&self) -> usize {
        self.0.iter().filter(|times| **times > 1).count()
    }
}

/// The lines of a file that somebody appends to, read as far as it goes.
pub struct ArrivingLines {
    path: PathBuf,
    position: u64,
    /// The beginning of a line that is not whole yet.
    rest: Vec<u8>,
    lines: Lines,
}

impl ArrivingLines {
    /// Of a file, which need not be there yet.
    pub fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), position: 0, rest: Vec::new(), lines: Lines::default() }
    }

    /// Reads what is new, and answers all that has arrived.
    ///
    /// # Panics
    /// When the file cannot be read.
    pub fn look(&mut self) -> &Lines {
        if let Ok(mut file) = File::open(&self.path) {
            file.seek(SeekFrom::Start(self.position)).expect("a file can be read from anywhere");
            let read = file.read_to_end(&mut self.rest).expect("the file is readable");
            self.position += read as u64;
        }
        let mut at = 0;
        while let Some(next) = self.rest[at..].iter().position(|byte| *byte == b'<') {
            at += next;
            // A line's end is not looked at: a torn line has none.
            let Some(text) = self.rest.get(at..at + LINE - 1) else { break };
            let number = std::str::from_utf8(text).ok().and_then(line_number);
            match number {
                Some(number) => {
                    self.lines.add(number);
                    at += LINE - 1;
                }
                None => at += 1,
            }
        }
        self.rest.drain(..at);
        &self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_of_one_length_and_know_their_number() {
        assert_eq!(line(7).len() + 1, LINE);
        assert_eq!(line(999_999_999).len() + 1, LINE);
        assert_eq!(line_number(&line(123)), Some(123));
        assert_eq!(line_number(&line(123)[1..]), None);
    }

    #[test]
    fn torn_lines_do_not_count_and_hide_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let mut arriving = ArrivingLines::of(&path);
        assert_eq!(arriving.look().first_missing(1), Some(0));
        let torn = &line(1)[..20];
        std::fs::write(&path, format!("{}\n{torn}{}\n{}", line(0), line(2), &line(3)[..5])).unwrap();
        assert_eq!(arriving.look().first_missing(9), Some(1));
        assert!(arriving.look().has(2) && !arriving.look().has(3));
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        write!(file, "{}\n{}\n{}\n", &line(3)[5..], line(1), line(2)).unwrap();
        assert_eq!(arriving.look().first_missing(9), Some(4));
        assert_eq!(arriving.look().repeated(), 1);
    }
}
