//! Keys of consumers.

use aqueduct_config::{ConfigError, ConfigValueData};

use super::draft::Draft;
use super::error::{CONFIG_EXCEPTION, ILLEGAL_ARGUMENT, INVALID_CONFIGURATION};
use super::result::{ConsumerExtras, OffsetReset};
use super::row::Check::{self, Anything, AtLeast, Items, NotEmpty, OneOf, OneOfAnyCase};
use super::row::Meaning::{Clamped, Is, Own, Warned};
use super::row::{INT, Row, row};
use super::{ClientConfigError, classes, keys};

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row("allow.auto.create.topics", Anything, Is("allow.auto.create.topics")),
    row("auto.commit.interval.ms", AtLeast(0), Clamped("auto.commit.interval.ms", 1, 86_400_000)),
    row(keys::AUTO_OFFSET_RESET, Check::OffsetReset, Own),
    row("check.crcs", Anything, Is("check.crcs")),
    row(keys::CLIENT_RACK, Anything, Own),
    row(keys::ENABLE_AUTO_COMMIT, Anything, Own),
    row(keys::EXCLUDE_INTERNAL_TOPICS, Anything, Own),
    row(keys::FETCH_MAX_BYTES, AtLeast(0), Own),
    row("fetch.max.wait.ms", AtLeast(0), Clamped("fetch.wait.max.ms", 0, 300_000)),
    row("fetch.min.bytes", AtLeast(0), Clamped("fetch.min.bytes", 1, 100_000_000)),
    row(keys::GROUP_ID, Anything, Own),
    row(keys::GROUP_INSTANCE_ID, NotEmpty, Own),
    row(keys::GROUP_PROTOCOL, OneOfAnyCase(&["CONSUMER", "CLASSIC"]), Own),
    row(keys::GROUP_REMOTE_ASSIGNOR, Anything, Own),
    row(keys::HEARTBEAT_INTERVAL_MS, Anything, Own),
    row(keys::ISOLATION_LEVEL, OneOf(&["read_committed", "read_uncommitted"]), Own),
    row(keys::KEY_DESERIALIZER, Anything, Own),
    row(keys::MAX_PARTITION_FETCH_BYTES, AtLeast(0), Own),
    row(keys::MAX_POLL_INTERVAL_MS, AtLeast(1), Own),
    row(keys::MAX_POLL_RECORDS, AtLeast(1), Own),
    row(keys::PARTITION_ASSIGNMENT_STRATEGY, Items, Own),
    row(keys::SESSION_TIMEOUT_MS, Anything, Own),
    row("share.acknowledgement.mode", OneOf(&["implicit", "explicit"]), Warned("share groups are not used here")),
    row("share.acquire.mode", OneOfAnyCase(&["batch_optimized", "record_limit"]), Warned("share groups are not used here")),
    row(keys::VALUE_DESERIALIZER, Anything, Own),
];

/// What librdkafka may fetch ahead for a consumer, in KiB. Its own default of 64 MiB, times a hundred sink tasks, is
/// more than a small machine has.
const FETCH_AHEAD: i64 = 16 * 1024;

pub(super) fn translate(draft: &mut Draft<'_>) -> Result<ConsumerExtras, ClientConfigError> {
    let group_id = draft.text(keys::GROUP_ID)?.map(str::to_owned);
    let modern = draft.text(keys::GROUP_PROTOCOL)?.is_some_and(|name| name.eq_ignore_ascii_case("consumer"));
    instance(draft)?;
    let enable_auto_commit = auto_commit(draft, group_id.as_deref())?;
    group_protocol(draft, modern)?;
    if let Some(group) = &group_id {
        if group.trim().is_empty() {
            let class = "org.apache.kafka.common.errors.InvalidGroupIdException";
            let message = "The configured group.id should not be an empty string or whitespace.";
            return Err(ClientConfigError::invalid(keys::GROUP_ID, class, message).in_constructor(draft.client));
        }
        draft.set("group.id", group);
    }
    if modern {
        draft.set("group.protocol", "consumer");
        if let Some(assignor) = draft.text(keys::GROUP_REMOTE_ASSIGNOR)?.map(str::to_owned).filter(|a| !a.is_empty()) {
            draft.set("group.remote.assignor", assignor);
        }
        draft.set("max.poll.interval.ms", draft.number(keys::MAX_POLL_INTERVAL_MS)?.clamp(1, 86_400_000));
    } else {
        draft.set("group.protocol", "classic");
        membership(draft, group_id.is_some())?;
        let strategy = assignors(draft)?;
        draft.set("partition.assignment.strategy", strategy);
    }
    let auto_offset_reset = offset_reset(draft)?;
    fetching(draft)?;
    without_deserializers(draft)?;

    let isolation = draft.text(keys::ISOLATION_LEVEL)?.unwrap_or("read_uncommitted").to_owned();
    draft.set("isolation.level", &isolation);
    let rack = draft.text(keys::CLIENT_RACK)?.unwrap_or_default().to_owned();
    if !rack.is_empty() {
        draft.set("client.rack", rack);
    }
    Ok(ConsumerExtras {
        max_poll_records: draft.size(keys::MAX_POLL_RECORDS)?,
        metadata_max_age: draft.millis(keys::METADATA_MAX_AGE_MS)?,
        exclude_internal_topics: draft.config.boolean(keys::EXCLUDE_INTERNAL_TOPICS)?,
        group_id,
        enable_auto_commit,
        auto_offset_reset,
        read_committed: isolation == "read_committed",
    })
}

fn instance(draft: &mut Draft<'_>) -> Result<(), ClientConfigError> {
    let Some(id) = draft.text(keys::GROUP_INSTANCE_ID)?.map(str::to_owned) else { return Ok(()) };
    let rest = match id.as_str() {
        "." | ".." => Some(format!("'{id}' is not allowed")),
        long if long.encode_utf16().count() > 249 => {
            Some(format!("the length of '{id}' is longer than the max allowed length 249"))
        }
        other if !other.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')) => {
            Some(format!("'{id}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"))
        }
        _ => None,
    };
    if let Some(rest) = rest {
        let message = format!("Group instance id is invalid: {rest}");
        return Err(ClientConfigError::invalid(keys::GROUP_INSTANCE_ID, INVALID_CONFIGURATION, message));
    }
    draft.set("group.instance.id", id);
    Ok(())
}

fn auto_commit(draft: &mut Draft<'_>, group_id: Option<&str>) -> Result<bool, ClientConfigError> {
    let key = keys::ENABLE_AUTO_COMMIT;
    let wanted = draft.config.boolean(key)?;
    if group_id.is_none() && wanted && draft.is_given(key) {
        let message = "enable.auto.commit cannot be set to true when default group id (null) is used.";
        return Err(ClientConfigError::invalid(key, INVALID_CONFIGURATION, message));
    }
    let enabled = wanted && group_id.is_some();
    draft.set(key, enabled);
    Ok(enabled)
}

/// The two group protocols have keys that the other does not know.
fn group_protocol(draft: &Draft<'_>, modern: bool) -> Result<(), ClientConfigError> {
    let (protocol, foreign): (_, &[&str]) = if modern {
        ("CONSUMER", &[keys::PARTITION_ASSIGNMENT_STRATEGY, keys::HEARTBEAT_INTERVAL_MS, keys::SESSION_TIMEOUT_MS])
    } else {
        ("CLASSIC", &[keys::GROUP_REMOTE_ASSIGNOR])
    };
    match foreign.iter().find(|key| draft.config.original(key).is_some_and(|value| !value.is_empty())) {
        Some(key) => {
            let message = format!("{key} cannot be set when group.protocol={protocol}");
            Err(ClientConfigError::invalid(key, CONFIG_EXCEPTION, message))
        }
        None => Ok(()),
    }
}

fn membership(draft: &mut Draft<'_>, grouped: bool) -> Result<(), ClientConfigError> {
    let session = draft.number(keys::SESSION_TIMEOUT_MS)?;
    let heartbeat = draft.number(keys::HEARTBEAT_INTERVAL_MS)?;
    let wrong = |key: &str, message: String| {
        Err(ClientConfigError::invalid(key, ILLEGAL_ARGUMENT, message).in_constructor(draft.client))
    };
    if grouped && heartbeat >= session {
        return wrong(keys::HEARTBEAT_INTERVAL_MS, "Heartbeat must be set lower than the session timeout".to_owned());
    }
    if grouped && heartbeat < 0 {
        return wrong(keys::HEARTBEAT_INTERVAL_MS, format!("Invalid negative timeout {heartbeat}"));
    }
    let session = session.clamp(1, 3_600_000);
    let poll = draft.number(keys::MAX_POLL_INTERVAL_MS)?.clamp(1, 86_400_000);
    if poll < session && draft.is_given(keys::MAX_POLL_INTERVAL_MS) {
        let what = format!("is {poll}, and {session} is used: it cannot be shorter than session.timeout.ms");
        draft.warn(keys::MAX_POLL_INTERVAL_MS, what);
    }
    draft.set("session.timeout.ms", session);
    draft.set("heartbeat.interval.ms", heartbeat.clamp(1, 3_600_000));
    draft.set("max.poll.interval.ms", poll.max(session));
    Ok(())
}

/// Class names of assignors to librdkafka's names for them.
///
/// librdkafka does not mix assignors that give up all partitions in a rebalance with those that keep theirs. Java does,
/// by behaving like the former; so where both are named (as in the default) the former are taken alone. The group goes
/// on as it would: it settles for an assignor that all members name.
fn assignors(draft: &mut Draft<'_>) -> Result<String, ClientConfigError> {
    let key = keys::PARTITION_ASSIGNMENT_STRATEGY;
    let mut eager = Vec::new();
    let mut cooperative = Vec::new();
    for class in draft.list(key)? {
        // The default prints as Java prints classes.
        match class.strip_prefix("class ").unwrap_or(class) {
            classes::RANGE_ASSIGNOR => eager.push("range"),
            classes::ROUND_ROBIN_ASSIGNOR => eager.push("roundrobin"),
            classes::COOPERATIVE_STICKY_ASSIGNOR => cooperative.push("cooperative-sticky"),
            classes::STICKY_ASSIGNOR => {
                let why = "The eager sticky assignor is not supported; use \
                           org.apache.kafka.clients.consumer.CooperativeStickyAssignor or RangeAssignor.";
                return Err(ClientConfigError::unsupported_value(key, class, why));
            }
            other => {
                let why = "Java classes cannot be loaded; use RangeAssignor, RoundRobinAssignor or \
                           CooperativeStickyAssignor of org.apache.kafka.clients.consumer.";
                return Err(ClientConfigError::unsupported_value(key, other, why));
            }
        }
    }
    if eager.is_empty() && cooperative.is_empty() {
        let why = "At least one assignor is needed, such as org.apache.kafka.clients.consumer.RangeAssignor.";
        return Err(ClientConfigError::unsupported_value(key, "[]", why));
    }
    if !eager.is_empty() && !cooperative.is_empty() && draft.is_given(key) {
        draft.warn(key, format_args!("names both eager and cooperative assignors: only {} is used", eager.join(", ")));
    }
    Ok(if eager.is_empty() { cooperative } else { eager }.join(","))
}

fn offset_reset(draft: &mut Draft<'_>) -> Result<OffsetReset, ClientConfigError> {
    let key = keys::AUTO_OFFSET_RESET;
    let (reset, name) = match draft.text(key)? {
        Some("earliest") => (OffsetReset::Earliest, "earliest"),
        Some("none") => (OffsetReset::None, "error"),
        Some(duration) if duration.starts_with(BY_DURATION) => {
            let why = "Starting by duration is not supported; use earliest, latest or none.";
            return Err(ClientConfigError::unsupported_value(key, duration, why));
        }
        _ => (OffsetReset::Latest, "latest"),
    };
    draft.set(key, name);
    Ok(reset)
}

fn fetching(draft: &mut Draft<'_>) -> Result<(), ClientConfigError> {
    let partition = draft.number(keys::MAX_PARTITION_FETCH_BYTES)?.clamp(1, 1_000_000_000);
    draft.set("max.partition.fetch.bytes", partition);
    let mut ahead = FETCH_AHEAD.max(partition / 1024 + 1);
    // Where it is not set, librdkafka keeps one answer within what may be fetched ahead.
    if draft.is_given(keys::FETCH_MAX_BYTES) {
        let answer = draft.number(keys::FETCH_MAX_BYTES)?.clamp(1_000, 2_147_483_135);
        draft.set("fetch.max.bytes", answer);
        draft.set("message.max.bytes", answer.min(1_000_000));
        ahead = ahead.max(answer / 1024);
    }
    draft.set("queued.max.messages.kbytes", ahead.clamp(1, 2_097_151));
    let records = draft.number(keys::MAX_POLL_RECORDS)?;
    draft.set("queued.min.messages", records.saturating_mul(20).clamp(1_000, 100_000));
    // How soon fetching goes on after the limits above were met. The default of a second suits a queue of 64 MiB; a
    // small one is empty long before.
    draft.set("fetch.queue.backoff.ms", 20);
    draft.set("fetch.error.backoff.ms", draft.number(keys::RETRY_BACKOFF_MS)?.clamp(1, 300_000).min(INT));
    Ok(())
}

/// Records stay bytes until they leave here.
fn without_deserializers(draft: &mut Draft<'_>) -> Result<(), ClientConfigError> {
    for key in [keys::KEY_DESERIALIZER, keys::VALUE_DESERIALIZER] {
        match draft.text(key)?.map(str::to_owned) {
            Some(class) if !classes::BYTES.contains(&class.as_str()) => {
                draft.warn(key, format_args!("has no effect: records are read by Connect's converters ({class})"));
            }
            _ => {}
        }
    }
    Ok(())
}

const BY_DURATION: &str = "by_duration:";

/// The validator of `auto.offset.reset`.
pub(super) fn check_offset_reset(name: &str, value: &ConfigValueData) -> Result<(), ConfigError> {
    let text = value.as_str().unwrap_or("null");
    let valid = match text.strip_prefix(BY_DURATION) {
        Some(duration) => is_duration(duration),
        None => matches!(text, "earliest" | "latest" | "none"),
    };
    if valid {
        return Ok(());
    }
    let why = format!(
        "Invalid value `{text}` for configuration {name}. The value must be either 'earliest', 'latest', 'none' or of \
         the format 'by_duration:<PnDTnHnMn.nS.>'."
    );
    Err(ConfigError::invalid(name, text, why))
}

/// Whether a text is a duration of ISO 8601 that is not negative: `P1DT2H3M4.5S`, in any case.
fn is_duration(text: &str) -> bool {
    let text = text.to_ascii_uppercase();
    let Some(rest) = text.strip_prefix('P') else { return false };
    let (days, time) = match rest.split_once('T') {
        Some((_, "")) => return false,
        Some((days, time)) => (days, time),
        None => (rest, ""),
    };
    if days.is_empty() && time.is_empty() {
        return false;
    }
    units(days, "D").is_some_and(str::is_empty) && units(time, "HMS").is_some_and(str::is_empty)
}

/// Takes `12H34M…` off the front, in the order of `names`; only seconds may have a fraction.
fn units<'a>(mut text: &'a str, names: &str) -> Option<&'a str> {
    for name in names.chars() {
        let Some((number, rest)) = text.split_once(name) else { continue };
        let number = number.strip_prefix('+').unwrap_or(number);
        let (whole, fraction) = match number.split_once('.') {
            Some((whole, fraction)) if name == 'S' => (whole, fraction),
            Some(_) => return None,
            None => (number, ""),
        };
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 9 {
            return None;
        }
        text = rest;
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::is_duration;

    #[track_caller]
    fn check(text: &str, valid: bool) {
        assert_eq!(is_duration(text), valid, "{text}");
    }

    #[test]
    fn durations_are_those_of_java() {
        for valid in ["PT1H", "P1D", "P1DT2H3M4.5S", "pt0.000000001s", "PT+1H", "P2DT3M", "PT90M"] {
            check(valid, true);
        }
        for invalid in ["", "x", "-PT1H", "P", "PT", "P1DT", "P1H", "PT1D", "PT1.5H", "PT1S2M", "1H", "PT-1H", "PT1"] {
            check(invalid, false);
        }
    }
}
