//! Requests that another worker has to carry out, and requests between workers.

use aqueduct_herder::odd_name::HEADER;

use crate::fake_herder::FakeHerder;
use crate::fixture::{Fixture, config};

const NEW: &str = r#"{"name":"a b","config":{"connector.class":"FileStreamSource","topic":"t"}}"#;

fn worker() -> Fixture {
    Fixture::with(&config(&[]), FakeHerder::distributed())
}

/// A worker that takes another one for its leader.
fn follower(leader: Option<String>) -> Fixture {
    let follower = worker();
    *follower.herder.leader.lock().unwrap() = Some(leader);
    follower
}

#[test]
fn the_leader_does_it_and_the_follower_answers() {
    let leader = worker();
    let follower = follower(Some(leader.server.advertised_url()));
    let created = follower.send_json("POST /connectors", NEW);
    assert_eq!(created.status, 201, "{created:?}");
    // The address is that of the worker that the client asked.
    let here = format!("http://{}/connectors/a%20b", follower.address());
    assert_eq!(created.header("location").as_deref(), Some(here.as_str()));
    assert_eq!(created.header("content-type").as_deref(), Some("application/json"));
    assert_eq!(leader.get("/connectors").body, r#"["a b"]"#);
    assert_eq!(follower.get("/connectors").body, "[]");
    assert_eq!(created.body, leader.get("/connectors/a%20b").body.replace(r#"[{"connector":"a b","task":0}]"#, "[]"));

    let restarted = follower.send("POST /connectors/a%20b/restart?includeTasks=true", &[], None);
    assert_eq!(restarted.status, 202, "{restarted:?}");
    assert!(restarted.body.contains(r#""tasks":[{"id":0,"state":"RESTARTING""#), "{}", restarted.body);
    let deleted = follower.send("DELETE /connectors/a%20b", &[], None);
    assert_eq!((deleted.status, deleted.body.as_str(), deleted.header("content-type")), (204, "", None));
}

#[test]
fn a_name_that_no_path_can_hold_goes_on_in_its_header() {
    let leader = worker();
    let second = follower(Some(leader.server.advertised_url()));
    let first = follower(Some(second.server.advertised_url()));
    let new = NEW.replace("a b", "a/b");
    assert_eq!(first.send_json("POST /connectors", &new).status, 201);
    let header = [(HEADER, "a%2Fb")];
    let restarted = first.send("POST /connectors/%20/restart?includeTasks=true", &header, None);
    assert_eq!(restarted.status, 202, "{restarted:?}");
    assert!(restarted.body.starts_with(r#"{"name":"a/b","#), "{}", restarted.body);
    assert_eq!(first.send("DELETE /connectors/%20", &header, None).status, 204);
    assert_eq!(leader.get("/connectors").body, "[]");
}

#[test]
fn errors_of_the_leader_keep_status_and_text() {
    let leader = worker();
    let follower = follower(Some(leader.server.advertised_url()));
    let missing = follower.send("DELETE /connectors/x", &[], None);
    assert_eq!(
        (missing.status, missing.body.as_str()),
        (404, r#"{"error_code":404,"message":"Connector x not found"}"#)
    );
    assert_eq!(follower.send_json("POST /connectors", NEW).status, 201);
    assert_eq!(follower.send_json("POST /connectors", NEW).status, 409);
}

#[test]
fn a_request_goes_two_steps_and_no_further() {
    let leader = worker();
    let second = follower(Some(leader.server.advertised_url()));
    let first = follower(Some(second.server.advertised_url()));
    assert_eq!(first.send_json("POST /connectors", NEW).status, 201);
    // A ring of workers that take each other for the leader.
    *second.herder.leader.lock().unwrap() = Some(Some(first.server.advertised_url()));
    let conflict = first.send("DELETE /connectors/x", &[], None);
    let text = "Cannot complete request because of a conflicting operation (e.g. worker rebalance)";
    assert_eq!((conflict.status, conflict.body.contains(text)), (409, true), "{conflict:?}");
    assert_eq!(first.send("DELETE /connectors/x?forward=false", &[], None).status, 409);
}

#[test]
fn without_a_known_leader_the_client_is_told_to_wait() {
    let reply = follower(None).send("DELETE /connectors/x", &[], None);
    let text =
        "Cannot complete request momentarily due to no known leader URL, likely because a rebalance was underway.";
    assert_eq!((reply.status, reply.body.contains(text)), (409, true), "{reply:?}");
}

#[test]
fn a_leader_that_is_gone_is_an_error_of_ours() {
    let gone = {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/", socket.local_addr().unwrap())
    };
    for url in [gone, "https://127.0.0.1:1/".to_owned()] {
        let reply = follower(Some(url)).send("DELETE /connectors/x", &[], None);
        let text = "IO Error trying to forward REST request: ";
        assert_eq!((reply.status, reply.body.contains(text)), (500, true), "{reply:?}");
    }
}

#[test]
fn workers_prove_themselves_before_anything_else_is_looked_at() {
    let leader = worker();
    leader.send_json("POST /connectors", NEW);
    let send = |signature: &str, body: &str| {
        let headers = [
            ("X-Connect-Authorization", signature),
            ("X-Connect-Request-Signature-Algorithm", "HmacSHA256"),
            ("Content-Type", "application/json"),
        ];
        leader.send("POST /connectors/a%20b/tasks", &headers, Some(body)).status
    };
    assert_eq!(send("wrong", "no JSON"), 403);
    assert_eq!(send("early", "[]"), 503);
    assert_eq!(send("good", "no JSON"), 500);
    assert_eq!(send("good", r#"[{"a":"b"},{"a":null}]"#), 204);
    let seen = leader.herder.internal.lock().unwrap().pop().unwrap();
    assert_eq!(seen.body, br#"[{"a":"b"},{"a":null}]"#);
    assert_eq!((seen.signature.as_deref(), seen.algorithm.as_deref()), (Some("good"), Some("HmacSHA256")));
    assert!(leader.get("/connectors/a%20b/tasks").body.contains(r#""task":1"#));
    let fence = leader.send("PUT /connectors/a%20b/fence", &[("X-Connect-Authorization", "wrong")], None);
    assert_eq!(fence.status, 403);
}
