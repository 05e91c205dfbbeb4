//! One librdkafka instance: made from properties, destroyed when the last thing that uses it is gone.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::Arc;

use super::ffi::*;
use super::text::{self, ErrorText, c_text};
use super::{GroupChange, PartitionList};
use crate::brokers::BrokerState;
use crate::codes;
use crate::error::{ErrorKind, KafkaError};

/// What an instance is for. Admin requests work on all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientType {
    /// Writes records, reports deliveries as events on its main queue.
    Producer,
    /// Reads records; its main queue is part of the consumer queue.
    Consumer,
    /// Only makes admin requests.
    Admin,
}

/// A token for SASL/OAUTHBEARER.
pub(crate) struct SaslToken {
    pub(crate) value: String,
    /// When it ends, in milliseconds since the epoch.
    pub(crate) expires_at: i64,
    pub(crate) principal: String,
    pub(crate) extensions: Vec<(String, String)>,
}

/// Is told what happens inside an instance. The calls come from librdkafka's threads and from whoever polls, at any
/// time, several at once; they must be quick (except [`Observer::token`]) and must not call back into the instance.
pub(crate) trait Observer: Send + Sync {
    /// A line of librdkafka's own log; `level` as in syslog (3 is an error, 7 is debug).
    fn log(&self, level: i32, facility: &str, line: &str);

    /// An error that belongs to no call: brokers down, authentication failed, … `fatal`: the instance is of no use
    /// any longer.
    fn error(&self, code: i32, fatal: bool, text: &str);

    /// A connection to a broker at `address` changed. Brokers have no number while they are known by the bootstrap
    /// list only.
    fn broker_changed(&self, broker: Option<i32>, address: &str, state: BrokerState);

    /// What the instance has done so far, as JSON, every `statistics.interval.ms`.
    fn statistics(&self, _json: &[u8]) {}

    /// The instance is about to be destroyed.
    fn closing(&self) {}

    /// The group gives or takes partitions. `true` when the answer will follow through [`Client::take_partitions`] or
    /// [`Client::give_back_partitions`]; `false` to answer now: the consumer is leaving, and gives
    /// everything back.
    fn group_changed(&self, change: GroupChange) -> bool;

    /// A token is needed. Called on a thread that may block.
    fn token(&self) -> Result<SaslToken, String>;
}

/// A librdkafka instance. Shared by everything that uses it; the last one to go has it destroyed on a thread of its own,
/// since that can take a while.
pub(crate) struct Client {
    handle: NonNull<rd_kafka_t>,
    /// The opaque pointer of the instance, for [`drop`] after `rd_kafka_destroy`.
    observer: NonNull<Arc<dyn Observer>>,
}

// SAFETY: rule 2: the instance may be used from any thread; the observer is Send + Sync by its trait.
unsafe impl Send for Client {}
// SAFETY: as above.
unsafe impl Sync for Client {}

impl Client {
    /// Starts an instance with librdkafka `properties`. Property names or values that librdkafka refuses are an error of
    /// kind [`ErrorKind::InvalidConfig`].
    pub(crate) fn start(
        kind: ClientType,
        properties: &BTreeMap<String, String>,
        tokens: bool,
        observer: Arc<dyn Observer>,
    ) -> Result<Arc<Client>, KafkaError> {
        // SAFETY: no arguments; never null.
        let conf = unsafe { rd_kafka_conf_new() };
        for (name, value) in properties {
            if let Err(error) = set_property(conf, name, value) {
                // SAFETY: `conf` is ours and was not given to an instance.
                unsafe { rd_kafka_conf_destroy(conf) };
                return Err(error);
            }
        }
        let observer = NonNull::from(Box::leak(Box::new(observer)));
        // SAFETY: `conf` is valid; the callbacks match their declarations (rule 5); the opaque pointer is freed only
        // after the instance is gone (below, and in `destroy`).
        unsafe {
            rd_kafka_conf_set_opaque(conf, observer.as_ptr().cast());
            rd_kafka_conf_set_log_cb(conf, Some(on_log));
            rd_kafka_conf_set_error_cb(conf, Some(on_error));
            if properties.contains_key("statistics.interval.ms") {
                rd_kafka_conf_set_stats_cb(conf, Some(on_statistics));
            }
            rd_kafka_conf_interceptor_add_on_new(conf, INTERCEPTOR.as_ptr(), Some(on_new), observer.as_ptr().cast());
            match kind {
                ClientType::Producer => rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR),
                ClientType::Admin => rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_ERROR),
                ClientType::Consumer => rd_kafka_conf_set_rebalance_cb(conf, Some(on_rebalance)),
            }
            if tokens {
                rd_kafka_conf_enable_sasl_queue(conf, 1);
                rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, Some(on_token_refresh));
            }
        }
        let native = match kind {
            ClientType::Consumer => rd_kafka_type_t::RD_KAFKA_CONSUMER,
            ClientType::Producer | ClientType::Admin => rd_kafka_type_t::RD_KAFKA_PRODUCER,
        };
        let mut text = ErrorText::new();
        // SAFETY: `conf` is valid and passes to the instance on success; the text buffer is as large as we say.
        let handle = unsafe { rd_kafka_new(native, conf, text.pointer(), text.capacity()) };
        let Some(handle) = NonNull::new(handle) else {
            // SAFETY: on failure both are still ours, and no instance is left to use them.
            unsafe {
                rd_kafka_conf_destroy(conf);
                drop(Box::from_raw(observer.as_ptr()));
            }
            return Err(KafkaError::new(ErrorKind::InvalidConfig, text.into_string()));
        };
        let client = Client { handle, observer };
        if kind == ClientType::Consumer {
            // SAFETY: the handle is a consumer. One queue then carries records, rebalances and errors.
            check(unsafe { rd_kafka_poll_set_consumer(client.raw()) }, "reading the consumer's queue")?;
        }
        if tokens {
            // SAFETY: the handle is valid. Tokens are then asked for on librdkafka's background thread, which may block.
            unsafe { take_error(rd_kafka_sasl_background_callbacks_enable(client.raw()))? };
        }
        Ok(Arc::new(client))
    }

    /// The pointer, for the other files of this module.
    pub(super) fn raw(&self) -> *mut rd_kafka_t {
        self.handle.as_ptr()
    }

    /// The error that made this instance useless, if there was one.
    pub(crate) fn fatal_error(&self) -> Option<KafkaError> {
        fatal_error(self.raw()).map(|(code, text)| KafkaError::from_code(code, text))
    }

    /// Ends all records that are queued or under way, so that nothing keeps the instance from going.
    pub(crate) fn purge(&self) {
        // SAFETY: rule 2. It fails for a consumer only, which has no such records.
        unsafe { rd_kafka_purge(self.raw(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT) };
    }

    /// Sends what is queued without waiting for `linger.ms`. Blocks the thread until all records have ended.
    pub(crate) fn flush(&self, timeout_ms: i32) {
        // SAFETY: rule 2. A timeout is no error here: the caller looks for itself.
        unsafe { rd_kafka_flush(self.raw(), timeout_ms) };
    }

    /// How many records, requests and events wait inside the instance.
    pub(crate) fn queue_length(&self) -> usize {
        // SAFETY: rule 2.
        usize::try_from(unsafe { rd_kafka_outq_len(self.raw()) }).unwrap_or(0)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // SAFETY: the observer lives until after the instance is destroyed.
        let observer = unsafe { self.observer.as_ref() };
        let _ = catch_unwind(AssertUnwindSafe(|| observer.closing()));
        let doomed = Doomed { handle: self.handle, observer: self.observer };
        let spawned = std::thread::Builder::new().name("kafka-destroy".into()).spawn(move || {
            let doomed = doomed;
            doomed.destroy();
        });
        if spawned.is_err() {
            Doomed { handle: self.handle, observer: self.observer }.destroy();
        }
    }
}

struct Doomed {
    handle: NonNull<rd_kafka_t>,
    observer: NonNull<Arc<dyn Observer>>,
}

// SAFETY: as for `Client`.
unsafe impl Send for Doomed {}

impl Doomed {
    fn destroy(self) {
        // SAFETY: this was the last reference to the instance (rule 1), so nothing uses the handle any longer. It calls
        // back until it returns; only then the observer goes.
        unsafe {
            rd_kafka_destroy(self.handle.as_ptr());
            drop(Box::from_raw(self.observer.as_ptr()));
        }
    }
}

fn set_property(conf: *mut rd_kafka_conf_t, name: &str, value: &str) -> Result<(), KafkaError> {
    let (c_name, c_value) = (c_text(name)?, c_text(value)?);
    let mut text = ErrorText::new();
    // SAFETY: `conf` is valid, both texts are NUL-terminated and are copied, the buffer is as large as we say.
    let result = unsafe { rd_kafka_conf_set(conf, c_name.as_ptr(), c_value.as_ptr(), text.pointer(), text.capacity()) };
    match result {
        rd_kafka_conf_res_t::RD_KAFKA_CONF_OK => Ok(()),
        _ => Err(KafkaError::new(ErrorKind::InvalidConfig, text.into_string())),
    }
}

/// Success, or what `code` stands for while `doing` something.
pub(super) fn check(code: c_int, doing: &str) -> Result<(), KafkaError> {
    if code == codes::NONE {
        return Ok(());
    }
    Err(KafkaError::from_code(code, format!("{doing}: {}", describe(code))))
}

/// librdkafka's words for `code`.
pub(crate) fn describe(code: c_int) -> String {
    // SAFETY: answers a static text, or one in thread-local memory for an unknown code, which is copied at once.
    let text = unsafe { text::owned(rd_kafka_err2str(code)) };
    text.strip_prefix("Broker: ").or_else(|| text.strip_prefix("Local: ")).unwrap_or(&text).to_owned()
}

/// Takes over an error object; null is success.
///
/// # Safety
/// `error` is null or an error object that belongs to the caller.
pub(super) unsafe fn take_error(error: *mut rd_kafka_error_t) -> Result<(), KafkaError> {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: not null, and as promised by the caller.
    Err(unsafe { error_parts(error) })
}

/// What an error object says. It is destroyed.
///
/// # Safety
/// `error` is an error object that belongs to the caller.
pub(super) unsafe fn error_parts(error: *mut rd_kafka_error_t) -> KafkaError {
    // SAFETY: as promised by the caller; its text lives until it is destroyed.
    let (code, message, abortable) = unsafe {
        let code = rd_kafka_error_code(error);
        let message = text::owned(rd_kafka_error_string(error));
        let abortable = rd_kafka_error_txn_requires_abort(error) != 0;
        rd_kafka_error_destroy(error);
        (code, message, abortable)
    };
    let error = KafkaError::from_code(code, message);
    if abortable { error.abortable() } else { error }
}

fn fatal_error(handle: *mut rd_kafka_t) -> Option<(c_int, String)> {
    let mut text = ErrorText::new();
    // SAFETY: the handle is valid, the buffer is as large as we say.
    let code = unsafe { rd_kafka_fatal_error(handle, text.pointer(), text.capacity()) };
    (code != codes::NONE).then(|| (code, text.into_string()))
}

/// Runs `call` with the observer behind `opaque`. A panic ends here (rule 5); the panic hook has already told of it.
fn observe<T>(opaque: *mut c_void, call: impl FnOnce(&dyn Observer) -> T) -> Option<T> {
    // SAFETY: rule 5: the opaque pointer is the observer that the client owns until after `rd_kafka_destroy`.
    let observer = unsafe { &*opaque.cast::<Arc<dyn Observer>>() };
    catch_unwind(AssertUnwindSafe(|| call(observer.as_ref()))).ok()
}

unsafe extern "C" fn on_log(handle: *const rd_kafka_t, level: c_int, facility: *const c_char, line: *const c_char) {
    // SAFETY: librdkafka passes its own instance, whose opaque pointer was set before it was made, and two texts.
    let (opaque, facility, line) = unsafe { (rd_kafka_opaque(handle), text::owned(facility), text::owned(line)) };
    observe(opaque, |observer| observer.log(level, &facility, &line));
}

unsafe extern "C" fn on_error(handle: *mut rd_kafka_t, code: c_int, reason: *const c_char, opaque: *mut c_void) {
    // SAFETY: rule 3.
    let reason = unsafe { text::owned(reason) };
    let (code, fatal, reason) = match (code == codes::FATAL).then(|| fatal_error(handle)).flatten() {
        Some((code, text)) => (code, true, text),
        None => (code, false, reason),
    };
    observe(opaque, |observer| observer.error(code, fatal, &reason));
}

unsafe extern "C" fn on_statistics(
    _handle: *mut rd_kafka_t,
    json: *mut c_char,
    length: usize,
    opaque: *mut c_void,
) -> c_int {
    if !json.is_null() {
        // SAFETY: librdkafka passes a text of this length, which lives during the call.
        let json = unsafe { std::slice::from_raw_parts(json.cast::<u8>(), length) };
        observe(opaque, |observer| observer.statistics(json));
    }
    // librdkafka keeps and frees the text.
    0
}

/// The name of our interceptor in librdkafka's log.
const INTERCEPTOR: &std::ffi::CStr = c"aqueduct";

unsafe extern "C" fn on_new(
    handle: *mut rd_kafka_t,
    _conf: *const rd_kafka_conf_t,
    opaque: *mut c_void,
    _text: *mut c_char,
    _size: usize,
) -> rd_kafka_resp_err_t {
    // SAFETY: the handle is the instance being made, to which interceptors are added exactly here.
    unsafe {
        rd_kafka_interceptor_add_on_broker_state_change(handle, INTERCEPTOR.as_ptr(), Some(on_broker_state), opaque)
    }
}

unsafe extern "C" fn on_broker_state(
    _handle: *mut rd_kafka_t,
    broker: i32,
    _protocol: *const c_char,
    name: *const c_char,
    port: c_int,
    state: *const c_char,
    opaque: *mut c_void,
) -> rd_kafka_resp_err_t {
    // SAFETY: rule 3.
    let state = match unsafe { text::owned(state) }.as_str() {
        "UP" => BrokerState::Up,
        "DOWN" => BrokerState::Down,
        "TRY_CONNECT" => BrokerState::Trying,
        _ => return rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR,
    };
    // SAFETY: rule 3.
    let address = format!("{}:{port}", unsafe { text::owned(name) });
    observe(opaque, |observer| observer.broker_changed((broker >= 0).then_some(broker), &address, state));
    rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR
}

unsafe extern "C" fn on_rebalance(
    handle: *mut rd_kafka_t,
    code: c_int,
    partitions: *mut rd_kafka_topic_partition_list_t,
    opaque: *mut c_void,
) {
    // SAFETY: the handle is a consumer; the list belongs to librdkafka and lives during the call.
    let change = unsafe { GroupChange::read(handle, code, &PartitionList::read(partitions)) };
    if observe(opaque, |observer| observer.group_changed(change)) != Some(true) {
        // SAFETY: the handle is a consumer inside its rebalance callback, where an answer is expected; null and the list
        // are valid arguments. An answer that comes too late is refused by librdkafka without harm.
        unsafe {
            let cooperative = text::owned(rd_kafka_rebalance_protocol(handle)) == "COOPERATIVE";
            let _ = match (cooperative, code) {
                // Taken for a moment: the group takes them back while the consumer leaves.
                (true, codes::ASSIGN_PARTITIONS) => take_error(rd_kafka_incremental_assign(handle, partitions)),
                (true, _) => take_error(rd_kafka_incremental_unassign(handle, partitions)),
                (false, _) => check(rd_kafka_assign(handle, std::ptr::null()), "giving partitions back"),
            };
        }
    }
}

unsafe extern "C" fn on_token_refresh(handle: *mut rd_kafka_t, _config: *const c_char, opaque: *mut c_void) {
    let token =
        observe(opaque, |observer| observer.token()).unwrap_or_else(|| Err("fetching the token panicked".into()));
    let failure = match token.and_then(|token| set_token(handle, &token).map_err(|error| error.message().to_owned())) {
        Ok(()) => return,
        Err(failure) => failure.replace('\0', " "),
    };
    if let Ok(failure) = c_text(&failure) {
        // SAFETY: the handle is valid, the text is NUL-terminated and copied.
        unsafe { rd_kafka_oauthbearer_set_token_failure(handle, failure.as_ptr()) };
    }
}

fn set_token(handle: *mut rd_kafka_t, token: &SaslToken) -> Result<(), KafkaError> {
    let value = c_text(&token.value)?;
    let principal = c_text(&token.principal)?;
    let mut extensions = Vec::with_capacity(2 * token.extensions.len());
    for (name, value) in &token.extensions {
        extensions.push(c_text(name)?);
        extensions.push(c_text(value)?);
    }
    let mut pointers: Vec<*const c_char> = extensions.iter().map(|text| text.as_ptr()).collect();
    let mut text = ErrorText::new();
    // SAFETY: all texts are NUL-terminated, live during the call and are copied; sizes are the real ones.
    let code = unsafe {
        rd_kafka_oauthbearer_set_token(
            handle,
            value.as_ptr(),
            token.expires_at,
            principal.as_ptr(),
            pointers.as_mut_ptr(),
            pointers.len(),
            text.pointer(),
            text.capacity(),
        )
    };
    if code == codes::NONE { Ok(()) } else { Err(KafkaError::from_code(code, text.into_string())) }
}
