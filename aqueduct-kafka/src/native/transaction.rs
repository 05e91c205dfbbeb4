//! Transactions of a producer. Each call blocks its thread; one that ran out of time goes on where it was when it is made
//! again.

use super::Client;
use super::client::error_parts;
use super::ffi::*;
use crate::error::KafkaError;

/// Why a step of a transaction did not come about.
pub(crate) struct Refusal {
    pub(crate) error: KafkaError,
    /// Making the same call again carries on.
    pub(crate) again: bool,
}

impl Client {
    /// Takes over the transactional id: ends what a former producer left open, and shuts it out.
    pub(crate) fn init_transactions(&self, timeout_ms: i32) -> Result<(), Refusal> {
        // SAFETY: rule 2; the error that is answered is ours.
        unsafe { judge(rd_kafka_init_transactions(self.raw(), timeout_ms)) }
    }

    /// Opens a transaction: what is sent from now on belongs to it.
    pub(crate) fn begin_transaction(&self) -> Result<(), Refusal> {
        // SAFETY: as above.
        unsafe { judge(rd_kafka_begin_transaction(self.raw())) }
    }

    /// Waits for what was sent, then commits. Somebody has to take the deliveries meanwhile.
    pub(crate) fn commit_transaction(&self, timeout_ms: i32) -> Result<(), Refusal> {
        // SAFETY: as above.
        unsafe { judge(rd_kafka_commit_transaction(self.raw(), timeout_ms)) }
    }

    /// Drops what was sent and not written yet, then aborts.
    pub(crate) fn abort_transaction(&self, timeout_ms: i32) -> Result<(), Refusal> {
        // SAFETY: as above.
        unsafe { judge(rd_kafka_abort_transaction(self.raw(), timeout_ms)) }
    }
}

/// Success, or what an error object says.
///
/// # Safety
/// `error` is null or an error object that belongs to the caller.
unsafe fn judge(error: *mut rd_kafka_error_t) -> Result<(), Refusal> {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: not null and ours; it lives until `error_parts` destroys it.
    let (again, error) = unsafe { (rd_kafka_error_is_retriable(error) != 0, error_parts(error)) };
    Err(Refusal { error, again })
}
