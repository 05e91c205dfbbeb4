//! Every way to be secure, against a real broker: TLS both ways, all mechanisms, every format of store; and what happens
//! when something about it is wrong.
//!
//! Starts one broker with `tests/testbed/testbed.sh` (another script: `AQUEDUCT_TESTBED`), which needs Java. Without Java
//! the test does not run and says so on standard error.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use aqueduct_kafka::raw::RawClient;
use aqueduct_kafka::{
    ClientSettings, Delivery, DeliverySink, ErrorKind, KafkaError, Producer, ProducerRecord, RecordMetadata,
};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// How long anything may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

const PLAIN_LOGIN: &str = "org.apache.kafka.common.security.plain.PlainLoginModule";
const SCRAM_LOGIN: &str = "org.apache.kafka.common.security.scram.ScramLoginModule";
const OAUTH_LOGIN: &str = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule";

/// A broker with a listener for each kind of security; gone when it goes out of scope.
struct Broker {
    testbed: PathBuf,
    folder: tempfile::TempDir,
    plaintext: u16,
    /// TLS, where clients need a certificate.
    mutual: u16,
    /// TLS with a certificate that names no host.
    nameless: u16,
    /// TLS and a login.
    login: u16,
}

impl Broker {
    /// `None` when there is no Java.
    fn start() -> Option<Self> {
        if Command::new("java").arg("-version").output().is_err() {
            // Not `eprintln!`, which a passing test swallows.
            let _ = writeln!(std::io::stderr(), "tests/security.rs DID NOT RUN: there is no java to run a broker with");
            return None;
        }
        let testbed = std::env::var_os("AQUEDUCT_TESTBED")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/testbed/testbed.sh"), PathBuf::from);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let plaintext = free_ports();
        let (mutual, nameless, login) = (plaintext + 1, plaintext + 2, plaintext + 3);
        let broker = Self { testbed, folder, plaintext, mutual, nameless, login };
        broker.run("start", &broker.settings());
        broker.add_scram_users();
        Some(broker)
    }

    fn settings(&self) -> Vec<String> {
        let Self { plaintext, mutual, nameless, login, .. } = self;
        let listeners = format!(
            "PLAINTEXT://127.0.0.1:{plaintext},MUTUAL://127.0.0.1:{mutual},NAMELESS://127.0.0.1:{nameless},\
             LOGIN://127.0.0.1:{login}"
        );
        let mut settings = vec![
            plaintext.to_string(),
            self.folder.path().display().to_string(),
            format!("listeners={listeners},CONTROLLER://127.0.0.1:{}", plaintext + 10_000),
            format!("advertised.listeners={listeners}"),
            "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,MUTUAL:SSL,NAMELESS:SSL,\
             LOGIN:SASL_SSL"
                .to_owned(),
            "listener.name.mutual.ssl.client.auth=required".to_owned(),
            format!("ssl.truststore.location={}", store("truststore.jks")),
            "ssl.truststore.password=store-pass".to_owned(),
            "listener.name.login.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER".to_owned(),
            format!("listener.name.login.plain.sasl.jaas.config={PLAIN_LOGIN} required user_alice=\"al\\\\\"ice\";"),
            format!("listener.name.login.scram-sha-256.sasl.jaas.config={SCRAM_LOGIN} required;"),
            format!("listener.name.login.scram-sha-512.sasl.jaas.config={SCRAM_LOGIN} required;"),
            format!("listener.name.login.oauthbearer.sasl.jaas.config={OAUTH_LOGIN} required;"),
        ];
        for (listener, keys) in [("mutual", "broker.p12"), ("login", "broker.p12"), ("nameless", "keystore.p12")] {
            settings.push(format!("listener.name.{listener}.ssl.keystore.location={}", store(keys)));
            settings.push(format!("listener.name.{listener}.ssl.keystore.password=store-pass"));
        }
        settings
    }

    fn add_scram_users(&self) {
        let server = format!("127.0.0.1:{}", self.plaintext);
        for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512"] {
            let alteration = format!("{mechanism}=[password=bob-pass]");
            let command = ["kafka.admin.ConfigCommand", "--bootstrap-server", &server, "--alter"];
            let user = ["--entity-type", "users", "--entity-name", "bob", "--add-config", &alteration];
            let arguments: Vec<String> = command.iter().chain(&user).map(|text| (*text).to_owned()).collect();
            self.run("java", &arguments);
        }
    }

    fn run(&self, command: &str, arguments: &[String]) {
        let output = Command::new("bash").arg(&self.testbed).arg(command).args(arguments).output().expect("bash");
        let text = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "testbed.sh {command}: {}", String::from_utf8_lossy(&text));
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let stopped = Command::new("bash").arg(&self.testbed).arg("kill").arg(self.folder.path()).output();
        let _ = stopped.map_err(|error| writeln!(std::io::stderr(), "stopping the broker: {error}"));
    }
}

/// The first of four free ports in a row whose controller port is free too. They are below those that systems hand out.
fn free_ports() -> u16 {
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let start = 15_000 + u16::try_from(std::process::id() % 1_000).unwrap_or(0) * 7;
    (start..22_000)
        .step_by(4)
        .find(|port| (*port..port + 4).all(free) && free(port + 10_000))
        .expect("four free ports in a row")
}

fn store(name: &str) -> String {
    format!("{}/testdata/stores/{name}", env!("CARGO_MANIFEST_DIR"))
}

struct Results(mpsc::UnboundedSender<Result<RecordMetadata, KafkaError>>);

impl DeliverySink for Results {
    fn delivered(&self, deliveries: &[Delivery]) {
        for delivery in deliveries {
            let _ = self.0.send(delivery.outcome.clone());
        }
    }
}

/// Writes one record; answers its fate, or what ended the producer.
async fn write(port: u16, given: &[(&str, &str)]) -> Result<RecordMetadata, KafkaError> {
    let server = format!("127.0.0.1:{port}");
    // A record that cannot be written ends soon.
    let base = [
        ("bootstrap.servers", server.as_str()),
        ("request.timeout.ms", "4000"),
        ("linger.ms", "0"),
        ("delivery.timeout.ms", if given.contains(&IMPATIENT) { "5000" } else { "60000" }),
    ];
    let user: BTreeMap<String, String> = base
        .iter()
        .chain(given.iter().filter(|pair| **pair != IMPATIENT))
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    let producer = Producer::create(&ClientSettings::from_user(user))?;
    let (sender, mut results) = mpsc::unbounded_channel();
    let mut lane = producer.register(Arc::new(Results(sender)))?;
    let record = ProducerRecord {
        topic: "secured".into(),
        partition: None,
        key: None,
        value: Some("hello".into()),
        timestamp: None,
        headers: Vec::new(),
    };
    lane.send(1, &record)?;
    let result = tokio::select! {
        result = results.recv() => result.expect("the lane is still there"),
        fault = producer.faulted() => Err(fault),
    };
    drop(lane);
    producer.close(Duration::ZERO).await;
    result
}

/// Has a coordinator found and a producer fenced by the client of our own, which has TLS and logins of its own.
async fn ask_raw(port: u16, given: &[(&str, &str)]) -> Result<(), KafkaError> {
    let server = format!("127.0.0.1:{port}");
    let api_timeout = if given.contains(&IMPATIENT) { "5000" } else { "60000" };
    let base = [
        ("bootstrap.servers", server.as_str()),
        ("request.timeout.ms", "4000"),
        ("default.api.timeout.ms", api_timeout),
    ];
    let user = base.iter().chain(given.iter().filter(|pair| **pair != IMPATIENT));
    let user = user.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let client = RawClient::create(&ClientSettings::from_user(user))?;
    client.fence_producers(&["secured".to_owned()]).await.remove(0).map(|_| ())
}

/// A mark among properties: what is to be written cannot be, so do not wait long.
const IMPATIENT: (&str, &str) = ("", "impatient");

async fn check(what: &str, port: u16, given: &[(&str, &str)]) {
    match timeout(PATIENCE, ask_raw(port, given)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => panic!("{what}, raw: {error}"),
        Err(_) => panic!("{what}, raw: nothing happened"),
    }
    match timeout(PATIENCE, write(port, given)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => panic!("{what}: {error}"),
        Err(_) => panic!("{what}: nothing happened"),
    }
}

async fn check_failure(what: &str, port: u16, given: &[(&str, &str)], kinds: &[ErrorKind]) {
    let given: Vec<_> = given.iter().copied().chain([IMPATIENT]).collect();
    match timeout(PATIENCE, ask_raw(port, &given)).await {
        Ok(Err(error)) => assert!(kinds.contains(&error.kind()), "{what}, raw: {:?}: {error}", error.kind()),
        Ok(Ok(())) => panic!("{what}, raw: the producer was fenced"),
        Err(_) => panic!("{what}, raw: nothing happened"),
    }
    match timeout(PATIENCE, write(port, &given)).await {
        Ok(Err(error)) => assert!(kinds.contains(&error.kind()), "{what}: {:?}: {error}", error.kind()),
        Ok(Ok(_)) => panic!("{what}: the record was written"),
        Err(_) => panic!("{what}: nothing happened"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_to_be_secure_works_and_every_mistake_shows() {
    let Some(broker) = Broker::start() else { return };
    let (jks_trust, p12_trust, pem_trust) = (store("truststore.jks"), store("truststore-rc2.p12"), store("ca.pem"));
    let tls = ("security.protocol", "SSL");
    let trust_jks = [("ssl.truststore.location", jks_trust.as_str()), ("ssl.truststore.password", "store-pass")];
    let trust_pem = [("ssl.truststore.type", "PEM"), ("ssl.truststore.location", pem_trust.as_str())];

    // TLS both ways, with stores of every format.
    let (jks_keys, p12_keys, pem_keys) =
        (store("keystore.jks"), store("keystore.p12"), store("keystore-encrypted.pem"));
    let keys = [
        ("ssl.keystore.location", jks_keys.as_str()),
        ("ssl.keystore.password", "store-pass"),
        ("ssl.key.password", "key-pass"),
    ];
    check("JKS", broker.mutual, &[&[tls][..], &trust_jks, &keys].concat()).await;
    let keys = [
        ("ssl.truststore.location", p12_trust.as_str()),
        ("ssl.truststore.password", "store-pass"),
        ("ssl.keystore.location", p12_keys.as_str()),
        ("ssl.keystore.password", "store-pass"),
    ];
    check("PKCS12", broker.mutual, &[&[tls][..], &keys].concat()).await;
    let keys =
        [("ssl.keystore.type", "PEM"), ("ssl.keystore.location", pem_keys.as_str()), ("ssl.key.password", "key-pass")];
    check("PEM files", broker.mutual, &[&[tls][..], &trust_pem, &keys].concat()).await;
    let read = |path: &str| std::fs::read_to_string(path).expect("a store").replace('\n', " ");
    let (ca, both) = (read(&pem_trust), read(&pem_keys));
    let keys = [
        ("ssl.truststore.type", "PEM"),
        ("ssl.truststore.certificates", ca.as_str()),
        ("ssl.keystore.type", "PEM"),
        ("ssl.keystore.key", both.as_str()),
        ("ssl.keystore.certificate.chain", both.as_str()),
        ("ssl.key.password", "key-pass"),
    ];
    check("PEM in the configuration", broker.mutual, &[&[tls][..], &keys].concat()).await;

    // A certificate that does not name the host.
    let unchecked = ("ssl.endpoint.identification.algorithm", "");
    check("names left unchecked", broker.nameless, &[&[tls, unchecked][..], &trust_jks].concat()).await;

    // Logins.
    let logins = [
        ("PLAIN", format!("{PLAIN_LOGIN} required username=\"alice\" password=\"al\\\"ice\";")),
        ("SCRAM-SHA-256", format!("{SCRAM_LOGIN} required username=\"bob\" password=\"bob-pass\";")),
        ("SCRAM-SHA-512", format!("{SCRAM_LOGIN} required username=\"bob\" password=\"bob-pass\";")),
        ("OAUTHBEARER", format!("{OAUTH_LOGIN} required unsecuredLoginStringClaim_sub=\"carol\";")),
    ];
    let protocol = ("security.protocol", "SASL_SSL");
    for (mechanism, jaas) in &logins {
        let login = [protocol, ("sasl.mechanism", *mechanism), ("sasl.jaas.config", jaas)];
        check(mechanism, broker.login, &[&login[..], &trust_jks].concat()).await;
    }

    // Mistakes.
    let other = store("other.pem");
    let other_trust = [tls, ("ssl.truststore.location", other.as_str())];
    let tls_failures = [ErrorKind::Authentication, ErrorKind::Timeout, ErrorKind::Retriable];
    check_failure("another authority", broker.nameless, &other_trust, &tls_failures).await;
    check_failure("another name", broker.nameless, &[&[tls][..], &trust_jks].concat(), &tls_failures).await;
    check_failure("no certificate", broker.mutual, &[&[tls][..], &trust_jks].concat(), &tls_failures).await;
    let refused = [ErrorKind::Authentication];
    for (mechanism, jaas) in [
        ("PLAIN", format!("{PLAIN_LOGIN} required username=\"alice\" password=\"alice\";")),
        ("SCRAM-SHA-512", format!("{SCRAM_LOGIN} required username=\"bob\" password=\"alice\";")),
        ("SCRAM-SHA-256", format!("{SCRAM_LOGIN} required username=\"nobody\" password=\"bob-pass\";")),
    ] {
        let login = [protocol, ("sasl.mechanism", mechanism), ("sasl.jaas.config", &jaas)];
        check_failure(mechanism, broker.login, &[&login[..], &trust_jks].concat(), &refused).await;
    }
}
