//! The flags of a pattern, as `(?im)` sets them.

use super::char_set::Case;

/// What is set where the parser stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Flags {
    /// `i`: letters match in either case.
    pub(super) case_insensitive: bool,
    /// `u`: and not only those of ASCII.
    pub(super) unicode_case: bool,
    /// `m`: `^` and `$` match at lines.
    pub(super) multi_line: bool,
    /// `s`: `.` matches line ends.
    pub(super) dot_all: bool,
    /// `d`: only `\n` ends a line.
    pub(super) unix_lines: bool,
    /// `x`: blanks and comments.
    pub(super) comments: bool,
    /// `U`: `\w` and its like follow Unicode.
    pub(super) unicode_classes: bool,
}

impl Flags {
    /// Sets what a letter stands for, or takes it back; tells whether there is such a flag.
    pub(super) fn set(&mut self, letter: u32, on: bool) -> bool {
        match u8::try_from(letter).unwrap_or_default() {
            b'i' => self.case_insensitive = on,
            b'm' => self.multi_line = on,
            b's' => self.dot_all = on,
            b'd' => self.unix_lines = on,
            b'u' => self.unicode_case = on,
            b'x' => self.comments = on,
            b'U' => {
                self.unicode_classes = on;
                self.unicode_case = on;
            }
            // Canonical equivalence: Java would have had to know before it began to parse.
            b'c' => {}
            _ => return false,
        }
        true
    }

    /// How letters are compared.
    pub(super) fn case(self) -> Case {
        match (self.case_insensitive, self.unicode_case) {
            (false, _) => Case::Sensitive,
            (true, false) => Case::Ascii,
            (true, true) => Case::Unicode,
        }
    }
}
