//! Which look-behinds Java takes: those whose length has what it calls an obvious maximum.
//!
//! What Java finds obvious is an accident of how it adds up lengths in 32 bits: `(?<=a*)` is taken, `(?<=(?:ab)*)` and
//! `(?<=xa*)` are not. So the sum is made here in the same order and in the same width.

use super::syntax::{Mode, Node};

/// What stands for "without limit" in Java's sums.
const UNLIMITED: i32 = i32::MAX;

/// Whether Java takes this for the inside of a look-behind.
pub(super) fn has_obvious_maximum(node: &Node) -> bool {
    measured(&[node]).valid
}

#[derive(Debug, Clone, Copy)]
struct Measure {
    max: i32,
    /// Whether the maximum means something.
    valid: bool,
    /// Whether there is but one way to match.
    deterministic: bool,
}

const NOTHING: Measure = Measure { max: 0, valid: true, deterministic: true };

fn measured(nodes: &[&Node]) -> Measure {
    let mut measure = NOTHING;
    measure.add(nodes);
    measure
}

impl Measure {
    /// Adds nodes that follow one another.
    fn add(&mut self, nodes: &[&Node]) {
        let Some((first, rest)) = nodes.split_first() else {
            return;
        };
        match first {
            Node::Empty | Node::At(_) | Node::Look { .. } | Node::Grapheme => {}
            Node::One(_) => self.max = self.max.wrapping_add(1),
            Node::LineBreak => self.max = self.max.wrapping_add(2),
            Node::Reference { .. } => self.valid = false,
            Node::Atomic(inner) => self.add(&[inner]),
            Node::Capture(inner) => {
                let all: Vec<&Node> = std::iter::once(&**inner).chain(rest.iter().copied()).collect();
                return self.add(&all);
            }
            Node::Sequence(inner) => {
                let all: Vec<&Node> = inner.iter().chain(rest.iter().copied()).collect();
                return self.add(&all);
            }
            Node::Alternatives(ways) => {
                let ways: Vec<&Node> = ways.iter().collect();
                return self.add_alternatives(&ways, rest);
            }
            Node::Repeat { node, least: 0, most: Some(1), mode } => {
                if is_group(node) && *mode != Mode::Possessive {
                    return self.add_alternatives(&[node, &Node::Empty], rest);
                }
                self.add(&[node]);
                self.deterministic = false;
            }
            Node::Repeat { node, most: None, mode: Mode::Greedy, .. } if matches!(**node, Node::One(_)) => {
                self.max = self.max.wrapping_add(UNLIMITED);
                self.deterministic = false;
            }
            Node::Repeat { node, least, most, mode } => {
                let inner = measured(&[node]);
                if is_group(node) && *mode != Mode::Possessive && !inner.deterministic {
                    // A loop of its own in Java, behind which it does not look.
                    self.valid = false;
                    self.deterministic = false;
                    return;
                }
                let times = most.map_or(UNLIMITED, u32::cast_signed);
                let sum = inner.max.wrapping_mul(times).wrapping_add(self.max);
                self.valid = self.valid && inner.valid && sum >= self.max;
                self.max = sum;
                self.deterministic = self.deterministic && inner.deterministic && Some(*least) == *most;
            }
        }
        self.add(rest);
    }

    /// Adds alternatives and what follows them, which Java adds up apart.
    fn add_alternatives(&mut self, ways: &[&Node], rest: &[&Node]) {
        let each = ways.iter().map(|way| measured(&[way]));
        let (max, valid) = each.fold((-1, true), |(max, valid), way| (way.max.max(max), valid && way.valid));
        let behind = measured(rest);
        self.max = self.max.wrapping_add(max).wrapping_add(behind.max);
        self.valid = self.valid && valid && behind.valid;
        self.deterministic = false;
    }
}

/// Only what stood in parentheses can be this and have a quantifier.
fn is_group(node: &Node) -> bool {
    matches!(node, Node::Sequence(_) | Node::Alternatives(_) | Node::Capture(_) | Node::Repeat { .. })
}
