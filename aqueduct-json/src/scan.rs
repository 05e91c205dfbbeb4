//! Finding the bytes of a text that need attention, eight at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The high bit of each byte that is less than `n` (at most 128); bits above the lowest one may be wrong.
const fn less(word: u64, n: u8) -> u64 {
    word.wrapping_sub(ONES * n as u64) & !word & HIGH
}

/// The high bit of each byte that is `n`; bits above the lowest one may be wrong.
const fn equal(word: u64, n: u8) -> u64 {
    less(word ^ (ONES * n as u64), 1)
}

const fn special(word: u64) -> u64 {
    less(word, 0x20) | equal(word, b'"') | equal(word, b'\\')
}

/// How many bytes at the start of `bytes` a JSON string holds as they are, ASCII only.
#[inline]
pub(crate) fn plain_ascii(bytes: &[u8]) -> usize {
    scan(bytes, |word| special(word) | (word & HIGH), |byte| !(0x20..0x80).contains(&byte))
}

/// The high bit of each byte from 0xF0; bits above the lowest one are right, too.
const fn long(word: u64) -> u64 {
    // Shifting left by up to three brings the four high bits of each byte together, and none of its neighbour's.
    word & (word << 1) & (word << 2) & (word << 3) & HIGH
}

/// Whether a JSON string holds these eight bytes as they are.
#[inline]
pub(crate) fn is_plain(word: u64) -> bool {
    special(word) | long(word) == 0
}

/// How many bytes at the start of `bytes` a JSON string holds as they are. Jackson escapes characters beyond U+FFFF,
/// whose UTF-8 starts with a byte from 0xF0.
#[inline]
pub(crate) fn plain(bytes: &[u8]) -> usize {
    scan(bytes, |word| special(word) | long(word), |byte| !(0x20..0xf0).contains(&byte))
}

#[inline]
fn scan(bytes: &[u8], in_word: impl Fn(u64) -> u64, in_byte: impl Fn(u8) -> bool) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let found = in_word(u64::from_le_bytes(*word));
        if found != 0 {
            return i * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let stop = rest.iter().position(|&byte| in_byte(byte) || byte == b'"' || byte == b'\\');
    words.len() * 8 + stop.unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_special_byte_is_found_at_every_place() {
        for length in 0..40 {
            for place in 0..length {
                for byte in 0..=255u8 {
                    let mut bytes = vec![b'x'; length];
                    bytes[place] = byte;
                    let escaped = byte < 0x20 || byte == b'"' || byte == b'\\';
                    let or_end = |stops: bool| if stops { place } else { length };
                    assert_eq!(plain_ascii(&bytes), or_end(escaped || byte >= 0x80), "{byte} at {place} of {length}");
                    assert_eq!(plain(&bytes), or_end(escaped || byte >= 0xf0), "{byte} at {place} of {length}");
                }
            }
        }
    }
}
