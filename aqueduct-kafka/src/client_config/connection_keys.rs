//! Keys that all clients have, but for security: addresses, timeouts, backoffs, buffers, metrics.

use std::time::Duration;

use super::draft::Draft;
use super::row::Check::{Anything, AtLeast, Between, Items, OneOf, OneOfAnyCase};
use super::row::Meaning::{Clamped, Ignored, Is, Own};
use super::row::{INT, Row, row};
use super::{ClientConfigError, ClientKind, bootstrap, classes, keys};

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row(keys::BOOTSTRAP_CONTROLLERS, Items, Own),
    row(keys::BOOTSTRAP_SERVERS, Items, Own),
    row("client.dns.lookup", OneOf(&["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"]), Is("client.dns.lookup")),
    row(keys::CLIENT_ID, Anything, Own),
    row("config.providers", Items, Ignored),
    row(keys::CONNECTIONS_MAX_IDLE_MS, Anything, Own),
    row(keys::DEFAULT_API_TIMEOUT_MS, AtLeast(0), Own),
    row("enable.metrics.push", Anything, Is("enable.metrics.push")),
    row(keys::INTERCEPTOR_CLASSES, Items, Own),
    row(keys::METADATA_MAX_AGE_MS, AtLeast(0), Own),
    row("metadata.recovery.rebootstrap.trigger.ms", AtLeast(0), Clamped("metadata.recovery.rebootstrap.trigger.ms", 0, INT)),
    row(keys::METADATA_RECOVERY_STRATEGY, OneOfAnyCase(&["REBOOTSTRAP", "NONE"]), Own),
    row(keys::METRIC_REPORTERS, Items, Own),
    row("metrics.num.samples", AtLeast(1), Ignored),
    row("metrics.recording.level", OneOf(&["INFO", "DEBUG", "TRACE"]), Ignored),
    row("metrics.sample.window.ms", AtLeast(0), Ignored),
    row("receive.buffer.bytes", AtLeast(-1), Clamped("socket.receive.buffer.bytes", 0, 100_000_000)),
    row(keys::RECONNECT_BACKOFF_MAX_MS, AtLeast(0), Own),
    row(keys::RECONNECT_BACKOFF_MS, AtLeast(0), Own),
    row(keys::REQUEST_TIMEOUT_MS, AtLeast(0), Own),
    row(keys::RETRIES, Between(0, INT), Own),
    row(keys::RETRY_BACKOFF_MAX_MS, AtLeast(0), Own),
    row(keys::RETRY_BACKOFF_MS, AtLeast(0), Own),
    row("send.buffer.bytes", AtLeast(-1), Clamped("socket.send.buffer.bytes", 0, 100_000_000)),
    row("socket.connection.setup.timeout.max.ms", Anything, Ignored),
    row("socket.connection.setup.timeout.ms", Anything, Clamped("socket.connection.setup.timeout.ms", 1_000, INT)),
];

pub(super) fn translate(draft: &mut Draft<'_>) -> Result<(), ClientConfigError> {
    let servers = bootstrap::servers(draft)?;
    draft.set("bootstrap.servers", servers);

    let client_id = draft.text(keys::CLIENT_ID)?.unwrap_or_default().to_owned();
    let client_id = if client_id.is_empty() { draft.client.default_client_id().to_owned() } else { client_id };
    draft.set("client.id", client_id);

    let strategy = draft.text(keys::METADATA_RECOVERY_STRATEGY)?.unwrap_or_default().to_ascii_lowercase();
    draft.set("metadata.recovery.strategy", strategy);

    // 0 is never in librdkafka, a negative number in Java.
    let idle = draft.number(keys::CONNECTIONS_MAX_IDLE_MS)?;
    draft.set("connections.max.idle.ms", if idle < 0 { 0 } else { idle.clamp(1, INT) });
    // Java's clients always do; librdkafka's own default is off.
    draft.set("socket.keepalive.enable", true);

    if draft.client == ClientKind::Admin {
        // To ask for a topic is not to want it, which librdkafka assumes of consumers only.
        draft.set("allow.auto.create.topics", false);
    }

    // Java's key is how often metadata is looked up; librdkafka's of that name is how long an entry is believed.
    let age = draft.number(keys::METADATA_MAX_AGE_MS)?;
    draft.set("topic.metadata.refresh.interval.ms", age.clamp(10, 3_600_000));
    draft.set("metadata.max.age.ms", age.saturating_mul(3).clamp(30, 86_400_000));

    backoffs(draft)?;
    let request_timeout = draft.number(keys::REQUEST_TIMEOUT_MS)?;
    draft.set("socket.timeout.ms", request_timeout.clamp(10, 300_000));
    without_java_classes(draft)
}

fn backoffs(draft: &mut Draft<'_>) -> Result<(), ClientConfigError> {
    let base = draft.number(keys::RECONNECT_BACKOFF_MS)?;
    let mut max = draft.number(keys::RECONNECT_BACKOFF_MAX_MS)?;
    // Java's rule: who sets only the first does not want it cut off by the default of the second.
    if draft.is_given(keys::RECONNECT_BACKOFF_MS) && !draft.is_given(keys::RECONNECT_BACKOFF_MAX_MS) {
        max = base;
    }
    draft.set("reconnect.backoff.ms", base.min(max).clamp(0, 3_600_000));
    draft.set("reconnect.backoff.max.ms", max.clamp(0, 3_600_000));

    let max = draft.number(keys::RETRY_BACKOFF_MAX_MS)?;
    draft.set("retry.backoff.ms", draft.number(keys::RETRY_BACKOFF_MS)?.min(max).clamp(1, 300_000));
    draft.set("retry.backoff.max.ms", max.clamp(1, 300_000));
    Ok(())
}

/// Classes that would watch the client, which cannot be loaded.
fn without_java_classes(draft: &mut Draft<'_>) -> Result<(), ClientConfigError> {
    let others = |list: &[String]| {
        let others: Vec<&str> =
            list.iter().map(String::as_str).filter(|class| *class != classes::JMX_REPORTER).collect();
        others.join(", ")
    };
    let mut keys = vec![keys::METRIC_REPORTERS];
    if draft.client != ClientKind::Admin {
        keys.push(keys::INTERCEPTOR_CLASSES);
    }
    for key in keys {
        let classes = others(draft.list(key)?);
        if !classes.is_empty() {
            draft.warn(key, format_args!("has no effect: Java classes cannot be loaded ({classes})"));
        }
    }
    Ok(())
}

/// `default.api.timeout.ms`, which may not be shorter than a single request.
pub(super) fn default_api_timeout(draft: &Draft<'_>) -> Result<Duration, ClientConfigError> {
    if draft.client == ClientKind::Producer {
        return Ok(Duration::from_secs(60));
    }
    let key = keys::DEFAULT_API_TIMEOUT_MS;
    let whole = draft.millis(key)?;
    let one = draft.millis(keys::REQUEST_TIMEOUT_MS)?;
    if draft.client == ClientKind::Admin && whole < one {
        if draft.is_given(key) {
            let message = "The specified value of default.api.timeout.ms must be no smaller than the value of \
                           request.timeout.ms.";
            let error = ClientConfigError::invalid(key, super::error::CONFIG_EXCEPTION, message);
            return Err(error.in_constructor(draft.client));
        }
        return Ok(one);
    }
    Ok(whole)
}
