//! The registry as Prometheus text, format 0.0.4.
//!
//! Names are those that Prometheus' JMX exporter makes of Java Connect's MBeans by default, in lower case with underscores:
//! domain, group, attribute; tags become labels. An attribute that is a text becomes a figure that is always 1 with the
//! text as one more label, named like the attribute.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::registry::{Kind, Reading, Registry, Value};

/// The value of `Content-Type`.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Prints every figure as it is now.
pub fn print(registry: &Registry) -> String {
    let mut families: BTreeMap<String, Vec<Reading>> = BTreeMap::new();
    for reading in registry.read() {
        families.entry(family(&reading)).or_default().push(reading);
    }
    let mut text = String::new();
    for (name, readings) in &families {
        let Some(first) = readings.first() else { continue };
        let kind = match first.kind {
            Kind::Counter if name.ends_with("_total") => "counter",
            // Readers of the newer format would add `_total` to the name of a counter without it.
            Kind::Counter => "untyped",
            Kind::Gauge => "gauge",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# HELP {name} {}", first.help);
        let _ = writeln!(text, "# TYPE {name} {kind}");
        for reading in readings {
            sample(&mut text, name, reading);
        }
    }
    text
}

fn family(reading: &Reading) -> String {
    let mut name = String::new();
    for part in [reading.bean.domain, reading.bean.group, reading.attribute] {
        if !name.is_empty() {
            name.push('_');
        }
        name.push_str(&safe(part));
    }
    name
}

/// A name without characters that names may not have.
fn safe(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect()
}

fn sample(text: &mut String, name: &str, reading: &Reading) {
    text.push_str(name);
    let mut separator = '{';
    let tags = reading.bean.tags.iter().map(|(tag, value)| (*tag, value.as_str()));
    let label = match &reading.value {
        Value::Text(label) => Some((reading.attribute, label.as_str())),
        Value::Number(_) => None,
    };
    for (tag, value) in tags.chain(label) {
        let _ = write!(text, "{separator}{}=\"", safe(tag));
        for c in value.chars() {
            match c {
                '\\' => text.push_str("\\\\"),
                '"' => text.push_str("\\\""),
                '\n' => text.push_str("\\n"),
                c => text.push(c),
            }
        }
        text.push('"');
        separator = ',';
    }
    if separator == ',' {
        text.push('}');
    }
    text.push(' ');
    match reading.value {
        Value::Text(_) => text.push('1'),
        Value::Number(number) if number.is_nan() => text.push_str("NaN"),
        Value::Number(number) if number.is_infinite() => text.push_str(if number > 0.0 { "+Inf" } else { "-Inf" }),
        Value::Number(number) => {
            let _ = write!(text, "{number}");
        }
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bean, BeanName};

    #[test]
    fn each_name_is_explained_once_and_text_becomes_a_label() {
        let registry = Registry::default();
        let bean = |connector: &str| {
            Bean::new(BeanName::new("source-task-metrics").tag("connector", connector).tag("task", "0"))
                .counter("source-record-poll-total", "Records.", || 3.0)
                .gauge("poll-batch-max-time-ms", "Time.", |_| f64::NAN)
                .text("status", "State.", || "running".into())
        };
        let _beans = [registry.register(bean("a")), registry.register(bean("b\"\\"))];
        let expect = r#"# HELP kafka_connect_source_task_metrics_poll_batch_max_time_ms Time.
# TYPE kafka_connect_source_task_metrics_poll_batch_max_time_ms gauge
kafka_connect_source_task_metrics_poll_batch_max_time_ms{connector="a",task="0"} NaN
kafka_connect_source_task_metrics_poll_batch_max_time_ms{connector="b\"\\",task="0"} NaN
# HELP kafka_connect_source_task_metrics_source_record_poll_total Records.
# TYPE kafka_connect_source_task_metrics_source_record_poll_total counter
kafka_connect_source_task_metrics_source_record_poll_total{connector="a",task="0"} 3
kafka_connect_source_task_metrics_source_record_poll_total{connector="b\"\\",task="0"} 3
# HELP kafka_connect_source_task_metrics_status State.
# TYPE kafka_connect_source_task_metrics_status gauge
kafka_connect_source_task_metrics_status{connector="a",task="0",status="running"} 1
kafka_connect_source_task_metrics_status{connector="b\"\\",task="0",status="running"} 1
"#;
        assert_eq!(print(&registry), expect);
    }

    #[test]
    fn a_counter_of_another_name_is_not_called_one() {
        let registry = Registry::default();
        let _bean = registry.register(Bean::new(BeanName::new("g")).counter("total-retries", "R.", || 0.0));
        assert!(print(&registry).contains("# TYPE kafka_connect_g_total_retries untyped\n"));
    }

    #[test]
    fn numbers_that_are_none_have_names() {
        let registry = Registry::default();
        let _bean = registry.register(Bean::new(BeanName::new("g")).gauge("a", "A.", |_| f64::INFINITY));
        assert!(print(&registry).ends_with("kafka_connect_g_a +Inf\n"));
    }
}
