//! Reads the JSON of request bodies, with the leniency of Java's parser: numbers and booleans count as text where text
//! is wanted, the last of several equal members wins, and nobody looks at what follows the first value. Anything else
//! that is wrong is an error 500 with the parser's words.

use std::collections::BTreeMap;
use std::fmt;

use aqueduct_data::{Value, ValueMap};
use aqueduct_herder::{ConnectorOffset, InitialState};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::answer::Failure;

/// A configuration as a client sends it; a null value stays null.
pub(crate) type GivenConfig = BTreeMap<String, Option<String>>;

/// The body of `POST /connectors`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CreateRequest {
    /// Without the white space around it; empty when there was none.
    pub(crate) name: String,
    pub(crate) config: GivenConfig,
    pub(crate) initial_state: Option<InitialState>,
}

type Members<'a> = BTreeMap<String, &'a RawValue>;

const ENTITIES: &str = "org.apache.kafka.connect.runtime.rest.entities";

/// Reads the body of `POST /connectors`.
pub(crate) fn create(body: &[u8]) -> Result<CreateRequest, Failure> {
    let members = object(body, "CreateConnectorRequest", &["name", "config", "initial_state"])?;
    let text_of = |member: &str| members.get(member).map_or(Ok(None), |raw| text(raw));
    let name = text_of("name")?.unwrap_or_default();
    let initial_state = text_of("initial_state")?
        .map(|state| {
            InitialState::parse(&state).ok_or_else(|| {
                Failure::internal(format!(
                    "Cannot construct instance of `{ENTITIES}.CreateConnectorRequest$InitialState`, problem: No enum \
                     constant {ENTITIES}.CreateConnectorRequest.InitialState.{}",
                    state.to_uppercase()
                ))
            })
        })
        .transpose()?;
    let config = match members.get("config") {
        Some(raw) if raw.get() != "null" => text_map(raw.get().as_bytes())?,
        _ => return Err(Failure::internal("The request has no `config`; it needs `name` and `config`")),
    };
    // Java's `trim`: everything up to the space goes, control characters too.
    let name = name.trim_matches(|c| c <= ' ').to_owned();
    Ok(CreateRequest { name, config, initial_state })
}

/// Reads a body that is one configuration, or any other map of texts.
pub(crate) fn text_map(body: &[u8]) -> Result<GivenConfig, Failure> {
    let members: Members<'_> = value(body, "java.util.LinkedHashMap<java.lang.String,java.lang.String>")?;
    members.into_iter().map(|(name, raw)| Ok((name, text(raw)?))).collect()
}

/// Reads a list of maps of texts, as workers send task configurations to each other.
pub(crate) fn text_maps(body: &[u8]) -> Result<Vec<GivenConfig>, Failure> {
    let items: Vec<&RawValue> = value(body, "java.util.ArrayList<java.util.Map<java.lang.String,java.lang.String>>")?;
    items.into_iter().map(|raw| text_map(raw.get().as_bytes())).collect()
}

/// Reads the body of `PATCH /connectors/N/offsets`; empty when it names no offsets.
pub(crate) fn offsets(body: &[u8]) -> Result<Vec<ConnectorOffset>, Failure> {
    let members = object(body, "ConnectorOffsets", &["offsets"])?;
    let Some(raw) = members.get("offsets").filter(|raw| raw.get() != "null") else { return Ok(Vec::new()) };
    let items: Vec<&RawValue> =
        value(raw.get().as_bytes(), &format!("java.util.ArrayList<{ENTITIES}.ConnectorOffset>"))?;
    items
        .into_iter()
        .map(|raw| {
            let members = object(raw.get().as_bytes(), "ConnectorOffset", &["partition", "offset"])?;
            let map = |member: &str| match members.get(member) {
                Some(raw) if raw.get() != "null" => {
                    value(raw.get().as_bytes(), "java.util.LinkedHashMap<java.lang.String,?>")
                        .map(|Tree(map)| Some(map))
                }
                _ => Ok(None),
            };
            Ok(ConnectorOffset { partition: map("partition")?, offset: map("offset")? })
        })
        .collect()
}

/// Reads an object of one of Java's request types, which knows these members and no others.
fn object<'a>(json: &'a [u8], class: &str, known: &[&str]) -> Result<Members<'a>, Failure> {
    let members: Members<'_> = value(json, &format!("{ENTITIES}.{class}"))?;
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(members),
        Some(name) => {
            let known: Vec<String> = known.iter().map(|name| format!("\"{name}\"")).collect();
            Err(Failure::internal(format!(
                "Unrecognized field \"{name}\" (class {ENTITIES}.{class}), not marked as ignorable ({} known \
                 properties: {}])",
                known.len(),
                known.join(", ")
            )))
        }
    }
}

/// Reads the first JSON value of a text as what Java calls `class`.
fn value<'a, T: Deserialize<'a>>(json: &'a [u8], class: &str) -> Result<T, Failure> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    T::deserialize(&mut reader).map_err(|error| {
        let text = json.trim_ascii_start();
        Failure::internal(match text.first() {
            None => "The request needs a JSON body".to_owned(),
            Some(_) if error.is_data() => {
                format!("Cannot deserialize value of type `{class}` from {}: {error}", token(text))
            }
            Some(_) => format!("The request body is not valid JSON: {error}"),
        })
    })
}

/// A string, or a number or boolean as the client wrote it.
fn text(raw: &RawValue) -> Result<Option<String>, Failure> {
    match raw.get() {
        "null" => Ok(None),
        json if json.starts_with('"') => value(json.as_bytes(), "java.lang.String").map(Some),
        json if json.starts_with(['{', '[']) => {
            let token = token(json.as_bytes());
            Err(Failure::internal(format!("Cannot deserialize value of type `java.lang.String` from {token}")))
        }
        json => Ok(Some(json.to_owned())),
    }
}

/// What a JSON text begins with, in the words of Java's parser.
fn token(json: &[u8]) -> &'static str {
    match json.first() {
        Some(b'{') => "Object value (token `JsonToken.START_OBJECT`)",
        Some(b'[') => "Array value (token `JsonToken.START_ARRAY`)",
        Some(b'"') => "String value (token `JsonToken.VALUE_STRING`)",
        Some(b't' | b'f') => "Boolean value",
        Some(b'n') => "null value",
        _ => "Number value",
    }
}

/// A map of any JSON values: whole numbers are 64-bit integers, others doubles.
struct Tree(ValueMap);

struct TreeValue(Value);

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TreeVisitor).map(Self)
    }
}

impl<'de> Deserialize<'de> for TreeValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor).map(Self)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = ValueMap;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<ValueMap, A::Error> {
        let mut map = ValueMap::new();
        while let Some((name, TreeValue(value))) = members.next_entry::<String, _>()? {
            map.insert(name, value);
        }
        Ok(map)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int64(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        i64::try_from(value)
            .map(Value::Int64)
            .map_err(|_| E::custom(format!("the number {value} has more than 64 bits")))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float64(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(TreeValue(value)) = items.next_element()? {
            list.push(value);
        }
        Ok(Value::from(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Value, A::Error> {
        TreeVisitor.visit_map(members).map(Value::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pairs: &[(&str, Option<&str>)]) -> GivenConfig {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), value.map(str::to_owned))).collect()
    }

    #[track_caller]
    fn created(body: &str, name: &str, pairs: &[(&str, Option<&str>)], initial_state: Option<InitialState>) {
        let expect = CreateRequest { name: name.to_owned(), config: config(pairs), initial_state };
        assert_eq!(create(body.as_bytes()), Ok(expect), "{body}");
    }

    #[track_caller]
    fn refused<T: fmt::Debug>(got: Result<T, Failure>, message_part: &str) {
        let failure = got.unwrap_err();
        assert_eq!(failure.status(), 500);
        assert!(failure.message().contains(message_part), "{}", failure.message());
    }

    #[test]
    fn scalars_count_as_text() {
        created(
            r#"{"name":1,"config":{"i":1,"f":1.50e3,"t":true,"n":null,"s":"é\n"}}"#,
            "1",
            &[("i", Some("1")), ("f", Some("1.50e3")), ("t", Some("true")), ("n", None), ("s", Some("é\n"))],
            None,
        );
    }

    #[test]
    fn names_are_trimmed_as_java_trims() {
        created(r#"{"name":" \u0001 a b \t\n","config":{}}"#, "a b", &[], None);
        created("{\"name\":\"\u{a0}a\",\"config\":{}}", "\u{a0}a", &[], None);
        created(r#"{"config":{}}"#, "", &[], None);
        created(r#"{"name":null,"config":{}}"#, "", &[], None);
    }

    #[test]
    fn initial_states_are_read_in_any_case() {
        created(r#"{"config":{},"initial_state":"Stopped"}"#, "", &[], Some(InitialState::Stopped));
        created(r#"{"config":{},"initial_state":null}"#, "", &[], None);
        refused(create(br#"{"config":{},"initial_state":"bogus"}"#), "InitialState.BOGUS");
    }

    #[test]
    fn the_last_member_wins_and_the_rest_of_the_text_is_ignored() {
        created(
            r#"{"name":"a","config":{"k":1},"name":"b","config":{"k":2,"k":3}} trailing"#,
            "b",
            &[("k", Some("3"))],
            None,
        );
    }

    #[test]
    fn wrong_bodies_are_refused_in_the_parsers_words() {
        let body = "org.apache.kafka.connect.runtime.rest.entities.CreateConnectorRequest";
        let map = "`java.util.LinkedHashMap<java.lang.String,java.lang.String>`";
        for (json, part) in [
            ("", "needs a JSON body"),
            (" \n", "needs a JSON body"),
            ("{bad", "not valid JSON"),
            ("{\"name\":", "not valid JSON"),
            ("null", "from null value"),
            ("[]", "from Array value (token `JsonToken.START_ARRAY`)"),
            ("\"x\"", &format!("Cannot deserialize value of type `{body}` from String value")),
            ("{}", "no `config`"),
            (r#"{"name":"a"}"#, "no `config`"),
            (r#"{"config":null}"#, "no `config`"),
            (r#"{"config":{},"foo":1}"#, "Unrecognized field \"foo\" (class org.apache.kafka.connect."),
            (r#"{"config":"x"}"#, &format!("{map} from String value")),
            (r#"{"config":[1]}"#, &format!("{map} from Array value")),
            (r#"{"config":{"a":{"x":1}}}"#, "`java.lang.String` from Object value (token `JsonToken.START_OBJECT`)"),
            (r#"{"config":{"a":[1]}}"#, "`java.lang.String` from Array value (token `JsonToken.START_ARRAY`)"),
            (r#"{"name":{},"config":{}}"#, "`java.lang.String` from Object value"),
        ] {
            refused(create(json.as_bytes()), part);
        }
        refused(create(b"{\"config\":{\"a\":\"\xff\"}}"), "not valid JSON");
    }

    #[test]
    fn offsets_are_trees_of_values() {
        let got = offsets(
            br#"{"offsets":[{"partition":{"f":"x","n":1},"offset":{"p":-5,"d":1.5,"l":[1,null,{"a":true}]}},
                            {"partition":{"f":"y"},"offset":null},{"offset":{}},{}]}"#,
        )
        .unwrap();
        let inner: ValueMap = [("a", true)].into_iter().collect();
        let partition: ValueMap = [("f", Value::from("x")), ("n", Value::Int64(1))].into_iter().collect();
        let list = Value::array([Value::Int64(1), Value::Null, Value::from(inner)]);
        let offset: ValueMap = [("p", Value::Int64(-5)), ("d", Value::Float64(1.5)), ("l", list)].into_iter().collect();
        let other: ValueMap = [("f", "y")].into_iter().collect();
        assert_eq!(
            got,
            [
                ConnectorOffset { partition: Some(partition), offset: Some(offset) },
                ConnectorOffset { partition: Some(other), offset: None },
                ConnectorOffset { partition: None, offset: Some(ValueMap::new()) },
                ConnectorOffset { partition: None, offset: None },
            ]
        );
    }

    #[test]
    fn offsets_may_be_missing_but_not_malformed() {
        for json in ["{}", r#"{"offsets":null}"#, r#"{"offsets":[]}"#] {
            assert_eq!(offsets(json.as_bytes()), Ok(vec![]), "{json}");
        }
        for (json, part) in [
            ("[]", "ConnectorOffsets` from Array value"),
            (r#"{"offsets":{}}"#, "from Object value"),
            (r#"{"offsets":[null]}"#, "ConnectorOffset` from null value"),
            (r#"{"offsets":[{"partition":{},"off":{}}]}"#, "Unrecognized field \"off\""),
            (r#"{"offsets":[{"partition":"x"}]}"#, "from String value"),
            (r#"{"offsets":[{"partition":{"n":18446744073709551615}}]}"#, "more than 64 bits"),
        ] {
            refused(offsets(json.as_bytes()), part);
        }
    }

    #[test]
    fn lists_of_configurations_are_read() {
        assert_eq!(text_maps(br#"[{"a":"b"},{}]"#), Ok(vec![config(&[("a", Some("b"))]), config(&[])]));
        refused(text_maps(b"{}"), "from Object value");
    }
}
