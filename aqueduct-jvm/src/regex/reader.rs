//! Reading a pattern, one code point after the other.
//!
//! The steps are those of Java's parser, whose place in the pattern decides which index a message names; with the flag
//! `x` blanks and comments are skipped on the way. Behind the end there are zeros.

use super::flags::Flags;

/// A place in a pattern.
#[derive(Debug)]
pub(super) struct Reader {
    points: Vec<u32>,
    at: usize,
    /// The flags that hold here.
    pub(super) flags: Flags,
}

/// The end of a pattern.
pub(super) const END: u32 = 0;

/// An ASCII character as a code point.
pub(super) const fn ascii(c: u8) -> u32 {
    c as u32
}

impl Reader {
    pub(super) fn new(points: Vec<u32>) -> Self {
        Self { points, at: 0, flags: Flags::default() }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.points.len()
    }

    pub(super) fn is_past_end(&self) -> bool {
        self.at > self.points.len()
    }

    /// Whether the pattern ends exactly here.
    pub(super) fn ends_here(&self) -> bool {
        self.at == self.points.len()
    }

    /// The code point at a distance, whatever it is.
    pub(super) fn raw(&self, distance: isize) -> u32 {
        let at = self.at.checked_add_signed(distance);
        at.and_then(|at| self.points.get(at)).copied().unwrap_or(END)
    }

    /// The text between two places.
    pub(super) fn text(&self, start: usize, end: usize) -> String {
        let part = self.points.get(start..end).unwrap_or_default();
        part.iter().map(|&point| char::from_u32(point).unwrap_or('\u{FFFD}')).collect()
    }

    /// The code point here.
    pub(super) fn peek(&mut self) -> u32 {
        self.past_blanks();
        self.raw(0)
    }

    /// The code point here, and goes behind it.
    pub(super) fn read(&mut self) -> u32 {
        self.past_blanks();
        self.at += 1;
        self.raw(-1)
    }

    /// Goes behind the code point here, and tells the one that follows.
    pub(super) fn next(&mut self) -> u32 {
        self.at += 1;
        self.peek()
    }

    /// The same, blank or not.
    pub(super) fn next_raw(&mut self) -> u32 {
        self.at += 1;
        self.raw(0)
    }

    /// Leaves out the code point here, and goes behind the one that follows, which it tells.
    pub(super) fn skip(&mut self) -> u32 {
        self.at += 2;
        self.raw(-1)
    }

    pub(super) fn unread(&mut self) {
        self.at -= 1;
    }

    fn past_blanks(&mut self) {
        if !self.flags.comments {
            return;
        }
        loop {
            match self.raw(0) {
                // ASCII blanks, from the tabulator to the carriage return.
                0x09..=0x0D | 0x20 => self.at += 1,
                0x23 => {
                    while !self.is_at_end() && !self.ends_line(self.raw(0)) {
                        self.at += 1;
                    }
                    if self.is_at_end() {
                        return;
                    }
                }
                _ => return,
            }
        }
    }

    fn ends_line(&self, point: u32) -> bool {
        if self.flags.unix_lines {
            point == ascii(b'\n')
        } else {
            matches!(point, 0x0A | 0x0D | 0x85 | 0x2028 | 0x2029)
        }
    }
}
