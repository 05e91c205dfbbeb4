//! The corners of HTTP: methods, media types, paths and bodies, each as one line.

use crate::fixture::Fixture;

/// Sends a request and compares status, Content-Type and body.
struct Edge(Fixture);

const JSON: Option<&str> = Some("application/json");

impl Edge {
    fn new() -> Self {
        Self(Fixture::new(&[]))
    }

    #[track_caller]
    fn check(
        &self,
        request: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
        (status, content_type, expect): (u16, Option<&str>, &str),
    ) {
        let reply = self.0.send(request, headers, body);
        let got = (reply.status, reply.header("content-type"), reply.body.as_str());
        assert_eq!(got, (status, content_type.map(str::to_owned), expect), "{request} {headers:?} {body:?}");
    }
}

fn error(status: u16, message: &str) -> String {
    format!("{{\"error_code\":{status},\"message\":\"{message}\"}}")
}

/// Every resource, with the methods that it understands.
const RESOURCES: [(&str, &str); 23] = [
    ("/", "GET,HEAD,OPTIONS"),
    ("/health", "GET,HEAD,OPTIONS"),
    ("/connectors", "GET,HEAD,OPTIONS,POST"),
    ("/connectors/x", "DELETE,GET,HEAD,OPTIONS"),
    ("/connectors/x/config", "GET,HEAD,OPTIONS,PATCH,PUT"),
    ("/connectors/x/status", "GET,HEAD,OPTIONS"),
    ("/connectors/x/tasks", "GET,HEAD,OPTIONS,POST"),
    ("/connectors/x/tasks/0/status", "GET,HEAD,OPTIONS"),
    ("/connectors/x/tasks/0/restart", "OPTIONS,POST"),
    ("/connectors/x/topics", "GET,HEAD,OPTIONS"),
    ("/connectors/x/topics/reset", "OPTIONS,PUT"),
    ("/connectors/x/pause", "OPTIONS,PUT"),
    ("/connectors/x/resume", "OPTIONS,PUT"),
    ("/connectors/x/stop", "OPTIONS,PUT"),
    ("/connectors/x/restart", "OPTIONS,POST"),
    ("/connectors/x/offsets", "DELETE,GET,HEAD,OPTIONS,PATCH"),
    ("/connectors/x/fence", "OPTIONS,PUT"),
    ("/connector-plugins", "GET,HEAD,OPTIONS"),
    ("/connector-plugins/x/config", "GET,HEAD,OPTIONS"),
    ("/connector-plugins/x/config/validate", "OPTIONS,PUT"),
    ("/admin/loggers", "GET,HEAD,OPTIONS"),
    ("/admin/loggers/x", "GET,HEAD,OPTIONS,PUT"),
    ("/openapi.json", "GET,HEAD,OPTIONS"),
];

const METHODS: [&str; 9] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE", "FOO"];

#[test]
fn each_resource_tells_its_methods_and_refuses_the_others() {
    let edge = Edge::new();
    for (path, methods) in RESOURCES {
        let reply = edge.0.send(&format!("OPTIONS {path}"), &[], None);
        assert_eq!((reply.status, reply.header("allow").as_deref()), (200, Some(methods)), "{path}");
        assert_eq!(
            (reply.header("content-type").as_deref(), reply.body),
            (Some("text/plain"), methods.replace(',', ", "))
        );
        for method in METHODS {
            let request = format!("{method} {path}");
            if methods.split(',').any(|known| known == method) {
                assert_ne!(edge.0.send(&request, &[], None).status, 405, "{request}");
            } else {
                let expect = if method == "HEAD" { String::new() } else { error(405, "HTTP 405 Method Not Allowed") };
                edge.check(&request, &[], None, (405, None, &expect));
                assert_eq!(edge.0.send(&request, &[], None).header("allow"), None, "{request}");
            }
        }
    }
}

#[test]
fn what_no_resource_takes_is_404_without_a_type() {
    let edge = Edge::new();
    let expect = error(404, "HTTP 404 Not Found");
    for path in [
        "/nosuch",
        "/connectors/a/zzz",
        "/connectors/a/tasks-config",
        "/connectors/a/tasks/0",
        "/connectors/a/tasks/0/zzz",
        "/connectors/a/topics/zzz",
        "/connector-plugins/a",
        "/connector-plugins/a/config/zzz",
        "/admin",
        "/admin/",
        "/admin/loggers/a/b",
        "/health/x",
        "/Connectors",
    ] {
        for method in ["GET", "POST", "OPTIONS", "DELETE", "TRACE"] {
            edge.check(&format!("{method} {path}"), &[], None, (404, None, &expect));
        }
        edge.check(&format!("HEAD {path}"), &[], None, (404, None, ""));
    }
}

#[test]
fn refused_paths_get_a_page() {
    let edge = Edge::new();
    for path in [
        "//connectors",
        "/connectors//",
        "/connectors/a%2Fb",
        "/connectors/a%5Cb",
        "/connectors/%25",
        "/connectors/%",
        "/connectors/%2E%2E",
        "/connectors/%00",
        "/nosuch/%2f",
    ] {
        for (method, with_page) in
            [("GET", true), ("POST", true), ("PUT", false), ("DELETE", false), ("OPTIONS", false)]
        {
            let reply = edge.0.send(&format!("{method} {path}"), &[("Accept", "application/json")], None);
            let content_type = with_page.then(|| "text/html;charset=iso-8859-1".to_owned());
            assert_eq!((reply.status, reply.header("content-type")), (400, content_type), "{method} {path}");
            assert_eq!(reply.header("cache-control").as_deref(), Some("must-revalidate,no-cache,no-store"));
            assert_eq!(reply.body.starts_with("<html>"), with_page, "{}", reply.body);
        }
    }
}

#[test]
fn a_request_of_http_1_1_names_its_host() {
    let edge = Edge::new();
    let mut client = edge.0.connect();
    client.raw(b"GET /connectors HTTP/1.1\r\n\r\n");
    assert_eq!(client.receive(false).status, 400);
    let mut client = edge.0.connect();
    client.raw(b"GET /connectors HTTP/1.0\r\n\r\n");
    assert_eq!(client.receive(false).status, 200);
}

#[test]
fn heads_are_gets_without_a_body() {
    let edge = Edge::new();
    for path in ["/", "/health", "/connectors", "/connectors/", "/connector-plugins", "/admin/loggers/root"] {
        let get = edge.0.send(&format!("GET {path}"), &[], None);
        let mut client = edge.0.connect();
        let head = client.send(&format!("HEAD {path}"), &[], None);
        assert_eq!((head.status, head.header("content-length")), (200, get.header("content-length")), "{path}");
        // The connection is in step: no body came.
        assert_eq!(client.send("GET /", &[], None).status, 200);
    }
    edge.check("HEAD /connectors/none", &[], None, (404, JSON, ""));
}

#[test]
fn clients_have_to_understand_json() {
    let edge = Edge::new();
    let refused = error(406, "HTTP 406 Not Acceptable");
    for accept in ["text/html", "text/plain", "image/*", "application/json;q=0"] {
        edge.check("GET /connectors", &[("Accept", accept)], None, (406, None, &refused));
        edge.check("PUT /connectors/x/pause", &[("Accept", accept)], None, (406, None, &refused));
    }
    for accept in
        ["*/*", "application/json", "application/*", "text/html, application/json;q=0.1", "text/html,*/*;q=0.8"]
    {
        edge.check("GET /connectors", &[("Accept", accept)], None, (200, JSON, "[]"));
    }
    edge.check("GET /connectors", &[("Accept", "text/html"), ("Accept", "application/json")], None, (200, JSON, "[]"));
}

#[test]
fn options_follow_what_the_client_understands() {
    let edge = Edge::new();
    let list = "GET, HEAD, OPTIONS";
    edge.check("OPTIONS /", &[], None, (200, Some("text/plain"), list));
    edge.check("OPTIONS /", &[("Accept", "*/*")], None, (200, Some("text/plain"), list));
    edge.check("OPTIONS /", &[("Accept", "text/*")], None, (200, Some("text/plain"), list));
    edge.check("OPTIONS /", &[("Accept", "application/json")], None, (200, JSON, ""));
    edge.check("OPTIONS /", &[("Accept", "text/html")], None, (200, Some("text/html"), ""));
    edge.check(
        "OPTIONS /connectors",
        &[("Content-Type", "text/plain")],
        None,
        (200, Some("text/plain"), "GET, HEAD, OPTIONS, POST"),
    );
}

#[test]
fn bodies_have_to_be_json() {
    let edge = Edge::new();
    let refused = error(415, "HTTP 415 Unsupported Media Type");
    let body = Some("{\"config\":{}}");
    let read = error(400, "Connector config {name=} contains no connector type");
    for content_type in ["text/plain", "application/xml", "application/x-www-form-urlencoded", "nonsense"] {
        edge.check("POST /connectors", &[("Content-Type", content_type)], body, (415, None, &refused));
        // Whatever the method, once the type is named.
        edge.check("GET /connectors", &[("Content-Type", content_type)], None, (415, None, &refused));
        edge.check(
            "GET /",
            &[("Content-Type", content_type)],
            None,
            (200, JSON, r#"{"version":"<version>","commit":"<commit>","kafka_cluster_id":"<cluster>"}"#),
        );
    }
    edge.check("POST /connectors", &[], body, (415, JSON, &refused));
    edge.check("PUT /admin/loggers/a", &[], Some("{}"), (415, JSON, &refused));
    for content_type in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
        edge.check("POST /connectors", &[("Content-Type", content_type)], body, (400, JSON, &read));
    }
    // The method comes first, then the body's type, then what the client understands.
    let both = [("Content-Type", "text/plain"), ("Accept", "text/html")];
    edge.check("PATCH /connectors", &both, body, (405, None, &error(405, "HTTP 405 Method Not Allowed")));
    edge.check("POST /connectors", &both, body, (415, None, &refused));
}

#[test]
fn requests_without_a_body_need_no_type() {
    let edge = Edge::new();
    edge.check("PUT /connectors/none/pause", &[], None, (404, JSON, &error(404, "Unknown connector none")));
    edge.check("PUT /connectors/none/topics/reset", &[], None, (202, None, ""));
    let missing = error(500, "The request needs a JSON body");
    edge.check("POST /connectors", &[], None, (500, JSON, &missing));
    edge.check("PUT /connectors/none/config", &[], None, (500, JSON, &missing));
    edge.check("PATCH /connectors/none/config", &[], None, (500, JSON, &missing));
    edge.check("PATCH /connectors/none/offsets", &[], None, (500, JSON, &missing));
    edge.check("PUT /admin/loggers/a", &[], None, (500, JSON, &missing));
    edge.check("PUT /connector-plugins/a/config/validate", &[], None, (500, JSON, &missing));
}

#[test]
fn names_in_paths_are_decoded() {
    let edge = Edge::new();
    for (path, name) in [
        ("a%20b", "a b"),
        ("%E2%82%AC", "€"),
        ("a+b", "a+b"),
        ("a;b=c", "a"),
        ("a%3Bb", "a;b"),
        ("a%3Fb%23", "a?b#"),
        ("..%20", ".. "),
        ("a%22b", "a\\\"b"),
    ] {
        let expect = error(404, &format!("Connector {name} not found"));
        edge.check(&format!("GET /connectors/{path}"), &[], None, (404, JSON, &expect));
        edge.check(&format!("GET /connectors/{path}/config/"), &[], None, (404, JSON, &expect));
    }
    edge.check("GET /connectors/x/../none", &[], None, (404, JSON, &error(404, "Connector none not found")));
    edge.check("GET http://other.test/connectors", &[], None, (200, JSON, "[]"));
}

#[test]
fn tasks_are_whole_numbers() {
    let edge = Edge::new();
    let no_number = error(404, "HTTP 404 Not Found");
    for task in ["x", "1.0", "0x1", "%20", "2147483648", "-2147483649"] {
        edge.check(&format!("GET /connectors/n/tasks/{task}/status"), &[], None, (404, JSON, &no_number));
        edge.check(&format!("POST /connectors/n/tasks/{task}/restart"), &[], None, (404, JSON, &no_number));
    }
    for (task, shown) in [("0", "0"), ("-1", "-1"), ("+3", "3"), ("007", "7"), ("2147483647", "2147483647")] {
        let expect = error(404, &format!("No status found for task n-{shown}"));
        edge.check(&format!("GET /connectors/n/tasks/{task}/status"), &[], None, (404, JSON, &expect));
    }
    edge.check("POST /connectors/n/tasks/-1/restart", &[], None, (404, JSON, &error(404, "Task n--1 not found")));
}

#[test]
fn workers_of_a_cluster_are_refused_by_one_alone() {
    let edge = Edge::new();
    let tasks = "Kafka Connect in standalone mode does not support externally setting task configurations.";
    let fence = "Kafka Connect in standalone mode does not support exactly-once source connectors.";
    edge.check(
        "POST /connectors/c/tasks",
        &[("Content-Type", "application/octet-stream")],
        Some("[{}]"),
        (500, JSON, &error(500, tasks)),
    );
    edge.check("PUT /connectors/c/fence", &[], None, (500, JSON, &error(500, fence)));
}

#[test]
fn locations_follow_the_host_that_the_client_names() {
    let edge = Edge::new();
    let body = r#"{"name":"c","config":{"connector.class":"FileStreamSource","topic":"t","tasks.max":"1"}}"#;
    let mut client = edge.0.connect();
    client.raw(
        format!(
            "POST /connectors?x=y HTTP/1.1\r\nHost: connect.test\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .as_bytes(),
    );
    let reply = client.receive(false);
    assert_eq!((reply.status, reply.header("location").as_deref()), (201, Some("http://connect.test/connectors/c")));
    // Scripts look for the spelling of Java's server.
    assert!(reply.headers.iter().any(|(name, _)| name == "Location"), "{:?}", reply.headers);
    let created = edge.0.send_json("PUT /connectors/d/config", r#"{"connector.class":"FileStreamSink","tasks.max":1}"#);
    let location = format!("http://{}/connectors/d", edge.0.address());
    assert_eq!((created.status, created.header("location")), (201, Some(location)));
    let replaced =
        edge.0.send_json("PUT /connectors/d/config", r#"{"connector.class":"FileStreamSink","tasks.max":1}"#);
    assert_eq!((replaced.status, replaced.header("location")), (200, None));
}

#[test]
fn expansions_come_in_the_order_of_the_request() {
    let edge = Edge::new();
    edge.0.send_json("PUT /connectors/c/config", r#"{"connector.class":"FileStreamSink","tasks.max":"0"}"#);
    edge.0.send_json("PUT /connectors/c/config", r#"{"connector.class":"FileStreamSource","topic":"t"}"#);
    let members = |query: &str| {
        let body = edge.0.get(&format!("/connectors?{query}")).body;
        let (info, status) = (body.find("\"info\":{"), body.find("\"status\":{"));
        (info.is_some(), status.is_some(), info < status)
    };
    assert_eq!(members("expand=info&expand=status"), (true, true, true));
    assert_eq!(members("expand=status&expand=info&expand=status"), (true, true, false));
    assert_eq!(members("expand=status"), (false, true, true));
    for query in ["expand", "expand=", "expand=bogus", "expand=INFO"] {
        edge.check(&format!("GET /connectors?{query}"), &[], None, (200, JSON, r#"{"c":{}}"#));
    }
    edge.check("GET /connectors?EXPAND=info", &[], None, (200, JSON, r#"["c"]"#));
}

#[test]
fn restart_flags_are_true_or_not() {
    let edge = Edge::new();
    edge.0.send_json("PUT /connectors/c/config", r#"{"connector.class":"FileStreamSource","topic":"t"}"#);
    for (query, status) in [
        ("", 204),
        ("?includeTasks=false&onlyFailed=false", 204),
        ("?includeTasks=yes", 204),
        ("?includeTasks", 204),
        ("?includeTasks=true", 202),
        ("?onlyFailed=TRUE", 202),
        ("?forward=true", 204),
    ] {
        assert_eq!(edge.0.send(&format!("POST /connectors/c/restart{query}"), &[], None).status, status, "{query}");
    }
}

#[test]
fn offsets_go_in_and_out_as_they_are() {
    let edge = Edge::new();
    edge.0.send_json("PUT /connectors/c/config", r#"{"connector.class":"FileStreamSource","topic":"t"}"#);
    edge.check("GET /connectors/c/offsets", &[], None, (200, JSON, r#"{"offsets":[]}"#));
    let json = [("Content-Type", "application/json")];
    let offsets = r#"{"offsets":[{"partition":{"z":"f","a":1},"offset":{"p":9007199254740993,"d":1.5}},{"partition":null,"offset":null}]}"#;
    let altered = r#"{"message":"The offsets for this connector have been altered successfully"}"#;
    edge.check("PATCH /connectors/c/offsets", &json, Some(offsets), (200, JSON, altered));
    edge.check("GET /connectors/c/offsets", &[], None, (200, JSON, offsets));
    let reset = r#"{"message":"The offsets for this connector have been reset successfully"}"#;
    edge.check("DELETE /connectors/c/offsets", &[], None, (200, JSON, reset));
    edge.check("GET /connectors/c/offsets", &[], None, (200, JSON, r#"{"offsets":[]}"#));
}

#[test]
fn a_body_that_is_too_large_is_refused() {
    let edge = Edge::new();
    let mut client = edge.0.connect();
    client.raw(
        b"POST /connectors HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 17000000\r\n\r\n",
    );
    let reply = client.receive(false);
    assert_eq!((reply.status, reply.header("content-type").as_deref()), (413, JSON));
}

#[test]
fn bodies_may_come_in_chunks() {
    let edge = Edge::new();
    let mut client = edge.0.connect();
    client.raw(
        b"PUT /admin/loggers/a HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\
          Transfer-Encoding: chunked\r\n\r\n8\r\n{\"level\"\r\n8\r\n:\"WARN\"}\r\n0\r\n\r\n",
    );
    assert_eq!(client.receive(false).body, r#"["a"]"#);
}
