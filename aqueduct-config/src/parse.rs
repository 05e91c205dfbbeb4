//! From a text, or a value of some type, to a value of the key's type; and back to text.

use crate::{ClassResolver, ConfigError, ConfigErrorKind, ConfigValueData, Password, Type};
use aqueduct_jvm::number::{parse_double, parse_integer, parse_long, parse_short};

/// Parses a value as a type. A null stays null, and a value that is of the type already stays as it is.
///
/// # Errors
/// `Invalid value V for configuration NAME: …` when the value is not of the type.
pub fn parse_type(
    name: &str,
    value: &ConfigValueData,
    value_type: Type,
    classes: &dyn ClassResolver,
) -> Result<ConfigValueData, ConfigError> {
    use ConfigValueData as V;

    let wrong = |wanted: &str| {
        Err(ConfigError::invalid(
            name,
            value,
            format_args!("Expected value to be {wanted}, but it was a {}", value.java_class()),
        ))
    };
    let not_a_number = || ConfigError::invalid(name, value, format_args!("Not a number of type {value_type}"));

    match (value_type, value) {
        (_, V::Null) => Ok(V::Null),
        (Type::Boolean, V::Boolean(_))
        | (Type::Int, V::Int(_))
        | (Type::Short, V::Short(_))
        | (Type::Long, V::Long(_))
        | (Type::List, V::List(_))
        | (Type::Class, V::Class(_))
        | (Type::Password, V::Password(_)) => Ok(value.clone()),

        (Type::Boolean, V::String(text)) if java_trim(text).eq_ignore_ascii_case("true") => Ok(V::Boolean(true)),
        (Type::Boolean, V::String(text)) if java_trim(text).eq_ignore_ascii_case("false") => Ok(V::Boolean(false)),
        (Type::Boolean, _) => Err(ConfigError::invalid(name, value, "Expected value to be either true or false")),

        (Type::String, V::String(text)) => Ok(V::String(java_trim(text).to_owned())),
        (Type::Password, V::String(text)) => Ok(V::Password(Password::new(java_trim(text)))),
        (Type::String | Type::Password, _) => wrong("a string"),

        (Type::Int, V::String(text)) => parse_integer(java_trim(text)).map(V::Int).map_err(|_| not_a_number()),
        (Type::Int, _) => wrong("a 32-bit integer"),

        (Type::Short, V::String(text)) => parse_short(java_trim(text)).map(V::Short).map_err(|_| not_a_number()),
        (Type::Short, _) => wrong("a 16-bit integer (short)"),

        (Type::Long, V::Int(number)) => Ok(V::Long(i64::from(*number))),
        (Type::Long, V::String(text)) => parse_long(java_trim(text)).map(V::Long).map_err(|_| not_a_number()),
        (Type::Long, _) => wrong("a 64-bit integer (long)"),

        (Type::Double, V::String(text)) => parse_double(java_trim(text)).map(V::Double).map_err(|_| not_a_number()),
        (Type::Double, _) => match value.as_number() {
            Some(number) => Ok(V::Double(number)),
            None => wrong("a double"),
        },

        (Type::List, V::String(text)) => Ok(V::List(split_list(text))),
        (Type::List, _) => Err(ConfigError::invalid(name, value, "Expected a comma separated list.")),

        (Type::Class, V::String(text)) => match classes.resolve(java_trim(text)) {
            Some(class) => Ok(V::Class(class)),
            None => Err(class_not_found(name, text)),
        },
        (Type::Class, _) => Err(ConfigError::invalid(name, value, "Expected a Class instance or class name.")),
    }
}

/// The text of a parsed value, as it could stand in properties; passwords are hidden. Null has none.
///
/// # Errors
/// When the value is not of the type.
pub fn convert_to_string(value: &ConfigValueData, value_type: Option<Type>) -> Result<Option<String>, ConfigError> {
    let cast = |wanted: &str| {
        let message = format!("class {} cannot be cast to class {wanted}", value.java_class());
        Err(ConfigError::with_kind(ConfigErrorKind::ClassCast, message))
    };
    match (value_type, value) {
        (_, ConfigValueData::Null) => Ok(None),
        (Some(Type::List), ConfigValueData::List(items)) => Ok(Some(items.join(","))),
        (Some(Type::List), _) => cast("java.util.List"),
        (Some(Type::Class), ConfigValueData::Class(name)) => Ok(Some(name.clone())),
        (Some(Type::Class), _) => cast("java.lang.Class"),
        _ => Ok(Some(value.to_string())),
    }
}

/// What is said when a class does not exist; `given` is the text as it was given.
pub(crate) fn class_not_found(name: &str, given: &str) -> ConfigError {
    ConfigError::invalid(name, given, format_args!("Class {given} could not be found."))
}

/// `String.trim`: it takes off every control character, not only white space.
pub(crate) fn java_trim(text: &str) -> &str {
    text.trim_matches(|c: char| c <= ' ')
}

/// Splits at commas and the white space around them; an empty text has no items, an item may be empty.
pub(crate) fn split_list(text: &str) -> Vec<String> {
    let text = java_trim(text);
    if text.is_empty() {
        return Vec::new();
    }
    // What a regular expression's \s matches; the ends were trimmed of more than that.
    let white = |c: char| matches!(c, ' ' | '\t' | '\n' | '\x0B' | '\x0C' | '\r');
    text.split(',').map(|item| item.trim_matches(white).to_owned()).collect()
}
