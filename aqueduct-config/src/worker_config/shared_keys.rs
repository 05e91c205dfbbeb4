//! The keys of both modes: clients, converters, plugins, offsets, metrics, topics, and the REST server.

use super::*;
use crate::Importance::{High, Low, Medium};
use crate::client_security::ssl_keys;
use crate::{ConfigDef, ConfigKey, Importance, Type, Validator};

/// The keys that standalone and distributed workers share.
pub fn common() -> ConfigDef {
    ConfigDef::new()
        .define_all(client_and_converter_keys())
        .define_all(runtime_keys())
        .define_all(ssl_keys())
        .define_all(topic_tracking_keys())
        .define_all(rest_keys())
}

/// What the `Allowlist` policy on client settings in connector configurations defines; workers without it do not.
pub fn override_allowlist() -> ConfigDef {
    ConfigDef::new().define(
        key(CLIENT_CONFIG_OVERRIDE_ALLOWLIST, Type::List, Medium, "The client settings that connectors may override.")
            .default([""; 0])
            .validator(Validator::any_non_duplicate_values(true, false)),
    )
}

pub(super) fn key(name: &'static str, value_type: Type, importance: Importance, doc: &'static str) -> ConfigKey {
    ConfigKey::new(name, value_type).importance(importance).doc(doc)
}

fn client_and_converter_keys() -> Vec<ConfigKey> {
    let version = |name, doc| key(name, Type::String, Low, doc).default_null();
    vec![
        key(BOOTSTRAP_SERVERS, Type::List, High, "Brokers to begin with, as host:port; the rest is found from them.")
            .validator(Validator::any_non_duplicate_values(false, false)),
        key(CLIENT_DNS_LOOKUP, Type::String, Medium, "How clients turn a broker's name into addresses.")
            .default("use_all_dns_ips")
            .validator(Validator::one_of(["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"])),
        key(KEY_CONVERTER, Type::Class, High, "The converter of keys, for connectors that name none."),
        version(KEY_CONVERTER_VERSION, "The version of the key converter: a version, a range or `latest`."),
        key(VALUE_CONVERTER, Type::Class, High, "The converter of values, for connectors that name none."),
        version(VALUE_CONVERTER_VERSION, "The version of the value converter: a version, a range or `latest`."),
        key(HEADER_CONVERTER, Type::Class, Low, "The converter of header values, for connectors that name none.")
            .default("org.apache.kafka.connect.storage.SimpleHeaderConverter"),
        version(HEADER_CONVERTER_VERSION, "The version of the header converter: a version, a range or `latest`."),
    ]
}

fn runtime_keys() -> Vec<ConfigKey> {
    let items = |name, importance, doc| {
        key(name, Type::List, importance, doc).validator(Validator::any_non_duplicate_values(true, false))
    };
    vec![
        key(
            TASK_SHUTDOWN_GRACEFUL_TIMEOUT_MS,
            Type::Long,
            Low,
            "How long all tasks together may take to stop, in milliseconds, before they are abandoned.",
        )
        .default(5000_i64),
        key(OFFSET_FLUSH_INTERVAL_MS, Type::Long, Low, "How often tasks commit offsets, in milliseconds.")
            .default(60_000_i64),
        key(
            OFFSET_FLUSH_TIMEOUT_MS,
            Type::Long,
            Low,
            "How long one commit may take, in milliseconds; exactly-once tasks do not look at it.",
        )
        .default(5000_i64),
        key(PLUGIN_PATH, Type::List, Low, "Directories with plugins. Variables are not replaced in it.")
            .default_null()
            .validator(Validator::any_non_duplicate_values(false, true)),
        key(PLUGIN_DISCOVERY, Type::String, Low, "How plugins are found; here all ways are alike.")
            .default("hybrid_warn")
            .validator(Validator::one_of_ignoring_case(["only_scan", "hybrid_warn", "hybrid_fail", "service_load"])),
        key(METRICS_SAMPLE_WINDOW_MS, Type::Long, Low, "The length of one sample of a metric, in milliseconds.")
            .default(30_000_i64)
            .validator(Validator::at_least(0)),
        key(METRICS_NUM_SAMPLES, Type::Int, Low, "The number of samples that a metric is computed over.")
            .default(2)
            .validator(Validator::at_least(1)),
        key(METRICS_RECORDING_LEVEL, Type::String, Low, "How much is measured.")
            .default("INFO")
            .validator(Validator::one_of(["INFO", "DEBUG"])),
        items(METRIC_REPORTERS, Low, "The classes that metrics are reported to.")
            .default("org.apache.kafka.common.metrics.JmxReporter"),
        items(CONFIG_PROVIDERS, Low, "The names of the providers that replace variables in configurations.")
            .default([""; 0]),
        key(
            CLIENT_CONFIG_OVERRIDE_POLICY,
            Type::String,
            Medium,
            "The class or alias of the policy on client settings in connector configurations: All, None, Principal, \
             Allowlist or another one.",
        )
        .default("All"),
        key(
            TOPIC_CREATION_ENABLE,
            Type::Boolean,
            Low,
            "Whether source connectors with `topic.creation.` settings create their topics.",
        )
        .default(true),
    ]
}

fn topic_tracking_keys() -> Vec<ConfigKey> {
    vec![
        key(TOPIC_TRACKING_ENABLE, Type::Boolean, Low, "Whether the topics that connectors use are tracked.")
            .default(true),
        key(TOPIC_TRACKING_ALLOW_RESET, Type::Boolean, Low, "Whether users may reset the topics that were tracked.")
            .default(true),
    ]
}

fn rest_keys() -> Vec<ConfigKey> {
    vec![
        key(LISTENERS, Type::List, Low, "The URLs that the REST server listens on, http or https.")
            .default(["http://:8083"])
            .validator(listeners::validator()),
        key(REST_ADVERTISED_HOST_NAME, Type::String, Low, "The host name that other workers reach this one at.")
            .default_null(),
        key(REST_ADVERTISED_PORT, Type::Int, Low, "The port that other workers reach this one at.").default_null(),
        key(REST_ADVERTISED_LISTENER, Type::String, Low, "The kind of listener for other workers: http or https.")
            .default_null(),
        key(ACCESS_CONTROL_ALLOW_ORIGIN, Type::String, Low, "The origin that may call the REST API; * means any.")
            .default(""),
        key(ACCESS_CONTROL_ALLOW_METHODS, Type::String, Low, "The methods that other origins may use.").default(""),
        key(RESPONSE_HTTP_HEADERS, Type::String, Low, "Headers to put on answers: `[action] [name]:[value]`, …")
            .default("")
            .validator(headers::validator()),
        key(SSL_CLIENT_AUTH, Type::String, Low, "Whether https clients must show a certificate.")
            .default("none")
            .validator(Validator::one_of(["required", "requested", "none"])),
        key(REST_EXTENSION_CLASSES, Type::List, Low, "The classes of extensions to the REST API.")
            .default("")
            .validator(Validator::any_non_duplicate_values(true, false)),
        key(
            ADMIN_LISTENERS,
            Type::List,
            Low,
            "The URLs of the admin endpoints; unset means those of `listeners`, empty turns them off.",
        )
        .default_null()
        .validator(Validator::any_non_duplicate_values(true, true)),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::AnyClass;

    #[track_caller]
    fn check(key: &str, value: &str, expect: Result<&str, &str>) {
        let props = BTreeMap::from([
            (BOOTSTRAP_SERVERS, "b:9092"),
            (KEY_CONVERTER, "a.Converter"),
            (VALUE_CONVERTER, "a.Converter"),
            (key, value),
        ]);
        let parsed = common().parse_with(&props, &AnyClass);
        let got = parsed.map(|config| config.get(key).unwrap().to_string()).map_err(|error| error.to_string());
        assert_eq!(got, expect.map(str::to_owned).map_err(str::to_owned));
    }

    #[test]
    fn the_definition_is_sound() {
        assert_eq!(common().defects(), []);
    }

    #[test]
    fn values_are_checked_with_javas_messages() {
        check(BOOTSTRAP_SERVERS, "a:1, a:1,b:2", Ok("[a:1, b:2]"));
        check(
            BOOTSTRAP_SERVERS,
            "",
            Err("Configuration 'bootstrap.servers' must not be empty. Valid values include: any non-empty value"),
        );
        check(
            PLUGIN_PATH,
            " ",
            Err("Configuration 'plugin.path' must not be empty. Valid values include: any non-empty value"),
        );
        check(PLUGIN_DISCOVERY, "Only_Scan", Ok("Only_Scan"));
        check(
            METRICS_NUM_SAMPLES,
            "0",
            Err("Invalid value 0 for configuration metrics.num.samples: Value must be at least 1"),
        );
        check(
            SSL_CLIENT_AUTH,
            "maybe",
            Err("Invalid value maybe for configuration ssl.client.auth: \
                 String must be one of: required, requested, none"),
        );
        check(
            LISTENERS,
            "",
            Err("Invalid value for listeners, at least one URL is expected, ex: \
                 http://localhost:8080,https://localhost:8443."),
        );
        check(LISTENERS, "http://:1,,", Err("Empty URL found when parsing listeners list."));
        check(ADMIN_LISTENERS, "", Ok("[]"));
    }

    #[test]
    fn required_keys_are_missed() {
        let error = common().parse(&BTreeMap::<String, String>::new()).unwrap_err();
        assert_eq!(error.message(), "Missing required configuration \"bootstrap.servers\" which has no default value.");
    }
}
