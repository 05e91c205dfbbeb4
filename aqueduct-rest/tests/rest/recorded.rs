//! Plays a recorded dialogue against a server, and compares every answer: status, the headers that matter, the body
//! with the order of its members.

use std::path::Path;

use crate::client::Reply;
use crate::fixture::Fixture;
use crate::ordered::Json;

const HEADERS: [&str; 8] = [
    "content-type",
    "location",
    "allow",
    "www-authenticate",
    "access-control-allow-origin",
    "access-control-allow-methods",
    "x-frame-options",
    "cache-control",
];

/// A recorded scenario.
pub(crate) struct Scenario {
    name: String,
    pub(crate) steps: Vec<Json>,
}

impl Scenario {
    pub(crate) fn read(name: &str) -> Self {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../conformance/rest")).join(format!("{name}.json"));
        let scenario = Json::parse(&std::fs::read_to_string(path).unwrap());
        Self { name: name.to_owned(), steps: scenario.list("steps").to_vec() }
    }

    /// Plays the requests for which `prepare` answers true, in order; answers how many were played and how many not.
    /// Fails when an answer differs, naming every one.
    #[track_caller]
    pub(crate) fn play(&self, fixture: &Fixture, mut prepare: impl FnMut(&Step<'_>) -> bool) -> (usize, usize) {
        let (mut played, mut skipped, mut differences) = (0, 0, Vec::new());
        for (number, step) in self.steps.iter().enumerate() {
            if step.get("req").is_none() {
                fixture.herder.move_data();
                continue;
            }
            let step = Step { step, fixture };
            if !prepare(&step) {
                skipped += 1;
                continue;
            }
            played += 1;
            let (expected, got) = (step.expected(), step.observe(&step.send()));
            if expected != got {
                differences.push(format!(
                    "{} step {number}: {}\n  expected {expected}\n  got      {got}",
                    self.name,
                    step.request()
                ));
            }
        }
        assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
        (played, skipped)
    }
}

/// A request with its recorded answer.
pub(crate) struct Step<'a> {
    step: &'a Json,
    fixture: &'a Fixture,
}

impl Step<'_> {
    pub(crate) fn request(&self) -> String {
        self.fill(self.step.text("req").unwrap())
    }

    /// The recorded body.
    pub(crate) fn expected_body(&self) -> &Json {
        self.step.get("expect").and_then(|expect| expect.get("json")).unwrap_or(&Json::Null)
    }

    pub(crate) fn expected_status(&self) -> i64 {
        self.step.get("expect").unwrap().number("status")
    }

    fn fill(&self, text: &str) -> String {
        text.replace("${REST}", &self.fixture.server.worker_id()).replace("${RUN}", "run").replace("${DIR}", "/dir")
    }

    fn send(&self) -> Reply {
        let mut headers = vec![("Accept".to_owned(), "application/json".to_owned())];
        let body = match (self.step.get("json"), self.step.text("body")) {
            (Some(json), _) => Some(self.fill(&json.to_string())),
            (None, Some(text)) => Some(self.fill(text)),
            (None, None) => None,
        };
        if body.is_some() {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        for (name, value) in self.step.get("headers").map(Json::members).unwrap_or_default() {
            headers.retain(|(have, _)| !have.eq_ignore_ascii_case(name));
            if let Json::Text(value) = value {
                headers.push((name.clone(), value.clone()));
            }
        }
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.fixture.send(&self.request(), &headers, body.as_deref())
    }

    /// What was recorded, as text to compare.
    fn expected(&self) -> String {
        let mut expect = self.step.get("expect").unwrap().clone();
        expect.map_texts(&|text| *text = self.fill(text));
        let status = expect.number("status").try_into().unwrap();
        let headers = expect.get("headers").map(Json::members).unwrap_or_default();
        let headers = headers.iter().map(|(name, value)| match value {
            Json::Text(value) => (name.clone(), value.clone()),
            other => panic!("{other}"),
        });
        let body = match (expect.get("json"), expect.text("text")) {
            (Some(json), _) => Some(json.clone()),
            (None, Some(text)) => Some(Json::Text(text.to_owned())),
            (None, None) => None,
        };
        self.show(status, headers.collect(), body)
    }

    /// What came, as text to compare.
    fn observe(&self, reply: &Reply) -> String {
        let headers = HEADERS.iter().filter_map(|name| {
            let value = reply.header(name)?;
            let value = match *name {
                "content-type" => value.replace("; ", ";").to_lowercase(),
                "allow" | "access-control-allow-methods" => {
                    let mut methods: Vec<&str> = value.split(',').map(str::trim).collect();
                    methods.sort_unstable();
                    methods.join(",")
                }
                _ => value,
            };
            Some(((*name).to_owned(), value))
        });
        let headers: Vec<(String, String)> = headers.collect();
        let html = headers.iter().any(|(name, value)| name == "content-type" && value.starts_with("text/html"));
        let body = match reply.body.as_str() {
            "" => None,
            _ if html => Some(Json::Text("<html>".to_owned())),
            text => Some(Json::parse(text)),
        };
        self.show(reply.status, headers, body)
    }

    fn show(&self, status: u16, mut headers: Vec<(String, String)>, mut body: Option<Json>) -> String {
        if self.step.get("only_status").is_some() {
            return status.to_string();
        }
        headers.sort();
        if let Some(body) = &mut body {
            self.forget(body);
        }
        let body = body.map_or(String::new(), |body| body.to_string());
        format!("{status} {headers:?} {body}")
    }

    /// Takes out of a body what the scenario says is not to be compared.
    fn forget(&self, body: &mut Json) {
        body.sort_configurations();
        if let Json::Object(members) = body {
            for (name, value) in members.iter_mut() {
                if name == "last_modified" && matches!(value, Json::Number(_)) {
                    *value = Json::Text("<timestamp>".to_owned());
                }
                let pointer = Json::Text(format!("/{name}"));
                if self.step.list("loose").contains(&pointer) {
                    *value = Json::Text("<any text>".to_owned());
                }
                let cut = self.step.get("cut").and_then(|cut| cut.text(&format!("/{name}")));
                if let (Some(start), Json::Text(text)) = (cut.and_then(|cut| cut.strip_prefix('^')), &mut *value)
                    && text.starts_with(start)
                {
                    start.clone_into(text);
                }
            }
        }
        if let (Json::List(items), false) = (&mut *body, self.step.list("sort").is_empty()) {
            items.sort_by_key(ToString::to_string);
        }
    }
}
