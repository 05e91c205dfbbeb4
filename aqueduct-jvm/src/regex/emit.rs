//! Writes a pattern's tree in the syntax of `fancy-regex`.
//!
//! Sets are written out as ranges, and groups by number only, so that few of the engine's own rules matter. There are two
//! ways to write: one that is right for every input, and one for what nearly every input is, a line of ASCII. The latter
//! does without the look-around that Java's line ends and words would need, and lets the engine use its fastest automata.

use super::char_set::CharSet;
use super::parse::line_ends;
use super::property;
use super::syntax::{Mode, Node, Place};

/// For which inputs to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inputs {
    /// All.
    Any,
    /// Those that are ASCII, not empty and have no line ends.
    AsciiLines,
}

/// The pattern in the engine's syntax.
pub(super) fn emit(node: &Node, groups: usize, inputs: Inputs) -> String {
    let mut emitter = Emitter { out: String::new(), groups, inputs };
    emitter.node(node);
    emitter.out
}

struct Emitter {
    out: String,
    /// How many groups the pattern has.
    groups: usize,
    inputs: Inputs,
}

/// Nothing matches this.
const NEVER: &str = r"[^\x{0}-\x{10FFFF}]";

impl Emitter {
    /// Writes a node where alternatives may stand.
    fn node(&mut self, node: &Node) {
        match node {
            Node::Alternatives(ways) => {
                for (index, way) in ways.iter().enumerate() {
                    if index > 0 {
                        self.out.push('|');
                    }
                    self.item(way);
                }
            }
            other => self.item(other),
        }
    }

    /// Writes a node where something may stand before and behind it.
    fn item(&mut self, node: &Node) {
        match node {
            Node::Empty => {}
            Node::One(set) => self.set(set),
            Node::Sequence(nodes) => nodes.iter().for_each(|node| self.item(node)),
            Node::Alternatives(_) => self.group("(?:", node),
            Node::Capture(inner) => self.group("(", inner),
            Node::Atomic(inner) => self.group("(?>", inner),
            Node::Look { behind, negative, node } => {
                let open = match (behind, negative) {
                    (false, false) => "(?=",
                    (false, true) => "(?!",
                    (true, false) => "(?<=",
                    (true, true) => "(?<!",
                };
                self.group(open, node);
            }
            Node::Repeat { node, least, most, mode } => self.repeat(node, (*least, *most), *mode),
            // A group that is not there never matches.
            Node::Reference { group, .. } if *group > self.groups => self.out.push_str(NEVER),
            // In a group of its own, so that a digit behind it is not taken for part of the number.
            Node::Reference { group, insensitive: true } => self.out.push_str(&format!("(?i:\\{group})")),
            Node::Reference { group, insensitive: false } => self.out.push_str(&format!("(?:\\{group})")),
            Node::LineBreak => {
                self.out.push_str("(?:\\r\\n|");
                self.set(&property::vertical_space());
                self.out.push(')');
            }
            Node::Grapheme if self.inputs == Inputs::AsciiLines => self.set(&CharSet::all()),
            Node::Grapheme => self.out.push_str(GRAPHEME),
            Node::At(place) => self.place(*place),
        }
    }

    fn group(&mut self, open: &str, node: &Node) {
        self.out.push_str(open);
        self.node(node);
        self.out.push(')');
    }

    fn repeat(&mut self, node: &Node, count: (u32, Option<u32>), mode: Mode) {
        match node {
            Node::Empty => return,
            node if takes_no_text(node) => return self.repeat_place(node, count, mode),
            _ => {}
        }
        if mode == Mode::Possessive {
            self.out.push_str("(?>");
        }
        if matches!(node, Node::One(_)) {
            self.item(node);
        } else if mode == Mode::Possessive {
            // Java does not go back into a single repetition either.
            self.group("(?>", node);
        } else if matches!(node, Node::Capture(_)) {
            self.item(node);
        } else {
            self.group("(?:", node);
        }
        match count {
            (0, None) => self.out.push('*'),
            (1, None) => self.out.push('+'),
            (0, Some(1)) => self.out.push('?'),
            (least, None) => self.out.push_str(&format!("{{{least},}}")),
            (least, Some(most)) if least == most => self.out.push_str(&format!("{{{least}}}")),
            (least, Some(most)) => self.out.push_str(&format!("{{{least},{most}}}")),
        }
        match mode {
            Mode::Greedy => {}
            Mode::Lazy => self.out.push('?'),
            Mode::Possessive => self.out.push(')'),
        }
    }

    /// What takes no text need be there at most once; the engine would not take it with a quantifier.
    fn repeat_place(&mut self, node: &Node, count: (u32, Option<u32>), mode: Mode) {
        let (open, close) = match (count, mode) {
            ((_, Some(0)), _) => return,
            ((0, _), Mode::Greedy) => ("(?:", "|)"),
            ((0, _), Mode::Lazy) => ("(?:|", ")"),
            ((0, _), Mode::Possessive) => ("(?>", "|)"),
            _ => ("", ""),
        };
        self.out.push_str(open);
        self.item(node);
        self.out.push_str(close);
    }

    fn place(&mut self, place: Place) {
        let lines = self.inputs == Inputs::Any;
        self.out.push_str(match place {
            Place::InputStart => r"\A",
            Place::InputEnd => r"\z",
            Place::LineStart { .. } if !lines => r"\A",
            Place::LastLineEnd { .. } | Place::LineEnd { .. } if !lines => r"\z",
            Place::LastLineEnd { unix: true } => r"(?=\n?\z)",
            // Never between `\r` and `\n`.
            Place::LastLineEnd { unix: false } => r"(?=(?:\r\n|(?<!\r)\n|[\r\x{85}\x{2028}\x{2029}])?\z)",
            Place::LineEnd { unix: true } => r"(?=\n|\z)",
            Place::LineEnd { unix: false } => r"(?=[\r\x{85}\x{2028}\x{2029}]|(?<!\r)\n|\z)",
            // No line begins at the end of the input.
            Place::LineStart { unix: true } => r"(?!\z)(?:\A|(?<=\n))",
            Place::LineStart { unix: false } => r"(?!\z)(?:\A|(?<=[\n\x{85}\x{2028}\x{2029}])|(?<=\r)(?!\n))",
            Place::WordBoundary { negated: false, unicode } if unicode || !lines => r"\b",
            Place::WordBoundary { negated: true, unicode } if unicode || !lines => r"\B",
            Place::WordBoundary { negated, .. } => return self.letter_boundary(negated),
            Place::GraphemeBoundary if !lines => "",
            Place::GraphemeBoundary => return self.grapheme_boundary(),
        });
    }

    /// `\b` as Java up to 18 has it: letters and digits of any script make words, with marks upon them.
    fn letter_boundary(&mut self, negated: bool) {
        const BEHIND: &str = r"[\p{L}\p{Nd}_]|[\p{L}\p{Nd}]\p{Mn}+";
        const AHEAD: &str = r"(?:(?=[\p{L}\p{Nd}_])|(?<=[\p{L}\p{Nd}]|[\p{L}\p{Nd}]\p{Mn}+)(?=\p{Mn}))";
        let text = if negated {
            format!("(?:(?<={BEHIND}){AHEAD}|(?<!{BEHIND})(?!{AHEAD}))")
        } else {
            format!("(?:(?<={BEHIND})(?!{AHEAD})|(?<!{BEHIND}){AHEAD})")
        };
        self.out.push_str(&text);
    }

    /// `\b{g}`: everywhere but inside of a cluster.
    fn grapheme_boundary(&mut self) {
        self.out.push_str(r"(?:\A|\z|(?!");
        for (index, (before, behind)) in CLUSTERS_HOLD.iter().enumerate() {
            let separator = if index > 0 { "|" } else { "" };
            self.out.push_str(&format!("{separator}(?<={before})(?={behind})"));
        }
        self.out.push_str("))");
    }

    fn set(&mut self, set: &CharSet) {
        let set = match self.inputs {
            Inputs::Any => set.clone(),
            Inputs::AsciiLines => set.clone().intersect(&CharSet::of_ranges(&[('\0', '\x7F')])),
        };
        let negated = set.clone().negated();
        if let Some(c) = set.single() {
            self.letter(c);
        } else if set.is_empty() {
            self.out.push_str(NEVER);
        } else if negated.is_empty() {
            self.out.push_str("(?s:.)");
        } else if set == line_ends().negated() {
            // The most frequent of the long ones.
            self.out.push_str(r"[^\n\r\x{85}\x{2028}\x{2029}]");
        } else {
            self.out.push('[');
            for (start, end) in set.ranges() {
                self.member(start);
                if start != end {
                    self.out.push('-');
                    self.member(end);
                }
            }
            self.out.push(']');
        }
    }

    fn letter(&mut self, c: char) {
        if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' ' | '/' | ':' | ',' | '@' | '=') {
            self.out.push(c);
        } else if matches!(c, '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' | '\\') {
            self.out.push('\\');
            self.out.push(c);
        } else {
            self.member(c);
        }
    }

    fn member(&mut self, c: char) {
        if c.is_ascii_alphanumeric() {
            self.out.push(c);
        } else {
            self.out.push_str(&format!("\\x{{{:X}}}", u32::from(c)));
        }
    }
}

/// Whether this only looks, once or often.
fn takes_no_text(node: &Node) -> bool {
    match node {
        Node::At(_) | Node::Look { .. } => true,
        Node::Repeat { node, .. } => takes_no_text(node),
        _ => false,
    }
}

/// An extended grapheme cluster, after Unicode's Standard Annex 29.
const GRAPHEME: &str = concat!(
    r"(?>\r\n|\p{gcb=Control}|\r|\n|",
    r"\p{gcb=Prepend}*(?:\p{gcb=RI}\p{gcb=RI}",
    r"|\p{gcb=L}*(?:\p{gcb=V}+|\p{gcb=LV}\p{gcb=V}*|\p{gcb=LVT})\p{gcb=T}*|\p{gcb=L}+|\p{gcb=T}+",
    r"|\p{Extended_Pictographic}(?:\p{gcb=Extend}*\p{gcb=ZWJ}\p{Extended_Pictographic})*",
    r"|[^\p{gcb=Control}\r\n])[\p{gcb=Extend}\p{gcb=ZWJ}\p{gcb=SpacingMark}]*)",
);

/// What a cluster holds together: what comes before a place, and what behind it.
const CLUSTERS_HOLD: [(&str, &str); 8] = [
    (r"\r", r"\n"),
    (r"\p{gcb=L}", r"[\p{gcb=L}\p{gcb=V}\p{gcb=LV}\p{gcb=LVT}]"),
    (r"[\p{gcb=LV}\p{gcb=V}]", r"[\p{gcb=V}\p{gcb=T}]"),
    (r"[\p{gcb=LVT}\p{gcb=T}]", r"\p{gcb=T}"),
    (r"[^\p{gcb=Control}\r\n]", r"[\p{gcb=Extend}\p{gcb=ZWJ}\p{gcb=SpacingMark}]"),
    (r"\p{gcb=Prepend}", r"[^\p{gcb=Control}\r\n]"),
    (r"\p{Extended_Pictographic}\p{gcb=Extend}*\p{gcb=ZWJ}", r"\p{Extended_Pictographic}"),
    (r"(?:\A|[^\p{gcb=RI}])(?:\p{gcb=RI}\p{gcb=RI})*\p{gcb=RI}", r"\p{gcb=RI}"),
];
