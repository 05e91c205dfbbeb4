//! Keys of producers.

use std::time::Duration;

use super::draft::Draft;
use super::error::CONFIG_EXCEPTION;
use super::result::{Idempotence, Partitioner, ProducerExtras};
use super::row::Check::{Anything, AtLeast, Between, GzipLevel, NotEmpty, OneOf};
use super::row::Meaning::{Ignored, Is, Own};
use super::row::{INT, Row, row};
use super::{ClientConfigError, classes, keys};

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row(keys::ACKS, OneOf(&["all", "-1", "0", "1"]), Own),
    row(keys::BATCH_SIZE, AtLeast(0), Own),
    row(keys::BUFFER_MEMORY, AtLeast(0), Own),
    row(keys::COMPRESSION_GZIP_LEVEL, GzipLevel, Own),
    row(keys::COMPRESSION_LZ4_LEVEL, Between(1, 17), Own),
    row("compression.type", OneOf(&["none", "gzip", "snappy", "lz4", "zstd"]), Is("compression.type")),
    row(keys::COMPRESSION_ZSTD_LEVEL, Between(-131072, 22), Own),
    row(keys::DELIVERY_TIMEOUT_MS, AtLeast(0), Own),
    row(keys::ENABLE_IDEMPOTENCE, Anything, Own),
    row(keys::KEY_SERIALIZER, Anything, Own),
    row(keys::LINGER_MS, AtLeast(0), Own),
    row(keys::MAX_BLOCK_MS, AtLeast(0), Own),
    row(keys::MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, AtLeast(1), Own),
    row(keys::MAX_REQUEST_SIZE, AtLeast(0), Own),
    row("metadata.max.idle.ms", AtLeast(5000), Ignored),
    row("partitioner.adaptive.partitioning.enable", Anything, Ignored),
    row("partitioner.availability.timeout.ms", AtLeast(0), Ignored),
    row(keys::PARTITIONER_CLASS, Anything, Own),
    row(keys::PARTITIONER_IGNORE_KEYS, Anything, Own),
    row(keys::TRANSACTION_TIMEOUT_MS, Anything, Own),
    row(keys::TRANSACTION_TWO_PHASE_COMMIT_ENABLE, Anything, Own),
    row(keys::TRANSACTIONAL_ID, NotEmpty, Own),
    row(keys::VALUE_SERIALIZER, Anything, Own),
];

/// The batch size where nobody chose one: Java's 16 KiB cost ten times the throughput on a busy partition, and nothing
/// that a person can see depends on it.
const BATCH_SIZE: i64 = 256 * 1024;
/// The longest time that can safely be added to another.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

pub(super) fn translate(draft: &mut Draft<'_>) -> Result<ProducerExtras, ClientConfigError> {
    let idempotence = idempotence(draft)?;
    let transactional_id = draft.text(keys::TRANSACTIONAL_ID)?.map(str::to_owned);
    let retries = draft.number(keys::RETRIES)?;
    draft.set("enable.idempotence", idempotence.enabled);
    draft.set("max.in.flight.requests.per.connection", idempotence.in_flight);
    draft.set("retries", retries);
    let acks = draft.text(keys::ACKS)?.unwrap_or("all").to_owned();
    draft.set("acks", if acks == "-1" { "all" } else { &acks });

    let delivery_timeout = delivery_timeout(draft)?;
    timeouts(draft, delivery_timeout, transactional_id.as_deref())?;
    if let Some(id) = &transactional_id {
        draft.set("transactional.id", id);
    }
    buffers(draft)?;
    compression(draft)?;
    let partitioner = partitioner(draft)?;
    without_serializers(draft)?;

    Ok(ProducerExtras {
        max_request_size: draft.size(keys::MAX_REQUEST_SIZE)?,
        buffer_memory: draft.size(keys::BUFFER_MEMORY)?,
        max_block: draft.millis(keys::MAX_BLOCK_MS)?.min(LONGEST),
        delivery_timeout: Duration::from_millis(delivery_timeout),
        retries_zero: retries == 0,
        idempotence,
        partitioner,
        transactional_id,
    })
}

/// Java's rules about idempotence, transactions and the keys that they depend on.
fn idempotence(draft: &Draft<'_>) -> Result<Idempotence, ClientConfigError> {
    let wrong = |key: &str, message: String| Err(ClientConfigError::invalid(key, CONFIG_EXCEPTION, message));
    let given = draft.is_given(keys::ENABLE_IDEMPOTENCE);
    let in_flight = draft.number(keys::MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION)?;
    let mut enabled = draft.config.boolean(keys::ENABLE_IDEMPOTENCE)?;
    if enabled {
        let no_retries = draft.number(keys::RETRIES)? == 0;
        let few_acks = !matches!(draft.text(keys::ACKS)?, Some("all" | "-1"));
        if no_retries && given {
            let message = "Must set retries to non-zero when using the idempotent producer.";
            return wrong(keys::RETRIES, message.to_owned());
        }
        if few_acks && given {
            let message = "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee \
                           idempotence.";
            return wrong(keys::ACKS, message.to_owned());
        }
        if in_flight > 5 {
            return wrong(
                keys::MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION,
                format!(
                    "To use the idempotent producer, max.in.flight.requests.per.connection must be set to at most 5. \
                     Current value is {in_flight}."
                ),
            );
        }
        // Nobody asked for it, so it gives way.
        enabled = !no_retries && !few_acks;
    }
    if draft.text(keys::TRANSACTIONAL_ID)?.is_some() && !enabled {
        let message = "Cannot set a transactional.id without also enabling idempotence.";
        return wrong(keys::TRANSACTIONAL_ID, message.to_owned());
    }
    if draft.config.boolean(keys::TRANSACTION_TWO_PHASE_COMMIT_ENABLE)? {
        let key = keys::TRANSACTION_TWO_PHASE_COMMIT_ENABLE;
        if draft.is_given(keys::TRANSACTION_TIMEOUT_MS) {
            let message = "Cannot set transaction.timeout.ms when transaction.two.phase.commit.enable is set to true. \
                           Transactions will not expire with two-phase commit enabled.";
            return wrong(key, message.to_owned());
        }
        let why = "Two-phase commit is not supported; leave the key out.";
        return Err(ClientConfigError::unsupported_value(key, "true", why));
    }
    let user_set = given || draft.is_given(keys::MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION);
    // Without idempotence a retry overtakes what is on its way behind it; only a person may accept that.
    let in_flight = if enabled || user_set { in_flight } else { 1 };
    Ok(Idempotence { enabled, in_flight: u32::try_from(in_flight).unwrap_or(u32::MAX).min(1_000_000), user_set })
}

/// `delivery.timeout.ms` in milliseconds, which has to leave room for waiting and for one request.
fn delivery_timeout(draft: &Draft<'_>) -> Result<u64, ClientConfigError> {
    let key = keys::DELIVERY_TIMEOUT_MS;
    let timeout = draft.number(key)?;
    let one = draft.number(keys::LINGER_MS)?.min(INT) + draft.number(keys::REQUEST_TIMEOUT_MS)?;
    let one = one.min(INT);
    if timeout < one && draft.is_given(key) {
        let message = "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms";
        return Err(ClientConfigError::invalid(key, CONFIG_EXCEPTION, message).in_constructor(draft.client));
    }
    Ok(timeout.max(one).unsigned_abs())
}

fn timeouts(draft: &mut Draft<'_>, delivery: u64, transactional_id: Option<&str>) -> Result<(), ClientConfigError> {
    let request = draft.number(keys::REQUEST_TIMEOUT_MS)?;
    // librdkafka adds 100 to it.
    let transaction = draft.number(keys::TRANSACTION_TIMEOUT_MS)?.clamp(1_000, INT - 100);
    let mut delivery = i64::try_from(delivery).unwrap_or(INT).clamp(1, INT);
    draft.set("transaction.timeout.ms", transaction);
    draft.set("request.timeout.ms", request.clamp(1, 900_000));
    if transactional_id.is_some() {
        // librdkafka insists; the broker would end the transaction anyway.
        delivery = delivery.min(transaction);
        draft.set("socket.timeout.ms", request.clamp(10, 300_000).min(transaction));
    }
    draft.set("message.timeout.ms", delivery);
    let linger = draft.number(keys::LINGER_MS)?.clamp(0, 900_000).min(delivery - 1);
    draft.set("linger.ms", linger);
    // Records without a key stay with a partition for a while, as in Java, even where batches do not wait.
    draft.set("sticky.partitioning.linger.ms", (2 * linger).clamp(10, 900_000));
    Ok(())
}

fn buffers(draft: &mut Draft<'_>) -> Result<(), ClientConfigError> {
    let batch = if draft.is_given(keys::BATCH_SIZE) { draft.number(keys::BATCH_SIZE)?.max(1) } else { BATCH_SIZE };
    draft.set("batch.size", batch);
    draft.set("batch.num.messages", (batch / 16).clamp(10_000, 1_000_000));
    draft.set("message.max.bytes", draft.number(keys::MAX_REQUEST_SIZE)?.clamp(1_000, 1_000_000_000));
    let memory = draft.number(keys::BUFFER_MEMORY)?;
    draft.set("queue.buffering.max.kbytes", (memory / 1024).clamp(1, INT));
    // librdkafka counts keys and values only. Its own bookkeeping for a record is of this order, so that records of a
    // few bytes cannot make it hold ten times the memory.
    draft.set("queue.buffering.max.messages", (memory / 256).clamp(1_000, 10_000_000));
    Ok(())
}

fn compression(draft: &mut Draft<'_>) -> Result<(), ClientConfigError> {
    let key = match draft.text("compression.type")? {
        Some("gzip") => keys::COMPRESSION_GZIP_LEVEL,
        Some("lz4") => keys::COMPRESSION_LZ4_LEVEL,
        Some("zstd") => keys::COMPRESSION_ZSTD_LEVEL,
        _ => return Ok(()),
    };
    if !draft.is_given(key) {
        return Ok(());
    }
    let level = draft.number(key)?;
    let lowest = if key == keys::COMPRESSION_GZIP_LEVEL { -1 } else { 1 };
    let used = level.clamp(lowest, 12);
    if used != level {
        draft.warn(key, format_args!("is {level}, and {used} is used: it is the nearest level that there is"));
    }
    draft.set("compression.level", used);
    Ok(())
}

fn partitioner(draft: &mut Draft<'_>) -> Result<Partitioner, ClientConfigError> {
    let key = keys::PARTITIONER_CLASS;
    let partitioner = match draft.text(key)? {
        None if draft.config.boolean(keys::PARTITIONER_IGNORE_KEYS)? => Partitioner::IgnoreKeys,
        None => Partitioner::Default,
        Some(classes::ROUND_ROBIN_PARTITIONER) => Partitioner::RoundRobin,
        Some(class) => return Err(classes::not_found(key, class)),
    };
    let hashing = partitioner == Partitioner::Default;
    draft.set("partitioner", if hashing { "murmur2_random" } else { "random" });
    if partitioner == Partitioner::RoundRobin {
        draft.set("sticky.partitioning.linger.ms", 0);
    }
    Ok(partitioner)
}

/// Records are bytes already when they get here.
fn without_serializers(draft: &mut Draft<'_>) -> Result<(), ClientConfigError> {
    for key in [keys::KEY_SERIALIZER, keys::VALUE_SERIALIZER] {
        match draft.text(key)?.map(str::to_owned) {
            Some(class) if !classes::BYTES.contains(&class.as_str()) => {
                draft
                    .warn(key, format_args!("has no effect: records are serialized by Connect's converters ({class})"));
            }
            _ => {}
        }
    }
    Ok(())
}
