//! Fencing producers: whoever wrote under a transactional id until now can write no longer (Java: `Admin.fenceProducers`).
//!
//! `InitProducerId` under the id raises its epoch, which ends an open transaction and shuts out older producers.

use futures_util::future::join_all;
use kafka_protocol::messages::{InitProducerIdRequest, TransactionalId};
use kafka_protocol::protocol::StrBytes;
use tokio::time::{Instant, sleep, timeout_at};

use super::RawClient;
use super::client::Coordinates;
use super::connection::timed_out;
use super::settings::Address;
use crate::error::KafkaError;

/// What the id's next producer would have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FencedProducer {
    /// The producer id.
    pub producer_id: i64,
    /// The epoch, which older producers lack.
    pub epoch: i16,
}

impl RawClient {
    /// Shuts out all producers with these transactional ids, side by side, within `default.api.timeout.ms`. Each id has its
    /// own result, in the order of the ids.
    pub async fn fence_producers(&self, ids: &[String]) -> Vec<Result<FencedProducer, KafkaError>> {
        join_all(ids.iter().map(|id| self.fence(id))).await
    }

    async fn fence(&self, id: &str) -> Result<FencedProducer, KafkaError> {
        let limit = self.settings().api_timeout;
        let mut last = None;
        let fence = async {
            let mut coordinator = None;
            let mut failures = 0;
            loop {
                match self.try_to_fence(id, &mut coordinator).await {
                    Ok(fenced) => return Ok(fenced),
                    Err(error) if !error.is_retriable() => return Err(error),
                    Err(error) => {
                        tracing::debug!("fencing {id}: {error}");
                        last = Some(error);
                    }
                }
                failures += 1;
                sleep(self.settings().retry.after(failures)).await;
            }
        };
        timeout_at(Instant::now() + limit, fence).await.unwrap_or_else(|_| {
            let why = last.map_or(String::new(), |error| format!(": {error}"));
            Err(timed_out(format!("Timed out fencing producers with the transactional id '{id}'{why}")))
        })
    }

    async fn try_to_fence(&self, id: &str, known: &mut Option<Address>) -> Result<FencedProducer, KafkaError> {
        let address = match known.take() {
            Some(address) => address,
            None => self.coordinator(Coordinates::Transaction, id).await?,
        };
        let limit = self.settings().request_timeout;
        let make = |_| {
            Ok(InitProducerIdRequest::default()
                .with_transactional_id(Some(TransactionalId(StrBytes::from_string(id.to_owned()))))
                // Nothing is written under it, so it only has to be one that brokers accept.
                .with_transaction_timeout_ms(i32::try_from(limit.as_millis()).unwrap_or(i32::MAX))
                .with_producer_id((-1).into())
                .with_producer_epoch(-1))
        };
        let answer = self.call(&address, limit, make).await?;
        match i32::from(answer.error_code) {
            0 => Ok(FencedProducer { producer_id: answer.producer_id.0, epoch: answer.producer_epoch }),
            code => {
                if !MOVED.contains(&answer.error_code) {
                    *known = Some(address);
                }
                Err(KafkaError::from_code(code, format!("fencing producers with the transactional id '{id}' failed")))
            }
        }
    }
}

/// COORDINATOR_NOT_AVAILABLE and NOT_COORDINATOR: look again.
const MOVED: [i16; 2] = [15, 16];
