//! The right to write to the config topic as the leader, where a former leader has to be shut out before
//! (`exactly.once.source.support`).
//!
//! It is claimed when this worker begins to lead, and again after a write that failed: whether somebody else leads by now, or
//! the brokers were away, only a claim tells. Writes wait meanwhile. A worker that does not lead gives it up.

use std::time::Duration;

use aqueduct_api::ConnectError;

use super::event::Event;
use super::herding::Herding;

/// The pause before a claim that has failed is tried again.
const PAUSE: Duration = Duration::from_millis(250);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How far the claim is.
#[derive(Debug, Default)]
pub(super) struct Claim {
    /// It is being made, or made again after a pause.
    under_way: bool,
    failures: u32,
}

impl Herding {
    /// Claims the right to write if this worker leads and does not have it.
    pub(super) fn claim_privileges(&mut self) {
        if !self.leads() || self.claim.under_way || !self.shared.config.lacks_write_privileges() {
            return;
        }
        self.claim.under_way = true;
        let config = self.shared.config.clone();
        self.spawn(async move { Event::Claimed(config.claim_write_privileges().await) });
    }

    pub(super) fn claimed(&mut self, outcome: Result<(), ConnectError>) {
        match outcome {
            Ok(()) => {
                self.claim = Claim::default();
                if self.leads() {
                    self.next_write();
                } else {
                    self.shared.config.release_write_privileges();
                }
            }
            Err(error) => {
                let pause = PAUSE.saturating_mul(2_u32.saturating_pow(self.claim.failures)).min(LONGEST_PAUSE);
                self.claim.failures += 1;
                tracing::warn!(
                    "Unable to claim write privileges for config topic. Will backoff and possibly retry if still the \
                     leader: {}",
                    error.trace().trim_end()
                );
                self.after(pause, Event::ClaimDue);
            }
        }
    }

    pub(super) fn claim_due(&mut self) {
        self.claim.under_way = false;
        self.claim_privileges();
    }

    /// Whether writes have to wait for the right to write.
    pub(super) fn waits_for_privileges(&self) -> bool {
        self.leads() && self.shared.config.lacks_write_privileges()
    }
}
