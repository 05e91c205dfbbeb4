//! Objects that look alike: the same names in the same order, as the records of one topic mostly have.
//!
//! What has to be found out about the names of an object, that none comes twice and where each stands in Java's `HashMap`,
//! is found out once for objects of one shape, and their names are made once.

use aqueduct_data::{ByteString, Shared};

use super::object::Member;
use crate::label::Label;
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
    /// The names with what stands around them, in the order of the text.
    labels: Vec<Label>,
    /// The places of the names in the map, in the order of the text.
    places: Vec<u32>,
}

impl Shape {
    /// The names in the order of the map, each with its place in the text.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (&ByteString, usize)> {
        self.order.iter().map(|&place| (&self.names[place as usize], place as usize))
    }

    /// The names in the order of the map.
    pub(super) fn names(&self) -> impl ExactSizeIterator<Item = &ByteString> {
        self.order.iter().map(|&place| &self.names[place as usize])
    }

    /// The labels in the order of the text, each with the place of its name in the map.
    pub(super) fn labels(&self) -> impl Iterator<Item = (&Label, usize)> {
        self.labels.iter().zip(self.places.iter().map(|&place| place as usize))
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

    /// Takes out a shape whose first label a text starts with, to be given back.
    #[inline]
    pub(super) fn take_expected(&mut self, text: &[u8]) -> Option<Shared<Shape>> {
        let starts = |shape: &Shared<Shape>| shape.labels.first().is_some_and(|label| label.starts(text));
        let at = self.known.iter().position(starts)?;
        Some(self.known.remove(at))
    }

    /// Puts a shape that was taken out in front.
    #[inline]
    pub(super) fn give_back(&mut self, shape: Shared<Shape>) {
        self.known.truncate(SHAPES - 1);
        self.known.insert(0, shape);
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
        let order: Vec<u32> = members.iter().map(place).collect();
        let names: Vec<ByteString> = in_text.iter().map(|name| name.text()).collect();
        let mut places = vec![0; order.len()];
        for (in_map, &in_text) in order.iter().enumerate() {
            places[in_text as usize] = in_map as u32;
        }
        let labels = names.iter().enumerate().map(|(at, name)| Label::new(name, at == 0)).collect();
        self.give_back(Shared::new(Shape { names, order, labels, places }));
    }
}
