//! `values.jsonl`: the conversions of `Values`, and `SimpleHeaderConverter`.

use aqueduct_api::{ConnectError, HeaderConverter};
use aqueduct_converters::SimpleHeaderConverter;
use aqueduct_data::values::{self, parse_string};
use aqueduct_data::{DataError, Schema, SchemaAndValue, Value};
use aqueduct_testkit::conformance::{Case, Failure, NotCompared, Verdict};

type Compared = Result<Verdict, NotCompared>;

/// How a case compares.
pub(crate) fn check(case: &Case) -> Compared {
    match case.op() {
        "parseString" => parse(case),
        "inferSchema" => case.check("result", values::infer_schema(&case.decode("input")?)),
        "simpleHeaderConverter.toConnectHeader" => case
            .check("result", SimpleHeaderConverter.to_connect_header("t", "h", case.bytes("input")?).map_err(failure)),
        "simpleHeaderConverter.fromConnectHeader" => {
            let data: SchemaAndValue = case.decode("input")?;
            let got = SimpleHeaderConverter.from_connect_header("t", "h", &data);
            case.check_bytes("result", got.map_err(failure))
        }
        op if op.starts_with("convertTo") => convert(case),
        op => panic!("unknown op {op}"),
    }
}

fn failure(error: ConnectError) -> Failure {
    Failure::new(error.class(), error.message().unwrap_or_default()).phase("convert")
}

fn parse(case: &Case) -> Compared {
    let Some(text) = case.decode::<Option<String>>("input")? else {
        return case.check("result", Ok::<_, DataError>(SchemaAndValue::NULL));
    };
    let parsed = parse_string(&text);
    if case.expected()["result"].is_null() {
        assert_eq!(parsed, None);
        return Ok(Verdict::Same);
    }
    case.check("result", Ok::<_, DataError>(parsed.expect("not the text of null")))
}

fn convert(case: &Case) -> Compared {
    let SchemaAndValue { schema, value } = case.decode("input")?;
    let schema = schema.as_deref();
    case.check("result", converted(case, schema, &value))
}

fn converted(case: &Case, schema: Option<&Schema>, value: &Value) -> Result<Value, DataError> {
    fn or_null(value: Option<impl Into<Value>>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
    match case.op().trim_start_matches("convertTo") {
        "Boolean" => values::convert_to_boolean(schema, value).map(or_null),
        "Byte" => values::convert_to_byte(schema, value).map(or_null),
        "Short" => values::convert_to_short(schema, value).map(or_null),
        "Integer" => values::convert_to_integer(schema, value).map(or_null),
        "Long" => values::convert_to_long(schema, value).map(or_null),
        "Float" => values::convert_to_float(schema, value).map(or_null),
        "Double" => values::convert_to_double(schema, value).map(or_null),
        "String" => Ok(or_null(values::convert_to_string(value))),
        "List" => values::convert_to_list(value).map(Value::Array),
        "Map" => values::convert_to_map(value).map(Value::Map),
        "Struct" => values::convert_to_struct(value).map(Value::Struct),
        "Date" => values::convert_to_date(schema, value).map(Value::Date),
        "Time" => values::convert_to_time(schema, value).map(Value::Date),
        "Timestamp" => values::convert_to_timestamp(schema, value).map(Value::Date),
        "Decimal" => {
            let scale = i32::try_from(case.get("scale").as_i64().unwrap()).unwrap();
            values::convert_to_decimal(value, scale).map(Value::Decimal)
        }
        other => panic!("unknown conversion {other}"),
    }
}
