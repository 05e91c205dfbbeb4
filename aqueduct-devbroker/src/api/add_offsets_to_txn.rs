//! AddOffsetsToTxn: the group whose offsets a transaction is about to commit.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::{AddOffsetsToTxnRequest, AddOffsetsToTxnResponse};

use super::{Context, code};
use crate::broker::Broker;
use crate::transaction::Producer;

pub(crate) async fn handle(
    broker: &Arc<Broker>,
    request: AddOffsetsToTxnRequest,
    context: &Context,
) -> AddOffsetsToTxnResponse {
    let producer = Producer {
        transactional_id: &request.transactional_id,
        id: request.producer_id.0,
        epoch: request.producer_epoch,
    };
    let result = match broker.transactions.add_group(broker.clock.now(), producer, &request.group_id) {
        Ok(()) => 0,
        Err(ResponseError::ProducerFenced) if context.version < 2 => code(ResponseError::InvalidProducerEpoch),
        Err(error) => code(error),
    };
    AddOffsetsToTxnResponse::default().with_error_code(result)
}

pub(crate) fn refuse(_: &AddOffsetsToTxnRequest, code: i16, _: &Context) -> AddOffsetsToTxnResponse {
    AddOffsetsToTxnResponse::default().with_error_code(code)
}
