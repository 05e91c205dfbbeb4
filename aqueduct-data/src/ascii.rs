//! Whether bytes are ASCII, and the text of those that are.
//!
//! The only unsafe code of this crate. What a text shares its bytes with checks them itself, a second time, unless it is told
//! that they are UTF-8; that second look cost more than all else that reading a text does.

#![allow(unsafe_code)] // The reason for this module, see above.

use bytes::Bytes;

use crate::byte_string::Slice;

/// The bytes as a text, or as they were when one of them is beyond ASCII.
#[inline]
pub(crate) fn text(bytes: Bytes) -> Result<Slice, Bytes> {
    if !is_ascii(&bytes) {
        return Err(bytes);
    }
    // SAFETY: bytes below 0x80 are UTF-8, whatever their order, and `Bytes` never change.
    Ok(unsafe { Slice::from_bytes_unchecked(bytes) })
}

/// As `<[u8]>::is_ascii`, which looks at the bytes behind the last 64 one by one.
#[inline]
fn is_ascii(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<16>();
    let in_blocks = blocks.iter().fold(0, |all, block| all | u128::from_ne_bytes(*block));
    let (words, rest) = rest.as_chunks::<4>();
    let in_words = words.iter().fold(0, |all, word| all | u32::from_ne_bytes(*word));
    let in_bytes = rest.iter().fold(0, |all, byte| all | byte);
    (in_blocks | u128::from(in_words) & 0x8080_8080 | u128::from(in_bytes) & 0x80) & (u128::MAX / 0xff * 0x80) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_beyond_ascii_is_found_wherever_it_is() {
        for length in 0..70 {
            let all = vec![b'a'; length];
            assert_eq!(&*text(Bytes::from(all.clone())).unwrap(), "a".repeat(length));
            for (place, byte) in (0..length).flat_map(|place| (0..=255u8).map(move |byte| (place, byte))) {
                let mut one = all.clone();
                one[place] = byte;
                assert_eq!(text(Bytes::from(one)).is_ok(), byte < 0x80, "{byte:#x} at {place} of {length}");
            }
        }
    }
}
