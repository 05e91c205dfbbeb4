//! Brokers that refuse who we are or what we want. They run when `AQUEDUCT_TEST_SASL_BOOTSTRAP` names a SASL_PLAINTEXT
//! listener of a broker with the mechanism PLAIN, a user `alice` with the password `alice-secret`, an authorizer and no
//! ACLs, so that `alice` may do nothing.
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use aqueduct_kafka::{Admin, ClientSettings, Consumer, ErrorKind, KafkaError, Producer};
use support::{PATIENCE, Results, record, unique};

fn broker(test: &str) -> Option<String> {
    let bootstrap = std::env::var("AQUEDUCT_TEST_SASL_BOOTSTRAP").ok().filter(|bootstrap| !bootstrap.is_empty());
    if bootstrap.is_none() {
        support::not_run(test, "AQUEDUCT_TEST_SASL_BOOTSTRAP names no broker");
    }
    bootstrap
}

fn settings(bootstrap: &str, password: &str) -> ClientSettings {
    let mut settings = support::settings(bootstrap);
    let login = format!(
        "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"alice\" password=\"{password}\";"
    );
    settings
        .set_user("security.protocol", "SASL_PLAINTEXT")
        .set_user("sasl.mechanism", "PLAIN")
        .set_user("sasl.jaas.config", login);
    settings
}

/// Connect's own settings, with which a record is never given up.
fn patient(bootstrap: &str, password: &str) -> ClientSettings {
    let mut settings = settings(bootstrap, password);
    settings.set_base("delivery.timeout.ms", "2147483647").set_base("max.block.ms", "9223372036854775807");
    settings
}

async fn poll_until_error(settings: &ClientSettings, topic: &str) -> KafkaError {
    let mut consumer = Consumer::create(settings).unwrap();
    consumer.subscribe(&[topic]).unwrap();
    let deadline = Instant::now() + PATIENCE;
    loop {
        match consumer.poll(Duration::from_secs(1)).await {
            Err(error) => return error,
            Ok(event) => assert!(Instant::now() < deadline, "{event:?}"),
        }
    }
}

#[track_caller]
fn is_authentication(error: &KafkaError) {
    assert_eq!(error.kind(), ErrorKind::Authentication, "{error:?}");
    assert_eq!(error.java_class(), "org.apache.kafka.common.errors.SaslAuthenticationException");
    assert_eq!(error.message(), "Authentication failed: Invalid username or password");
}

#[tokio::test]
async fn a_wrong_password_fails_every_client_at_once() {
    let Some(bootstrap) = broker("a_wrong_password_fails_every_client_at_once") else { return };
    let start = Instant::now();

    let producer = Producer::create(&patient(&bootstrap, "wrong")).unwrap();
    let results = Arc::new(Results::default());
    let mut lane = producer.register(results.clone()).unwrap();
    lane.send(0, &record("t", 0, "x")).unwrap();
    is_authentication(&tokio::time::timeout(PATIENCE, producer.faulted()).await.unwrap());
    lane.flush(PATIENCE).await.unwrap();
    is_authentication(results.0.lock()[0].outcome.as_ref().unwrap_err());
    is_authentication(&lane.send(1, &record("t", 0, "x")).unwrap_err());

    let admin = Admin::create(&settings(&bootstrap, "wrong")).unwrap();
    is_authentication(&admin.cluster_id().await.unwrap_err());
    is_authentication(&admin.list_group_offsets("g").await.unwrap_err());

    let mut group = settings(&bootstrap, "wrong");
    group.set_base("group.id", unique("group"));
    is_authentication(&poll_until_error(&group, "t").await);
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}

#[tokio::test]
async fn what_is_not_allowed_fails_at_once_in_javas_words() {
    let Some(bootstrap) = broker("what_is_not_allowed_fails_at_once_in_javas_words") else { return };
    let start = Instant::now();
    let topic = unique("topic");

    let producer = Producer::create(&patient(&bootstrap, "alice-secret")).unwrap();
    let results = Arc::new(Results::default());
    let mut lane = producer.register(results.clone()).unwrap();
    lane.send(0, &record(&topic, 0, "x")).unwrap();
    lane.flush(PATIENCE).await.unwrap();
    let error = results.0.lock()[0].outcome.clone().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authorization, "{error:?}");
    assert_eq!(error.java_class(), "org.apache.kafka.common.errors.TopicAuthorizationException");
    assert_eq!(error.message(), format!("Not authorized to access topics: [{topic}]"));

    let mut group = settings(&bootstrap, "alice-secret");
    group.set_base("group.id", "secret-group");
    let error = poll_until_error(&group, &topic).await;
    assert_eq!(error.kind(), ErrorKind::Authorization, "{error:?}");
    let expected = [
        "Not authorized to access group: secret-group".to_owned(),
        format!("Not authorized to access topics: [{topic}]"),
    ];
    assert!(expected.contains(&error.message().to_owned()), "{error}");

    let admin = Admin::create(&settings(&bootstrap, "alice-secret")).unwrap();
    let error = admin.describe_topics(&[&topic]).await.unwrap().remove(0).1.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authorization, "{error:?}");
    let error = admin.list_group_offsets("secret-group").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authorization, "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[tokio::test]
async fn speaking_tls_to_a_broker_that_does_not_is_noticed() {
    let Some(bootstrap) = broker("speaking_tls_to_a_broker_that_does_not_is_noticed") else { return };
    let mut settings = support::settings(&bootstrap);
    settings.set_user("security.protocol", "SSL");
    let admin = Admin::create(&settings).unwrap().with_timeout(Duration::from_secs(3));
    let error = admin.cluster_id().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Authentication | ErrorKind::Timeout), "{error:?}");
}
