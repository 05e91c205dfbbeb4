//! `/metrics` and `/openapi.json`, which Java Connect does not have.

use aqueduct_metrics::groups::AppInfo;
use aqueduct_metrics::{Registration, Registry};

use crate::client::Client;
use crate::fake_herder::FakeHerder;
use crate::fixture::{Fixture, config};

const FIGURE: &str = "kafka_connect_app_info_version{client_id=\"w\",version=\"1.0\"} 1\n";

fn fixture(props: &[(&str, &str)]) -> (Fixture, Registration) {
    let (fixture, registry) = (Fixture::unmounted(&config(props), FakeHerder::default()), Registry::default());
    let shown = AppInfo::register(&registry, "w", "1.0", "abc");
    fixture.server.show_metrics(registry);
    fixture.mount();
    (fixture, shown)
}

#[test]
fn figures_are_prometheus_text_whatever_the_client_likes_best() {
    let (fixture, _shown) = fixture(&[]);
    let scraper = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4";
    for accept in ["application/json", "text/plain", scraper, "*/*"] {
        let reply = fixture.send("GET /metrics", &[("Accept", accept)], None);
        assert_eq!(reply.status, 200, "{accept}");
        assert_eq!(reply.header("content-type").as_deref(), Some("text/plain; version=0.0.4; charset=utf-8"));
        assert!(reply.body.contains(FIGURE), "{}", reply.body);
    }
    assert_eq!(fixture.send("HEAD /metrics", &[], None).status, 200);
    assert_eq!(fixture.send("POST /metrics", &[], None).status, 405);
}

#[test]
fn figures_can_be_switched_off() {
    let (fixture, _shown) = fixture(&[("metrics.endpoint.enable", "false")]);
    let reply = fixture.get("/metrics");
    assert_eq!((reply.status, &*reply.body), (404, r#"{"error_code":404,"message":"HTTP 404 Not Found"}"#));
}

#[test]
fn figures_are_where_the_loggers_are() {
    let (apart, _shown) = fixture(&[("admin.listeners", "http://127.0.0.1:0")]);
    let mut admin = Client::connect(apart.server.admin_addresses()[0]);
    assert_eq!(admin.send("GET /metrics", &[], None).status, 200);
    assert_eq!(admin.send("GET /openapi.json", &[], None).status, 404);
    assert_eq!(apart.get("/metrics").status, 404);
    assert_eq!(apart.get("/openapi.json").status, 200);
    let (off, _shown) = fixture(&[("admin.listeners", "")]);
    assert_eq!(off.get("/metrics").status, 404);
}

#[test]
fn the_document_is_json() {
    let (fixture, _shown) = fixture(&[]);
    let reply = fixture.get("/openapi.json");
    assert_eq!(reply.header("content-type").as_deref(), Some("application/json"));
    assert!(reply.body.contains(r#""openapi":"3.0.3""#), "{}", reply.body);
}
