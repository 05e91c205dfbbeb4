//! What a Java pattern says, as a tree.
//!
//! The parser resolves flags, names and quoting, so that the tree means the same wherever it stands; the emitter writes
//! it down for the engine.

use super::char_set::CharSet;

/// A part of a pattern.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// Matches the empty text.
    Empty,
    /// One character out of a set; a letter is a set of one.
    One(CharSet),
    /// One after the other.
    Sequence(Vec<Node>),
    /// The first that fits.
    Alternatives(Vec<Node>),
    /// `(…)`; groups are numbered as they begin.
    Capture(Box<Node>),
    /// `(?>…)`.
    Atomic(Box<Node>),
    /// `(?=…)`, `(?!…)`, `(?<=…)`, `(?<!…)`.
    Look {
        /// Whether it looks at what came before.
        behind: bool,
        /// Whether it must not match.
        negative: bool,
        /// What is looked for.
        node: Box<Node>,
    },
    /// A quantifier.
    Repeat {
        /// What is repeated.
        node: Box<Node>,
        /// At least so often.
        least: u32,
        /// At most so often.
        most: Option<u32>,
        /// How eagerly.
        mode: Mode,
    },
    /// `\1` or `\k<name>`.
    Reference {
        /// The number of the group.
        group: usize,
        /// Whether letters match in either case.
        insensitive: bool,
    },
    /// `\R`.
    LineBreak,
    /// `\X`.
    Grapheme,
    /// A place between characters.
    At(Place),
}

/// How a quantifier chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// As often as possible.
    Greedy,
    /// As seldom as possible.
    Lazy,
    /// As often as possible, and never less.
    Possessive,
}

/// A place between characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The beginning of the input; also where the last match ended, since only first matches are asked for.
    InputStart,
    /// The end of the input.
    InputEnd,
    /// The end of the input, or before a line end there.
    LastLineEnd {
        /// Only `\n` ends a line.
        unix: bool,
    },
    /// The beginning of a line.
    LineStart {
        /// Only `\n` ends a line.
        unix: bool,
    },
    /// The end of a line.
    LineEnd {
        /// Only `\n` ends a line.
        unix: bool,
    },
    /// Between a word and what is none.
    WordBoundary {
        /// Everywhere else.
        negated: bool,
        /// Words are what Unicode calls words.
        unicode: bool,
    },
    /// Between two grapheme clusters.
    GraphemeBoundary,
}
