//! What is answered before the internal topics were read.

use std::sync::Arc;
use std::time::Duration;

use aqueduct_herder::distributed::StartingHerder;
use aqueduct_herder::{Herder, HerderErrorKind, InternalRequest, PluginLookup, ServerInfo};
use aqueduct_plugins::Plugins;

use crate::fixture::{Rig, message, settings};

fn starting() -> StartingHerder {
    let plugins = Arc::new(Plugins::new(aqueduct_connector_file::plugins()));
    let info = ServerInfo { version: String::new(), commit: String::new(), kafka_cluster_id: "here".to_owned() };
    StartingHerder::new(info, plugins, settings())
}

#[tokio::test(start_paused = true)]
async fn requests_wait_for_the_herder_and_say_why() {
    let herder = starting();
    let answer = tokio::time::timeout(Duration::from_secs(60), herder.connectors()).await;
    assert!(answer.is_err(), "answered without a herder");
    assert!(!herder.is_ready());
    let stage = herder.stage().unwrap();
    assert!(
        stage.starts_with(
            "The worker is currently initializing and reading to the end of internal topics, which began at "
        ),
        "{stage}"
    );
    let rig = Rig::leading().await;
    rig.running("c", 1).await;
    let (answer, healthy, ()) = tokio::join!(herder.connectors(), herder.health_check(), async {
        herder.started(rig.herder.clone());
    });
    assert_eq!(answer.unwrap(), ["c"]);
    healthy.unwrap();
    assert!(herder.is_ready());
    assert!(herder.stage().unwrap().contains("polling the group coordinator"));
}

#[tokio::test(start_paused = true)]
async fn what_needs_no_topic_is_answered_at_once() {
    let herder = starting();
    assert_eq!(herder.server_info().kafka_cluster_id, "here");
    assert_eq!(herder.plugins(PluginLookup::Connectors).len(), 2);
    assert!(herder.plugin_config("FileStreamSource").is_ok());
}

#[tokio::test(start_paused = true)]
async fn other_workers_are_told_that_there_is_no_key_yet() {
    let herder = starting();
    let unsigned = herder.check_internal(&InternalRequest::default()).unwrap_err();
    assert_eq!(unsigned.kind(), HerderErrorKind::BadRequest);
    let text = |text: &str| Some(text.to_owned());
    let signed = InternalRequest { body: Vec::new(), signature: text("AAAA"), algorithm: text("HmacSHA256") };
    let refused = herder.check_internal(&signed).unwrap_err();
    assert_eq!(refused.kind(), HerderErrorKind::Unavailable);
    assert!(refused.message().starts_with("This worker is still starting up"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_start_that_fails_refuses_what_has_waited() {
    let herder = starting();
    let (answer, ()) = tokio::join!(herder.connectors(), async { herder.give_up() });
    assert_eq!(message(answer), "Worker is shutting down");
}
