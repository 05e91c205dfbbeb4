//! Versions of plugins, ordered as Maven orders them, because `*.plugin.version` ranges are Maven's (KIP-891).
//!
//! A version is a tree of numbers and qualifiers: a dot separates siblings; a dash, or a change between digits and
//! letters, opens a level below.
//! `alpha < beta < milestone < rc < snapshot < (nothing) < sp < any other word < level < number`.

use std::cmp::Ordering;
use std::fmt;

use aqueduct_jvm::number::digit_value;

/// A version, such as `4.3.1` or `1.0-rc2`. Equality and order are Maven's: `1.0` equals `1`.
#[derive(Debug, Clone)]
pub struct Version {
    text: String,
    items: Vec<Item>,
}

#[derive(Debug, Clone)]
enum Item {
    /// Decimal digits without leading zeros; empty for zero.
    Number(String),
    /// A qualifier.
    Word(String),
    /// A level below.
    List(Vec<Item>),
}

const QUALIFIERS: [&str; 7] = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];
const RELEASE: usize = 5;

impl Version {
    /// Any text is a version.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let items = parse(&text.to_lowercase());
        Self { text, items }
    }

    /// The version as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_lists(&self.items, &other.items)
    }
}

// === parsing ===

fn ascii_digit(c: char) -> char {
    digit_value(c).and_then(|value| char::from_digit(value, 10)).unwrap_or(c)
}

/// Reads a text from left to right; the levels nest, each is the last item of the one before it.
struct Parser {
    levels: Vec<Vec<Item>>,
    token: String,
}

fn parse(text: &str) -> Vec<Item> {
    let mut parser = Parser { levels: vec![Vec::new()], token: String::new() };
    for c in text.chars().map(ascii_digit) {
        match c {
            '.' => parser.end_token(false),
            '-' => {
                parser.end_token(false);
                parser.open_level();
            }
            _ => {
                if parser.ends_with_digit().is_some_and(|digit| digit != c.is_ascii_digit()) {
                    if c.is_ascii_digit() {
                        parser.open_level_for_word();
                    }
                    parser.end_token(c.is_ascii_digit());
                    parser.open_level();
                }
                parser.token.push(c);
            }
        }
    }
    parser.finish()
}

impl Parser {
    /// Whether what was read last is a digit; none when nothing was.
    fn ends_with_digit(&self) -> Option<bool> {
        self.token.chars().next_back().map(|last| last.is_ascii_digit())
    }

    fn open_level(&mut self) {
        self.levels.push(Vec::new());
    }

    /// A qualifier behind a dot is one behind a dash.
    fn open_level_for_word(&mut self) {
        if self.levels.last().is_some_and(|level| !level.is_empty()) {
            self.open_level();
        }
    }

    /// Adds what was read to the present level; nothing between two separators is a zero.
    fn end_token(&mut self, digit_follows: bool) {
        let token = std::mem::take(&mut self.token);
        let item = if token.bytes().all(|byte| byte.is_ascii_digit()) {
            Item::Number(token.trim_start_matches('0').to_owned())
        } else {
            Item::Word(qualifier(&token, digit_follows).to_owned())
        };
        if let Some(level) = self.levels.last_mut() {
            level.push(item);
        }
    }

    fn finish(mut self) -> Vec<Item> {
        if let Some(digit) = self.ends_with_digit() {
            if !digit {
                self.open_level_for_word();
            }
            self.end_token(false);
        }
        let mut below: Option<Vec<Item>> = None;
        while let Some(mut level) = self.levels.pop() {
            level.extend(below.take().map(Item::List));
            normalize(&mut level);
            below = Some(level);
        }
        below.unwrap_or_default()
    }
}

fn qualifier(word: &str, digit_follows: bool) -> &str {
    match word {
        "a" if digit_follows => "alpha",
        "b" if digit_follows => "beta",
        "m" if digit_follows => "milestone",
        "ga" | "final" | "release" => "",
        "cr" => "rc",
        _ => word,
    }
}

/// Takes off what adds nothing at the end: zeros, the release's own qualifiers, empty levels. What stands in front of a
/// level below counts as the end too.
fn normalize(items: &mut Vec<Item>) {
    for index in (0..items.len()).rev() {
        match &items[index] {
            Item::Number(digits) if digits.is_empty() => {}
            Item::Word(word) if word.is_empty() => {}
            Item::List(below) if below.is_empty() => {}
            Item::List(_) => continue,
            _ => break,
        }
        items.remove(index);
    }
}

// === order ===

fn compare_lists(a: &[Item], b: &[Item]) -> Ordering {
    (0..a.len().max(b.len()))
        .map(|index| match (a.get(index), b.get(index)) {
            (Some(a), Some(b)) => compare(a, b),
            (Some(a), None) => compare_with_nothing(a),
            (None, Some(b)) => compare_with_nothing(b).reverse(),
            (None, None) => Ordering::Equal,
        })
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn compare(a: &Item, b: &Item) -> Ordering {
    match (a, b) {
        (Item::Number(a), Item::Number(b)) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
        (Item::Word(a), Item::Word(b)) => rank(a).cmp(&rank(b)),
        (Item::List(a), Item::List(b)) => compare_lists(a, b),
        (Item::Number(_), _) | (Item::List(_), Item::Word(_)) => Ordering::Greater,
        (_, Item::Number(_)) | (Item::Word(_), Item::List(_)) => Ordering::Less,
    }
}

fn compare_with_nothing(item: &Item) -> Ordering {
    match item {
        Item::Number(digits) => digits.len().cmp(&0),
        Item::Word(word) => rank(word).cmp(&(RELEASE, "")),
        Item::List(items) => compare_lists(items, &[]),
    }
}

fn rank(word: &str) -> (usize, &str) {
    match QUALIFIERS.iter().position(|qualifier| *qualifier == word) {
        Some(place) => (place, ""),
        None => (QUALIFIERS.len(), word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(a: &str, order: Ordering, b: &str) {
        assert_eq!(Version::new(a).cmp(&Version::new(b)), order, "{a} and {b}");
        assert_eq!(Version::new(b).cmp(&Version::new(a)), order.reverse(), "{b} and {a}");
    }

    #[test]
    fn versions_that_say_the_same_are_equal() {
        check("1", Ordering::Equal, "1.0");
        check("1.0.0", Ordering::Equal, "1");
        check("1-ga", Ordering::Equal, "1");
        check("1.0-rc1", Ordering::Equal, "1.0.0-rc-1");
        check("1.0-final", Ordering::Equal, "1.0");
        check("1-cr1", Ordering::Equal, "1-rc1");
        check("1a1", Ordering::Equal, "1-alpha-1");
        check("01", Ordering::Equal, "1");
    }

    #[test]
    fn versions_are_ordered_as_mavens() {
        check("1", Ordering::Less, "2");
        check("1.5", Ordering::Less, "2");
        check("1.9", Ordering::Less, "1.10");
        check("1-alpha", Ordering::Less, "1-beta");
        check("1-beta", Ordering::Less, "1-milestone");
        check("1-milestone", Ordering::Less, "1-rc");
        check("1-rc", Ordering::Less, "1-SNAPSHOT");
        check("1-SNAPSHOT", Ordering::Less, "1");
        check("1", Ordering::Less, "1-sp");
        check("1-sp", Ordering::Less, "1-abc");
        check("1-abc", Ordering::Less, "1-1");
        check("1-1", Ordering::Less, "1.1");
        check("4.3.1", Ordering::Less, "4.3.2-SNAPSHOT");
        check("undefined", Ordering::Less, "0.0.1");
        check("20240101120000", Ordering::Less, "99999999999999999999999");
    }
}
