//! Java's character sets by name. Unicode and its small relatives are here; the national ones are `encoding_rs`'s.
//!
//! What cannot be encoded becomes a question mark, what is malformed U+FFFD, as with Java's `String`.

use aqueduct_api::data::{ByteString, Bytes, Payload};
use aqueduct_jvm::utf8;
use encoding_rs::{EncoderResult, Encoding};

/// A character set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    Utf8,
    Latin1,
    Ascii,
    /// UTF-16 without a mark in a fixed order.
    Utf16(Order),
    /// UTF-16 that is written big-endian with a byte order mark, and read as its mark says.
    Utf16Marked,
    Utf32(Order),
    /// UTF-32 that is read as its byte order mark says, and written big-endian without one.
    Utf32Marked,
    National(&'static Encoding),
}

/// The order of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Big,
    Little,
}

impl Charset {
    /// The character set of a name, in any case, that Java knows it by.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Some(match &*name.to_ascii_lowercase() {
            "utf-8" | "utf8" | "unicode-1-1-utf-8" => Self::Utf8,
            "iso-8859-1" | "latin1" | "l1" | "iso8859_1" | "iso8859-1" | "8859_1" | "iso_8859-1" | "iso_8859_1"
            | "iso_8859-1:1987" | "iso-ir-100" | "ibm819" | "ibm-819" | "cp819" | "819" | "csisolatin1" => Self::Latin1,
            "us-ascii" | "ascii" | "iso646-us" | "iso_646.irv:1983" | "iso_646.irv:1991" | "ansi_x3.4-1968"
            | "ansi_x3.4-1986" | "iso-ir-6" | "ascii7" | "646" | "us" | "cp367" | "ibm367" | "csascii" | "default" => {
                Self::Ascii
            }
            "utf-16" | "utf_16" | "utf16" | "unicode" | "unicodebig" => Self::Utf16Marked,
            "utf-16be" | "utf_16be" | "x-utf-16be" | "iso-10646-ucs-2" | "unicodebigunmarked" => {
                Self::Utf16(Order::Big)
            }
            "utf-16le" | "utf_16le" | "x-utf-16le" | "unicodelittleunmarked" => Self::Utf16(Order::Little),
            "utf-32" | "utf_32" | "utf32" | "iso-10646-ucs-4" => Self::Utf32Marked,
            "utf-32be" | "utf_32be" | "x-utf-32be" => Self::Utf32(Order::Big),
            "utf-32le" | "utf_32le" | "x-utf-32le" => Self::Utf32(Order::Little),
            other => Self::National(national(other)?),
        })
    }

    /// The bytes of a text.
    #[inline]
    pub(crate) fn encode(self, text: ByteString) -> Payload {
        if self == Self::Utf8 { text.into_payload() } else { self.encode_other(&text) }
    }

    fn encode_other(self, text: &ByteString) -> Payload {
        let bytes: Vec<u8> = match self {
            Self::Utf8 => return text.clone().into_payload(),
            Self::Ascii | Self::Latin1 if text.is_ascii() => return text.clone().into_payload(),
            Self::Ascii => text.chars().map(|c| if c.is_ascii() { c as u8 } else { b'?' }).collect(),
            Self::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect(),
            Self::Utf16(order) => utf16(text, order, Vec::new()),
            // Java writes no mark where there is no text.
            Self::Utf16Marked if text.is_empty() => Vec::new(),
            Self::Utf16Marked => utf16(text, Order::Big, vec![0xfe, 0xff]),
            Self::Utf32(Order::Little) => text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
            Self::Utf32(Order::Big) | Self::Utf32Marked => {
                text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect()
            }
            Self::National(encoding) => encode_national(encoding, text),
        };
        bytes.into()
    }

    /// The text of bytes.
    #[inline]
    pub(crate) fn decode(self, bytes: Bytes) -> ByteString {
        if self != Self::Utf8 {
            return self.decode_other(bytes);
        }
        // ASCII is never malformed; other bytes may be needed again.
        ByteString::from_ascii(bytes).unwrap_or_else(|bytes| self.decode_other(bytes))
    }

    fn decode_other(self, bytes: Bytes) -> ByteString {
        match self {
            Self::Utf8 => ByteString::try_from(bytes.clone()).unwrap_or_else(|_| utf8::decode(&bytes).into()),
            Self::Latin1 => bytes.iter().map(|&byte| char::from(byte)).collect::<String>().into(),
            Self::Ascii => {
                bytes.iter().map(|&byte| if byte < 0x80 { byte.into() } else { '\u{fffd}' }).collect::<String>().into()
            }
            Self::Utf16(order) => from_utf16(&bytes, order).into(),
            Self::Utf16Marked => match &bytes[..] {
                [0xfe, 0xff, rest @ ..] => from_utf16(rest, Order::Big),
                [0xff, 0xfe, rest @ ..] => from_utf16(rest, Order::Little),
                all => from_utf16(all, Order::Big),
            }
            .into(),
            Self::Utf32(order) => from_utf32(&bytes, order).into(),
            Self::Utf32Marked => match &bytes[..] {
                [0, 0, 0xfe, 0xff, rest @ ..] => from_utf32(rest, Order::Big),
                [0xff, 0xfe, 0, 0, rest @ ..] => from_utf32(rest, Order::Little),
                all => from_utf32(all, Order::Big),
            }
            .into(),
            Self::National(encoding) => decode_national(encoding, &bytes).into(),
        }
    }
}

fn utf16(text: &str, order: Order, mut out: Vec<u8>) -> Vec<u8> {
    out.reserve(text.len() * 2);
    out.extend(text.encode_utf16().flat_map(|unit| match order {
        Order::Big => unit.to_be_bytes(),
        Order::Little => unit.to_le_bytes(),
    }));
    out
}

/// As Java's decoder: the unit behind the first half of a pair belongs to it, whatever it is, and what is left of a pair at the end is one
/// character, with an odd byte behind it.
fn from_utf16(bytes: &[u8], order: Order) -> String {
    let (pairs, rest) = bytes.as_chunks();
    let mut units = pairs.iter().map(|pair| match order {
        Order::Big => u16::from_be_bytes(*pair),
        Order::Little => u16::from_le_bytes(*pair),
    });
    let mut text = String::with_capacity(bytes.len());
    let mut half = false;
    while let Some(unit) = units.next() {
        match (unit, char::from_u32(unit.into())) {
            (_, Some(c)) => text.push(c),
            (0xd800..0xdc00, None) => {
                let second = units.next();
                half = second.is_none();
                let c = second.and_then(|second| char::decode_utf16([unit, second]).next()?.ok());
                text.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            (_, None) => text.push(char::REPLACEMENT_CHARACTER),
        }
    }
    if !rest.is_empty() && !half {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}

fn from_utf32(bytes: &[u8], order: Order) -> String {
    let (codes, rest) = bytes.as_chunks();
    let chars = codes.iter().map(|four| {
        let code = match order {
            Order::Big => u32::from_be_bytes(*four),
            Order::Little => u32::from_le_bytes(*four),
        };
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    });
    let replaced = (!rest.is_empty()).then_some(char::REPLACEMENT_CHARACTER);
    chars.chain(replaced).collect()
}

/// The encoding of a name. Browsers take some names for an encoding that Java knows apart; those are left out.
fn national(name: &str) -> Option<&'static Encoding> {
    const OTHER_IN_JAVA: [&str; 6] = ["replacement", "x-user-defined", "UTF-8", "UTF-16LE", "UTF-16BE", "ISO-8859-8-I"];
    if matches!(name, "iso-8859-9" | "latin5" | "l5" | "iso-8859-11" | "tis-620" | "") {
        return None;
    }
    let encoding = Encoding::for_label(name.trim_matches(|c: char| !c.is_ascii_graphic()).as_bytes())?;
    // A name with white space is none in Java.
    let is_name = name.bytes().all(|byte| byte.is_ascii_graphic());
    (is_name && !OTHER_IN_JAVA.contains(&encoding.name())).then_some(encoding)
}

fn encode_national(encoding: &'static Encoding, text: &str) -> Vec<u8> {
    let mut encoder = encoding.new_encoder();
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        let room = encoder.max_buffer_length_from_utf8_without_replacement(rest.len()).unwrap_or(rest.len() * 4 + 16);
        out.reserve(room);
        let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut out, true);
        rest = &rest[read..];
        match result {
            EncoderResult::InputEmpty => break,
            EncoderResult::OutputFull => {}
            EncoderResult::Unmappable(_) => out.push(b'?'),
        }
    }
    if has_holes(encoding) {
        // What browsers put into the holes of these code pages is not there in Java.
        let holes = text.chars().map(|c| ('\u{80}'..'\u{a0}').contains(&c));
        for (byte, _) in out.iter_mut().zip(holes).filter(|(_, hole)| *hole) {
            *byte = b'?';
        }
    }
    out
}

fn decode_national(encoding: &'static Encoding, bytes: &[u8]) -> String {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    if has_holes(encoding) && text.contains(|c| ('\u{80}'..'\u{a0}').contains(&c)) {
        return text.chars().map(|c| if ('\u{80}'..'\u{a0}').contains(&c) { '\u{fffd}' } else { c }).collect();
    }
    text.into_owned()
}

/// Windows code pages of single bytes leave some of them without a meaning.
fn has_holes(encoding: &'static Encoding) -> bool {
    encoding.name().starts_with("windows-") && encoding.is_single_byte()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, text: &str, bytes: &[u8]) {
        let charset = Charset::of_name(name).unwrap();
        assert_eq!(&charset.encode(text.into())[..], bytes, "{name} {text}");
        assert_eq!(&*charset.decode(Bytes::copy_from_slice(bytes)), text, "{name} {text}");
    }

    #[test]
    fn texts_go_and_come_back() {
        check("UTF-8", "aé日😀", "aé日😀".as_bytes());
        check("iso-8859-1", "aéÿ", b"a\xe9\xff");
        check("US-ASCII", "abc", b"abc");
        check("UTF-16", "é😀", b"\xfe\xff\0\xe9\xd8\x3d\xde\0");
        check("UTF-16", "", b"");
        check("UTF-16BE", "é", b"\0\xe9");
        check("utf-16le", "é", b"\xe9\0");
        check("UTF-32", "😀", b"\0\x01\xf6\0");
        check("UTF-32LE", "é", b"\xe9\0\0\0");
        check("windows-1252", "é€", b"\xe9\x80");
        check("Cp1251", "Привет", b"\xcf\xf0\xe8\xe2\xe5\xf2");
        check("Shift_JIS", "日本", b"\x93\xfa\x96\x7b");
        check("EUC-JP", "日本", b"\xc6\xfc\xcb\xdc");
        check("GBK", "中", b"\xd6\xd0");
        check("Big5", "中", b"\xa4\xa4");
        check("KOI8-R", "да", b"\xc4\xc1");
    }

    #[test]
    fn what_cannot_be_encoded_is_a_question_mark() {
        for (name, text, bytes) in [
            ("US-ASCII", "é😀a", &b"??a"[..]),
            ("ISO-8859-1", "€😀é", b"??\xe9"),
            ("windows-1252", "日\u{81}€", b"??\x80"),
            ("Shift_JIS", "é😀日", b"??\x93\xfa"),
        ] {
            assert_eq!(&Charset::of_name(name).unwrap().encode(text.into())[..], bytes, "{name} {text}");
        }
    }

    #[test]
    fn what_is_malformed_is_replaced() {
        for (name, bytes, text) in [
            ("UTF-8", &b"\xed\xa0\x80"[..], "\u{fffd}"),
            ("US-ASCII", b"\x80a", "\u{fffd}a"),
            ("UTF-16", b"\xff\xfea\0", "a"),
            ("UTF-16BE", b"\xd8\0\0a\0", "\u{fffd}\u{fffd}"),
            ("UTF-16LE", b"\xfe\xff\0a", "\u{fffe}\u{6100}"),
            ("UTF-32", b"\0a", "\u{fffd}"),
            ("UTF-32", b"\xfe\xff\0a", "\u{fffd}"),
            ("windows-1252", b"\x81\x80", "\u{fffd}€"),
        ] {
            assert_eq!(&*Charset::of_name(name).unwrap().decode(Bytes::from_static(bytes)), text, "{name} {bytes:x?}");
        }
    }

    #[test]
    fn other_names_are_unknown() {
        for name in ["", "nosuch", " UTF-8", "x-user-defined", "replacement"] {
            assert_eq!(Charset::of_name(name), None, "{name}");
        }
    }
}
