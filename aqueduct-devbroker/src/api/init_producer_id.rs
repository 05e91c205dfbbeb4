//! InitProducerId: an id for a producer that numbers its batches, with a transactional id also its epoch.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::{InitProducerIdRequest, InitProducerIdResponse};

use super::{Context, code};
use crate::broker::Broker;
use crate::transaction::Initialise;

pub(crate) async fn handle(
    broker: &Arc<Broker>,
    request: InitProducerIdRequest,
    context: &Context,
) -> InitProducerIdResponse {
    let given = match &request.transactional_id {
        None => broker.allocate_producer_id().map(|id| (id, 0)).map_err(|error| {
            tracing::error!(%error, "a producer id cannot be stored");
            ResponseError::KafkaStorageError
        }),
        Some(id) => broker.transactions.initialise(
            broker,
            id,
            Initialise {
                timeout_ms: request.transaction_timeout_ms,
                producer_id: request.producer_id.0,
                producer_epoch: request.producer_epoch,
            },
        ),
    };
    match given {
        Ok((id, epoch)) => {
            InitProducerIdResponse::default().with_producer_id(id.into()).with_producer_epoch(epoch)
        }
        Err(ResponseError::ProducerFenced) if context.version < 4 => {
            refuse(&request, code(ResponseError::InvalidProducerEpoch), context)
        }
        Err(error) => refuse(&request, code(error), context),
    }
}

pub(crate) fn refuse(_: &InitProducerIdRequest, code: i16, _: &Context) -> InitProducerIdResponse {
    InitProducerIdResponse::default().with_error_code(code).with_producer_id((-1).into()).with_producer_epoch(-1)
}
