//! Named sets of characters: `\d` and its like, and everything that `\p{…}` can name.
//!
//! Names are Java's; the tables behind them are those of `regex-syntax`, which know characters that were added to Unicode
//! after the version that a given Java release has.

use super::blocks;
use super::char_set::CharSet;
use super::flags::Flags;

/// `\d`.
pub(super) fn digits(unicode: bool) -> CharSet {
    if unicode { known("Nd") } else { CharSet::of_ranges(&[('0', '9')]) }
}

/// `\w`.
pub(super) fn word(unicode: bool) -> CharSet {
    if unicode {
        union(&["Alphabetic", "M", "Nd", "Pc", "Join_Control"])
    } else {
        CharSet::of_ranges(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')])
    }
}

/// `\s`.
pub(super) fn spaces(unicode: bool) -> CharSet {
    if unicode { known("White_Space") } else { CharSet::of_ranges(&[('\t', '\r'), (' ', ' ')]) }
}

/// `\h`.
pub(super) fn horizontal_space() -> CharSet {
    CharSet::of_ranges(&[
        ('\t', '\t'),
        (' ', ' '),
        ('\u{A0}', '\u{A0}'),
        ('\u{1680}', '\u{1680}'),
        ('\u{180E}', '\u{180E}'),
        ('\u{2000}', '\u{200A}'),
        ('\u{202F}', '\u{202F}'),
        ('\u{205F}', '\u{205F}'),
        ('\u{3000}', '\u{3000}'),
    ])
}

/// `\v`, and the single characters of `\R`.
pub(super) fn vertical_space() -> CharSet {
    CharSet::of_ranges(&[('\n', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')])
}

/// The set that `\p{name}` means.
pub(super) fn named(name: &str, flags: Flags) -> Result<CharSet, String> {
    let any_case = flags.case_insensitive;
    if let Some((key, value)) = name.split_once('=') {
        let key = key.to_lowercase();
        let set = match key.as_str() {
            "sc" | "script" => script(value),
            "blk" | "block" => blocks::named(value),
            "gc" | "general_category" => category_or_java(value, any_case),
            _ => None,
        };
        return set.ok_or_else(|| format!("Unknown Unicode property {{name=<{key}>, value=<{value}>}}"));
    }
    let set = if let Some(block) = name.strip_prefix("In") {
        blocks::named(block)
    } else if let Some(short) = name.strip_prefix("Is") {
        unicode_property(&short.to_uppercase(), any_case)
            .or_else(|| category_or_java(short, any_case))
            .or_else(|| script(short))
    } else {
        let posix = if flags.unicode_classes { unicode_posix(&name.to_uppercase(), any_case) } else { None };
        posix.or_else(|| category_or_java(name, any_case))
    };
    set.ok_or_else(|| format!("Unknown character property name {{{name}}}"))
}

/// A property that Unicode surely has.
fn known(name: &str) -> CharSet {
    CharSet::property(name).unwrap_or_else(CharSet::empty)
}

fn union(names: &[&str]) -> CharSet {
    names.iter().fold(CharSet::empty(), |set, name| set.union(&known(name)))
}

fn script(name: &str) -> Option<CharSet> {
    // Blanks would pass for nothing here, and Java knows no such names.
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    plain.then(|| CharSet::property(&format!("sc={name}")))?
}

/// General categories, Java's POSIX classes of ASCII, and the questions that `java.lang.Character` answers.
fn category_or_java(name: &str, any_case: bool) -> Option<CharSet> {
    let ascii = |ranges: &[(char, char)]| Some(CharSet::of_ranges(ranges));
    match name {
        "Lu" | "Ll" | "Lt" if any_case => Some(union(&["Lu", "Ll", "Lt"])),
        "Cn" | "Lu" | "Ll" | "Lt" | "Lm" | "Lo" | "Mn" | "Me" | "Mc" | "Nd" | "Nl" | "No" | "Zs" | "Zl" | "Zp"
        | "Cc" | "Cf" | "Co" | "Pd" | "Ps" | "Pe" | "Pc" | "Po" | "Sm" | "Sc" | "Sk" | "So" | "Pi" | "Pf" | "L"
        | "M" | "N" | "Z" | "C" | "P" | "S" => CharSet::property(name),
        // Surrogates: no text here has any.
        "Cs" => Some(CharSet::empty()),
        "LC" => Some(union(&["Lu", "Ll", "Lt"])),
        "LD" => Some(union(&["L", "Nd"])),
        "L1" => ascii(&[('\0', '\u{FF}')]),
        "all" => Some(CharSet::all()),
        "ASCII" => ascii(&[('\0', '\x7F')]),
        "Alnum" => ascii(&[('0', '9'), ('A', 'Z'), ('a', 'z')]),
        "Alpha" => ascii(&[('A', 'Z'), ('a', 'z')]),
        "Blank" => ascii(&[('\t', '\t'), (' ', ' ')]),
        "Cntrl" => ascii(&[('\0', '\x1F'), ('\x7F', '\x7F')]),
        "Digit" => ascii(&[('0', '9')]),
        "Graph" => ascii(&[('!', '~')]),
        "Lower" | "Upper" if any_case => ascii(&[('A', 'Z'), ('a', 'z')]),
        "Lower" => ascii(&[('a', 'z')]),
        "Upper" => ascii(&[('A', 'Z')]),
        "Print" => ascii(&[(' ', '~')]),
        "Punct" => ascii(&[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
        "Space" => ascii(&[('\t', '\r'), (' ', ' ')]),
        "XDigit" => ascii(&[('0', '9'), ('A', 'F'), ('a', 'f')]),
        _ => java(name.strip_prefix("java")?, any_case),
    }
}

/// `\p{javaX}`: the characters for which `Character.isX` is true.
fn java(question: &str, any_case: bool) -> Option<CharSet> {
    Some(match question {
        "LowerCase" | "UpperCase" | "TitleCase" if any_case => union(&["Lowercase", "Uppercase", "Lt"]),
        "LowerCase" => known("Lowercase"),
        "UpperCase" => known("Uppercase"),
        "TitleCase" => known("Lt"),
        "Alphabetic" => known("Alphabetic"),
        "Ideographic" => known("Ideographic"),
        "Digit" => known("Nd"),
        "Defined" => known("Cn").negated(),
        "Letter" => known("L"),
        "LetterOrDigit" => union(&["L", "Nd"]),
        "JavaIdentifierStart" => union(&["L", "Nl", "Sc", "Pc"]),
        "JavaIdentifierPart" => union(&["L", "Nl", "Sc", "Pc", "Nd", "Mc", "Mn"]).union(&ignorable()),
        "UnicodeIdentifierStart" => union(&["L", "Nl", "Other_ID_Start"]),
        "UnicodeIdentifierPart" => {
            union(&["L", "Nl", "Pc", "Nd", "Mc", "Mn", "Other_ID_Start", "Other_ID_Continue"]).union(&ignorable())
        }
        "IdentifierIgnorable" => ignorable(),
        "SpaceChar" => known("Z"),
        "Whitespace" => {
            let unbreakable =
                CharSet::of_ranges(&[('\u{A0}', '\u{A0}'), ('\u{2007}', '\u{2007}'), ('\u{202F}', '\u{202F}')]);
            let separators = CharSet::of_ranges(&[('\t', '\r'), ('\x1C', '\x1F')]);
            known("Z").without(&unbreakable).union(&separators)
        }
        "ISOControl" => known("Cc"),
        "Mirrored" => blocks::mirrored(),
        _ => return None,
    })
}

fn ignorable() -> CharSet {
    CharSet::of_ranges(&[('\0', '\x08'), ('\x0E', '\x1B'), ('\x7F', '\u{9F}')]).union(&known("Cf"))
}

/// `\p{IsX}`, by the name in capitals.
fn unicode_property(name: &str, any_case: bool) -> Option<CharSet> {
    Some(match name {
        "LOWERCASE" | "UPPERCASE" | "TITLECASE" if any_case => union(&["Lowercase", "Uppercase", "Lt"]),
        "ALPHABETIC" => known("Alphabetic"),
        "LETTER" => known("L"),
        "IDEOGRAPHIC" => known("Ideographic"),
        "LOWERCASE" => known("Lowercase"),
        "UPPERCASE" => known("Uppercase"),
        "TITLECASE" => known("Lt"),
        "WHITE_SPACE" | "WHITESPACE" => known("White_Space"),
        "CONTROL" => known("Cc"),
        "PUNCTUATION" => known("P"),
        "HEX_DIGIT" | "HEXDIGIT" => union(&["Nd", "Hex_Digit"]),
        "ASSIGNED" => known("Cn").negated(),
        "NONCHARACTER_CODE_POINT" | "NONCHARACTERCODEPOINT" => known("Noncharacter_Code_Point"),
        "DIGIT" => known("Nd"),
        "ALNUM" => union(&["Alphabetic", "Nd"]),
        "BLANK" => union(&["Zs"]).union(&CharSet::of_ranges(&[('\t', '\t')])),
        "GRAPH" => graph(),
        "PRINT" => graph().union(&known("Zs")),
        "WORD" => word(true),
        "JOIN_CONTROL" | "JOINCONTROL" => known("Join_Control"),
        _ => return None,
    })
}

/// What has ink, or is at least no blank.
fn graph() -> CharSet {
    union(&["Z", "Cc", "Cn"]).negated()
}

/// The POSIX classes with the flag `U`, by the name in capitals.
fn unicode_posix(name: &str, any_case: bool) -> Option<CharSet> {
    match name {
        "ALPHA" => Some(known("Alphabetic")),
        "LOWER" => unicode_property("LOWERCASE", any_case),
        "UPPER" => unicode_property("UPPERCASE", any_case),
        "SPACE" => Some(known("White_Space")),
        "PUNCT" => Some(known("P")),
        "XDIGIT" => unicode_property("HEX_DIGIT", any_case),
        "CNTRL" => Some(known("Cc")),
        "ALNUM" | "DIGIT" | "BLANK" | "GRAPH" | "PRINT" => unicode_property(name, any_case),
        _ => None,
    }
}
