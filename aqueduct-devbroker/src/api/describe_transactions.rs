//! DescribeTransactions: what the coordinator knows of some transactional ids.

use std::collections::BTreeMap;
use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_transactions_response::{TopicData, TransactionState};
use kafka_protocol::messages::{
    DescribeTransactionsRequest, DescribeTransactionsResponse, TopicName, TransactionalId,
};

use super::{Context, code, text};
use crate::broker::Broker;
use crate::transaction::Transaction;

pub(crate) async fn handle(
    broker: &Arc<Broker>,
    request: DescribeTransactionsRequest,
    _: &Context,
) -> DescribeTransactionsResponse {
    let states = request.transactional_ids.into_iter().map(|id| match broker.transactions.get(&id) {
        Some(known) => describe(id, &known),
        None => failure(id, code(ResponseError::TransactionalIdNotFound)),
    });
    DescribeTransactionsResponse::default().with_transaction_states(states.collect())
}

pub(crate) fn refuse(request: &DescribeTransactionsRequest, code: i16, _: &Context) -> DescribeTransactionsResponse {
    let states = request.transactional_ids.iter().map(|id| failure(id.clone(), code));
    DescribeTransactionsResponse::default().with_transaction_states(states.collect())
}

fn describe(id: TransactionalId, known: &Transaction) -> TransactionState {
    let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for (topic, index) in &known.partitions {
        topics.entry(topic).or_default().push(*index);
    }
    let topics = topics.into_iter().map(|(topic, partitions)| {
        TopicData::default().with_topic(TopicName(text(topic))).with_partitions(partitions)
    });
    failure(id, 0)
        .with_transaction_state(text(known.state.name()))
        .with_transaction_timeout_ms(known.timeout_ms)
        .with_transaction_start_time_ms(known.started.unwrap_or(-1))
        .with_producer_id(known.producer_id.into())
        .with_producer_epoch(known.producer_epoch)
        .with_topics(topics.collect())
}

fn failure(id: TransactionalId, code: i16) -> TransactionState {
    TransactionState::default().with_transactional_id(id).with_error_code(code)
}
