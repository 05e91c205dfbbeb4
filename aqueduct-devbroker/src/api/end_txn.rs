//! EndTxn: a transaction is committed or aborted.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::{EndTxnRequest, EndTxnResponse};

use super::{Context, code};
use crate::broker::Broker;
use crate::transaction::Producer;

pub(crate) async fn handle(broker: &Arc<Broker>, request: EndTxnRequest, context: &Context) -> EndTxnResponse {
    let producer = Producer {
        transactional_id: &request.transactional_id,
        id: request.producer_id.0,
        epoch: request.producer_epoch,
    };
    let result = match broker.transactions.end(broker, producer, request.committed) {
        Ok(()) => 0,
        Err(ResponseError::ProducerFenced) if context.version < 2 => code(ResponseError::InvalidProducerEpoch),
        Err(error) => code(error),
    };
    EndTxnResponse::default().with_error_code(result)
}

pub(crate) fn refuse(_: &EndTxnRequest, code: i16, _: &Context) -> EndTxnResponse {
    EndTxnResponse::default().with_error_code(code)
}
