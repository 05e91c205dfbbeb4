//! Character classes: `[a-z&&[^aeiou]]`.
//!
//! Java reads a class from left to right: what stands side by side is united, and `&&` intersects everything so far with
//! what follows up to the next `&` or the end. Single characters are collected apart from the rest; where both meet an
//! intersection, that shows, and it shows here too.

use super::char_set::{Case, CharSet};
use super::parse::{Escape, Parser, Read};
use super::reader::ascii;
use super::syntax::Node;

/// What a class holds so far.
struct Members {
    /// Ranges, properties, classes and intersections; none at first.
    sets: Option<CharSet>,
    /// The last of the sets that was read.
    last: CharSet,
    /// Single characters of Latin-1.
    singles: CharSet,
    /// Whether single characters came since the last intersection.
    has_singles: bool,
}

/// What was read in a class.
enum Member {
    Single(u32),
    Set(CharSet),
}

impl Members {
    fn add(&mut self, set: CharSet) {
        self.sets = Some(match self.sets.take() {
            Some(sets) => sets.union(&set),
            None => set.clone(),
        });
        self.last = set;
    }
}

impl Parser {
    /// A class from its bracket on, or the right side of an intersection from the character before it on; the closing
    /// bracket is left for the class around when `whole` is not set.
    pub(super) fn class(&mut self, whole: bool) -> Read<CharSet> {
        let none = CharSet::empty();
        let mut members = Members { sets: None, last: none.clone(), singles: none, has_singles: false };
        let mut negated = false;
        let mut point = self.reader.next();
        loop {
            match u8::try_from(point).unwrap_or(b'a') {
                b'^' if self.reader.raw(-1) == ascii(b'[') => {
                    point = self.reader.next();
                    negated = true;
                    continue;
                }
                b'[' => {
                    let inner = self.nested(|parser| parser.class(true))?;
                    members.add(inner);
                    point = self.reader.peek();
                    continue;
                }
                b'&' => {
                    if self.reader.next() == ascii(b'&') {
                        self.intersection(&mut members)?;
                        point = self.reader.peek();
                        continue;
                    }
                    self.reader.unread();
                }
                0 if self.reader.is_at_end() => return Err("Unclosed character class".into()),
                b']' if members.sets.is_some() || members.has_singles => {
                    if whole {
                        self.reader.next();
                    }
                    let mut set = members.sets.unwrap_or_else(CharSet::empty);
                    if members.has_singles {
                        set = set.union(&members.singles);
                    }
                    return Ok(if negated { set.negated() } else { set });
                }
                _ => {}
            }
            let case = self.reader.flags.case();
            match self.member()? {
                Member::Single(point) if is_kept_apart(point, case) => {
                    members.singles = members.singles.union(&CharSet::one(point, case));
                    members.has_singles = true;
                }
                Member::Single(point) => members.add(CharSet::one(point, case)),
                Member::Set(set) => members.add(set),
            }
            point = self.reader.peek();
        }
    }

    /// The right side of `&&`, from the second `&` on.
    fn intersection(&mut self, members: &mut Members) -> Read<()> {
        let mut right: Option<CharSet> = None;
        let mut point = self.reader.next();
        while point != ascii(b']') && point != ascii(b'&') {
            let bracket = point == ascii(b'[');
            if !bracket {
                self.reader.unread();
            }
            let part = self.nested(|parser| parser.class(bracket))?;
            right = Some(match right {
                Some(right) => right.union(&part),
                None => part,
            });
            point = self.reader.peek();
        }
        if members.has_singles {
            if members.sets.is_none() {
                members.last = members.singles.clone();
            }
            let sets = members.sets.take().unwrap_or_else(CharSet::empty);
            members.sets = Some(sets.union(&members.singles));
            members.has_singles = false;
        }
        match (members.sets.take(), right) {
            (None, None) => return Err("Bad class syntax".into()),
            (None, Some(right)) => {
                members.sets = Some(right.clone());
                members.last = right;
            }
            (Some(left), right) => {
                // With nothing on its right, the last set is taken again.
                members.last = right.unwrap_or_else(|| members.last.clone());
                members.sets = Some(left.intersect(&members.last));
            }
        }
        Ok(())
    }

    /// A character, a range or an escape.
    fn member(&mut self) -> Read<Member> {
        let mut first = self.reader.peek();
        if first == ascii(b'\\') {
            let letter = self.reader.next_raw();
            if letter == ascii(b'p') || letter == ascii(b'P') {
                return self.property().map(Member::Set);
            }
            let before_range = self.reader.raw(1) == ascii(b'-');
            self.reader.unread();
            match self.escape(true, before_range)? {
                Escape::Point(point) => first = point,
                Escape::Node(Node::One(set)) => return Ok(Member::Set(set)),
                Escape::Node(_) => return Err("Illegal/unsupported escape sequence".into()),
            }
        } else {
            self.reader.next();
        }
        if self.reader.peek() != ascii(b'-') {
            return Ok(Member::Single(first));
        }
        let behind = self.reader.raw(1);
        if behind == ascii(b'[') || behind == ascii(b']') {
            return Ok(Member::Single(first));
        }
        let mut last = self.reader.next();
        if last == ascii(b'\\') {
            match self.escape(true, true)? {
                Escape::Point(point) => last = point,
                Escape::Node(_) => return Err("Illegal character range".into()),
            }
        } else {
            self.reader.next();
        }
        if last < first {
            return Err("Illegal character range".into());
        }
        Ok(Member::Set(CharSet::range(first, last, self.reader.flags.case())))
    }
}

/// Java keeps single characters of Latin-1 in a table, but for those with case variants outside of it.
fn is_kept_apart(point: u32, case: Case) -> bool {
    let with_variants = [0xFF, 0xB5, 0x49, 0x69, 0x53, 0x73, 0x4B, 0x6B, 0xC5, 0xE5];
    point < 0x100 && !(case == Case::Unicode && with_variants.contains(&point))
}
