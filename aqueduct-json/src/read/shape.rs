//! Objects that look alike: the same names in the same order, as the records of one topic mostly have.
//!
//! What has to be found out about the names of an object, that none comes twice and where each stands in Java's `HashMap`,
//! is found out once for objects of one shape, and their names are made once.

use aqueduct_data::{ByteString, Shared};

use super::object::Member;
use crate::tape::Node;

/// How many shapes are remembered.
const SHAPES: usize = 8;
/// Objects of more members have no shape.
const MEMBERS: usize = 256;

/// The names of an object.
#[derive(Debug)]
pub(super) struct Shape {
    /// In the order of the text.
    names: Vec<ByteString>,
    /// The places of the names in the text, in the order of the map.
    order: Vec<u32>,
}

impl Shape {
    /// The names in the order of the map, each with its place in the text.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (&ByteString, usize)> {
        self.order.iter().map(|&place| (&self.names[place as usize], place as usize))
    }

    /// Whether an object is of this shape; if so, the places of its values on the tape are put behind `values`.
    fn fits(&self, object: Node<'_>, values: &mut Vec<u32>) -> bool {
        if self.names.len() != object.count() {
            return false;
        }
        let from = values.len();
        for ((name, value), known) in object.members().zip(&self.names) {
            if name.raw() != known.as_bytes() || name.is_escaped() {
                values.truncate(from);
                return false;
            }
            values.push(value.index());
        }
        true
    }
}

/// The shapes that came lately, the last one in front.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    known: Vec<Shared<Shape>>,
    /// What the objects of unknown shapes looked like. Only what comes again is worth remembering.
    seen: [u64; SHAPES],
    next: usize,
}

impl Shapes {
    /// The shape of an object, if it is known; then the places of its values on the tape are put behind `values`.
    pub(super) fn of(&mut self, object: Node<'_>, values: &mut Vec<u32>) -> Option<Shared<Shape>> {
        let at = self.known.iter().position(|shape| shape.fits(object, values))?;
        self.known[..=at].rotate_right(1);
        Some(self.known[0].clone())
    }

    /// Remembers the shape of an object whose members are in the order of the map, if one of the like came before.
    pub(super) fn learn(&mut self, object: Node<'_>, members: &[Member]) {
        // A name that comes twice has no place.
        if members.len() != object.count() || !(1..=MEMBERS).contains(&members.len()) {
            return;
        }
        let look = members.iter().fold(members.len() as u64, |look, member| member.look(look));
        if !self.seen.contains(&look) {
            self.seen[self.next] = look;
            self.next = (self.next + 1) % SHAPES;
            return;
        }
        let in_text: Vec<Node<'_>> = object.members().map(|(name, _)| name).collect();
        if in_text.iter().any(|name| name.is_escaped()) {
            return;
        }
        let place = |member: &Member| in_text.partition_point(|name| name.index() < member.name_index()) as u32;
        let order = members.iter().map(place).collect();
        let names = in_text.iter().map(|name| name.text()).collect();
        self.known.truncate(SHAPES - 1);
        self.known.insert(0, Shared::new(Shape { names, order }));
    }
}
