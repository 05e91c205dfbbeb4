//! The log, for tests that look at what is said: all lines of this process, at INFO and above.

use std::io::Write;
use std::sync::OnceLock;

use parking_lot::Mutex;

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Sink;

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LINES.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Starts to keep lines, once per process.
pub(crate) fn start() {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| {
        tracing_subscriber::fmt().with_writer(|| Sink).with_ansi(false).with_max_level(tracing::Level::INFO).init();
    });
}

/// The lines so far that contain `text`.
pub(crate) fn lines_with(text: &str) -> Vec<String> {
    let lines = LINES.lock();
    String::from_utf8_lossy(&lines).lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
}
