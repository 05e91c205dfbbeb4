//! The buffer that JSON is written into.
//!
//! All of its bytes are there from the beginning, so that what is appended is put where it belongs, numbers digit by digit and
//! short texts in whole words: whatever is put together elsewhere first and then copied makes a processor wait, since it reads
//! whole words that were just written in parts. What is finished is split off and handed on without a copy.

use aqueduct_data::Payload;
use aqueduct_jvm::number::FewDigits;
use bytes::BytesMut;

use crate::label::Label;
use crate::scan;

/// The buffer is allocated in pieces of this size: small enough that one record in flight does not hold on to much, large
/// enough for many records.
const PIECE: usize = 32 * 1024;
/// A record is begun where there is at least so much room.
const ROOM: usize = PIECE / 16;

/// The longest integer, with its sign.
const INTEGER: usize = 20;

/// Bytes under construction.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    /// What is written, and room behind it.
    bytes: BytesMut,
    /// How many bytes are written.
    end: usize,
}

impl Buffer {
    /// Forgets what was written and makes some room.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.end = 0;
        if self.bytes.len() < ROOM {
            self.grow(PIECE);
        }
    }

    /// What was written, which is taken out.
    #[inline]
    pub(crate) fn take(&mut self) -> Payload {
        let end = std::mem::take(&mut self.end);
        if end <= Payload::SHORT {
            return Payload::copy_from_slice(&self.bytes[..end]);
        }
        self.bytes.split_to(end).freeze().into()
    }

    /// What is written.
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.end]
    }

    #[cold]
    fn grow(&mut self, more: usize) {
        self.bytes.resize((self.end + more).max(self.end * 2).max(PIECE), 0);
    }

    /// At least `more` bytes behind what is written.
    #[inline]
    fn room(&mut self, more: usize) -> &mut [u8] {
        if self.bytes.len() - self.end < more {
            self.grow(more);
        }
        &mut self.bytes[self.end..]
    }

    /// As [`Buffer::room`], of a length that is known.
    #[inline]
    fn room_for<const N: usize>(&mut self) -> &mut [u8; N] {
        self.room(N).first_chunk_mut().expect("there is room for as many bytes")
    }

    /// Appends bytes as they are.
    #[inline]
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.room(bytes.len())[..bytes.len()].copy_from_slice(bytes);
        self.end += bytes.len();
    }

    /// Appends so many bytes for `fill` to write.
    pub(crate) fn filled(&mut self, length: usize, fill: impl FnOnce(&mut [u8])) {
        fill(&mut self.room(length)[..length]);
        self.end += length;
    }

    /// Appends the name of a member with what stands around it.
    #[inline]
    pub(crate) fn label(&mut self, label: &Label) {
        match label.short() {
            Some(bytes) => {
                *self.room_for() = *bytes;
                self.end += label.as_slice().len();
            }
            None => self.raw(label.as_slice()),
        }
    }

    /// Appends a text in quotes up to the first character that has to be escaped, with the closing quote if there is none.
    /// Answers how many bytes of the text are there.
    #[inline]
    pub(crate) fn plain_text(&mut self, text: &[u8]) -> usize {
        let length = text.len();
        let room = &mut self.room(length + 2)[..length + 2];
        room[0] = b'"';
        room[length + 1] = b'"';
        let plain = put_plain(text, &mut room[1..=length]);
        self.end += if plain == length { length + 2 } else { plain + 1 };
        plain
    }

    /// Appends the name of a member with what stands around it, if it is plain; otherwise answers false.
    #[inline]
    pub(crate) fn plain_name(&mut self, name: &[u8], is_first: bool) -> bool {
        let length = name.len();
        let comma = usize::from(!is_first);
        let room = &mut self.room(length + 4)[..length + 4];
        room[0] = b',';
        let room = &mut room[comma..];
        room[0] = b'"';
        room[length + 1] = b'"';
        room[length + 2] = b':';
        let is_plain = put_plain(name, &mut room[1..=length]) == length;
        if is_plain {
            self.end += length + 3 + comma;
        }
        is_plain
    }

    /// Appends a double of few digits.
    #[inline]
    pub(crate) fn few_digits(&mut self, few: FewDigits) {
        if few.is_negative {
            self.raw(b"-");
        }
        self.integer(few.whole.into());
        let [tenths, hundredths, thousandths] = few.fraction;
        *self.room_for() = [b'.', b'0' + tenths, b'0' + hundredths, b'0' + thousandths];
        self.end += if thousandths > 0 {
            4
        } else if hundredths > 0 {
            3
        } else {
            2
        };
    }

    /// Appends an integer.
    #[inline]
    pub(crate) fn integer(&mut self, value: i64) {
        let room = self.room_for::<INTEGER>();
        let mut length = 0;
        if value < 0 {
            room[0] = b'-';
            length = 1;
        }
        length += digits(value.unsigned_abs(), &mut room[length..]);
        self.end += length;
    }
}

/// Copies a text to a place of its length; answers how many bytes of it, from the start, a JSON string holds as they are.
#[inline]
fn put_plain(text: &[u8], to: &mut [u8]) -> usize {
    // Two overlapping words are the whole of a short text.
    let is_plain = match text.len() {
        4..8 => put_ends(text, to, |word| scan::is_plain(u64::from(u32::from_le_bytes(word)) | SPACES)),
        8..=16 => put_ends(text, to, |word| scan::is_plain(u64::from_le_bytes(word))),
        _ => {
            to.copy_from_slice(text);
            false
        }
    };
    if is_plain { text.len() } else { scan::plain(text) }
}

/// Half a word of characters that nobody escapes.
const SPACES: u64 = 0x2020_2020 << 32;

/// Copies a text that the two words at its ends cover; answers whether both are plain.
#[inline]
fn put_ends<const N: usize>(text: &[u8], to: &mut [u8], is_plain: impl Fn([u8; N]) -> bool) -> bool {
    let (Some(first), Some(last)) = (text.first_chunk::<N>(), text.last_chunk::<N>()) else { return false };
    let mut all = true;
    if let Some(to) = to.first_chunk_mut::<N>() {
        *to = *first;
        all &= is_plain(*first);
    }
    if let Some(to) = to.last_chunk_mut::<N>() {
        *to = *last;
        all &= is_plain(*last);
    }
    all
}

/// Writes the digits of a number; answers how many.
#[inline]
fn digits(mut number: u64, room: &mut [u8]) -> usize {
    const PAIRS: [[u8; 2]; 100] = {
        let mut pairs = [[0; 2]; 100];
        let mut n = 0;
        while n < 100 {
            pairs[n] = [b'0' + n as u8 / 10, b'0' + n as u8 % 10];
            n += 1;
        }
        pairs
    };
    let length = number.checked_ilog10().unwrap_or(0) as usize + 1;
    let room = &mut room[..length];
    let mut at = length;
    while number >= 100 {
        at -= 2;
        room[at..at + 2].copy_from_slice(&PAIRS[(number % 100) as usize]);
        number /= 100;
    }
    if number >= 10 {
        room[..2].copy_from_slice(&PAIRS[number as usize]);
    } else {
        room[0] = b'0' + number as u8;
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Buffer)) -> String {
        let mut buffer = Buffer::default();
        buffer.clear();
        write(&mut buffer);
        String::from_utf8(buffer.take().to_vec()).unwrap()
    }

    #[test]
    fn integers_of_every_length_are_written() {
        let mut numbers = vec![0, i64::MIN, i64::MAX];
        for power in 0..19 {
            let n = 10i64.pow(power);
            numbers.extend([n - 1, n, n + 1, n / 7 * 3, -n]);
        }
        for n in numbers {
            assert_eq!(written(|buffer| buffer.integer(n)), n.to_string());
        }
    }

    #[test]
    fn texts_are_written_up_to_what_is_escaped() {
        for length in 0..40 {
            let text = "x".repeat(length);
            assert_eq!(written(|buffer| assert_eq!(buffer.plain_text(text.as_bytes()), length)), format!("\"{text}\""));
            for (is_first, expect) in [(true, format!("\"{text}\":")), (false, format!(",\"{text}\":"))] {
                assert_eq!(written(|buffer| assert!(buffer.plain_name(text.as_bytes(), is_first))), expect);
            }
            for place in 0..length {
                let mut other = text.clone().into_bytes();
                other[place] = b'\\';
                let begun = written(|buffer| assert_eq!(buffer.plain_text(&other), place));
                assert_eq!(begun, format!("\"{}", &text[..place]), "{place} of {length}");
                assert_eq!(written(|buffer| assert!(!buffer.plain_name(&other, false))), "");
            }
        }
    }

    #[test]
    fn what_is_written_grows_over_pieces() {
        let mut buffer = Buffer::default();
        let piece = vec![b'x'; PIECE / 3];
        for _ in 0..3 {
            buffer.clear();
            for _ in 0..10 {
                buffer.raw(&piece);
            }
            assert_eq!(buffer.take().len(), piece.len() * 10);
        }
    }
}
