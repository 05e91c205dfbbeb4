//! Reads texts that look as expected straight to values, without a tape.
//!
//! The records of a topic mostly are written alike: by a program, without white space, the same members in the same order. So
//! an object is first compared, name by name, with what came before, or with the fields of its schema, and its numbers and
//! texts are read where they stand. What is out of the ordinary inside of it, such as an escape, a nested object or a logical
//! type, is put on the tape by itself. Where the object is not as expected, or something is wrong, nothing is decided here:
//! the text is read again as a whole, which finds the fault if there is one.

use aqueduct_data::{ByteString, Bytes, Field, SchemaRef, Struct, Type, Value, ValueMap};

use super::Reader;
use crate::label::Label;
use crate::number;
use crate::parser;
use crate::scan;
use crate::tape::{Document, Tape};

/// Integers of up to so many digits fit in 64 bits.
const DIGITS: usize = 18;

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

/// A value that is read where it stands.
enum Plain<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Fraction(f64),
    Text(&'a [u8]),
}

impl<'a> Cursor<'a> {
    #[inline]
    fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    /// Goes on behind a byte, if it is next.
    #[inline]
    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.text.get(self.at) == Some(&byte)).then(|| self.at += 1)
    }

    /// Goes on behind a label, if it is next.
    #[inline]
    fn eat_label(&mut self, label: &Label) -> Option<()> {
        label.starts(self.rest()).then(|| self.at += label.as_slice().len())
    }

    /// A value without parts and escapes, of ASCII; none for others, which stay where they are.
    #[inline]
    fn plain(&mut self) -> Option<Plain<'a>> {
        let rest = self.rest();
        match *rest.first()? {
            b'"' => {
                let length = scan::plain_ascii(&rest[1..]);
                (rest.get(length + 1) == Some(&b'"')).then(|| {
                    self.at += length + 2;
                    Plain::Text(&rest[1..=length])
                })
            }
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.literal(b"true", Plain::Boolean(true)),
            b'f' => self.literal(b"false", Plain::Boolean(false)),
            b'n' => self.literal(b"null", Plain::Null),
            _ => None,
        }
    }

    fn literal(&mut self, word: &[u8], value: Plain<'a>) -> Option<Plain<'a>> {
        self.rest().starts_with(word).then(|| {
            self.at += word.len();
            value
        })
    }

    /// A number of few digits and without an exponent.
    #[inline]
    fn number(&mut self) -> Option<Plain<'a>> {
        let rest = self.rest();
        let sign = usize::from(rest[0] == b'-');
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
            Plain::Fraction(if sign == 1 && digits > 0 { -magnitude } else { magnitude })
        } else {
            let magnitude = digits.cast_signed();
            Plain::Integer(if sign == 1 { -magnitude } else { magnitude })
        };
        if let Some(b'e' | b'E') = rest.get(length) {
            return None;
        }
        self.at += length;
        Some(value)
    }

    /// A text that stands here: a long one shares the buffer.
    #[inline]
    fn text(&self, raw: &[u8]) -> Option<ByteString> {
        if raw.len() <= ByteString::SHORT {
            return std::str::from_utf8(raw).map(ByteString::from).ok();
        }
        ByteString::try_from(self.text.slice_ref(raw)).ok()
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
        let value = match schema {
            Some(schema) => self.expected_typed(schema, None, &mut cursor),
            None => self.expected_root(&mut cursor),
        };
        self.luck.found(value.is_some());
        value.map(|value| (value, cursor.at))
    }

    fn expected_root(&mut self, cursor: &mut Cursor<'_>) -> Option<Value> {
        match cursor.rest().first()? {
            b'{' => self.expected_map(cursor),
            b'"' => match cursor.plain()? {
                Plain::Text(raw) => cursor.text(raw).map(Value::String),
                _ => None,
            },
            _ => None,
        }
    }

    /// A map without a schema, of a shape that came before.
    fn expected_map(&mut self, cursor: &mut Cursor<'_>) -> Option<Value> {
        cursor.eat(b'{')?;
        let shape = self.shapes.take_expected(cursor.rest())?;
        cursor.outer += 1;
        let mut pairs: Vec<_> = shape.names().map(|name| (Value::String(name.clone()), Value::Null)).collect();
        let mut members = || {
            for (label, place) in shape.labels() {
                cursor.eat_label(label)?;
                pairs[place].1 = self.expected_free(cursor)?;
            }
            cursor.eat(b'}')
        };
        let as_expected = members();
        cursor.outer -= 1;
        self.shapes.give_back(shape);
        as_expected.map(|()| ValueMap::of_distinct(pairs).into())
    }

    /// A member of a map without a schema.
    #[inline]
    fn expected_free(&mut self, cursor: &mut Cursor<'_>) -> Option<Value> {
        Some(match cursor.plain() {
            Some(Plain::Integer(n)) => Value::Int64(n),
            Some(Plain::Fraction(n)) => Value::Float64(n),
            Some(Plain::Text(raw)) => Value::String(cursor.text(raw)?),
            Some(Plain::Boolean(b)) => Value::Boolean(b),
            Some(Plain::Null) => Value::Null,
            None => {
                let document = cursor.on_tape()?;
                self.free(document.root())
            }
        })
    }

    /// A value of a schema, and of a field if it is in one.
    #[inline]
    fn expected_typed(&mut self, schema: &SchemaRef, field: Option<&Field>, cursor: &mut Cursor<'_>) -> Option<Value> {
        if schema.logical_type().is_some() {
            return self.unexpected(schema, field, cursor);
        }
        if schema.r#type() == Type::Struct {
            return self.expected_struct(schema, field, cursor);
        }
        let before = cursor.at;
        Some(match (schema.r#type(), cursor.plain()) {
            (Type::Int64, Some(Plain::Integer(n))) => Value::Int64(n),
            (Type::Int32, Some(Plain::Integer(n))) => Value::Int32(n as i32),
            (Type::Int16, Some(Plain::Integer(n))) => Value::Int16(n as i16),
            (Type::Int8, Some(Plain::Integer(n))) => Value::Int8(n as i8),
            (Type::Float64, Some(Plain::Fraction(n))) => Value::Float64(n),
            (Type::Boolean, Some(Plain::Boolean(b))) => Value::Boolean(b),
            (Type::String, Some(Plain::Text(raw))) => Value::String(cursor.text(raw)?),
            (_, Some(Plain::Null)) => self.null(schema).ok()?,
            _ => {
                cursor.at = before;
                return self.unexpected(schema, field, cursor);
            }
        })
    }

    /// A struct whose members are its fields in order.
    fn expected_struct(&mut self, schema: &SchemaRef, field: Option<&Field>, cursor: &mut Cursor<'_>) -> Option<Value> {
        if cursor.eat(b'{').is_none() {
            return self.unexpected(schema, field, cursor);
        }
        cursor.outer += 1;
        let labels = self.labels.take(schema);
        let mut values = Vec::with_capacity(labels.len());
        let mut members = || {
            for (label, field) in labels.iter().zip(schema.fields()) {
                cursor.eat_label(label)?;
                values.push(self.expected_typed(field.schema(), Some(field), cursor)?);
            }
            cursor.eat(b'}')
        };
        let as_expected = members();
        cursor.outer -= 1;
        self.labels.give_back(schema, labels);
        as_expected.map(|()| Struct::from_values(schema.clone(), values).into())
    }

    /// A value that is read as any other, apart from what is around it.
    fn unexpected(&mut self, schema: &SchemaRef, field: Option<&Field>, cursor: &mut Cursor<'_>) -> Option<Value> {
        let document = cursor.on_tape()?;
        let outer = std::mem::take(&mut self.unchecked);
        let value = self.typed(schema, Some(document.root())).ok()?;
        if let (true, Some(field)) = (self.unchecked, field) {
            schema.validate_field(Some(field.name()), &value).ok()?;
        }
        self.unchecked = outer;
        Some(value)
    }
}
