//! Reads a Java pattern into a tree: alternatives, sequences, groups and quantifiers.
//!
//! What a pattern may be, what is wrong with it and at which index follow Java's parser, because users see those messages
//! when they configure a connector. Escapes and classes have files of their own.

use super::PatternSyntaxError;
use super::char_set::CharSet;
use super::look_behind;
use super::quote;
use super::reader::{END, Reader, ascii};
use super::syntax::{Mode, Node, Place};

/// How deep groups and classes may nest. Deeper ones would exhaust the stack; the engine refuses them long before.
const MAX_DEPTH: usize = 200;

/// A pattern that was read.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) node: Node,
    /// How many groups it captures, the whole match not counted.
    pub(super) groups: usize,
    /// The groups with names.
    pub(super) names: Vec<(String, usize)>,
}

/// Reads a pattern.
pub(super) fn parse(pattern: &str) -> Result<Parsed, PatternSyntaxError> {
    let mut parser = Parser { reader: Reader::new(quote::unquoted(pattern)), groups: 0, names: Vec::new(), depth: 0 };
    match parser.whole() {
        Ok(node) => Ok(Parsed { node, groups: parser.groups, names: parser.names }),
        Err(description) => {
            let index = parser.reader.at().checked_sub(1);
            Err(PatternSyntaxError { description, index, pattern: pattern.to_owned() })
        }
    }
}

/// Reads a pattern; mistakes are descriptions, their place is where the reader stopped.
pub(super) struct Parser {
    pub(super) reader: Reader,
    pub(super) groups: usize,
    pub(super) names: Vec<(String, usize)>,
    depth: usize,
}

/// What was read, or what is wrong here.
pub(super) type Read<T> = Result<T, String>;

impl Parser {
    fn whole(&mut self) -> Read<Node> {
        let node = self.alternatives()?;
        if self.reader.ends_here() {
            return Ok(node);
        }
        let closing = self.reader.peek() == ascii(b')');
        Err(if closing { "Unmatched closing ')'" } else { "Unexpected internal error" }.into())
    }

    /// Goes one level deeper for a while.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth == MAX_DEPTH {
            return Err("Groups or classes are nested too deeply".into());
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn alternatives(&mut self) -> Read<Node> {
        let first = self.sequence()?;
        if self.reader.peek() != ascii(b'|') {
            return Ok(first);
        }
        let mut all = vec![first];
        while self.reader.peek() == ascii(b'|') {
            self.reader.next();
            all.push(self.sequence()?);
        }
        Ok(Node::Alternatives(all))
    }

    fn sequence(&mut self) -> Read<Node> {
        let mut nodes = Vec::new();
        loop {
            let point = self.reader.peek();
            let node = match u8::try_from(point).unwrap_or(b'a') {
                b'(' => {
                    nodes.extend(self.nested(Self::group)?);
                    continue;
                }
                b'|' | b')' => break,
                0 if self.reader.is_at_end() => break,
                b'[' => Node::One(self.nested(|parser| parser.class(true))?),
                b'^' => self.simple(|flags| {
                    let unix = flags.unix_lines;
                    Node::At(if flags.multi_line { Place::LineStart { unix } } else { Place::InputStart })
                }),
                b'$' => self.simple(|flags| {
                    let unix = flags.unix_lines;
                    Node::At(if flags.multi_line { Place::LineEnd { unix } } else { Place::LastLineEnd { unix } })
                }),
                b'.' => self.simple(|flags| {
                    Node::One(match (flags.dot_all, flags.unix_lines) {
                        (true, _) => CharSet::all(),
                        (false, true) => CharSet::of_ranges(&[('\n', '\n')]).negated(),
                        (false, false) => line_ends().negated(),
                    })
                }),
                c @ (b'?' | b'*' | b'+') => {
                    self.reader.next();
                    return Err(format!("Dangling meta character '{}'", char::from(c)));
                }
                _ => self.atom()?,
            };
            nodes.push(self.quantified(node)?);
        }
        Ok(match nodes.len() {
            0 => Node::Empty,
            1 => nodes.remove(0),
            _ => Node::Sequence(nodes),
        })
    }

    fn simple(&mut self, node: impl FnOnce(super::flags::Flags) -> Node) -> Node {
        self.reader.next();
        node(self.reader.flags)
    }

    /// As many plain characters as come, without one that has a quantifier; or a single escape.
    fn atom(&mut self) -> Read<Node> {
        let mut points = Vec::new();
        let mut before_last = self.reader.at();
        loop {
            let point = self.reader.peek();
            match u8::try_from(point).unwrap_or(b'a') {
                b'*' | b'+' | b'?' | b'{' => {
                    if points.len() > 1 {
                        self.reader.go_to(before_last);
                        points.pop();
                    }
                    break;
                }
                b'$' | b'.' | b'^' | b'(' | b'[' | b'|' | b')' => break,
                0 if self.reader.is_at_end() => break,
                b'\\' => {
                    before_last = self.reader.at();
                    match self.escape_or_property(points.is_empty())? {
                        Some(Escape::Point(point)) => points.push(point),
                        Some(Escape::Node(node)) if points.is_empty() => return Ok(node),
                        Some(Escape::Node(_)) | None => {
                            self.reader.go_to(before_last);
                            break;
                        }
                    }
                }
                _ => {
                    before_last = self.reader.at();
                    points.push(point);
                    self.reader.next();
                }
            }
        }
        let case = self.reader.flags.case();
        Ok(match points.as_slice() {
            [] => Node::Empty,
            [point] => Node::One(CharSet::one(*point, case)),
            points => Node::Sequence(points.iter().map(|&point| Node::One(CharSet::one(point, case))).collect()),
        })
    }

    /// An escape outside of classes; none for a property that does not come first.
    fn escape_or_property(&mut self, first: bool) -> Read<Option<Escape>> {
        let letter = self.reader.next_raw();
        if letter != ascii(b'p') && letter != ascii(b'P') {
            self.reader.unread();
            return self.escape(false, false).map(Some);
        }
        if !first {
            return Ok(None);
        }
        self.property().map(|set| Some(Escape::Node(Node::One(set))))
    }

    /// A group with its quantifier; none when it only sets flags.
    fn group(&mut self) -> Read<Option<Node>> {
        let outer = self.reader.flags;
        let node = if self.reader.next() == ascii(b'?') {
            match u8::try_from(self.reader.skip()).unwrap_or_default() {
                b':' => self.alternatives()?,
                b'=' => look(false, false, self.alternatives()?),
                b'!' => look(false, true, self.alternatives()?),
                b'>' => Node::Atomic(Box::new(self.alternatives()?)),
                b'<' => self.named_or_look_behind()?,
                b'$' | b'@' => return Err("Unknown group type".into()),
                _ => {
                    self.reader.unread();
                    self.set_flags();
                    match u8::try_from(self.reader.read()).unwrap_or_default() {
                        b')' => return Ok(None),
                        b':' => self.alternatives()?,
                        _ => return Err("Unknown inline modifier".into()),
                    }
                }
            }
        } else {
            self.groups += 1;
            Node::Capture(Box::new(self.alternatives()?))
        };
        if self.reader.read() != ascii(b')') {
            return Err("Unclosed group".into());
        }
        self.reader.flags = outer;
        // What stood in parentheses counts otherwise in look-behinds than a character that did not.
        let node = if matches!(node, Node::One(_)) { Node::Sequence(vec![node]) } else { node };
        self.quantified(node).map(Some)
    }

    fn named_or_look_behind(&mut self) -> Read<Node> {
        let first = self.reader.read();
        if first == ascii(b'=') || first == ascii(b'!') {
            let node = self.alternatives()?;
            if !look_behind::has_obvious_maximum(&node) {
                return Err("Look-behind group does not have an obvious maximum length".into());
            }
            return Ok(look(true, first == ascii(b'!'), node));
        }
        let name = self.group_name(first)?;
        if self.group_named(&name).is_some() {
            return Err(format!("Named capturing group <{name}> is already defined"));
        }
        self.groups += 1;
        self.names.push((name, self.groups));
        Ok(Node::Capture(Box::new(self.alternatives()?)))
    }

    /// A name up to `>`.
    pub(super) fn group_name(&mut self, first: u32) -> Read<String> {
        let letter = |point: u32| char::from_u32(point).filter(char::is_ascii_alphanumeric);
        let Some(first) = letter(first).filter(char::is_ascii_alphabetic) else {
            return Err("capturing group name does not start with a Latin letter".into());
        };
        let mut name = String::from(first);
        loop {
            let point = self.reader.read();
            match letter(point) {
                Some(c) => name.push(c),
                None if point == ascii(b'>') => return Ok(name),
                None => return Err("named capturing group is missing trailing '>'".into()),
            }
        }
    }

    /// The number of a named group that was begun before.
    pub(super) fn group_named(&self, name: &str) -> Option<usize> {
        self.names.iter().find(|(known, _)| known == name).map(|&(_, number)| number)
    }

    fn set_flags(&mut self) {
        let mut on = true;
        loop {
            let letter = self.reader.peek();
            let minus = on && letter == ascii(b'-');
            if minus {
                on = false;
            } else if !self.reader.flags.set(letter, on) {
                return;
            }
            self.reader.next();
        }
    }

    /// The node with the quantifier that follows it, if one does.
    fn quantified(&mut self, node: Node) -> Read<Node> {
        let (least, most) = match u8::try_from(self.reader.peek()).unwrap_or_default() {
            b'?' => (0, Some(1)),
            b'*' => (0, None),
            b'+' => (1, None),
            b'{' => self.counts()?,
            _ => return Ok(node),
        };
        let mode = match u8::try_from(self.reader.next()).unwrap_or_default() {
            b'?' => Mode::Lazy,
            b'+' => Mode::Possessive,
            _ => Mode::Greedy,
        };
        if mode != Mode::Greedy {
            self.reader.next();
        }
        Ok(Node::Repeat { node: Box::new(node), least, most, mode })
    }

    /// `{n}`, `{n,}` or `{n,m}`, up to the closing brace, where it stops.
    fn counts(&mut self) -> Read<(u32, Option<u32>)> {
        let first = self.reader.skip();
        if !is_digit(first) {
            return Err("Illegal repetition".into());
        }
        let (least, mut after) = self.count(first)?;
        let mut most = Some(least);
        if after == ascii(b',') {
            after = self.reader.read();
            if after == ascii(b'}') {
                most = None;
            } else if is_digit(after) {
                let (number, next) = self.count(after)?;
                (most, after) = (Some(number), next);
            } else {
                return Err("Illegal repetition".into());
            }
        }
        if after != ascii(b'}') {
            return Err("Unclosed counted closure".into());
        }
        if most.is_some_and(|most| most < least) {
            return Err("Illegal repetition range".into());
        }
        self.reader.unread();
        Ok((least, most))
    }

    /// A number from its first digit on, and what follows it.
    fn count(&mut self, first: u32) -> Read<(u32, u32)> {
        let (mut number, mut point) = (0i32, first);
        while is_digit(point) {
            let digit = (point - ascii(b'0')).cast_signed();
            let longer = number.checked_mul(10).and_then(|number| number.checked_add(digit));
            number = longer.ok_or("Illegal repetition range")?;
            point = self.reader.read();
        }
        Ok((number.unsigned_abs(), point))
    }
}

/// An escape: a character, or something else.
pub(super) enum Escape {
    /// A code point.
    Point(u32),
    /// A set of characters or, outside of classes, anything.
    Node(Node),
}

fn look(behind: bool, negative: bool, node: Node) -> Node {
    Node::Look { behind, negative, node: Box::new(node) }
}

fn is_digit(point: u32) -> bool {
    point != END && u8::try_from(point).is_ok_and(|c| c.is_ascii_digit())
}

/// What ends a line for `.`, `^` and `$`.
pub(super) fn line_ends() -> CharSet {
    CharSet::of_ranges(&[('\n', '\n'), ('\r', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')])
}
