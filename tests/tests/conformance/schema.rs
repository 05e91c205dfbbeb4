//! `schema.jsonl`: schemas, structs, logical types and projection.

use aqueduct_data::{DataError, LogicalType, Schema, SchemaBuilder, SchemaRef, Struct, Value, logical, project};
use aqueduct_testkit::conformance::{self, Case, Failure, Json, NotCompared, Verdict};

type Compared = Result<Verdict, NotCompared>;

/// How a case compares.
pub(crate) fn check(case: &Case) -> Compared {
    match case.op() {
        "validateValue" => validate_value(case),
        "build" => case.check("result", build(case.get("steps"))?),
        "struct" => structure(case),
        "project" => {
            let (source, target) = (case.decode("source")?, case.decode("target")?);
            let got = project(&source, &case.value("value", Some(&source))?, &target);
            case.check_value("result", Some(&target), got)
        }
        "schemaEquals" => {
            let (a, b): (SchemaRef, SchemaRef) = (case.decode("a")?, case.decode("b")?);
            case.check("result", Ok::<_, DataError>(a == b))
        }
        "fromLogical" => {
            let (logical, schema) = logical_type(case);
            let value = Value::Date(case.decode("epochms")?);
            case.check("result", logical.from_logical(&schema, &value))
        }
        "toLogical" => {
            let (logical, schema) = logical_type(case);
            let n: i64 = case.decode("encoded")?;
            let encoded = if logical == LogicalType::Timestamp { n.into() } else { i32::try_from(n).unwrap().into() };
            case.check("result", logical.to_logical(&schema, &encoded))
        }
        "decimalToBytes" => {
            let Value::Decimal(decimal) = case.decode("value")? else { panic!("not a decimal") };
            case.check("result", logical::decimal_to_bytes(&decimal, scale(case)?).map(Value::from))
        }
        "decimalFromBytes" => {
            let Value::Bytes(bytes) = case.decode("value")? else { panic!("not bytes") };
            case.check("result", logical::decimal_from_bytes(&bytes, scale(case)?).map(Value::from))
        }
        op => panic!("unknown op {op}"),
    }
}

fn scale(case: &Case) -> Result<i32, NotCompared> {
    Ok(i32::try_from(case.decode::<i64>("scale")?).unwrap())
}

fn validate_value(case: &Case) -> Compared {
    let schema: SchemaRef = case.decode("schema")?;
    let value = case.value("value", Some(&schema))?;
    let name: Option<String> = case.decode("name")?;
    case.check("result", schema.validate_field(name.as_deref(), &value))
}

fn logical_type(case: &Case) -> (LogicalType, SchemaRef) {
    let (logical, builder) = match case.str("logical") {
        "Date" => (LogicalType::Date, SchemaBuilder::date()),
        "Time" => (LogicalType::Time, SchemaBuilder::time()),
        "Timestamp" => (LogicalType::Timestamp, SchemaBuilder::timestamp()),
        other => panic!("unknown logical type {other}"),
    };
    (logical, builder.build().unwrap())
}

/// Runs a builder program.
fn build(steps: &Json) -> Result<Result<SchemaRef, DataError>, NotCompared> {
    let mut builder: Option<SchemaBuilder> = None;
    for step in steps.as_array().unwrap() {
        let text = |at: usize| step[at].as_str().unwrap_or_default();
        let schema = |at: usize| conformance::schema(&step[at]);
        builder = Some(match (text(0), builder) {
            ("type", None) => SchemaBuilder::new(conformance::schema_type(&step[1])?),
            ("array", None) => SchemaBuilder::array(schema(1)?),
            ("map", None) => SchemaBuilder::map(schema(1)?, schema(2)?),
            ("optional", Some(b)) => b.optional(),
            ("required", Some(b)) => b.required(),
            // A null name or version leaves it unset.
            ("name" | "version" | "doc", Some(b)) if step[1].is_null() => b,
            ("name", Some(b)) => SchemaBuilder::name(b, text(1)),
            ("version", Some(b)) => b.version(i32::try_from(step[1].as_i64().unwrap()).unwrap()),
            ("doc", Some(b)) => b.doc(text(1)),
            ("parameter", Some(b)) => b.parameter(text(1), text(2)),
            ("parameters", Some(b)) => {
                b.parameters(step[1].as_object().unwrap().iter().map(|(name, value)| (name, value.as_str().unwrap())))
            }
            ("defaultValue", Some(b)) => b.default_value(conformance::value(&step[1], None)?),
            ("field", Some(b)) => b.field(text(1), schema(2)?),
            (call, _) => panic!("unknown call {call}"),
        });
    }
    Ok(builder.unwrap().build())
}

/// Makes a struct and compares the outcome of each step, going on after errors.
fn structure(case: &Case) -> Compared {
    let schema: SchemaRef = case.decode("schema")?;
    let mut made = match Struct::new(schema.clone()) {
        Ok(made) => made,
        Err(error) => return case.check::<()>("result", Err(error)),
    };
    let steps = case.get("steps").as_array().unwrap();
    let outcomes = case.expected()["result"].as_array().expect("outcomes");
    assert_eq!(steps.len(), outcomes.len());
    steps.iter().zip(outcomes).try_fold(Verdict::Same, |verdict, (step, expected)| {
        Ok(verdict.and(struct_step(&mut made, &schema, step, expected)?))
    })
}

fn struct_step(made: &mut Struct, schema: &Schema, step: &Json, expected: &Json) -> Compared {
    let name = step[1].as_str().unwrap_or("null");
    let field = schema.field(name).map(aqueduct_data::Field::schema);
    match step[0].as_str().unwrap() {
        "put" => {
            let value = conformance::value(&step[2], field)?;
            return Verdict::of(expected, "ok", made.put(name, value).map(|_| ()));
        }
        "validate" => return Verdict::of(expected, "ok", made.validate()),
        _ => {}
    }
    let got: Result<Value, DataError> = match step[0].as_str().unwrap() {
        "get" => made.get(name).cloned(),
        "getWithoutDefault" => made.get_without_default(name).cloned(),
        "getInt8" => made.int8(name).map(or_null),
        "getInt16" => made.int16(name).map(or_null),
        "getInt32" => made.int32(name).map(or_null),
        "getInt64" => made.int64(name).map(or_null),
        "getFloat32" => made.float32(name).map(or_null),
        "getFloat64" => made.float64(name).map(or_null),
        "getBoolean" => made.boolean(name).map(or_null),
        "getString" => made.string(name).map(|text| or_null(text.cloned())),
        "getBytes" => made.bytes(name).map(|bytes| or_null(bytes.cloned())),
        "getArray" => made.array(name).map(|items| or_null(items.map(<[Value]>::to_vec))),
        "getMap" => made.map(name).map(|map| or_null(map.cloned())),
        "getStruct" => made.structure(name).map(|fields| or_null(fields.map(|fields| Struct::clone(fields)))),
        "toString" => Ok(made.to_string().into()),
        other => panic!("unknown step {other}"),
    };
    let context = field.cloned();
    Verdict::of_value(expected, "value", context.as_ref(), got.map_err(Failure::from))
}

fn or_null(value: Option<impl Into<Value>>) -> Value {
    value.map_or(Value::Null, Into::into)
}
