//! Which of the Unicode encodings a JSON text is in. Jackson reads UTF-16 and UTF-32 as well, told by a byte order mark
//! or by where the first bytes are zero; they are made UTF-8 before they are parsed.

use aqueduct_data::Bytes;

use crate::fault::Fault;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16 { little: bool },
    Utf32 { little: bool },
}

/// Where in the text JSON starts, and the text in UTF-8 when it is in another encoding.
pub(crate) fn to_utf8(text: &[u8]) -> Result<(usize, Option<Bytes>), Fault> {
    // Most texts start with a bracket, a quote or a digit, and go on with ASCII.
    if let [0x01..0x80, 0x01..0x80, ..] = text {
        return Ok((0, None));
    }
    let (encoding, mark) = detect(text)?;
    match encoding {
        Encoding::Utf8 => Ok((mark, None)),
        Encoding::Utf16 { little } => Ok((0, Some(from_utf16(&text[mark..], little).into()))),
        Encoding::Utf32 { little } => Ok((0, Some(from_utf32(&text[mark..], little).into()))),
    }
}

/// The encoding, and the length of the byte order mark.
fn detect(text: &[u8]) -> Result<(Encoding, usize), Fault> {
    let utf16 = |little| Encoding::Utf16 { little };
    let utf32 = |little| Encoding::Utf32 { little };
    Ok(match *text {
        [0, 0, 0xfe, 0xff, ..] => (utf32(false), 4),
        [0xff, 0xfe, 0, 0, ..] => (utf32(true), 4),
        [0xfe, 0xff, 0, 0, ..] | [0, 1..=0xff, 0, 0, ..] => return Err(Fault::shuffled_utf32("3412")),
        [0xfe, 0xff, _, _, ..] => (utf16(false), 2),
        [0xff, 0xfe, _, _, ..] => (utf16(true), 2),
        [0xef, 0xbb, 0xbf, _, ..] => (Encoding::Utf8, 3),
        [0, 0, 0, _, ..] => (utf32(false), 0),
        [_, 0, 0, 0, ..] => (utf32(true), 0),
        [0, 0, 0xff, 0xfe, ..] | [0, 0, _, 0, ..] => return Err(Fault::shuffled_utf32("2143")),
        [0, _, ..] => (utf16(false), 0),
        [_, 0, ..] => (utf16(true), 0),
        _ => (Encoding::Utf8, 0),
    })
}

fn from_utf16(text: &[u8], little: bool) -> String {
    let unit = |pair: &[u8; 2]| if little { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) };
    char::decode_utf16(text.as_chunks().0.iter().map(unit)).map(|c| c.unwrap_or('?')).collect()
}

fn from_utf32(text: &[u8], little: bool) -> String {
    let code = |four: &[u8; 4]| if little { u32::from_le_bytes(*four) } else { u32::from_be_bytes(*four) };
    text.as_chunks().0.iter().map(|four| char::from_u32(code(four)).unwrap_or('?')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_made_utf8() {
        for (text, expect, start) in [
            (&b""[..], "", 0),
            (b"1", "1", 0),
            (b"{}", "{}", 0),
            (b"\xef\xbb\xbf1", "\u{feff}1", 3),
            ("é".as_bytes(), "é", 0),
            (b"\xfe\xff\x001", "1", 0),
            (b"\xff\xfe1\x00", "1", 0),
            (b"\x00[\x00]", "[]", 0),
            (b"[\x00]\x00", "[]", 0),
            (b"\x00\x00\x001", "1", 0),
            (b"1\x00\x00\x00", "1", 0),
            (b"\x00\x00\xfe\xff\x00\x01\xf6\x00", "😀", 0),
            (b"\xff\xfe\x00\x001\x00\x00\x00", "1", 0),
        ] {
            let (from, recoded) = to_utf8(text).unwrap();
            assert_eq!((recoded.as_deref().unwrap_or(text), from), (expect.as_bytes(), start), "{text:?}");
        }
    }

    #[test]
    fn shuffled_utf32_is_refused() {
        for text in [&b"\x00\x001\x00"[..], b"\x001\x00\x00", b"\x00\x00\xff\xfe", b"\xfe\xff\x00\x00"] {
            assert!(to_utf8(text).is_err(), "{text:?}");
        }
    }
}
