//! The server as a whole: before the worker is ready, side by side clients, other listeners, trouble in the herder, and
//! the end.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use aqueduct_rest::{RestConfig, RestErrorKind, RestServer};

use crate::client::Client;
use crate::fake_herder::FakeHerder;
use crate::fixture::{Fixture, config, eventually};

const SOURCE: &str = r#"{"connector.class":"FileStreamSource","topic":"t"}"#;

#[test]
fn before_the_worker_is_ready_every_path_is_a_404_page() {
    let fixture = Fixture::unmounted(&config(&[("access.control.allow.origin", "*")]), FakeHerder::default());
    let mut client = fixture.connect();
    for path in ["/", "/health", "/connectors", "/nosuch"] {
        let reply =
            client.send(&format!("GET {path}"), &[("Accept", "application/json"), ("Origin", "http://a")], None);
        assert_eq!((reply.status, reply.body.starts_with("<html>")), (404, true), "{path}");
        assert_eq!(reply.header("content-type").as_deref(), Some("text/html;charset=iso-8859-1"));
        assert_eq!(reply.header("access-control-allow-origin"), None);
    }
    assert_eq!(client.send("GET //", &[], None).status, 400);
    fixture.mount();
    // The same connection reaches the resources now.
    assert_eq!(client.send("GET /connectors", &[], None).body, "[]");
}

#[test]
fn the_first_request_is_served_at_once() {
    let fixture = Fixture::new(&[]);
    let began = Instant::now();
    assert_eq!(fixture.get("/").status, 200);
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
}

#[test]
fn the_worker_is_named_after_its_bound_port() {
    let fixture = Fixture::new(&[]);
    let port = fixture.address().port();
    assert_ne!(port, 0);
    assert_eq!(fixture.server.worker_id(), format!("127.0.0.1:{port}"));
    assert_eq!(fixture.server.advertised_url(), format!("http://127.0.0.1:{port}/"));
    let fixture = Fixture::new(&[("rest.advertised.host.name", "me.test"), ("rest.advertised.port", "99")]);
    assert_eq!(fixture.server.worker_id(), "me.test:99");
}

#[test]
fn a_listener_without_host_listens_everywhere() {
    let fixture = Fixture::new(&[("listeners", "http://:0")]);
    let local: SocketAddr = ([127, 0, 0, 1], fixture.address().port()).into();
    assert_eq!(Client::connect(local).send("GET /connectors", &[], None).status, 200);
}

#[test]
fn every_listener_serves() {
    let fixture = Fixture::new(&[("listeners", "http://127.0.0.1:0,http://localhost:0")]);
    assert_eq!(fixture.server.addresses().len(), 2);
    for address in fixture.server.addresses() {
        assert_eq!(Client::connect(*address).send("GET /", &[], None).status, 200);
    }
}

#[track_caller]
fn bind_error(config: &RestConfig) -> (RestErrorKind, String) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _within = runtime.enter();
    match RestServer::bind(config) {
        Ok(_) => panic!("it could be bound"),
        Err(error) => (error.kind(), error.to_string()),
    }
}

#[test]
fn a_port_in_use_is_named_with_its_key() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", taken.local_addr().unwrap());
    for (key, other) in [
        ("listeners", ("client.dns.lookup", "use_all_dns_ips")),
        ("admin.listeners", ("listeners", "http://127.0.0.1:0")),
    ] {
        let (kind, message) = bind_error(&config(&[other, (key, &url)]));
        assert_eq!(kind, RestErrorKind::Bind);
        assert!(message.starts_with(&format!("Unable to listen on {url} (configuration {key}): ")), "{message}");
        assert!(message.contains("the port is in use"), "{message}");
    }
}

#[test]
fn https_is_not_there_yet() {
    let (kind, message) = bind_error(&config(&[("listeners", "https://127.0.0.1:0")]));
    assert_eq!(kind, RestErrorKind::Config);
    assert!(
        message.ends_with("https://127.0.0.1:0 for configuration listeners: https listeners are not supported yet"),
        "{message}"
    );
}

#[test]
fn admin_listeners_of_their_own_show_loggers_alone() {
    let fixture = Fixture::new(&[
        ("admin.listeners", "http://127.0.0.1:0"),
        ("response.http.headers.config", "set X-A: b"),
        ("access.control.allow.origin", "*"),
    ]);
    let admin = fixture.server.admin_addresses()[0];
    let status = |address, path: &str| Client::connect(address).send(&format!("GET {path}"), &[], None).status;
    assert_eq!((status(fixture.address(), "/admin/loggers"), status(fixture.address(), "/")), (404, 200));
    assert_eq!((status(admin, "/admin/loggers"), status(admin, "/"), status(admin, "/connectors")), (200, 404, 404));
    // Headers are for the public listeners.
    let headers = |address| {
        let reply = Client::connect(address).send("GET /admin/loggers", &[("Origin", "http://a")], None);
        (reply.header("x-a"), reply.header("access-control-allow-origin"))
    };
    assert_eq!(headers(fixture.address()), (Some("b".to_owned()), Some("http://a".to_owned())));
    assert_eq!(headers(admin), (None, None));
}

#[test]
fn admin_loggers_share_the_listeners_unless_told_otherwise() {
    let status = |props: &[(&str, &str)]| Fixture::new(props).get("/admin/loggers").status;
    assert_eq!((status(&[]), status(&[("admin.listeners", "")])), (200, 404));
}

#[test]
fn a_header_of_the_resource_wins_over_a_rule() {
    let fixture = Fixture::new(&[("response.http.headers.config", "set Content-Type: x, add X-B: 1, add X-B: 2")]);
    let reply = fixture.get("/connectors");
    assert_eq!(reply.header("content-type").as_deref(), Some("application/json"));
    assert_eq!(reply.header("x-b").as_deref(), Some("1,2"));
    // A page is not a resource's.
    assert_eq!(fixture.get("//").header("x-b"), None);
}

#[test]
fn many_requests_go_over_one_connection() {
    let fixture = Fixture::new(&[]);
    let mut client = fixture.connect();
    let began = Instant::now();
    for number in 0..100 {
        let body = format!("{{\"name\":\"c{number}\",\"config\":{SOURCE}}}");
        let reply = client.send("POST /connectors", &[("Content-Type", "application/json")], Some(&body));
        assert_eq!(reply.status, 201, "{}", reply.body);
    }
    let elapsed = began.elapsed();
    assert!(elapsed < Duration::from_secs(2), "100 connectors took {elapsed:?}");
    // Errors do not end the conversation either.
    assert_eq!(client.send("GET /nosuch", &[], None).status, 404);
    assert_eq!(client.send("POST /connectors", &[("Content-Type", "text/plain")], Some("x")).status, 415);
    assert_eq!(client.send("GET //", &[], None).status, 400);
    assert_eq!(client.send("DELETE /connectors/c7", &[], None).status, 204);
    assert_eq!(client.send("GET /connectors/c8/config", &[], None).status, 200);
}

#[test]
fn requests_may_be_sent_ahead() {
    let fixture = Fixture::new(&[]);
    let mut client = fixture.connect();
    client.raw(b"GET /connectors HTTP/1.1\r\nHost: h\r\n\r\nGET /nosuch HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!((client.receive(false).status, client.receive(false).status), (200, 404));
}

#[test]
fn slow_clients_hold_up_nobody() {
    let fixture = Fixture::new(&[]);
    let slow: Vec<Client> = (0..50)
        .map(|number| {
            let mut client = fixture.connect();
            let head =
                "POST /connectors HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{";
            client.raw(&head.as_bytes()[..if number % 2 == 0 { 20 } else { head.len() }]);
            client
        })
        .collect();
    // One that waits for the herder forever, too.
    let mut waiting = fixture.connect();
    waiting.raw(b"GET /connectors/never HTTP/1.1\r\nHost: h\r\n\r\n");
    eventually("the herder was asked", || fixture.herder.waited_for.load(Ordering::SeqCst));
    for _ in 0..20 {
        assert_eq!(fixture.get("/connectors").status, 200);
    }
    drop(slow);
}

#[test]
fn a_client_may_close_its_side_after_asking() {
    let fixture = Fixture::new(&[]);
    let stream = TcpStream::connect(fixture.address()).unwrap();
    std::io::Write::write_all(&mut &stream, b"GET /connectors HTTP/1.0\r\n\r\n").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut &stream, &mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n") && answer.ends_with("\r\n\r\n[]"), "{answer}");
}

#[test]
fn a_panic_in_a_request_is_an_error_of_that_request() {
    let fixture = Fixture::new(&[]);
    let mut client = fixture.connect();
    let reply = client.send("GET /connectors/panic", &[], None);
    assert_eq!(reply.body, r#"{"error_code":500,"message":"HTTP 500 Internal Server Error"}"#);
    assert_eq!(client.send("GET /connectors", &[], None).status, 200);
}

#[test]
fn a_command_that_takes_too_long_times_out() {
    let mut config = config(&[]);
    config.request_timeout = Duration::from_millis(20);
    let fixture = Fixture::with(&config, FakeHerder::default());
    let reply = fixture.get("/connectors/never");
    assert_eq!(reply.body, r#"{"error_code":500,"message":"Request timed out"}"#);
}

#[test]
fn health_tells_starting_healthy_and_unhealthy() {
    let mut config = config(&[]);
    config.health_timeout = Duration::from_millis(20);
    let fixture = Fixture::with(&config, FakeHerder::default());
    let check = |status, body: &str| {
        let reply = fixture.get("/health");
        assert_eq!((reply.status, reply.body.as_str()), (status, body));
    };
    check(200, r#"{"status":"healthy","message":"Worker has completed startup and is ready to handle requests."}"#);
    fixture.herder.starting.store(true, Ordering::SeqCst);
    check(503, r#"{"status":"starting","message":"Worker is still starting up."}"#);
    fixture.herder.starting.store(false, Ordering::SeqCst);
    fixture.herder.hanging.store(true, Ordering::SeqCst);
    check(
        500,
        "{\"status\":\"unhealthy\",\"message\":\"Worker was unable to handle this request and may be unable to handle \
         other requests.\"}",
    );
}

#[test]
fn shutdown_ends_idle_connections_and_the_listener() {
    let fixture = Fixture::new(&[]);
    let address = fixture.address();
    let (mut idle, mut fresh) = (fixture.connect(), fixture.connect());
    assert_eq!(idle.send("GET /", &[], None).status, 200);
    let began = Instant::now();
    fixture.runtime.block_on(fixture.server.shutdown());
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert!(idle.closed() && fresh.closed());
    assert!(TcpStream::connect(address).is_err());
    // The port is free for the next worker.
    TcpListener::bind(address).unwrap();
    // Once more changes nothing.
    fixture.runtime.block_on(fixture.server.shutdown());
}

#[test]
fn shutdown_lets_a_request_in_progress_finish() {
    let fixture = Fixture::new(&[]);
    let mut client = fixture.connect();
    // The head has arrived and the body has not: the request is in progress as soon as the server asks for the rest.
    client.raw(
        b"PUT /admin/loggers/a HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n\
          Content-Length: 16\r\n\r\n",
    );
    assert_eq!(client.receive(true).status, 100);
    std::thread::scope(|scope| {
        let ending = scope.spawn(|| fixture.runtime.block_on(fixture.server.shutdown()));
        eventually("the listener has ended", || TcpStream::connect(fixture.address()).is_err());
        client.raw(b"{\"level\":\"WARN\"}");
        let reply = client.receive(false);
        assert_eq!((reply.status, reply.body.as_str()), (200, r#"["a"]"#));
        assert!(client.closed());
        ending.join().unwrap();
    });
}

#[test]
fn shutdown_cuts_off_what_does_not_end() {
    let mut config = config(&[]);
    config.shutdown_timeout = Duration::from_millis(50);
    let fixture = Fixture::with(&config, FakeHerder::default());
    let mut client = fixture.connect();
    client.raw(b"GET /connectors/never HTTP/1.1\r\nHost: h\r\n\r\n");
    eventually("the herder was asked", || fixture.herder.waited_for.load(Ordering::SeqCst));
    let began = Instant::now();
    fixture.runtime.block_on(fixture.server.shutdown());
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(client.closed());
}

#[test]
fn a_dropped_server_frees_its_port() {
    let fixture = Fixture::new(&[]);
    let (address, mut client) = (fixture.address(), fixture.connect());
    assert_eq!(client.send("GET /", &[], None).status, 200);
    let Fixture { server, runtime, .. } = fixture;
    drop(server);
    assert!(client.closed());
    eventually("the port is free", || TcpListener::bind(address).is_ok());
    drop(runtime);
}
