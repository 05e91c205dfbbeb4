//! Dates and times as ISO 8601 texts.

use crate::{LogicalType, Schema, SchemaAndValue, SchemaBuilder, Value};

pub(super) fn write_date(out: &mut String, millis: i64) {
    let (y, m, d, h, mi, s, ms, _) = crate::seam::civil(millis);
    if millis < 86_400_000 {
        out.push_str(&format!("{h:02}:{mi:02}:{s:02}.{ms:03}Z"));
    } else if millis % 86_400_000 == 0 {
        out.push_str(&format!("{y:04}-{m:02}-{d:02}"));
    } else {
        out.push_str(&format!("{y:04}-{m:02}-{d:02}T{h:02}:{mi:02}:{s:02}.{ms:03}Z"));
    }
}

pub(super) fn parse_temporal(parts: &[&str]) -> Option<SchemaAndValue> {
    let _ = (parts, LogicalType::Date, Schema::int8(), SchemaBuilder::date(), Value::Null);
    None
}
