//! Sets of characters, as Java's classes make them up.
//!
//! Unicode's tables come from `regex-syntax`; how case is ignored follows Java, which compares single characters after
//! turning them to upper case and back. Surrogates, which Java's classes can name, occur in no text here and are left out.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

/// A set of characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CharSet(ClassUnicode);

/// How letters are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    /// As they are.
    Sensitive,
    /// ASCII letters match in either case.
    Ascii,
    /// All letters match in either case.
    Unicode,
}

impl CharSet {
    /// The set without a character.
    pub(super) fn empty() -> Self {
        Self(ClassUnicode::empty())
    }

    /// The set of all characters.
    pub(super) fn all() -> Self {
        Self::empty().negated()
    }

    /// One code point; none if it is a surrogate.
    pub(super) fn one(point: u32, case: Case) -> Self {
        let Some(c) = char::from_u32(point) else {
            return Self::empty();
        };
        let mut set = Self::of_chars(c, c);
        match case {
            Case::Sensitive => {}
            Case::Ascii => set.add_ascii_cases(),
            Case::Unicode => {
                let lower = simple_lower(simple_upper(c));
                // Java takes a character that neither mapping changes for one without case.
                if simple_upper(c) != lower {
                    set.add_cases(|other| simple_lower(simple_upper(other)) == lower);
                }
            }
        }
        set
    }

    /// A range of code points, both ends included.
    pub(super) fn range(first: u32, last: u32, case: Case) -> Self {
        // Ends that are surrogates give way to the characters around them.
        let start = char::from_u32(first).unwrap_or('\u{E000}');
        let end = char::from_u32(last).unwrap_or('\u{D7FF}');
        if start > end {
            return Self::empty();
        }
        let mut set = Self::of_chars(start, end);
        match case {
            Case::Sensitive => {}
            Case::Ascii => set.add_ascii_cases(),
            Case::Unicode => {
                let inside = |c: char| (start..=end).contains(&c);
                set.add_cases(|other| inside(simple_upper(other)) || inside(simple_lower(simple_upper(other))));
            }
        }
        set
    }

    /// Ranges of characters, both ends included.
    pub(super) fn of_ranges(ranges: &[(char, char)]) -> Self {
        Self(ClassUnicode::new(ranges.iter().map(|&(start, end)| ClassUnicodeRange::new(start, end))))
    }

    /// A Unicode property such as `Lu` or `sc=Greek`, if there is one of that name.
    pub(super) fn property(name: &str) -> Option<Self> {
        let hir = regex_syntax::Parser::new().parse(&format!("\\p{{{name}}}")).ok()?;
        match hir.into_kind() {
            HirKind::Class(Class::Unicode(class)) => Some(Self(class)),
            // A property of a single character.
            HirKind::Literal(literal) => {
                let c = std::str::from_utf8(&literal.0).ok()?.chars().next()?;
                Some(Self::of_chars(c, c))
            }
            _ => None,
        }
    }

    fn of_chars(start: char, end: char) -> Self {
        Self(ClassUnicode::new([ClassUnicodeRange::new(start, end)]))
    }

    pub(super) fn union(mut self, other: &Self) -> Self {
        self.0.union(&other.0);
        self
    }

    pub(super) fn intersect(mut self, other: &Self) -> Self {
        self.0.intersect(&other.0);
        self
    }

    pub(super) fn without(mut self, other: &Self) -> Self {
        self.0.difference(&other.0);
        self
    }

    pub(super) fn negated(mut self) -> Self {
        self.0.negate();
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.ranges().is_empty()
    }

    /// The one character of a set of one.
    pub(super) fn single(&self) -> Option<char> {
        match self.0.ranges() {
            [range] if range.start() == range.end() => Some(range.start()),
            _ => None,
        }
    }

    pub(super) fn ranges(&self) -> impl Iterator<Item = (char, char)> {
        self.0.ranges().iter().map(|range| (range.start(), range.end()))
    }

    fn add_ascii_cases(&mut self) {
        let mut letters = self.0.clone();
        letters.intersect(&Self::of_ranges(&[('A', 'Z'), ('a', 'z')]).0);
        letters.case_fold_simple();
        // Folding adds the long s and the Kelvin sign.
        letters.intersect(&Self::of_chars('\0', '\x7F').0);
        self.0.union(&letters);
    }

    /// Adds those of the characters that may equal one of the set but for case.
    fn add_cases(&mut self, equal: impl Fn(char) -> bool) {
        let dotted_and_dotless = Self::of_ranges(&[('I', 'I'), ('i', 'i'), ('\u{130}', '\u{131}')]);
        let mut candidates = self.0.clone();
        candidates.case_fold_simple();
        candidates.union(&dotted_and_dotless.0);
        candidates.difference(&self.0);
        let added: Vec<ClassUnicodeRange> = candidates
            .ranges()
            .iter()
            .flat_map(|range| range.start()..=range.end())
            .filter(|&c| equal(c))
            .map(|c| ClassUnicodeRange::new(c, c))
            .collect();
        self.0.union(&ClassUnicode::new(added));
    }
}

/// `Character.toUpperCase`: one character for one, where the standard library may give several.
fn simple_upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) => single,
        // Greek letters with an iota below, which has a capital form of its own.
        _ => match c {
            '\u{1F80}'..='\u{1F87}' | '\u{1F90}'..='\u{1F97}' | '\u{1FA0}'..='\u{1FA7}' => shifted(c, 8),
            '\u{1FB3}' | '\u{1FC3}' | '\u{1FF3}' => shifted(c, 9),
            _ => c,
        },
    }
}

/// `Character.toLowerCase`.
fn simple_lower(c: char) -> char {
    // Only the dotted capital I becomes more than one character.
    c.to_lowercase().next().unwrap_or(c)
}

fn shifted(c: char, by: u32) -> char {
    char::from_u32(u32::from(c) + by).unwrap_or(c)
}
