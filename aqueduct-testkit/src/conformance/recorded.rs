//! Types that the corpus records: decoded to compare, encoded to read.

use aqueduct_data::{SchemaAndValue, SchemaRef, Value};
use serde_json::json;

use super::{Json, NotCompared, decode, encode};

/// A type that corpus files hold as input or as outcome. Equality is `PartialEq`, which in `aqueduct-data` is Java's.
pub trait Recorded: Sized + PartialEq {
    /// Reads it from the corpus encoding.
    ///
    /// # Errors
    /// When it cannot be represented, or is not what the encoding says.
    fn decode(json: &Json) -> Result<Self, NotCompared>;

    /// Writes it in the corpus encoding, for people to compare.
    fn encode(&self) -> Json;
}

fn malformed(json: &Json) -> NotCompared {
    NotCompared::Malformed(json.to_string())
}

/// A value without a schema beside it.
impl Recorded for Value {
    fn decode(json: &Json) -> Result<Self, NotCompared> {
        decode::value(json, None)
    }

    fn encode(&self) -> Json {
        encode::value(self, None)
    }
}

/// A schema that must be there.
impl Recorded for SchemaRef {
    fn decode(json: &Json) -> Result<Self, NotCompared> {
        decode::present_schema(json)
    }

    fn encode(&self) -> Json {
        encode::schema(self)
    }
}

/// A schema, or null.
impl Recorded for Option<SchemaRef> {
    fn decode(json: &Json) -> Result<Self, NotCompared> {
        decode::schema(json)
    }

    fn encode(&self) -> Json {
        encode::schema_or_null(self.as_ref())
    }
}

/// `{"schema": …, "value": …}`; null is neither.
impl Recorded for SchemaAndValue {
    fn decode(json: &Json) -> Result<Self, NotCompared> {
        let schema = decode::schema(&json["schema"])?;
        let value = decode::value(&json["value"], schema.as_ref())?;
        Ok(Self { schema, value })
    }

    fn encode(&self) -> Json {
        json!({
            "schema": encode::schema_or_null(self.schema.as_ref()),
            "value": encode::value(&self.value, self.schema.as_ref()),
        })
    }
}

/// A plain JSON boolean.
impl Recorded for bool {
    fn decode(json: &Json) -> Result<Self, NotCompared> {
        json.as_bool().ok_or_else(|| malformed(json))
    }

    fn encode(&self) -> Json {
        (*self).into()
    }
}

/// A plain JSON integer.
impl Recorded for i64 {
    fn decode(json: &Json) -> Result<Self, NotCompared> {
        json.as_i64().ok_or_else(|| malformed(json))
    }

    fn encode(&self) -> Json {
        (*self).into()
    }
}

/// A plain JSON string.
impl Recorded for String {
    fn decode(json: &Json) -> Result<Self, NotCompared> {
        json.as_str().map(str::to_owned).ok_or_else(|| malformed(json))
    }

    fn encode(&self) -> Json {
        self.as_str().into()
    }
}

/// A plain JSON string or null.
impl Recorded for Option<String> {
    fn decode(json: &Json) -> Result<Self, NotCompared> {
        if json.is_null() { Ok(None) } else { String::decode(json).map(Some) }
    }

    fn encode(&self) -> Json {
        json!(self)
    }
}

/// Success that has no value; recorded as `"ok"` or `true`.
impl Recorded for () {
    fn decode(json: &Json) -> Result<Self, NotCompared> {
        if json == "ok" || json == true { Ok(()) } else { Err(malformed(json)) }
    }

    fn encode(&self) -> Json {
        "ok".into()
    }
}

/// Any JSON as it is.
impl Recorded for Json {
    fn decode(json: &Json) -> Result<Self, NotCompared> {
        Ok(json.clone())
    }

    fn encode(&self) -> Json {
        self.clone()
    }
}
