//! Guesses what a text stands for: null, a boolean, a number, a date or time, a list or a map; else it is a string.
//!
//! The grammar resembles JSON and is looser and stricter than it in places. What follows a complete list or map is
//! ignored, a list or map that cannot be read makes the whole text a string, and nesting is limited, so that no text can
//! exhaust the stack.

use crate::{Decimal, LogicalType, Schema, SchemaAndValue, SchemaBuilder, Value, ValueMap};

use super::common_schema::{CommonSchema, align_list, align_map};
use super::temporal::parse_temporal;
use super::tokens::{Tokens, trim};

/// Lists and maps inside each other, at most. Deeper texts are strings.
const MAX_DEPTH: usize = 400;

/// A list or map is not complete, or has a part that is no value.
#[derive(Debug)]
struct Broken;

/// What a text stands for; nothing when it is `null`.
///
/// ```
/// use aqueduct_data::values::parse_string;
/// use aqueduct_data::{Schema, Value};
///
/// let parsed = parse_string("300").unwrap();
/// assert_eq!((parsed.schema, parsed.value), (Some(Schema::int16()), Value::Int16(300)));
/// assert_eq!(parse_string("[1, 2").unwrap().value, Value::from("[1, 2"));
/// ```
pub fn parse_string(text: &str) -> Option<SchemaAndValue> {
    if text.is_empty() {
        return Some(string(""));
    }
    // Only what is inside a list or map can be broken; a whole text is a string at least.
    parse(&mut Tokens::new(text), None).unwrap_or_else(|Broken| Some(string(text)))
}

fn string(text: &str) -> SchemaAndValue {
    SchemaAndValue::new(Schema::string(), text)
}

/// One value. `depth` tells in how many lists and maps it is, none for the whole text.
fn parse(tokens: &mut Tokens<'_>, depth: Option<usize>) -> Result<Option<SchemaAndValue>, Broken> {
    if !tokens.has_next() {
        return Ok(None);
    }
    let embedded = depth.is_some();
    if embedded && tokens.take("\"") {
        return Ok(Some(quoted(tokens)));
    }
    if take_literal(tokens, embedded, "null") {
        return Ok(None);
    }
    for (literal, value) in [("true", true), ("false", false)] {
        if take_literal(tokens, embedded, literal) {
            return Ok(Some(SchemaAndValue::new(Schema::boolean(), value)));
        }
    }
    let start = tokens.mark();
    match collection(tokens, depth.unwrap_or(0)) {
        Ok(Some(collection)) => return Ok(Some(collection)),
        Ok(None) => {}
        Err(Broken) => tokens.rewind_to(start),
    }
    let token = tokens.next();
    let trimmed = trim(token);
    if trimmed.is_empty() {
        return Ok(Some(string(token)));
    }
    match scalar(tokens, trimmed) {
        Some(found) => Ok(Some(found)),
        None if embedded => Err(Broken),
        None => Ok(Some(string(tokens.text()))),
    }
}

/// Takes a word that is a value of its own; at the top nothing may follow it.
fn take_literal(tokens: &mut Tokens<'_>, embedded: bool, literal: &str) -> bool {
    let start = tokens.mark();
    if tokens.take(literal) && (embedded || !tokens.has_next()) {
        return true;
    }
    tokens.rewind_to(start);
    false
}

/// A string in quotes, of which the first was taken; a date or time in quotes is one all the same.
fn quoted(tokens: &mut Tokens<'_>) -> SchemaAndValue {
    let mut content = String::new();
    while tokens.has_next() && !tokens.take("\"") {
        content.push_str(tokens.next());
    }
    let parsed = parse_string(&content).filter(|parsed| {
        let logical = parsed.schema.as_ref().and_then(|schema| schema.logical_type());
        matches!(logical, Some(LogicalType::Date | LogicalType::Time | LogicalType::Timestamp))
    });
    parsed.unwrap_or_else(|| SchemaAndValue::new(Schema::string(), content))
}

fn collection(tokens: &mut Tokens<'_>, depth: usize) -> Result<Option<SchemaAndValue>, Broken> {
    let is_list = tokens.take("[");
    if !is_list && !tokens.take("{") {
        return Ok(None);
    }
    if depth >= MAX_DEPTH {
        return Err(Broken);
    }
    if is_list { list(tokens, depth + 1).map(Some) } else { map(tokens, depth + 1).map(Some) }
}

fn list(tokens: &mut Tokens<'_>, depth: usize) -> Result<SchemaAndValue, Broken> {
    let mut items = Vec::new();
    let mut elements = CommonSchema::default();
    while tokens.has_next() {
        if tokens.take("]") {
            let elements = elements.schema();
            if let Some(schema) = &elements {
                items = align_list(schema, items).map_err(|_| Broken)?;
            }
            return Ok(built(SchemaBuilder::array_of(elements), items));
        }
        if tokens.take(",") {
            return Err(Broken);
        }
        let element = parse(tokens, Some(depth))?;
        elements.merge(element.as_ref());
        items.push(element.map_or(Value::Null, |element| element.value));
        let after = tokens.mark();
        if tokens.take("]") {
            tokens.rewind_to(after);
        } else if !tokens.take(",") {
            return Err(Broken);
        }
    }
    Err(Broken)
}

fn map(tokens: &mut Tokens<'_>, depth: usize) -> Result<SchemaAndValue, Broken> {
    let mut entries = ValueMap::new();
    let (mut keys, mut values) = (CommonSchema::default(), CommonSchema::default());
    while tokens.has_next() {
        if tokens.take("}") {
            // Without a schema for the keys there is none for the values, whatever they are.
            let keys = keys.schema();
            let values = values.schema().filter(|_| keys.is_some());
            if let Some(keys) = &keys {
                entries = align_map(keys, values.as_ref(), entries).map_err(|_| Broken)?;
            }
            return Ok(built(SchemaBuilder::map_of(keys, values), entries));
        }
        if tokens.take(",") {
            return Err(Broken);
        }
        let key = parse(tokens, Some(depth))?.filter(|key| !key.value.is_null()).ok_or(Broken)?;
        if !tokens.take(":") {
            return Err(Broken);
        }
        let value = parse(tokens, Some(depth))?;
        keys.merge(Some(&key));
        values.merge(value.as_ref());
        entries.insert(key.value, value.map_or(Value::Null, |value| value.value));
        // Java does not insist on the comma.
        tokens.take(",");
    }
    Err(Broken)
}

fn built(schema: SchemaBuilder, value: impl Into<Value>) -> SchemaAndValue {
    SchemaAndValue::new(schema.build().expect("nothing is wrong with these schemas"), value)
}

/// A date, time or number that begins with this token. The colons of a time make tokens of their own.
fn scalar(tokens: &mut Tokens<'_>, token: &str) -> Option<SchemaAndValue> {
    let first = token.chars().next()?;
    let starts_with_digit = crate::decimal_text::digit_of(first).is_some();
    if starts_with_digit {
        let position = tokens.mark();
        if let Some(rest) = tokens.next_n(4)
            && let Some(found) = parse_temporal(&[token, rest])
        {
            return Some(found);
        }
        tokens.rewind_to(position);
        if let Some(found) = parse_temporal(&[token]) {
            return Some(found);
        }
    }
    if starts_with_digit || matches!(first, '+' | '-') { token.parse().ok().map(number) } else { None }
}

/// The smallest type that holds the number: integers first, then floats as far as they go, else a decimal.
fn number(decimal: Decimal) -> SchemaAndValue {
    if let Some(n) = decimal.to_i64_exact() {
        return match (i8::try_from(n), i16::try_from(n), i32::try_from(n)) {
            (Ok(n), _, _) => SchemaAndValue::new(Schema::int8(), n),
            (_, Ok(n), _) => SchemaAndValue::new(Schema::int16(), n),
            (_, _, Ok(n)) => SchemaAndValue::new(Schema::int32(), n),
            _ => SchemaAndValue::new(Schema::int64(), n),
        };
    }
    if decimal.scale() != 0 {
        let (single, double) = (decimal.to_f32(), decimal.to_f64());
        if single.is_finite() {
            return SchemaAndValue::new(Schema::float32(), single);
        }
        if double.is_finite() {
            return SchemaAndValue::new(Schema::float64(), double);
        }
    }
    built(SchemaBuilder::decimal(decimal.scale()), decimal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_beyond_the_limit_is_a_string() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let is_list = |text: &str| matches!(parse_string(text).unwrap().value, Value::Array(_));
        assert!(is_list(&nested(MAX_DEPTH)));
        assert!(!is_list(&nested(MAX_DEPTH + 1)));
        assert!(!is_list(&nested(100_000)));
        assert!(!is_list(&"[".repeat(100_000)));
        assert!(!is_list(&"{[".repeat(100_000)));
    }
}
