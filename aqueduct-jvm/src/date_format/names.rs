//! English names in dates, as the Unicode CLDR of Java 17 has them, and the names of time zones.

/// A name with the number it stands for.
pub(super) type Name = (&'static str, i32);

pub(super) const ERAS: [&str; 2] = ["BC", "AD"];
pub(super) const HALVES: [&str; 2] = ["AM", "PM"];
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// What is read as an era.
pub(super) const ERA_NAMES: [Name; 4] = [("BC", 0), ("AD", 1), ("Before Christ", 0), ("Anno Domini", 1)];

/// A short name is the beginning of the long one.
pub(super) fn short(name: &'static str) -> &'static str {
    name.get(..3).unwrap_or(name)
}

/// A time zone: its long and its short name, those in summer, its distance from Greenwich in minutes, and whether it has a
/// summer time today.
struct Zone(&'static str, &'static str, &'static str, &'static str, i32, bool);

/// Zones in the order in which their names are tried. Java tries those of more than four hundred; here are those whose
/// abbreviation is in use and means one zone to Java's readers.
const ZONES: [Zone; 26] = [
    Zone("Coordinated Universal Time", "UTC", "Coordinated Universal Time", "UTC", 0, false),
    Zone("Pacific Standard Time", "PST", "Pacific Daylight Time", "PDT", -480, true),
    Zone("Mountain Standard Time", "MST", "Mountain Daylight Time", "MDT", -420, true),
    Zone("Central Standard Time", "CST", "Central Daylight Time", "CDT", -360, true),
    Zone("Eastern Standard Time", "EST", "Eastern Daylight Time", "EDT", -300, true),
    Zone("Hawaii-Aleutian Standard Time", "HST", "Hawaii-Aleutian Daylight Time", "HDT", -600, false),
    Zone("Alaska Standard Time", "AKST", "Alaska Daylight Time", "AKDT", -540, true),
    Zone("Atlantic Standard Time", "AST", "Atlantic Daylight Time", "ADT", -240, true),
    Zone("Newfoundland Standard Time", "NST", "Newfoundland Daylight Time", "NDT", -210, true),
    Zone("Greenwich Mean Time", "GMT", "Greenwich Mean Time", "GMT", 0, false),
    Zone("Western European Standard Time", "WET", "Western European Summer Time", "WEST", 0, true),
    Zone("Central European Standard Time", "CET", "Central European Summer Time", "CEST", 60, true),
    Zone("Eastern European Standard Time", "EET", "Eastern European Summer Time", "EEST", 120, true),
    Zone("Moscow Standard Time", "MSK", "Moscow Summer Time", "MSD", 180, false),
    Zone("Japan Standard Time", "JST", "Japan Daylight Time", "JDT", 540, false),
    Zone("Korean Standard Time", "KST", "Korean Daylight Time", "KDT", 540, false),
    Zone("Hong Kong Standard Time", "HKT", "Hong Kong Summer Time", "HKST", 480, false),
    Zone("Singapore Standard Time", "SGT", "Singapore Daylight Time", "SGDT", 480, false),
    Zone("Pakistan Standard Time", "PKT", "Pakistan Summer Time", "PKST", 300, false),
    Zone("Australian Western Standard Time", "AWST", "Australian Western Daylight Time", "AWDT", 480, false),
    Zone("Australian Central Standard Time", "ACST", "Australian Central Daylight Time", "ACDT", 570, true),
    Zone("Australian Eastern Standard Time", "AEST", "Australian Eastern Daylight Time", "AEDT", 600, true),
    Zone("New Zealand Standard Time", "NZST", "New Zealand Daylight Time", "NZDT", 720, true),
    Zone("South Africa Standard Time", "SAST", "South Africa Summer Time", "SAST", 120, false),
    Zone("East Africa Time", "EAT", "East Africa Summer Time", "EAST", 180, false),
    Zone("Central Africa Time", "CAT", "Central Africa Summer Time", "CAST", 120, false),
];

/// How far a zone is from Greenwich, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ZoneOffset {
    pub(super) standard: i32,
    pub(super) summer: i32,
}

/// The zone whose name begins a text, and how long the name is.
pub(super) fn zone_at(text: &[u16]) -> Option<(ZoneOffset, usize)> {
    const MINUTE: i32 = 60_000;
    ZONES.iter().find_map(|Zone(long, short, long_summer, short_summer, minutes, has_summer)| {
        let names = [long, short, long_summer, short_summer];
        let at = names.iter().position(|name| starts_with(text, name))?;
        let summer = if at >= 2 && *has_summer { 60 * MINUTE } else { 0 };
        Some((ZoneOffset { standard: minutes * MINUTE, summer }, names[at].len()))
    })
}

/// The longest of the names that begins a text, in any case.
pub(super) fn longest(text: &[u16], names: impl IntoIterator<Item = Name>) -> Option<Name> {
    let found = names.into_iter().filter(|(name, _)| starts_with(text, name));
    // Of equally long ones the first.
    found.reduce(|best, name| if name.0.len() > best.0.len() { name } else { best })
}

/// Whether a text begins with an ASCII name, in any case (`String.regionMatches`).
pub(super) fn starts_with(text: &[u16], name: &str) -> bool {
    text.len() >= name.len() && text.iter().zip(name.bytes()).all(|(unit, byte)| folded(*unit) == folded(byte.into()))
}

/// A letter without its case. A few letters beyond ASCII have one of ASCII in the other case.
fn folded(unit: u16) -> u16 {
    match unit {
        0x61..=0x7A => unit - 0x20,
        0x0130 | 0x0131 => u16::from(b'I'),
        0x017F => u16::from(b'S'),
        0x212A => u16::from(b'K'),
        other => other,
    }
}
