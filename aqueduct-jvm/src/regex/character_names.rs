//! Characters by their names, as Java's `Character.codePointOf` knows them.
//!
//! The names are Unicode's. Controls, which have none, go by their old names, and characters of large blocks by the name of
//! the block and their number.

/// The names of the controls from U+0000 on.
const CONTROLS: [&str; 32] = [
    "NULL",
    "START OF HEADING",
    "START OF TEXT",
    "END OF TEXT",
    "END OF TRANSMISSION",
    "ENQUIRY",
    "ACKNOWLEDGE",
    "BELL",
    "BACKSPACE",
    "CHARACTER TABULATION",
    "LINE FEED (LF)",
    "LINE TABULATION",
    "FORM FEED (FF)",
    "CARRIAGE RETURN (CR)",
    "SHIFT OUT",
    "SHIFT IN",
    "DATA LINK ESCAPE",
    "DEVICE CONTROL ONE",
    "DEVICE CONTROL TWO",
    "DEVICE CONTROL THREE",
    "DEVICE CONTROL FOUR",
    "NEGATIVE ACKNOWLEDGE",
    "SYNCHRONOUS IDLE",
    "END OF TRANSMISSION BLOCK",
    "CANCEL",
    "END OF MEDIUM",
    "SUBSTITUTE",
    "ESCAPE",
    "INFORMATION SEPARATOR FOUR",
    "INFORMATION SEPARATOR THREE",
    "INFORMATION SEPARATOR TWO",
    "INFORMATION SEPARATOR ONE",
];

/// Blocks whose characters have no names of their own in Java, with their assigned characters.
const BLOCKS: [(&str, u32, u32); 10] = [
    ("CJK UNIFIED IDEOGRAPHS EXTENSION A", 0x3400, 0x4DBF),
    ("CJK UNIFIED IDEOGRAPHS", 0x4E00, 0x9FFC),
    ("HANGUL SYLLABLES", 0xAC00, 0xD7A3),
    ("PRIVATE USE AREA", 0xE000, 0xF8FF),
    ("CJK UNIFIED IDEOGRAPHS EXTENSION B", 0x2_0000, 0x2_A6DD),
    ("CJK UNIFIED IDEOGRAPHS EXTENSION C", 0x2_A700, 0x2_B734),
    ("CJK UNIFIED IDEOGRAPHS EXTENSION D", 0x2_B740, 0x2_B81D),
    ("CJK UNIFIED IDEOGRAPHS EXTENSION E", 0x2_B820, 0x2_CEA1),
    ("CJK UNIFIED IDEOGRAPHS EXTENSION F", 0x2_CEB0, 0x2_EBE0),
    ("CJK UNIFIED IDEOGRAPHS EXTENSION G", 0x3_0000, 0x3_134A),
];

/// The character of a name, in any case.
pub(super) fn code_point_of(name: &str) -> Option<u32> {
    let name = name.trim_matches(|c| c <= ' ').to_uppercase();
    if let Some(point) = CONTROLS.iter().position(|control| **control == name) {
        return u32::try_from(point).ok();
    }
    match name.as_str() {
        "DELETE" => return Some(0x7F),
        "NEXT LINE (NEL)" => return Some(0x85),
        _ => {}
    }
    if let Some((block, number)) = name.rsplit_once(' ')
        && let Some((_, first, last)) = BLOCKS.iter().find(|(known, ..)| *known == block)
    {
        let point = u32::from_str_radix(number, 16).ok()?;
        // Only the one way to write a number is part of the name.
        return (format!("{point:X}") == number && (*first..=*last).contains(&point)).then_some(point);
    }
    let found = unicode_names2::character(&name)?;
    let in_block = BLOCKS.iter().any(|(_, first, last)| (*first..=*last).contains(&u32::from(found)));
    // Java does not forgive hyphens and blanks.
    (!in_block && unicode_names2::name(found)?.to_string() == name).then(|| found.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_known_by_the_names_that_java_knows() {
        for (name, expect) in [
            ("LATIN SMALL LETTER A", Some(0x61)),
            (" latin small letter a ", Some(0x61)),
            ("LATIN SMALL LETTERA", None),
            ("HYPHEN-MINUS", Some(0x2D)),
            ("HYPHEN MINUS", None),
            ("GRINNING FACE", Some(0x1F600)),
            ("NULL", Some(0)),
            ("LINE FEED (LF)", Some(0x0A)),
            ("LINE FEED", None),
            ("CJK UNIFIED IDEOGRAPHS 4E00", Some(0x4E00)),
            ("CJK UNIFIED IDEOGRAPHS 04E00", None),
            ("CJK UNIFIED IDEOGRAPH-4E00", None),
            ("HANGUL SYLLABLES AC00", Some(0xAC00)),
            ("HANGUL SYLLABLE GA", None),
            ("", None),
            ("NO SUCH NAME", None),
        ] {
            assert_eq!(code_point_of(name), expect, "{name}");
        }
    }
}
