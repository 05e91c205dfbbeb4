//! The APIs: one file each, and the one table that says which there are, in which versions.
//!
//! A request's bytes enter `answer`, a response's bytes leave it. Each API's file has two functions: `handle` does what the
//! request asks, `refuse` answers every part of it with an error.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::*;
use kafka_protocol::protocol::{Decodable, Encodable, Request, StrBytes};

use crate::broker::Broker;

/// What an API may know about a request beside its body.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) version: i16,
    pub(crate) client_id: String,
    /// As Kafka tells it: `/127.0.0.1`.
    pub(crate) client_host: String,
}

/// A request that cannot be read, or an answer that does not fit its version.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadRequest(String);

macro_rules! apis {
    ($($key:ident($min:literal, $max:literal) $module:ident: $request:ident,)*) => {
        $(mod $module;)*

        /// The APIs and their versions, as ApiVersions tells them.
        pub(crate) const SUPPORTED: &[(ApiKey, i16, i16)] = &[$((ApiKey::$key, $min, $max),)*];

        /// Reads a request, does what it asks (or answers it with the error `refused`), and writes the answer: none for
        /// a request that wants none.
        pub(crate) async fn answer(
            broker: &Arc<Broker>,
            key: ApiKey,
            context: &Context,
            mut body: Bytes,
            refused: Option<i16>,
        ) -> Result<Option<BytesMut>, BadRequest> {
            let unreadable = |error| BadRequest(format!("{key:?} version {}: {error}", context.version));
            match key {
                $(ApiKey::$key => {
                    let request = $request::decode(&mut body, context.version).map_err(unreadable)?;
                    let response: Option<<$request as Request>::Response> = match refused {
                        Some(code) => $module::refuse(&request, code, context).into(),
                        None => $module::handle(broker, request, context).await.into(),
                    };
                    let Some(response) = response else { return Ok(None) };
                    let mut out = BytesMut::new();
                    response.encode(&mut out, context.version).map_err(unreadable)?;
                    Ok(Some(out))
                })*
                _ => Err(BadRequest(format!("{key:?} is not supported"))),
            }
        }
    };
}

apis! {
    // Records.
    Produce(3, 12) produce: ProduceRequest,
    Fetch(4, 17) fetch: FetchRequest,
    ListOffsets(1, 10) list_offsets: ListOffsetsRequest,
    OffsetForLeaderEpoch(2, 4) offset_for_leader_epoch: OffsetForLeaderEpochRequest,
    DeleteRecords(0, 2) delete_records: DeleteRecordsRequest,
    DescribeProducers(0, 0) describe_producers: DescribeProducersRequest,
    // The cluster and its topics.
    ApiVersions(0, 4) api_versions: ApiVersionsRequest,
    Metadata(0, 13) metadata: MetadataRequest,
    DescribeCluster(0, 2) describe_cluster: DescribeClusterRequest,
    CreateTopics(2, 7) create_topics: CreateTopicsRequest,
    DeleteTopics(1, 6) delete_topics: DeleteTopicsRequest,
    CreatePartitions(0, 3) create_partitions: CreatePartitionsRequest,
    DescribeConfigs(1, 4) describe_configs: DescribeConfigsRequest,
    AlterConfigs(0, 2) alter_configs: AlterConfigsRequest,
    IncrementalAlterConfigs(0, 1) incremental_alter_configs: IncrementalAlterConfigsRequest,
    // Coordinators.
    FindCoordinator(0, 6) find_coordinator: FindCoordinatorRequest,
    InitProducerId(0, 5) init_producer_id: InitProducerIdRequest,
    // Groups.
    JoinGroup(0, 9) join_group: JoinGroupRequest,
    SyncGroup(0, 5) sync_group: SyncGroupRequest,
    Heartbeat(0, 4) heartbeat: HeartbeatRequest,
    LeaveGroup(0, 5) leave_group: LeaveGroupRequest,
    OffsetCommit(2, 9) offset_commit: OffsetCommitRequest,
    OffsetFetch(1, 9) offset_fetch: OffsetFetchRequest,
    OffsetDelete(0, 0) offset_delete: OffsetDeleteRequest,
    ListGroups(0, 5) list_groups: ListGroupsRequest,
    DescribeGroups(0, 6) describe_groups: DescribeGroupsRequest,
    DeleteGroups(0, 2) delete_groups: DeleteGroupsRequest,
    // Transactions.
    TxnOffsetCommit(0, 5) txn_offset_commit: TxnOffsetCommitRequest,
    AddPartitionsToTxn(0, 3) add_partitions_to_txn: AddPartitionsToTxnRequest,
    AddOffsetsToTxn(0, 4) add_offsets_to_txn: AddOffsetsToTxnRequest,
    EndTxn(0, 4) end_txn: EndTxnRequest,
    DescribeTransactions(0, 0) describe_transactions: DescribeTransactionsRequest,
    ListTransactions(0, 1) list_transactions: ListTransactionsRequest,
}

/// The resource types of DescribeConfigs and the alter requests.
const TOPIC: i8 = 2;
const BROKER: i8 = 4;
/// Where a setting comes from: nobody set it.
const DEFAULT: i8 = 5;

/// Where a topic's setting comes from, as the protocol tells it.
fn config_source(set: bool) -> i8 {
    const DYNAMIC_TOPIC: i8 = 1;
    if set { DYNAMIC_TOPIC } else { DEFAULT }
}

/// The APIs and versions in the form of ApiVersions.
pub(crate) fn version_list() -> Vec<ApiVersion> {
    let version = |&(key, min, max): &(ApiKey, i16, i16)| {
        ApiVersion::default().with_api_key(key as i16).with_min_version(min).with_max_version(max)
    };
    SUPPORTED.iter().map(version).collect()
}

/// A text of the protocol.
pub(crate) fn text(text: impl Into<String>) -> StrBytes {
    StrBytes::from_string(text.into())
}

/// How long the answers of Produce and Fetch are held back at present.
fn throttle_ms(broker: &Broker) -> i32 {
    i32::try_from(broker.faults.throttle_time().as_millis()).unwrap_or(i32::MAX)
}

/// The protocol's number of an error.
pub(crate) fn code(error: ResponseError) -> i16 {
    error.code()
}
