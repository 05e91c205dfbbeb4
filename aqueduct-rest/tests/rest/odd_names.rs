//! Connectors whose names no path can hold, through the header that names them.

use aqueduct_herder::odd_name::{HEADER, encode};

use crate::fixture::Fixture;

fn ask(fixture: &Fixture, request: &str, name: &str) -> (u16, String) {
    let reply = fixture.send(request, &[(HEADER, &encode(name)), ("Accept", "application/json")], None);
    (reply.status, reply.body)
}

#[test]
fn the_header_names_what_the_path_cannot() {
    let fixture = Fixture::new(&[]);
    for name in ["a/b", "50%", "a\\b", ".", "..", "ä/ö"] {
        let json = name.replace('\\', "\\\\");
        let body = format!(r#"{{"name":"{json}","config":{{"connector.class":"FileStreamSource","topic":"t"}}}}"#);
        assert_eq!(fixture.send_json("POST /connectors", &body).status, 201, "{name}");
        let (status, answer) = ask(&fixture, "GET /connectors/%20", name);
        assert!(status == 200 && answer.contains(&format!("\"name\":\"{json}\"")), "{name}: {status} {answer}");
        assert_eq!(ask(&fixture, "PUT /connectors/%20/pause", name).0, 202, "{name}");
        assert_eq!(ask(&fixture, "DELETE /connectors/%20", name).0, 204, "{name}");
        assert_eq!(ask(&fixture, "GET /connectors/%20", name).0, 404, "{name}");
    }
}

#[test]
fn the_header_is_for_such_names_and_the_placeholder_alone() {
    let fixture = Fixture::new(&[]);
    for (request, name) in [
        ("GET /connectors/%20", "plain"),
        ("GET /connectors/%20", ""),
        ("GET /connectors/other", "a/b"),
        ("GET /connectors", "a/b"),
        ("GET /admin/loggers/%20", "a/b"),
    ] {
        assert_eq!(ask(&fixture, request, name).0, 400, "{request} {name}");
    }
    // Without the header there is no such connector.
    assert_eq!(fixture.get("/connectors/%20").status, 404);
}
