//! The OpenAPI document of the API, as `/openapi.json` answers it.
//!
//! It is made from the router's own table: a resource or method without a description does not compile or fails a test.
//! HEAD goes with every GET, and OPTIONS with every resource; neither is listed.

mod operations;
mod schemas;

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use crate::route::Resource;

/// The document.
pub(crate) fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(make);
    &DOCUMENT
}

fn make() -> Value {
    let paths: Map<String, Value> = Resource::EVERY
        .iter()
        .map(|resource| {
            let mut item = Map::new();
            let parameters = operations::path_parameters(*resource);
            if !parameters.is_empty() {
                item.insert("parameters".to_owned(), parameters.into());
            }
            for method in described(*resource) {
                item.insert(method.to_ascii_lowercase(), operations::operation(*resource, method));
            }
            (operations::template(*resource).to_owned(), item.into())
        })
        .collect();
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Aqueduct",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The REST API of Kafka Connect 4.3.1, with /metrics and /openapi.json beside it. Statuses are \
                Java Connect's, also where they surprise: a body that is not understood is answered with 500. Every \
                resource answers HEAD where it answers GET, and OPTIONS with its methods.",
            "license": {"name": "Apache-2.0"}
        },
        "paths": paths,
        "components": {"schemas": schemas::all(), "responses": schemas::responses()}
    })
}

/// The methods of a resource that the document lists.
fn described(resource: Resource<'_>) -> impl Iterator<Item = &'static str> {
    resource.methods().iter().copied().filter(|method| !matches!(*method, "HEAD" | "OPTIONS"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::route::Surface;

    #[test]
    fn every_resource_of_the_router_is_in_the_document_and_the_other_way_round() {
        // As many as the router tells apart, each once.
        let arms = include_str!("../route.rs").lines().filter(|line| line.trim_start().starts_with('[')).count();
        let templates: BTreeSet<&str> =
            Resource::EVERY.iter().map(|resource| operations::template(*resource)).collect();
        assert_eq!((arms, templates.len()), (Resource::EVERY.len(), Resource::EVERY.len()));

        let paths = document()["paths"].as_object().unwrap();
        let mut listed = BTreeSet::new();
        for (template, item) in paths {
            let path = template
                .replace("{connector}", "N")
                .replace("{task}", "0")
                .replace("{plugin}", "P")
                .replace("{logger}", "L");
            let segments: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
            let resource = Resource::find(&segments, Surface::Both).unwrap_or_else(|| panic!("{template}"));
            listed.insert(operations::template(resource));
            let methods: BTreeSet<String> =
                item.as_object().unwrap().keys().filter(|key| *key != "parameters").cloned().collect();
            let expect: BTreeSet<String> = described(resource).map(str::to_ascii_lowercase).collect();
            assert_eq!(methods, expect, "{template}");
        }
        assert_eq!(listed, templates);
    }

    #[test]
    fn every_reference_is_there() {
        fn walk(value: &Value) {
            match value {
                Value::Object(members) => {
                    if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                        let pointer = reference.strip_prefix('#').unwrap();
                        assert!(document().pointer(pointer).is_some(), "{reference}");
                    }
                    members.values().for_each(walk);
                }
                Value::Array(items) => items.iter().for_each(walk),
                _ => {}
            }
        }
        walk(document());
    }

    #[test]
    fn every_operation_says_what_it_does_and_what_it_answers() {
        let mut ids = BTreeSet::new();
        for (template, item) in document()["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap().iter().filter(|(key, _)| *key != "parameters") {
                let id = operation["operationId"].as_str().unwrap();
                assert!(ids.insert(id.to_owned()), "{id} twice");
                assert!(!operation["summary"].as_str().unwrap().is_empty(), "{method} {template}");
                assert!(!operation["responses"].as_object().unwrap().is_empty(), "{method} {template}");
            }
        }
    }
}
