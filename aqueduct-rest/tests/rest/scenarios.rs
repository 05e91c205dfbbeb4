//! Recorded dialogues with a Java worker, as far as a herder in memory can hold them up.

use aqueduct_herder::{ConfigInfo, ConfigInfos, ConfigKeyInfo, ConfigValueInfo, HerderError, PluginInfo};

use crate::fake_herder::FakeHerder;
use crate::fixture::{Fixture, config};
use crate::ordered::Json;
use crate::recorded::Scenario;

/// Plays every request of a scenario.
#[track_caller]
fn whole(name: &str, fixture: &Fixture, requests: usize) {
    assert_eq!(Scenario::read(name).play(fixture, |_| true), (requests, 0));
}

/// A text that lives as long as the program, as names of types do.
fn leaked(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn texts(items: &[Json]) -> Vec<String> {
    let text = |item: &Json| match item {
        Json::Text(text) => text.clone(),
        other => panic!("{other}"),
    };
    items.iter().map(text).collect()
}

fn key(json: &Json) -> ConfigKeyInfo {
    let text = |name: &str| json.text(name).unwrap().to_owned();
    ConfigKeyInfo {
        name: text("name"),
        r#type: leaked(&text("type")),
        required: json.get("required") == Some(&Json::Bool(true)),
        default_value: json.text("default_value").map(str::to_owned),
        importance: leaked(&text("importance")),
        documentation: text("documentation"),
        group: json.text("group").map(str::to_owned),
        width: leaked(&text("width")),
        display_name: text("display_name"),
        dependents: texts(json.list("dependents")),
        order: json.number("order_in_group").try_into().unwrap(),
    }
}

fn validation(json: &Json) -> ConfigInfos {
    let value = |json: &Json| ConfigValueInfo {
        name: json.text("name").unwrap().to_owned(),
        value: json.text("value").map(str::to_owned),
        recommended_values: texts(json.list("recommended_values")),
        errors: texts(json.list("errors")),
        visible: json.get("visible") == Some(&Json::Bool(true)),
    };
    let config = |json: &Json| ConfigInfo {
        definition: json.get("definition").filter(|key| **key != Json::Null).map(key),
        value: value(json.get("value").unwrap()),
    };
    ConfigInfos {
        name: json.text("name").unwrap().to_owned(),
        error_count: json.number("error_count").try_into().unwrap(),
        groups: texts(json.list("groups")),
        configs: json.list("configs").iter().map(config).collect(),
    }
}

#[test]
fn root_and_plugins() {
    let fixture = Fixture::new(&[]);
    let scenario = Scenario::read("s01_root_plugins");
    let counts = scenario.play(&fixture, |step| {
        // The herder has the plugins that Java had; names, order and members of the answers are what is compared.
        let request = step.request();
        let Json::List(items) = step.expected_body() else { return true };
        if request == "GET /connector-plugins?connectorsOnly=false" || request == "GET /connector-plugins" {
            let plugin = |json: &Json| PluginInfo {
                class: json.text("class").unwrap().to_owned(),
                kind: leaked(json.text("type").unwrap()),
                version: json.text("version").map(str::to_owned),
            };
            *fixture.herder.plugins.lock().unwrap() = items.iter().map(plugin).collect();
        }
        let plugin = request.strip_prefix("GET /connector-plugins/").and_then(|rest| rest.strip_suffix("/config"));
        if let Some(plugin) = plugin {
            let keys = items.iter().map(key).collect();
            fixture.herder.plugin_configs.lock().unwrap().insert(plugin.to_owned(), keys);
        }
        true
    });
    assert_eq!(counts, (32, 0));
}

#[test]
fn http_edges() {
    whole("s02_http_edges", &Fixture::new(&[]), 111);
}

#[test]
fn create_read_update_delete() {
    whole("s03_crud_standalone", &Fixture::new(&[]), 60);
}

#[test]
fn pause_resume_stop() {
    whole("s05_lifecycle_standalone", &Fixture::new(&[]), 53);
}

#[test]
fn loggers() {
    whole("s15_loggers_standalone", &Fixture::new(&[]), 34);
}

#[test]
fn server_options() {
    let fixture = Fixture::new(&[
        ("access.control.allow.origin", "http://example.test"),
        ("access.control.allow.methods", "GET,POST"),
        ("response.http.headers.config", "set X-Frame-Options: DENY, add Cache-Control: no-store"),
        ("admin.listeners", ""),
        ("topic.tracking.enable", "false"),
    ]);
    whole("s17_server_options", &fixture, 10);
}

#[test]
fn topic_reset_off() {
    let fixture = Fixture::with(&config(&[("topic.tracking.allow.reset", "false")]), FakeHerder::distributed());
    whole("s18_topic_reset_off", &fixture, 8);
}

/// The checks themselves are the herder's business: it says what Java's said, and the answer has to carry it.
#[track_caller]
fn validations(name: &str, played_and_not: (usize, usize)) {
    let fixture = Fixture::new(&[]);
    let counts = Scenario::read(name).play(&fixture, |step| {
        if !step.request().ends_with("/config/validate") {
            return false;
        }
        let body = step.expected_body();
        let mut validations = fixture.herder.validations.lock().unwrap();
        validations.clear();
        if step.expected_status() == 200 {
            validations.push_back(Ok(validation(body)));
        } else if let Some(message) = body.text("message") {
            let bad_request = "org.apache.kafka.connect.runtime.rest.errors.BadRequestException: ";
            validations.push_back(Err(match message.strip_prefix(bad_request) {
                Some(rest) => HerderError::bad_request(rest),
                None => HerderError::internal(message),
            }));
        }
        true
    });
    assert_eq!(counts, played_and_not);
}

#[test]
fn validations_of_a_source() {
    validations("s09_validate_source", (43, 5));
}

#[test]
fn validations_of_a_sink() {
    validations("s10_validate_sink", (16, 4));
}
