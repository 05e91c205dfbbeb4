//! What Java client keys become: librdkafka's properties, and what this crate does itself.

use std::collections::BTreeMap;
use std::time::Duration;

use aqueduct_kafka::ClientSettings;
use aqueduct_kafka::client_config::{
    ClientEnvironment, ClientKind, Idempotence, LibrdkafkaConfig, OffsetReset, Partitioner, translate, translate_in,
    translate_settings,
};

use ClientKind::{Admin, Consumer, Producer};

const BROKER: (&str, &str) = ("bootstrap.servers", "127.0.0.1:1");

fn java(given: &[(&str, &str)]) -> BTreeMap<String, String> {
    let with_broker = std::iter::once(&BROKER).chain(given);
    with_broker.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[track_caller]
fn config(client: ClientKind, given: &[(&str, &str)]) -> LibrdkafkaConfig {
    translate(client, &java(given)).unwrap_or_else(|error| panic!("{given:?}: {error}"))
}

/// Expects properties; `-` is none.
#[track_caller]
fn check(client: ClientKind, given: &[(&str, &str)], expected: &[(&str, &str)]) {
    let config = config(client, given);
    for (name, value) in expected {
        let got = config.properties.get(*name).map_or("-", String::as_str);
        assert_eq!(got, *value, "{client} {given:?}: {name}");
    }
}

#[track_caller]
fn check_warning(client: ClientKind, given: &[(&str, &str)], part: &str) {
    let warnings = config(client, given).warnings;
    assert!(warnings.len() == 1 && warnings[0].contains(part), "{given:?}: {warnings:?}");
}

#[track_caller]
fn check_refusal(client: ClientKind, given: &[(&str, &str)], message: &str) {
    let Err(error) = translate(client, &java(given)) else { panic!("{given:?} is accepted") };
    assert_eq!(error.to_string(), message, "{given:?}");
}

#[test]
fn where_librdkafka_has_other_defaults_javas_are_set() {
    check(
        Producer,
        &[],
        &[
            ("acks", "all"),
            ("enable.idempotence", "true"),
            ("max.in.flight.requests.per.connection", "5"),
            ("message.max.bytes", "1048576"),
            ("linger.ms", "5"),
            ("partitioner", "murmur2_random"),
            ("message.timeout.ms", "120000"),
            ("request.timeout.ms", "30000"),
            ("socket.timeout.ms", "30000"),
            ("retries", "2147483647"),
            ("queue.buffering.max.kbytes", "32768"),
            ("queue.buffering.max.messages", "131072"),
            ("batch.size", "262144"),
            ("compression.type", "none"),
            ("connections.max.idle.ms", "540000"),
            ("reconnect.backoff.ms", "50"),
            ("reconnect.backoff.max.ms", "1000"),
            ("retry.backoff.ms", "100"),
            ("retry.backoff.max.ms", "1000"),
            ("socket.keepalive.enable", "true"),
            ("client.id", "producer"),
            ("security.protocol", "plaintext"),
            ("socket.send.buffer.bytes", "131072"),
            ("socket.receive.buffer.bytes", "32768"),
        ],
    );
    check(
        Consumer,
        &[],
        &[
            ("isolation.level", "read_uncommitted"),
            ("check.crcs", "true"),
            ("allow.auto.create.topics", "true"),
            ("auto.offset.reset", "latest"),
            ("enable.auto.commit", "false"),
            ("partition.assignment.strategy", "range"),
            ("session.timeout.ms", "45000"),
            ("heartbeat.interval.ms", "3000"),
            ("max.poll.interval.ms", "300000"),
            ("queued.max.messages.kbytes", "16384"),
            ("queued.min.messages", "10000"),
            ("fetch.wait.max.ms", "500"),
            ("fetch.min.bytes", "1"),
            ("fetch.max.bytes", "-"),
            ("max.partition.fetch.bytes", "1048576"),
            ("group.id", "-"),
        ],
    );
    check(
        Admin,
        &[],
        &[
            ("connections.max.idle.ms", "300000"),
            ("enable.metrics.push", "false"),
            ("allow.auto.create.topics", "false"),
        ],
    );
}

#[test]
fn common_keys() {
    check(Admin, &[("client.id", "me")], &[("client.id", "me")]);
    check(
        Admin,
        &[("bootstrap.servers", "SSL://127.0.0.1:1, [::1]:2")],
        &[("bootstrap.servers", "127.0.0.1:1,[::1]:2")],
    );
    check(Admin, &[("metadata.recovery.strategy", "NONE")], &[("metadata.recovery.strategy", "none")]);
    check(Admin, &[("connections.max.idle.ms", "-1")], &[("connections.max.idle.ms", "0")]);
    check(Admin, &[("connections.max.idle.ms", "0")], &[("connections.max.idle.ms", "1")]);
    check(Admin, &[("connections.max.idle.ms", "9223372036854775807")], &[("connections.max.idle.ms", "2147483647")]);
    check(
        Admin,
        &[("metadata.max.age.ms", "1000")],
        &[("topic.metadata.refresh.interval.ms", "1000"), ("metadata.max.age.ms", "3000")],
    );
    check(
        Admin,
        &[("metadata.max.age.ms", "9223372036854775807")],
        &[("topic.metadata.refresh.interval.ms", "3600000"), ("metadata.max.age.ms", "86400000")],
    );
    check(Admin, &[("send.buffer.bytes", "-1")], &[("socket.send.buffer.bytes", "0")]);
    check(
        Admin,
        &[("reconnect.backoff.ms", "5000")],
        &[("reconnect.backoff.ms", "5000"), ("reconnect.backoff.max.ms", "5000")],
    );
    check(
        Admin,
        &[("reconnect.backoff.ms", "5000"), ("reconnect.backoff.max.ms", "10")],
        &[("reconnect.backoff.ms", "10"), ("reconnect.backoff.max.ms", "10")],
    );
    check(Admin, &[("retry.backoff.ms", "5000")], &[("retry.backoff.ms", "1000"), ("retry.backoff.max.ms", "1000")]);
    check(Admin, &[("request.timeout.ms", "2147483647")], &[("socket.timeout.ms", "300000")]);
    check(
        Admin,
        &[("client.dns.lookup", "resolve_canonical_bootstrap_servers_only")],
        &[("client.dns.lookup", "resolve_canonical_bootstrap_servers_only")],
    );
}

#[test]
fn timeouts_of_calls() {
    assert_eq!(config(Admin, &[]).default_api_timeout, Duration::from_secs(60));
    assert_eq!(config(Admin, &[("request.timeout.ms", "100000")]).default_api_timeout, Duration::from_secs(100));
    assert_eq!(config(Consumer, &[("default.api.timeout.ms", "10")]).default_api_timeout, Duration::from_millis(10));
    assert_eq!(config(Producer, &[("request.timeout.ms", "7")]).request_timeout, Duration::from_millis(7));
}

#[test]
fn producer_keys() {
    check(Producer, &[("acks", "-1")], &[("acks", "all")]);
    check(Producer, &[("batch.size", "0")], &[("batch.size", "1"), ("batch.num.messages", "10000")]);
    check(Producer, &[("batch.size", "16384")], &[("batch.size", "16384")]);
    check(Producer, &[("buffer.memory", "0")], &[("queue.buffering.max.kbytes", "1")]);
    check(Producer, &[("max.request.size", "0")], &[("message.max.bytes", "1000")]);
    check(Producer, &[("linger.ms", "0")], &[("linger.ms", "0"), ("sticky.partitioning.linger.ms", "10")]);
    check(
        Producer,
        &[("linger.ms", "9223372036854775807")],
        &[("linger.ms", "900000"), ("message.timeout.ms", "2147483647")],
    );
    check(Producer, &[("linger.ms", "200000")], &[("linger.ms", "200000"), ("message.timeout.ms", "230000")]);
    check(Producer, &[("delivery.timeout.ms", "2147483647")], &[("message.timeout.ms", "2147483647")]);
    check(Producer, &[("compression.type", "gzip")], &[("compression.type", "gzip"), ("compression.level", "-")]);
    check(Producer, &[("compression.type", "gzip"), ("compression.gzip.level", "7")], &[("compression.level", "7")]);
    check(Producer, &[("compression.type", "zstd"), ("compression.zstd.level", "22")], &[("compression.level", "12")]);
    check(Producer, &[("compression.type", "lz4"), ("compression.gzip.level", "7")], &[("compression.level", "-")]);
    check_warning(
        Producer,
        &[("compression.type", "zstd"), ("compression.zstd.level", "-5")],
        "'compression.zstd.level'",
    );
    let extras = config(Producer, &[("max.block.ms", "9223372036854775807"), ("max.request.size", "5")]).producer;
    assert_eq!(extras.max_block, Duration::from_secs(100 * 365 * 24 * 3600));
    assert_eq!((extras.max_request_size, extras.buffer_memory), (5, 33_554_432));
    assert!(config(Producer, &[("retries", "0")]).producer.retries_zero);
}

#[test]
fn transactions_shorten_what_librdkafka_will_not_have_longer() {
    check(
        Producer,
        &[("transactional.id", "t"), ("delivery.timeout.ms", "2147483647")],
        &[
            ("transactional.id", "t"),
            ("transaction.timeout.ms", "60000"),
            ("message.timeout.ms", "60000"),
            ("socket.timeout.ms", "30000"),
        ],
    );
    check(
        Producer,
        &[("transactional.id", "t"), ("transaction.timeout.ms", "0")],
        &[("transaction.timeout.ms", "1000"), ("message.timeout.ms", "1000"), ("socket.timeout.ms", "1000")],
    );
}

#[track_caller]
fn check_order(given: &[(&str, &str)], enabled: bool, in_flight: u32, user_set: bool) {
    let config = config(Producer, given);
    assert_eq!(config.producer.idempotence, Idempotence { enabled, in_flight, user_set }, "{given:?}");
    assert_eq!(config.properties["enable.idempotence"], enabled.to_string());
    assert_eq!(config.properties["max.in.flight.requests.per.connection"], in_flight.to_string());
}

#[test]
fn order_is_kept_unless_a_person_gives_it_up() {
    check_order(&[], true, 5, false);
    check_order(&[("acks", "1")], false, 1, false);
    check_order(&[("retries", "0")], false, 1, false);
    check_order(&[("enable.idempotence", "true")], true, 5, true);
    check_order(&[("enable.idempotence", "false")], false, 5, true);
    check_order(&[("max.in.flight.requests.per.connection", "2")], true, 2, true);
    check_order(&[("enable.idempotence", "false"), ("max.in.flight.requests.per.connection", "9")], false, 9, true);
}

#[test]
fn connects_own_base_gives_way_to_idempotence_and_a_persons_choice_does_not() {
    let base =
        java(&[("enable.idempotence", "false"), ("max.in.flight.requests.per.connection", "1"), ("acks", "all")]);
    let order = |user: &[(&str, &str)]| {
        let user = user.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let config = translate_settings(Producer, &ClientSettings::new(base.clone(), user)).unwrap();
        let idempotence = config.producer.idempotence;
        (idempotence.enabled, idempotence.in_flight, config.without_idempotence().is_some())
    };
    assert_eq!(order(&[]), (true, 5, true));
    assert_eq!(order(&[("linger.ms", "7")]), (true, 5, true));
    assert_eq!(order(&[("acks", "1")]), (false, 1, false));
    assert_eq!(order(&[("enable.idempotence", "true")]), (true, 1, false));
    assert_eq!(order(&[("enable.idempotence", "false")]), (false, 1, false));
    assert_eq!(order(&[("max.in.flight.requests.per.connection", "5")]), (false, 5, false));
}

#[test]
fn a_producer_can_go_on_without_idempotence() {
    let without = config(Producer, &[]).without_idempotence().unwrap();
    assert_eq!(without.properties["enable.idempotence"], "false");
    assert_eq!(without.properties["max.in.flight.requests.per.connection"], "1");
    assert!(without.without_idempotence().is_none());
    assert!(config(Producer, &[("transactional.id", "t")]).without_idempotence().is_none());
}

#[test]
fn partitioners() {
    let round_robin = "org.apache.kafka.clients.producer.RoundRobinPartitioner";
    let partitioner = |given: &[(&str, &str)]| config(Producer, given).producer.partitioner;
    assert_eq!(partitioner(&[]), Partitioner::Default);
    assert_eq!(partitioner(&[("partitioner.ignore.keys", "true")]), Partitioner::IgnoreKeys);
    assert_eq!(partitioner(&[("partitioner.class", round_robin)]), Partitioner::RoundRobin);
    check(
        Producer,
        &[("partitioner.class", round_robin)],
        &[("partitioner", "random"), ("sticky.partitioning.linger.ms", "0")],
    );
    check_refusal(
        Producer,
        &[("partitioner.class", "a.B")],
        "Invalid value a.B for configuration partitioner.class: Class a.B could not be found.",
    );
}

#[test]
fn consumer_keys() {
    check(
        Consumer,
        &[("group.id", "g"), ("client.rack", "r"), ("group.instance.id", "i")],
        &[("group.id", "g"), ("client.rack", "r"), ("group.instance.id", "i"), ("enable.auto.commit", "true")],
    );
    check(Consumer, &[("auto.offset.reset", "none")], &[("auto.offset.reset", "error")]);
    check(Consumer, &[("auto.commit.interval.ms", "0")], &[("auto.commit.interval.ms", "1")]);
    check(Consumer, &[("isolation.level", "read_committed")], &[("isolation.level", "read_committed")]);
    check(Consumer, &[("fetch.max.bytes", "0")], &[("fetch.max.bytes", "1000"), ("message.max.bytes", "1000")]);
    check(
        Consumer,
        &[("fetch.max.bytes", "52428800")],
        &[("fetch.max.bytes", "52428800"), ("queued.max.messages.kbytes", "51200")],
    );
    check(Consumer, &[("max.partition.fetch.bytes", "104857600")], &[("queued.max.messages.kbytes", "102401")]);
    check(Consumer, &[("max.poll.records", "1")], &[("queued.min.messages", "1000")]);
    check(Consumer, &[("group.id", "g"), ("max.poll.interval.ms", "1000")], &[("max.poll.interval.ms", "45000")]);
    check_warning(Consumer, &[("max.poll.interval.ms", "1000")], "'max.poll.interval.ms' is 1000, and 45000 is used");
    let extras = config(Consumer, &[("max.poll.records", "3"), ("exclude.internal.topics", "false")]).consumer;
    assert_eq!((extras.max_poll_records, extras.exclude_internal_topics), (3, false));
    assert_eq!(extras.auto_offset_reset, OffsetReset::Latest);
    assert_eq!(
        config(Consumer, &[("auto.offset.reset", "earliest")]).consumer.auto_offset_reset,
        OffsetReset::Earliest
    );
}

#[test]
fn the_modern_group_protocol_has_keys_of_its_own() {
    check(
        Consumer,
        &[("group.id", "g"), ("group.protocol", "Consumer"), ("group.remote.assignor", "uniform")],
        &[
            ("group.protocol", "consumer"),
            ("group.remote.assignor", "uniform"),
            ("session.timeout.ms", "-"),
            ("heartbeat.interval.ms", "-"),
            ("partition.assignment.strategy", "-"),
        ],
    );
}

#[test]
fn assignors_have_other_names() {
    let package = "org.apache.kafka.clients.consumer.";
    let assignors = |names: &[&str]| {
        let list: Vec<String> = names.iter().map(|name| format!("{package}{name}")).collect();
        let config = config(Consumer, &[("partition.assignment.strategy", &list.join(","))]);
        (config.properties["partition.assignment.strategy"].clone(), config.warnings.len())
    };
    assert_eq!(assignors(&["RoundRobinAssignor", "RangeAssignor"]), ("roundrobin,range".to_owned(), 0));
    assert_eq!(assignors(&["CooperativeStickyAssignor"]), ("cooperative-sticky".to_owned(), 0));
    assert_eq!(assignors(&["CooperativeStickyAssignor", "RangeAssignor"]), ("range".to_owned(), 1));
}

#[test]
fn what_has_no_meaning_is_told_once_and_what_nobody_knows_is_named() {
    check_warning(Admin, &[("security.providers", "a.B")], "'security.providers' has no effect: it belongs to the JVM");
    check_warning(Admin, &[("metric.reporters", "a.B,c.D")], "Java classes cannot be loaded (a.B, c.D)");
    check_warning(Producer, &[("interceptor.classes", "a.B")], "'interceptor.classes'");
    check_warning(
        Consumer,
        &[("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer")],
        "'key.deserializer' has no effect",
    );
    let quiet = [
        ("key.deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer"),
        ("metric.reporters", "org.apache.kafka.common.metrics.JmxReporter"),
        ("metrics.context.connect.group.id", "g"),
        ("config.providers.file.class", "x"),
    ];
    let config = config(Consumer, &quiet);
    assert_eq!((config.warnings.len(), config.unused.len()), (0, 0));
    let config = translate(Admin, &java(&[("plugin.path", "x"), ("acks", "all"), ("a", "b")])).unwrap();
    assert_eq!(config.unused, ["a", "acks", "plugin.path"]);
}

// === security ===

fn store(name: &str) -> String {
    format!("{}/testdata/stores/{name}", env!("CARGO_MANIFEST_DIR"))
}

const PLAIN: &str =
    "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"p\\\"w\";";

#[test]
fn names_and_passwords_come_out_of_the_jaas_text() {
    let given = [("security.protocol", "SASL_PLAINTEXT"), ("sasl.mechanism", "PLAIN"), ("sasl.jaas.config", PLAIN)];
    check(
        Consumer,
        &given,
        &[
            ("security.protocol", "sasl_plaintext"),
            ("sasl.mechanism", "PLAIN"),
            ("sasl.username", "u"),
            ("sasl.password", "p\"w"),
        ],
    );
    assert!(!format!("{:?}", config(Consumer, &given)).contains("p\"w"));
    let scram = "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"u\" password=\"x\";";
    check(
        Admin,
        &[("security.protocol", "sasl_ssl"), ("sasl.mechanism", "SCRAM-SHA-512"), ("sasl.jaas.config", scram)],
        &[("sasl.mechanism", "SCRAM-SHA-512"), ("security.protocol", "sasl_ssl"), ("sasl.password", "x")],
    );
}

#[test]
fn the_login_may_stand_in_a_file_that_the_environment_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jaas.conf");
    std::fs::write(&path, format!("KafkaClient {{ {PLAIN} }};")).unwrap();
    let environment = ClientEnvironment { login_config: Some(path), ..ClientEnvironment::default() };
    let given = java(&[("security.protocol", "SASL_PLAINTEXT"), ("sasl.mechanism", "PLAIN")]);
    assert_eq!(translate_in(Admin, &given, &environment).unwrap().properties["sasl.username"], "u");
}

#[test]
fn kerberos_is_refused_by_name_even_where_it_is_only_the_default() {
    check_refusal(
        Admin,
        &[("security.protocol", "SASL_SSL")],
        "Invalid value GSSAPI for configuration sasl.mechanism: This build has no Kerberos. GSSAPI is the default: set \
         sasl.mechanism. There are PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER.",
    );
}

#[test]
fn a_client_that_is_not_secure_reads_no_stores() {
    check(
        Admin,
        &[("ssl.truststore.location", "/no/such"), ("sasl.jaas.config", "x")],
        &[("ssl.ca.pem", "-"), ("sasl.username", "-")],
    );
}

#[test]
fn stores_become_pem() {
    let (trust, keys) = (store("truststore.jks"), store("keystore.jks"));
    let given = [
        ("security.protocol", "SSL"),
        ("ssl.truststore.location", trust.as_str()),
        ("ssl.truststore.password", "store-pass"),
        ("ssl.keystore.location", keys.as_str()),
        ("ssl.keystore.password", "store-pass"),
        ("ssl.key.password", "key-pass"),
    ];
    let config = config(Producer, &given);
    assert_eq!(config.warnings.len(), 0, "{:?}", config.warnings);
    let count = |name: &str, text: &str| config.properties[name].matches(text).count();
    assert_eq!(count("ssl.ca.pem", "BEGIN CERTIFICATE"), 2);
    assert_eq!(count("ssl.certificate.pem", "BEGIN CERTIFICATE"), 2);
    assert_eq!(count("ssl.key.pem", "BEGIN PRIVATE KEY"), 1);
    assert_eq!(config.properties["ssl.endpoint.identification.algorithm"], "https");
}

#[test]
fn pem_may_stand_in_the_configuration() {
    // A properties file with backslashes at the line ends makes one line of it.
    let ca = std::fs::read_to_string(store("ca.pem")).unwrap().replace('\n', " ");
    let keys = std::fs::read_to_string(store("keystore-encrypted.pem")).unwrap().replace('\n', " ");
    let given = [
        ("security.protocol", "SSL"),
        ("ssl.truststore.type", "PEM"),
        ("ssl.truststore.certificates", ca.as_str()),
        ("ssl.keystore.type", "PEM"),
        ("ssl.keystore.key", keys.as_str()),
        ("ssl.keystore.certificate.chain", keys.as_str()),
        ("ssl.key.password", "key-pass"),
    ];
    let config = config(Producer, &given);
    assert!(config.properties["ssl.key.pem"].starts_with("-----BEGIN PRIVATE KEY-----"));
    assert!(config.properties["ssl.ca.pem"].starts_with("-----BEGIN CERTIFICATE-----"));
}

#[test]
fn a_store_that_cannot_be_read_is_named_with_its_key() {
    let trust = store("truststore.p12");
    check_refusal(
        Consumer,
        &[("security.protocol", "SSL"), ("ssl.truststore.location", &trust), ("ssl.truststore.password", "wrong")],
        &format!("'ssl.truststore.location' is {trust}: the password is wrong, or the store was tampered with"),
    );
    check_refusal(
        Consumer,
        &[("security.protocol", "SSL"), ("ssl.truststore.location", "/no/such.jks")],
        "'ssl.truststore.location' is /no/such.jks: there is no such file",
    );
}

#[test]
fn a_trust_store_without_a_root_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("leaf.pem");
    let keys = std::fs::read_to_string(store("keystore.pem")).unwrap();
    let leaf = &keys[keys.find("-----BEGIN CERTIFICATE").unwrap()..];
    let leaf = &leaf[..leaf.find("-----END CERTIFICATE-----").unwrap() + 26];
    std::fs::write(&path, leaf).unwrap();
    let given = [("security.protocol", "SSL"), ("ssl.truststore.location", path.to_str().unwrap())];
    check_warning(Admin, &given, "holds no self-signed certificate");
}

#[test]
fn names_of_peers_versions_and_ciphers() {
    let tls = |key: &'static str, value: &'static str| [("security.protocol", "SSL"), (key, value)];
    let algorithm = "ssl.endpoint.identification.algorithm";
    check(Admin, &tls(algorithm, ""), &[(algorithm, "none")]);
    check(Admin, &tls(algorithm, "HTTPS"), &[(algorithm, "https")]);

    let versions = "ssl.enabled.protocols";
    assert_eq!(config(Admin, &tls(versions, "TLSv1.2,TLSv1.3")).warnings.len(), 0);
    check_warning(Admin, &tls(versions, "TLSv1.2"), "cannot be limited to one version");
    check_warning(Admin, &tls(versions, "TLSv1.2,TLSv1.1,TLSv1"), "versions of TLS that are not spoken");
    check_refusal(
        Admin,
        &tls(versions, "TLSv1.1"),
        "Invalid value TLSv1.1 for configuration ssl.enabled.protocols: These versions are not secure and not \
         supported; there are TLSv1.2 and TLSv1.3.",
    );

    let suites = "ssl.cipher.suites";
    check(
        Admin,
        &tls(suites, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"),
        &[(suites, "ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384")],
    );
    check(Admin, &tls(suites, "TLS_AES_128_GCM_SHA256"), &[(suites, "-")]);
    check_warning(Admin, &tls(suites, "TLS_AES_128_GCM_SHA256"), "TLS 1.3 only");
    check(Admin, &tls(suites, "TLS_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_128_CBC_SHA"), &[(suites, "AES128-SHA")]);
}

#[test]
fn tokens_are_made_when_they_are_asked_for() {
    let jaas = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required \
                unsecuredLoginStringClaim_sub=\"alice\";";
    let given = [("security.protocol", "SASL_SSL"), ("sasl.mechanism", "OAUTHBEARER"), ("sasl.jaas.config", jaas)];
    let config = config(Producer, &given);
    assert_eq!(config.properties["sasl.mechanism"], "OAUTHBEARER");
    let token = config.oauth.unwrap().token().unwrap();
    assert_eq!(token.principal, "alice");
    assert!(!format!("{token:?}").contains(&token.token));
}
