//! Cuts a stream of bytes into lines without copying them.
//!
//! Bytes enter through [`Lines::space`] and [`Lines::filled`], block by block; lines leave through [`Lines::take`] as
//! slices of the block that they were read into. A line ends at `\n`, `\r\n` or a lone `\r`; a `\r` that is the last
//! byte so far waits for the next one, and an unfinished line waits for its end. Every byte is searched for line ends
//! once, however long its line is.
//!
//! A block goes back into use when all of its lines are gone. A block that is filled by less than a quarter is copied
//! instead of shared, so that a line never keeps more than a few times its neighbours' size alive.

use std::collections::VecDeque;

use aqueduct_data::{ByteString, Bytes};
use bytes::BytesMut;
use memchr::{memchr2_iter, memrchr2};

/// How much is read at a time: small enough for a processor's own cache, large enough that calls cost nothing.
pub(crate) const BLOCK: usize = 64 * 1024;

/// How many blocks are remembered, to be used again when their lines are gone.
const SPARE: usize = 4;

/// Whole lines that were not taken yet, with their ends.
enum Ready {
    /// Valid UTF-8, checked as a whole.
    Text(ByteString),
    /// Not valid as a whole; each line is checked for itself.
    Raw(Bytes),
}

/// The state between two reads.
pub(crate) struct Lines {
    /// All of it may be written to; what counts are the first `filled` bytes, the beginning of an unfinished line.
    buffer: BytesMut,
    filled: usize,
    /// So much of the unfinished line is known to hold no line end.
    scanned: usize,
    ready: Ready,
    /// So much of `ready` was taken.
    taken: usize,
    spare: VecDeque<Bytes>,
}

impl Lines {
    pub(crate) fn new() -> Self {
        Self {
            buffer: BytesMut::new(),
            filled: 0,
            scanned: 0,
            ready: Ready::Raw(Bytes::new()),
            taken: 0,
            spare: VecDeque::new(),
        }
    }

    /// Room for more bytes, never empty. To be followed by [`Lines::filled`].
    pub(crate) fn space(&mut self) -> &mut [u8] {
        if self.buffer.is_empty() {
            self.buffer = self.block();
        } else if self.filled == self.buffer.len() {
            // A line longer than the buffer: doubling keeps the copies in proportion to the line.
            let doubled = (self.filled * 2).max(BLOCK);
            self.buffer.resize(doubled, 0);
        }
        &mut self.buffer[self.filled..]
    }

    /// Tells that the first `count` bytes of the room were written, and finds the lines that they complete. There must
    /// be no lines left to take.
    pub(crate) fn filled(&mut self, count: usize) {
        debug_assert!(!self.has_lines(), "lines are taken before more is read");
        self.filled += count;
        let unscanned = &self.buffer[self.scanned..self.filled];
        let waits = unscanned.last() == Some(&b'\r');
        let searched = if waits { &unscanned[..unscanned.len() - 1] } else { unscanned };
        let end = memrchr2(b'\n', b'\r', searched).map(|at| self.scanned + at + 1);
        self.scanned = self.filled - usize::from(waits);
        if let Some(end) = end {
            self.cut(end);
        }
    }

    /// Takes bytes that were read elsewhere; as [`Lines::filled`].
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) -> usize {
        let mut fed = 0;
        while !bytes.is_empty() && !self.has_lines() {
            let space = self.space();
            let count = space.len().min(bytes.len());
            space[..count].copy_from_slice(&bytes[..count]);
            self.filled(count);
            bytes = &bytes[count..];
            fed += count;
        }
        fed
    }

    /// Whether there are lines to take.
    pub(crate) fn has_lines(&self) -> bool {
        self.taken < self.ready_bytes().len()
    }

    /// How many bytes were filled in, but not taken as lines.
    pub(crate) fn held(&self) -> usize {
        self.ready_bytes().len() - self.taken + self.filled
    }

    /// Takes up to `limit` lines: each without its end, and its length with the end. Answers how many there were.
    pub(crate) fn take(&mut self, limit: usize, mut each: impl FnMut(ByteString, usize)) -> usize {
        let bytes = self.ready_bytes();
        let (first, mut from, mut count) = (self.taken, self.taken, 0);
        for hit in memchr2_iter(b'\n', b'\r', &bytes[first..]) {
            let end = first + hit;
            if end < from {
                // The second half of `\r\n`.
                continue;
            }
            if count == limit {
                break;
            }
            let next = if bytes[end] == b'\r' && bytes.get(end + 1) == Some(&b'\n') { end + 2 } else { end + 1 };
            let line = match &self.ready {
                Ready::Text(text) => text.slice_ref(&text[from..end]),
                Ready::Raw(raw) => text_of(&raw.slice(from..end)),
            };
            each(line, next - from);
            from = next;
            count += 1;
        }
        self.taken = from;
        if !self.has_lines() {
            // Lets go of the block.
            self.ready = Ready::Raw(Bytes::new());
            self.taken = 0;
        }
        count
    }

    /// Gives memory back while nothing comes: only an unfinished line is kept. (A very long one keeps its room, too:
    /// moving it every second would cost more.)
    pub(crate) fn relax(&mut self) {
        self.spare.clear();
        if self.filled < BLOCK && self.buffer.len() > self.filled {
            self.buffer = BytesMut::from(&self.buffer[..self.filled]);
        }
    }

    /// Forgets the unfinished line.
    pub(crate) fn forget_unfinished(&mut self) {
        self.filled = 0;
        self.scanned = 0;
    }

    /// Takes everything that is held, as it was filled in.
    pub(crate) fn drain(&mut self) -> Vec<u8> {
        let mut rest = self.ready_bytes()[self.taken..].to_vec();
        rest.extend_from_slice(&self.buffer[..self.filled]);
        *self = Self::new();
        rest
    }

    fn ready_bytes(&self) -> &[u8] {
        match &self.ready {
            Ready::Text(text) => text.as_bytes(),
            Ready::Raw(raw) => raw,
        }
    }

    /// Makes the first `end` bytes ready; the rest is the beginning of the next line.
    fn cut(&mut self, end: usize) {
        let rest = end..self.filled;
        let lines = if end < self.buffer.len() / 4 {
            let lines = Bytes::copy_from_slice(&self.buffer[..end]);
            self.buffer.copy_within(rest.clone(), 0);
            lines
        } else {
            let block = std::mem::take(&mut self.buffer).freeze();
            if !rest.is_empty() {
                let mut next = self.block();
                if next.len() <= rest.len() {
                    next.resize(rest.len() * 2, 0);
                }
                next[..rest.len()].copy_from_slice(&block[rest.clone()]);
                self.buffer = next;
            }
            let lines = block.slice(..end);
            if block.len() == BLOCK {
                self.spare.push_back(block);
            }
            lines
        };
        self.filled = rest.len();
        self.scanned -= end;
        self.taken = 0;
        self.ready = match ByteString::try_from(lines.clone()) {
            Ok(text) => Ready::Text(text),
            Err(_) => Ready::Raw(lines),
        };
    }

    /// A block whose lines are all gone, or a new one.
    fn block(&mut self) -> BytesMut {
        while let Some(oldest) = self.spare.pop_front() {
            match oldest.try_into_mut() {
                Ok(block) if block.len() == BLOCK => return block,
                Ok(_) => {}
                Err(in_use) => {
                    self.spare.push_front(in_use);
                    break;
                }
            }
        }
        if self.spare.len() >= SPARE {
            self.spare.pop_front();
        }
        BytesMut::zeroed(BLOCK)
    }
}

/// The text of a line that may hold anything.
fn text_of(line: &Bytes) -> ByteString {
    match ByteString::try_from(line.clone()) {
        Ok(text) => text,
        Err(_) => lossy(line).into(),
    }
}

/// As `String::from_utf8_lossy`, but a surrogate that was encoded as if it were a character becomes one U+FFFD, as
/// Java's decoder has it, not one for each byte.
fn lossy(mut bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    loop {
        match std::str::from_utf8(bytes) {
            Ok(rest) => {
                text.push_str(rest);
                return text;
            }
            Err(error) => {
                let (valid, rest) = bytes.split_at(error.valid_up_to());
                text.push_str(std::str::from_utf8(valid).expect("it is valid up to there"));
                text.push(char::REPLACEMENT_CHARACTER);
                let malformed = match rest {
                    [0xed, 0xa0..=0xbf, 0x80..=0xbf, ..] => 3,
                    [0xed, 0xa0..=0xbf, ..] => 2,
                    _ => error.error_len().unwrap_or(rest.len()),
                };
                bytes = &rest[malformed..];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The slow and obvious reader: whole lines with their lengths, by looking at one byte after the other.
    fn naive(bytes: &[u8]) -> Vec<(String, usize)> {
        let (mut lines, mut from, mut at) = (Vec::new(), 0, 0);
        while at < bytes.len() {
            let next = match bytes[at] {
                b'\r' if at + 1 == bytes.len() => break,
                b'\r' if bytes[at + 1] == b'\n' => at + 2,
                b'\n' | b'\r' => at + 1,
                _ => {
                    at += 1;
                    continue;
                }
            };
            lines.push((lossy(&bytes[from..at]), next - from));
            (from, at) = (next, next);
        }
        lines
    }

    /// Feeds `bytes` in pieces of the given sizes, in turn, taking `limit` lines at a time.
    fn read(bytes: &[u8], sizes: &[usize], limit: usize) -> (Vec<(String, usize)>, Vec<u8>) {
        let (mut lines, mut got, mut rest) = (Lines::new(), Vec::new(), bytes);
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let piece = &rest[..(*size).min(rest.len())];
            let mut fed = 0;
            while fed < piece.len() {
                fed += lines.feed(&piece[fed..]);
                while lines.take(limit, |line, length| got.push((line.to_string(), length))) > 0 {}
            }
            rest = &rest[piece.len()..];
        }
        (got, lines.drain())
    }

    fn check(text: &str, expect: &[&str], unfinished: &str) {
        let wanted: Vec<String> = expect.iter().map(ToString::to_string).collect();
        for size in [1, 2, 3, 1000] {
            for limit in [1, 2, 1000] {
                let (got, rest) = read(text.as_bytes(), &[size], limit);
                let texts: Vec<String> = got.iter().map(|(line, _)| line.clone()).collect();
                assert_eq!(texts, wanted, "{text:?} in pieces of {size}, {limit} lines at a time");
                assert_eq!(rest, unfinished.as_bytes(), "{text:?} in pieces of {size}");
            }
        }
    }

    #[test]
    fn lines_end_at_lf_crlf_and_cr() {
        check("", &[], "");
        check("a", &[], "a");
        check("a\n", &["a"], "");
        check("a\nb", &["a"], "b");
        check("\n", &[""], "");
        check("\n\n", &["", ""], "");
        check("a\r\nb\r\n", &["a", "b"], "");
        check("a\r", &[], "a\r");
        check("a\rb", &["a"], "b");
        check("a\r\r", &["a"], "\r");
        check("a\r\r\n", &["a", ""], "");
        check("\r\n\r\n", &["", ""], "");
        check("\n\r", &[""], "\r");
        check("\n\r\n", &["", ""], "");
        check("\r\n\n", &["", ""], "");
        check("a\r\n\rb\n", &["a", "", "b"], "");
        check("ä\nöü\r€\r\n𝄞", &["ä", "öü", "€"], "𝄞");
        check("\u{feff}a\n\u{2028}b\n", &["\u{feff}a", "\u{2028}b"], "");
        check("a\0b\n\x0b\x0c\n", &["a\0b", "\x0b\x0c"], "");
    }

    #[test]
    fn malformed_bytes_become_what_javas_decoder_makes_of_them() {
        let check = |bytes: &[u8], expect: &str| assert_eq!(lossy(bytes), expect, "{bytes:x?}");
        check(b"a\xffb", "a\u{fffd}b");
        check(b"\xe2\x82", "\u{fffd}");
        check(b"\xe2\x82x", "\u{fffd}x");
        check(b"\xe2x", "\u{fffd}x");
        check(b"\xc3\xa4\xc3", "ä\u{fffd}");
        check(b"\xed\xa0\x80", "\u{fffd}");
        check(b"\xed\xa0\x80\xed\xb0\x80", "\u{fffd}\u{fffd}");
        check(b"\xed\xa0", "\u{fffd}");
        check(b"\xed\xa0x", "\u{fffd}x");
        check(b"\xc0\x80", "\u{fffd}\u{fffd}");
        check(b"\xe0\x80\x80", "\u{fffd}\u{fffd}\u{fffd}");
        check(b"\xf0\x9d\x84", "\u{fffd}");
        check(b"\xf5\x90\x80\x80", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}");
        check(b"\x80\x80", "\u{fffd}\u{fffd}");
    }

    #[test]
    fn one_malformed_line_leaves_its_neighbours_shared() {
        let (got, _) = read(b"good\nb\xffd\n\xc3\xa4\n", &[100], 100);
        assert_eq!(got, [("good".into(), 5), ("b\u{fffd}d".into(), 4), ("ä".into(), 3)]);
    }

    /// A small generator of the xorshift family: the same numbers on every run.
    struct Random(u64);

    impl Random {
        fn below(&mut self, n: u64) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % n) as usize
        }
    }

    #[test]
    fn any_bytes_in_any_pieces_give_the_naive_readers_lines() {
        let parts: [&[u8]; 12] = [
            b"\n",
            b"\r",
            b"\r\n",
            b"a",
            b"bc",
            b"\xc3\xa4",
            b"\xe2\x82\xac",
            b"\xff",
            b"\xc3",
            b"",
            b"0123456789",
            b"\n",
        ];
        for seed in 1..=3000u64 {
            let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let mut bytes = Vec::new();
            for _ in 0..random.below(60) {
                bytes.extend_from_slice(parts[random.below(12)]);
            }
            let sizes: Vec<usize> = (0..5).map(|_| 1 + random.below(9)).collect();
            let (got, rest) = read(&bytes, &sizes, 1 + random.below(5));
            let expect = naive(&bytes);
            assert_eq!(got, expect, "seed {seed}");
            let whole: usize = expect.iter().map(|(_, length)| length).sum();
            assert_eq!(rest, bytes[whole..], "seed {seed}");
        }
    }

    #[test]
    fn lines_over_block_borders_are_whole() {
        for seed in 1..=12u64 {
            let mut random = Random(seed);
            let mut bytes = Vec::new();
            while bytes.len() < 6 * BLOCK {
                let length = [random.below(200), random.below(3000), random.below(3 * BLOCK as u64)][random.below(3)];
                bytes.extend(std::iter::repeat_n(b'a' + random.below(26) as u8, length));
                bytes.extend_from_slice([&b"\n"[..], b"\r", b"\r\n"][random.below(3)]);
            }
            for size in [BLOCK - 1, BLOCK, BLOCK + 1, 1000, 7 * BLOCK] {
                assert_eq!(read(&bytes, &[size], 700).0, naive(&bytes), "seed {seed}, pieces of {size}");
            }
        }
    }

    #[test]
    fn a_line_of_many_mebibytes_is_read_in_linear_time() {
        let length = 48 << 20;
        let mut bytes = vec![b'x'; length];
        bytes.extend_from_slice(b"\nshort\n");
        let begin = std::time::Instant::now();
        let (got, rest) = read(&bytes, &[1000], 2000);
        assert_eq!((got[0].1, got[1].0.as_str(), rest.len()), (length + 1, "short", 0));
        // Rescanning from the line's beginning would look at more than 10^12 bytes.
        assert!(begin.elapsed().as_secs() < 20, "took {:?}", begin.elapsed());
    }

    #[test]
    fn a_lonely_line_keeps_little_memory_alive_and_blocks_are_used_again() {
        let mut lines = Lines::new();
        let mut kept = Vec::new();
        lines.feed(b"a lonely line\n");
        lines.take(1, |line, _| kept.push(line));
        lines.relax();
        assert!(lines.buffer.is_empty() && lines.spare.is_empty());

        let block: Vec<u8> = b"0123456789\n".iter().copied().cycle().take(BLOCK).collect();
        for _ in 0..100 {
            let mut fed = 0;
            while fed < block.len() {
                fed += lines.feed(&block[fed..]);
                lines.take(usize::MAX, |_, _| ());
            }
            assert!(lines.spare.len() <= 2, "blocks without lines are used again");
        }
    }
}
