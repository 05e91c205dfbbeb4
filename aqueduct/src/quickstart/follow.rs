//! Reads a file that grows, line by line.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often to look for more.
const INTERVAL: Duration = Duration::from_millis(50);

/// A file that grows, and may not be there yet.
pub(super) struct Follower {
    path: PathBuf,
    file: Option<BufReader<File>>,
    /// The beginning of a line whose end is not there yet.
    begun: Vec<u8>,
}

impl Follower {
    /// Follows a file from its beginning.
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), file: None, begun: Vec::new() }
    }

    /// The next whole line, when it is there.
    pub(super) async fn line(&mut self) -> String {
        loop {
            if let Some(line) = self.next() {
                return line;
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    fn next(&mut self) -> Option<String> {
        if self.file.is_none() {
            self.file = File::open(&self.path).ok().map(BufReader::new);
        }
        // What cannot be read now may be readable later.
        self.file.as_mut()?.read_until(b'\n', &mut self.begun).ok()?;
        self.begun.pop_if(|last| *last == b'\n')?;
        let line = String::from_utf8_lossy(&self.begun).into_owned();
        self.begun.clear();
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write;

    use super::*;

    #[test]
    fn lines_come_when_they_are_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.txt");
        let mut follower = Follower::new(&path);
        assert_eq!(follower.next(), None, "no file");
        let mut file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
        file.write_all(b"one\ntw").unwrap();
        assert_eq!(follower.next().as_deref(), Some("one"));
        assert_eq!(follower.next(), None);
        file.write_all(b"o\n\n").unwrap();
        assert_eq!(follower.next().as_deref(), Some("two"));
        assert_eq!(follower.next().as_deref(), Some(""));
        assert_eq!(follower.next(), None);
    }
}
