//! `SimpleDateFormat`: eight bytes of an instant, then a pattern and a text, divided by a zero byte.

use aqueduct_jvm::date_format::SimpleDateFormat;

/// Formats the instant, parses the text, and formats what came of that.
pub(super) fn read(bytes: &[u8]) {
    let (instant, rest) = bytes.split_first_chunk::<8>().unwrap_or((&[0; 8], bytes));
    let [pattern, text] = super::texts::<2>(rest);
    let format = match SimpleDateFormat::new(&pattern) {
        Ok(format) => format,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let written = format.format(i64::from_be_bytes(*instant));
    for text in [&text, &written] {
        let units = text.encode_utf16().count();
        match format.parse_prefix(text) {
            Ok((instant, end)) => {
                assert!(end <= units);
                format.format(instant);
            }
            Err(offset) => assert!(offset <= units),
        }
        assert_eq!(format.parse(text).is_ok(), format.parse_prefix(text).is_ok_and(|(_, end)| end > 0));
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    [
        (1_700_000_000_123, "yyyy-MM-dd'T'HH:mm:ss.SSSXXX\x002023-11-14T22:13:20.123Z"),
        (0, "EEE, d MMM yyyy HH:mm:ss Z\0Thu, 1 Jan 1970 00:00:00 +0000"),
        (-1, "yy/M/d h:mm a z\x0069/12/31 11:59 PM GMT"),
        (i64::MAX, "GGGG y D k K F w W u X\0AD 1 1 1 1 1 1 1 1 Z"),
        (i64::MIN, "YYYY-'W'ww-u LLLL ''\x002020-W01-1 January '"),
        (1, "yyyyMMddHHmmssSSS\x0020231114221320123"),
        (1, "HH:mm zzzz\x0012:00 Pacific Standard Time"),
    ]
    .into_iter()
    .map(|(instant, rest): (i64, &str)| [&instant.to_be_bytes()[..], rest.as_bytes()].concat())
    .collect()
}
