//! Reads texts that look as expected straight to values, without a tape.
//!
//! The records of a topic mostly are written alike: by a program, without white space, the same members in the same order. So
//! an object is first compared, name by name, with what came before, or with the fields of its schema, and its numbers and
//! texts are read where they stand. What is out of the ordinary inside of it, such as an escape, a nested object or a logical
//! type, is put on the tape by itself. Where the object is not as expected, or something is wrong, nothing is decided here:
//! the text is read again as a whole, which finds the fault if there is one.
//!
//! Values are made in the places where they stay.

use aqueduct_data::{ByteString, Bytes, Field, SchemaRef, Struct, Type, Value, ValueMap};

use super::Reader;
use crate::label::Label;
use crate::number;
use crate::parser;
use crate::scan;
use crate::tape::{Document, Tape};

/// Integers of up to so many digits fit in 64 bits.
const DIGITS: usize = 18;

/// Strings of up to so many bytes are within all limits.
const LONG: usize = 1024 * 1024;

/// Whether trying is worth it: after texts that were not as expected, more and more are not tried.
#[derive(Debug, Default)]
pub(super) struct Luck {
    misses: u32,
    wait: u32,
}

impl Luck {
    fn tries(&mut self) -> bool {
        let tries = self.wait == 0;
        self.wait = self.wait.saturating_sub(1);
        tries
    }

    fn found(&mut self, as_expected: bool) {
        self.misses = if as_expected { 0 } else { (self.misses * 2 + 1).min(63) };
        self.wait = self.misses;
    }
}

/// A place in a text.
struct Cursor<'a> {
    text: &'a Bytes,
    at: usize,
    /// How many arrays and objects are around it.
    outer: usize,
    tape: &'a mut Tape,
}

/// A number that is read where it stands.
enum Number {
    Integer(i64),
    Fraction(f64),
}

impl<'a> Cursor<'a> {
    #[inline]
    fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    #[inline]
    fn next(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Goes on behind a byte, if it is next.
    #[inline]
    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.next() == Some(byte)).then(|| self.at += 1)
    }

    /// Goes on behind a word, if it is next.
    #[inline]
    fn eat_word(&mut self, word: &[u8]) -> Option<()> {
        self.rest().starts_with(word).then(|| self.at += word.len())
    }

    /// Goes on behind a label, if it is next.
    #[inline]
    fn eat_label(&mut self, label: &Label) -> Option<()> {
        label.starts(self.rest()).then(|| self.at += label.as_slice().len())
    }

    /// Reads a text of ASCII without escapes; a long one shares the buffer.
    #[inline(never)]
    fn text(&mut self, place: &mut Value) -> Option<()> {
        let rest = self.rest().strip_prefix(b"\"")?;
        let length = scan::plain_ascii(rest);
        if rest.get(length) != Some(&b'"') || length > LONG {
            return None;
        }
        let raw = &rest[..length];
        self.at += length + 2;
        if length <= ByteString::SHORT {
            place.set(Value::String(std::str::from_utf8(raw).ok()?.into()));
        } else {
            place.set(Value::String(ByteString::try_from(self.text.slice_ref(raw)).ok()?));
        }
        Some(())
    }

    /// A number of few digits and without an exponent.
    #[inline]
    fn number(&mut self) -> Option<Number> {
        let rest = self.rest();
        let sign = usize::from(rest.first() == Some(&b'-'));
        let (mut digits, whole) = number::leading_digits(0, &rest[sign..]);
        let mut length = sign + whole;
        if whole == 0 || whole > DIGITS {
            return None;
        }
        let value = if rest.get(length) == Some(&b'.') {
            let fraction;
            (digits, fraction) = number::leading_digits(digits, &rest[length + 1..]);
            length += 1 + fraction;
            let magnitude = if fraction == 0 { None } else { number::few_digits(digits, whole + fraction, fraction) }?;
            // A decimal zero has no sign.
            Number::Fraction(if sign == 1 && digits > 0 { -magnitude } else { magnitude })
        } else {
            let magnitude = digits.cast_signed();
            Number::Integer(if sign == 1 { -magnitude } else { magnitude })
        };
        if let Some(b'e' | b'E') = rest.get(length) {
            return None;
        }
        self.at += length;
        Some(value)
    }

    #[inline]
    fn integer(&mut self) -> Option<i64> {
        match self.number()? {
            Number::Integer(n) => Some(n),
            Number::Fraction(_) => None,
        }
    }

    fn boolean(&mut self) -> Option<bool> {
        match self.next()? {
            b't' => self.eat_word(b"true").map(|()| true),
            _ => self.eat_word(b"false").map(|()| false),
        }
    }

    /// Puts the value that stands here on the tape and goes on behind it.
    fn on_tape(&mut self) -> Option<Document<'_>> {
        self.at = parser::parse_inside(self.text, self.at, self.outer, self.tape).ok()?;
        Some(Document { text: self.text, tokens: &self.tape.tokens })
    }
}

impl Reader {
    /// Reads a value that stands in a text inside of so many objects. Answers the value and where it ends, if all of it is as
    /// expected; otherwise none, and the tape is overwritten in any case.
    pub(crate) fn read_expected(
        &mut self,
        schema: Option<&SchemaRef>,
        (text, at): (&Bytes, usize),
        outer: usize,
        tape: &mut Tape,
    ) -> Option<(Value, usize)> {
        if !self.luck.tries() || u32::try_from(text.len()).is_err() {
            return None;
        }
        self.clear();
        let mut cursor = Cursor { text, at, outer, tape };
        let mut value = Value::Null;
        let as_expected = match schema {
            Some(schema) => self.expected_typed(schema, None, &mut cursor, &mut value),
            None => self.expected_root(&mut cursor, &mut value),
        };
        self.luck.found(as_expected.is_some());
        as_expected.map(|()| (value, cursor.at))
    }

    fn expected_root(&mut self, cursor: &mut Cursor<'_>, place: &mut Value) -> Option<()> {
        match cursor.next()? {
            b'{' => self.expected_map(cursor, place),
            b'"' => cursor.text(place),
            _ => None,
        }
    }

    /// A map without a schema, of a shape that came before.
    fn expected_map(&mut self, cursor: &mut Cursor<'_>, place: &mut Value) -> Option<()> {
        cursor.eat(b'{')?;
        let shape = self.shapes.take_expected(cursor.rest())?;
        cursor.outer += 1;
        let mut pairs: Vec<(Value, Value)> = shape.names().map(|_| (Value::Null, Value::Null)).collect();
        for ((key, _), name) in pairs.iter_mut().zip(shape.names()) {
            key.set_text(name);
        }
        let mut members = || {
            for (label, at) in shape.labels() {
                cursor.eat_label(label)?;
                self.expected_free(cursor, &mut pairs[at].1)?;
            }
            cursor.eat(b'}')
        };
        let as_expected = members();
        cursor.outer -= 1;
        self.shapes.give_back(shape);
        as_expected.map(|()| place.set(Value::Map(ValueMap::shared_of_distinct(pairs))))
    }

    /// A member of a map without a schema.
    #[inline]
    fn expected_free(&mut self, cursor: &mut Cursor<'_>, place: &mut Value) -> Option<()> {
        let before = cursor.at;
        let read = match cursor.next()? {
            b'"' => cursor.text(place),
            b'-' | b'0'..=b'9' => cursor.number().map(|number| match number {
                Number::Integer(n) => place.set_int64(n),
                Number::Fraction(n) => place.set_float64(n),
            }),
            b't' | b'f' => cursor.boolean().map(|b| place.set_boolean(b)),
            b'n' => cursor.eat_word(b"null"),
            _ => None,
        };
        if read.is_none() {
            cursor.at = before;
            let document = cursor.on_tape()?;
            place.set(self.free(document.root()));
        }
        Some(())
    }

    /// A value of a schema, and of a field if it is in one.
    #[inline]
    fn expected_typed(
        &mut self,
        schema: &SchemaRef,
        field: Option<&Field>,
        cursor: &mut Cursor<'_>,
        place: &mut Value,
    ) -> Option<()> {
        if schema.logical_type().is_some() {
            return self.unexpected(schema, field, cursor, place);
        }
        let before = cursor.at;
        let read = match schema.r#type() {
            Type::Struct if cursor.next() == Some(b'{') => return self.expected_struct(schema, cursor, place),
            _ if cursor.next() == Some(b'n') => {
                cursor.eat_word(b"null")?;
                return self.null(schema).ok().map(|value| place.set(value));
            }
            Type::Int64 => cursor.integer().map(|n| place.set_int64(n)),
            Type::Int32 => cursor.integer().map(|n| place.set_int32(n as i32)),
            Type::Int16 => cursor.integer().map(|n| place.set(Value::Int16(n as i16))),
            Type::Int8 => cursor.integer().map(|n| place.set(Value::Int8(n as i8))),
            Type::Float64 => cursor.number().and_then(|number| match number {
                Number::Fraction(n) => {
                    place.set_float64(n);
                    Some(())
                }
                Number::Integer(_) => None,
            }),
            Type::Boolean => cursor.boolean().map(|b| place.set_boolean(b)),
            Type::String => cursor.text(place),
            _ => None,
        };
        if read.is_none() {
            cursor.at = before;
            return self.unexpected(schema, field, cursor, place);
        }
        Some(())
    }

    /// A struct whose members are its fields in order.
    fn expected_struct(&mut self, schema: &SchemaRef, cursor: &mut Cursor<'_>, place: &mut Value) -> Option<()> {
        cursor.eat(b'{')?;
        cursor.outer += 1;
        let labels = self.labels.take(schema);
        let mut values: Vec<Value> = labels.iter().map(|_| Value::Null).collect();
        let mut members = || {
            for ((label, field), place) in labels.iter().zip(schema.fields()).zip(&mut values) {
                cursor.eat_label(label)?;
                self.expected_typed(field.schema(), Some(field), cursor, place)?;
            }
            cursor.eat(b'}')
        };
        let as_expected = members();
        cursor.outer -= 1;
        self.labels.give_back(schema, labels);
        as_expected.map(|()| place.set(Struct::from_values(schema.clone(), values).into()))
    }

    /// A value that is read as any other, apart from what is around it.
    fn unexpected(
        &mut self,
        schema: &SchemaRef,
        field: Option<&Field>,
        cursor: &mut Cursor<'_>,
        place: &mut Value,
    ) -> Option<()> {
        let document = cursor.on_tape()?;
        let outer = std::mem::take(&mut self.unchecked);
        place.set(self.typed(schema, Some(document.root())).ok()?);
        if let (true, Some(field)) = (self.unchecked, field) {
            schema.validate_field(Some(field.name()), place).ok()?;
        }
        self.unchecked = outer;
        Some(())
    }
}
