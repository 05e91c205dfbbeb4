//! Base64 as Jackson reads it in strings, and its complaints.
//!
//! Jackson takes white space between units of four characters, several padded texts one after the other, and bits that
//! padding leaves over. What a strict decoder takes, Jackson takes too; only the rest is looked at one by one.

use aqueduct_data::Bytes;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// The bytes that a text stands for.
///
/// # Errors
/// Jackson's message.
pub(crate) fn decode(text: &str) -> Result<Bytes, String> {
    match BASE64_STANDARD.decode(text) {
        Ok(bytes) => Ok(bytes.into()),
        Err(_) => decode_leniently(text).map(Bytes::from).map_err(|why| {
            format!("Cannot access contents of TextNode as binary due to broken Base64 encoding: {why}")
        }),
    }
}

fn decode_leniently(text: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    // Java's `trim` takes off what is up to a space, and so do the units.
    let mut chars = text.trim_matches(|c| c <= ' ').encode_utf16();
    while let Some(first) = chars.by_ref().find(|&unit| unit > 0x20) {
        let mut next = || chars.next().ok_or_else(too_short);
        let mut bits = sextet(first).ok_or_else(|| illegal(first, 1))?;
        let second = next()?;
        bits = bits << 6 | sextet(second).ok_or_else(|| illegal(second, 2))?;
        let third = next()?;
        if third == PADDING {
            let fourth = next()?;
            if fourth != PADDING {
                return Err(illegal(fourth, 4) + ": expected padding character '='");
            }
            out.push((bits >> 4) as u8);
            continue;
        }
        bits = bits << 6 | sextet(third).ok_or_else(|| illegal(third, 3))?;
        let fourth = next()?;
        if fourth == PADDING {
            out.extend_from_slice(&((bits >> 2) as u16).to_be_bytes());
            continue;
        }
        bits = bits << 6 | sextet(fourth).ok_or_else(|| illegal(fourth, 4))?;
        out.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
    Ok(out)
}

const PADDING: u16 = b'=' as u16;

fn sextet(unit: u16) -> Option<u32> {
    let byte = u8::try_from(unit).ok()?;
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value.into())
}

fn too_short() -> String {
    "Unexpected end of base64-encoded String: base64 variant 'MIME-NO-LINEFEEDS' expects padding (one or more '=' \
     characters) at the end. This Base64Variant might have been incorrectly configured"
        .to_owned()
}

/// The complaint about a character at a place of its unit, from 1.
fn illegal(unit: u16, place: usize) -> String {
    let shown = char::from_u32(unit.into()).unwrap_or('?');
    match unit {
        0..=0x20 => format!(
            "Illegal white space character (code 0x{unit:x}) as character #{place} of 4-char base64 unit: can only used \
             between units"
        ),
        PADDING => format!(
            "Unexpected padding character ('=') as character #{place} of 4-char base64 unit: padding only legal as 3rd \
             or 4th character"
        ),
        0x7f..=0x9f => format!("Illegal character (code 0x{unit:x}) in base64 content"),
        _ => format!("Illegal character '{shown}' (code 0x{unit:x}) in base64 content"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_jackson_takes_is_decoded() {
        for (text, expect) in [
            ("", &b""[..]),
            ("AQ==", b"\x01"),
            ("AQI=", b"\x01\x02"),
            ("AQID", b"\x01\x02\x03"),
            ("AQ==AQ==", b"\x01\x01"),
            ("AQ== \n AQ==", b"\x01\x01"),
            (" AQ== ", b"\x01"),
            ("AR==", b"\x01"),
            ("AQJ=", b"\x01\x02"),
        ] {
            assert_eq!(decode(text).as_deref(), Ok(expect), "{text}");
        }
    }

    #[test]
    fn what_jackson_refuses_is_named() {
        for (text, expect) in [
            ("AQ", "Unexpected end of base64-encoded String"),
            ("AQ=", "Unexpected end of base64-encoded String"),
            ("A Q==", "Illegal white space character (code 0x20) as character #2 of 4-char base64 unit"),
            ("A===", "Unexpected padding character ('=') as character #2 of 4-char base64 unit"),
            ("AQ=A", "Illegal character 'A' (code 0x41) in base64 content: expected padding character '='"),
            ("AQI==", "Unexpected padding character ('=') as character #1 of 4-char base64 unit"),
            ("AQ-_", "Illegal character '-' (code 0x2d) in base64 content"),
            ("日本", "Illegal character '日' (code 0x65e5) in base64 content"),
        ] {
            let got = decode(text).unwrap_err();
            assert!(got.contains(expect), "{text}: {got}");
        }
    }
}
