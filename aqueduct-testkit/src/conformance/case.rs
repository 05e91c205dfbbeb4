//! One recorded case, and how what a test got compares with what Java did.

use aqueduct_data::{Bytes, DataError, SchemaRef, Value};

use super::{Config, ConformanceRecord, Json, Recorded, decode, encode};

/// Why a case was not compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotCompared {
    /// It holds something that has no form here; the text is the reason under which it is counted, such as `bigint`.
    Unrepresentable(String),
    /// Another crate's test compares it; the text is the reason under which it is counted.
    Elsewhere(String),
    /// The case is not what the encoding says: always a failure of the run.
    Malformed(String),
}

/// How an outcome compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The same outcome.
    Same,
    /// The same failure with another message.
    OtherMessage {
        /// What was recorded.
        expected: String,
        /// What the test got.
        got: String,
    },
    /// A failure, as recorded, but of another class or in another phase.
    OtherClass {
        /// What was recorded.
        expected: String,
        /// What the test got.
        got: String,
    },
    /// Another outcome.
    Different {
        /// What was recorded.
        expected: String,
        /// What the test got.
        got: String,
    },
}

/// How the code under test failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    class: String,
    message: String,
    phase: Option<&'static str>,
}

impl Failure {
    /// A failure with the Java exception's name (simple or full) and its message.
    pub fn new(class: impl Into<String>, message: impl Into<String>) -> Self {
        Self { class: class.into(), message: message.into(), phase: None }
    }

    /// The same failure in a phase: `configure`, `apply`, `convert`, `test`, `compile`.
    #[must_use]
    pub fn phase(mut self, phase: &'static str) -> Self {
        self.phase = Some(phase);
        self
    }

    fn simple_class(&self) -> &str {
        self.class.rsplit('.').next().unwrap_or_default()
    }

    fn text(&self) -> String {
        let phase = self.phase.map(|phase| format!(" in {phase}")).unwrap_or_default();
        format!("{}{phase}: {}", self.simple_class(), self.message)
    }
}

impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        Self::new(error.kind().java_class(), error.message())
    }
}

/// The error that was recorded.
#[derive(Debug, Clone, Copy)]
pub struct ExpectedError<'a>(&'a Json);

impl<'a> ExpectedError<'a> {
    /// The exception's simple name.
    pub fn class(self) -> &'a str {
        self.0["class"].as_str().unwrap_or_default()
    }

    /// The exception's message; null is empty.
    pub fn message(self) -> &'a str {
        self.0["message"].as_str().unwrap_or_default()
    }

    /// When the call failed, where that is recorded.
    pub fn phase(self) -> Option<&'a str> {
        self.0["phase"].as_str()
    }

    /// Whether nobody threw it on purpose, so that only the failing counts.
    pub fn is_accidental(self) -> bool {
        self.0["accidental"] == true
    }
}

/// One line of a corpus file.
#[derive(Debug, Clone)]
pub struct Case(pub(super) Json);

impl Case {
    /// The case's unique id.
    pub fn id(&self) -> &str {
        self.str("id")
    }

    /// The recorded method, or empty.
    pub fn op(&self) -> &str {
        self.str("op")
    }

    /// The recorded class, or empty.
    pub fn class(&self) -> &str {
        self.str("class")
    }

    /// A string member, or empty.
    pub fn str(&self, member: &str) -> &str {
        self.0[member].as_str().unwrap_or_default()
    }

    /// A member as it is; null when there is none.
    pub fn get(&self, member: &str) -> &Json {
        &self.0[member]
    }

    /// What Java did.
    pub fn expected(&self) -> &Json {
        &self.0["expected"]
    }

    /// How Java failed, if it did.
    pub fn expected_error(&self) -> Option<ExpectedError<'_>> {
        self.expected().get("error").map(ExpectedError)
    }

    /// A member, decoded.
    ///
    /// # Errors
    /// When it cannot be represented, or is not of this form.
    pub fn decode<T: Recorded>(&self, member: &str) -> Result<T, NotCompared> {
        T::decode(self.get(member))
    }

    /// A value member, decoded with the schema beside it.
    ///
    /// # Errors
    /// When it cannot be represented.
    pub fn value(&self, member: &str, schema: Option<&SchemaRef>) -> Result<Value, NotCompared> {
        decode::value(self.get(member), schema)
    }

    /// Bytes for a converter.
    ///
    /// # Errors
    /// When they are not encoded as bytes are.
    pub fn bytes(&self, member: &str) -> Result<Option<Bytes>, NotCompared> {
        decode::bytes(self.get(member))
    }

    /// The member `config`.
    ///
    /// # Errors
    /// When it is not encoded as configurations are.
    pub fn config(&self) -> Result<Config, NotCompared> {
        decode::config(self.get("config"))
    }

    /// Compares with the recorded outcome, whose success is in this member of `expected`.
    ///
    /// # Errors
    /// When the recorded outcome cannot be represented.
    pub fn check<T: Recorded>(&self, member: &str, got: Result<T, impl Into<Failure>>) -> Result<Verdict, NotCompared> {
        self.compare(member, got, T::decode, T::encode)
    }

    /// Compares a value of this schema with the recorded outcome.
    ///
    /// # Errors
    /// When the recorded outcome cannot be represented.
    pub fn check_value(
        &self,
        member: &str,
        schema: Option<&SchemaRef>,
        got: Result<Value, impl Into<Failure>>,
    ) -> Result<Verdict, NotCompared> {
        self.compare(member, got, |json| decode::value(json, schema), |value| encode::value(value, schema))
    }

    /// Compares a converter's bytes with the recorded outcome.
    ///
    /// # Errors
    /// When the recorded outcome is malformed.
    pub fn check_bytes<B: AsRef<[u8]>>(
        &self,
        member: &str,
        got: Result<Option<B>, impl Into<Failure>>,
    ) -> Result<Verdict, NotCompared> {
        let got = got.map(|bytes| bytes.map(|bytes| Bytes::copy_from_slice(bytes.as_ref())));
        self.compare(member, got, decode::bytes, |bytes| encode::bytes(bytes.as_deref()))
    }

    /// Compares what a transform made of a record with the recorded outcome; none is a filtered record.
    ///
    /// # Errors
    /// When the recorded outcome cannot be represented.
    pub fn check_transform(
        &self,
        got: Result<Option<ConformanceRecord>, impl Into<Failure>>,
    ) -> Result<Verdict, NotCompared> {
        let filtered = self.expected()["filtered"] == true;
        let decode = |json: &Json| if filtered { Ok(None) } else { ConformanceRecord::decode(json).map(Some) };
        self.compare("record", got, decode, |record| {
            record.as_ref().map_or_else(|| Json::from("filtered"), Recorded::encode)
        })
    }

    fn compare<T: PartialEq>(
        &self,
        member: &str,
        got: Result<T, impl Into<Failure>>,
        decode: impl Fn(&Json) -> Result<T, NotCompared>,
        encode: impl Fn(&T) -> Json,
    ) -> Result<Verdict, NotCompared> {
        compare(self.expected(), member, got, decode, encode)
    }
}

/// Compares one outcome with `expected`: an object with `error`, or with the success in `member`.
fn compare<T: PartialEq>(
    expected: &Json,
    member: &str,
    got: Result<T, impl Into<Failure>>,
    decode: impl Fn(&Json) -> Result<T, NotCompared>,
    encode: impl Fn(&T) -> Json,
) -> Result<Verdict, NotCompared> {
    let got = got.map_err(Into::into);
    let error = expected.get("error").map(ExpectedError);
    let different = |got: String| Ok(Verdict::Different { expected: expected.to_string(), got });
    match (error, got) {
        (None, Ok(got)) => {
            if expected["ok"] == true && expected.get(member).is_none() {
                return Ok(Verdict::Same);
            }
            let want = decode(&expected[member])?;
            if want == got {
                return Ok(Verdict::Same);
            }
            Ok(Verdict::Different { expected: encode(&want).to_string(), got: encode(&got).to_string() })
        }
        (Some(_), Ok(got)) => different(encode(&got).to_string()),
        (None, Err(failure)) => different(failure.text()),
        (Some(error), Err(_)) if error.is_accidental() => Ok(Verdict::Same),
        (Some(error), Err(failure)) => {
            let same_phase = error.phase().is_none() || error.phase() == failure.phase;
            if error.class() != failure.simple_class() || !same_phase {
                return Ok(Verdict::OtherClass { expected: expected.to_string(), got: failure.text() });
            }
            if same_message(error.message(), &failure.message) {
                return Ok(Verdict::Same);
            }
            Ok(Verdict::OtherMessage { expected: error.message().to_owned(), got: failure.message })
        }
    }
}

impl Verdict {
    /// Compares a step of a case, whose recorded outcome is `expected` with the success in `member`.
    ///
    /// # Errors
    /// When the recorded outcome cannot be represented.
    pub fn of<T: Recorded>(
        expected: &Json,
        member: &str,
        got: Result<T, impl Into<Failure>>,
    ) -> Result<Self, NotCompared> {
        compare(expected, member, got, T::decode, T::encode)
    }

    /// Compares a step of a case that answers a value of this schema.
    ///
    /// # Errors
    /// When the recorded outcome cannot be represented.
    pub fn of_value(
        expected: &Json,
        member: &str,
        schema: Option<&SchemaRef>,
        got: Result<Value, impl Into<Failure>>,
    ) -> Result<Self, NotCompared> {
        compare(expected, member, got, |json| decode::value(json, schema), |value| encode::value(value, schema))
    }

    /// This verdict, or the worse of the two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if other.badness() > self.badness() { other } else { self }
    }

    fn badness(&self) -> u8 {
        match self {
            Self::Same => 0,
            Self::OtherMessage { .. } => 1,
            Self::OtherClass { .. } => 2,
            Self::Different { .. } => 3,
        }
    }
}

/// Equal texts, where an identity hash of ours matches the recorded `@HASH`.
fn same_message(expected: &str, got: &str) -> bool {
    let mut rest = got;
    let mut parts = expected.split("@HASH");
    let Some(after_start) = parts.next().and_then(|start| rest.strip_prefix(start)) else { return false };
    rest = after_start;
    for part in parts {
        let Some(hash_on) = rest.strip_prefix('@') else { return false };
        let digits = hash_on.bytes().take_while(u8::is_ascii_hexdigit).count();
        // A hex digit may follow the hash in the text itself, so every shorter hash is tried, too.
        let Some(after) = (1..=digits).rev().find_map(|n| hash_on[n..].strip_prefix(part)) else { return false };
        rest = after;
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verdict(expected: &Json, got: Result<bool, Failure>) -> Verdict {
        Verdict::of(expected, "result", got).unwrap()
    }

    fn is_different(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Different { .. })
    }

    #[test]
    fn equal_results_are_the_same() {
        assert_eq!(verdict(&json!({"result": true}), Ok(true)), Verdict::Same);
        assert!(is_different(&verdict(&json!({"result": true}), Ok(false))));
        assert_eq!(verdict(&json!({"ok": true}), Ok(false)), Verdict::Same);
    }

    #[test]
    fn a_failure_needs_the_class_and_the_phase() {
        let expected = json!({"error": {"class": "DataException", "message": "m", "phase": "apply"}});
        let got = |class: &str, phase| verdict(&expected, Err(Failure::new(class, "m").phase(phase)));
        assert_eq!(got("DataException", "apply"), Verdict::Same);
        assert_eq!(got("org.apache.kafka.connect.errors.DataException", "apply"), Verdict::Same);
        assert!(matches!(got("DataException", "configure"), Verdict::OtherClass { .. }));
        assert!(matches!(got("ConnectException", "apply"), Verdict::OtherClass { .. }));
        assert!(is_different(&verdict(&expected, Ok(true))));
        assert!(is_different(&verdict(&json!({"result": true}), Err(Failure::new("X", "m")))));
    }

    #[test]
    fn another_message_is_told_apart() {
        let expected = json!({"error": {"class": "DataException", "message": "m"}});
        let got = verdict(&expected, Err(Failure::new("DataException", "n")));
        assert_eq!(got, Verdict::OtherMessage { expected: "m".into(), got: "n".into() });
    }

    #[test]
    fn accidents_only_have_to_fail() {
        let expected = json!({"error": {"class": "NullPointerException", "message": "m", "accidental": true}});
        assert_eq!(verdict(&expected, Err(Failure::new("DataException", "n"))), Verdict::Same);
        assert!(is_different(&verdict(&expected, Ok(true))));
    }

    #[test]
    fn identity_hashes_match_any_hash() {
        for (expected, got, same) in [
            ("a", "a", true),
            ("a", "b", false),
            ("x [B@HASH (class [B)", "x [B@1b2f (class [B)", true),
            ("x [B@HASH (class [B)", "x [B (class [B)", false),
            ("[B@HASH", "[B@12", true),
            ("[B@HASH", "[B@", false),
            ("@HASH@HASHf", "@1@22f", true),
            ("a@HASH", "a@12 and more", false),
        ] {
            assert_eq!(same_message(expected, got), same, "{expected} ~ {got}");
        }
    }
}
