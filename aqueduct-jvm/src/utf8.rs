//! UTF-8 that is not quite, read as Java reads it: what is malformed becomes U+FFFD.

/// The text of bytes that are not UTF-8.
///
/// It differs from Rust's own in how often U+FFFD comes: an encoded surrogate is one, not one for each byte.
pub fn decode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    // How many bytes of an encoded surrogate came just before, and are replaced already.
    let mut surrogate = 0;
    for chunk in bytes.utf8_chunks() {
        if !chunk.valid().is_empty() {
            surrogate = 0;
        }
        text.push_str(chunk.valid());
        surrogate = match (surrogate, chunk.invalid()) {
            (1, [0xa0..=0xbf]) => 2,
            (2, [0x80..=0xbf]) | (_, []) => 0,
            (_, invalid) => {
                text.push(char::REPLACEMENT_CHARACTER);
                usize::from(invalid == [0xed])
            }
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_bytes_are_replaced_as_in_java() {
        for (bytes, expect) in [
            (&b"abc"[..], "abc"),
            (b"\xff\xfea", "\u{fffd}\u{fffd}a"),
            (b"\xc3", "\u{fffd}"),
            (b"\xc3a", "\u{fffd}a"),
            (b"\xc0\x80", "\u{fffd}\u{fffd}"),
            (b"\xe2\x82", "\u{fffd}"),
            (b"\xe2\x82a", "\u{fffd}a"),
            (b"\xe0\x80\x80", "\u{fffd}\u{fffd}\u{fffd}"),
            (b"\xf0\x9f\x98", "\u{fffd}"),
            (b"\xf4\x90\x80\x80", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
            (b"\xed\xa0\x80", "\u{fffd}"),
            (b"\xed\xa0\xbd\xed\xb8\x80", "\u{fffd}\u{fffd}"),
            (b"\xed\xa0a", "\u{fffd}a"),
            (b"\xed\xa0", "\u{fffd}"),
            (b"\xeda\xa0", "\u{fffd}a\u{fffd}"),
            (b"\xed\xa0\x80\x80", "\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(decode(bytes), expect, "{bytes:x?}");
        }
    }
}
