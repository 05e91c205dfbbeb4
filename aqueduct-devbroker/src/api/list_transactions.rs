//! ListTransactions: all transactional ids, or those that the filters let through.

use std::sync::Arc;

use kafka_protocol::messages::list_transactions_response::TransactionState;
use kafka_protocol::messages::{ListTransactionsRequest, ListTransactionsResponse, TransactionalId};

use super::{Context, text};
use crate::broker::Broker;
use crate::transaction::State;

pub(crate) async fn handle(
    broker: &Arc<Broker>,
    request: ListTransactionsRequest,
    _: &Context,
) -> ListTransactionsResponse {
    let now = broker.clock.now();
    let unknown = request.state_filters.iter().filter(|name| State::ALL.iter().all(|state| state.name() != name.as_str()));
    let passes = |known: &crate::transaction::Transaction| {
        let states = &request.state_filters;
        let ids = &request.producer_id_filters;
        (states.is_empty() || states.iter().any(|name| name.as_str() == known.state.name()))
            && (ids.is_empty() || ids.iter().any(|id| id.0 == known.producer_id))
            && (request.duration_filter < 0 || known.started.is_some_and(|at| now - at > request.duration_filter))
    };
    let listed = broker.transactions.all().into_iter().filter(|(_, known)| passes(known)).map(|(id, known)| {
        TransactionState::default()
            .with_transactional_id(TransactionalId(text(id)))
            .with_producer_id(known.producer_id.into())
            .with_transaction_state(text(known.state.name()))
    });
    ListTransactionsResponse::default()
        .with_unknown_state_filters(unknown.cloned().collect())
        .with_transaction_states(listed.collect())
}

pub(crate) fn refuse(_: &ListTransactionsRequest, code: i16, _: &Context) -> ListTransactionsResponse {
    ListTransactionsResponse::default().with_error_code(code)
}
