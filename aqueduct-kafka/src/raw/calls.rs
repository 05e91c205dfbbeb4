//! Which response belongs to which request, and the newest version of each that is spoken here.
//!
//! `kafka-protocol` ties them together only in builds that can play the broker too.

use kafka_protocol::messages::{
    ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, CreateAclsRequest, CreateAclsResponse,
    CreatePartitionsRequest, CreatePartitionsResponse, DeleteGroupsRequest, DeleteGroupsResponse, DescribeAclsRequest,
    DescribeAclsResponse, DescribeConfigsRequest, DescribeConfigsResponse, DescribeGroupsRequest,
    DescribeGroupsResponse, FindCoordinatorRequest, FindCoordinatorResponse, HeartbeatRequest, HeartbeatResponse,
    IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, InitProducerIdRequest, InitProducerIdResponse,
    JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest, LeaveGroupResponse, ListGroupsRequest, ListGroupsResponse,
    ListOffsetsRequest, ListOffsetsResponse, MetadataRequest, MetadataResponse, OffsetCommitRequest,
    OffsetCommitResponse, OffsetDeleteRequest, OffsetDeleteResponse, OffsetFetchRequest, OffsetFetchResponse,
    SaslAuthenticateRequest, SaslAuthenticateResponse, SaslHandshakeRequest, SaslHandshakeResponse, SyncGroupRequest,
    SyncGroupResponse,
};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion};

/// A request that has an answer.
pub(super) trait Call: Encodable + HeaderVersion + Send + Sync {
    /// What the broker answers.
    type Response: Decodable + HeaderVersion + Send;
    /// The request's number in the protocol.
    const KEY: i16;
    /// Its name, for messages.
    const NAME: &'static str;
    /// The newest version that is spoken here.
    const NEWEST: i16;
}

macro_rules! calls {
    ($($key:literal $name:literal $newest:literal: $request:ident -> $response:ident;)*) => {$(
        impl Call for $request {
            type Response = $response;
            const KEY: i16 = $key;
            const NAME: &'static str = $name;
            const NEWEST: i16 = $newest;
        }
    )*};
}

calls! {
    2 "LIST_OFFSETS" 7: ListOffsetsRequest -> ListOffsetsResponse;
    3 "METADATA" 12: MetadataRequest -> MetadataResponse;
    // From the versions after these on, offsets are of topics by their id.
    8 "OFFSET_COMMIT" 9: OffsetCommitRequest -> OffsetCommitResponse;
    9 "OFFSET_FETCH" 9: OffsetFetchRequest -> OffsetFetchResponse;
    10 "FIND_COORDINATOR" 6: FindCoordinatorRequest -> FindCoordinatorResponse;
    11 "JOIN_GROUP" 9: JoinGroupRequest -> JoinGroupResponse;
    12 "HEARTBEAT" 4: HeartbeatRequest -> HeartbeatResponse;
    13 "LEAVE_GROUP" 5: LeaveGroupRequest -> LeaveGroupResponse;
    14 "SYNC_GROUP" 5: SyncGroupRequest -> SyncGroupResponse;
    // From version 6 on a group that is none is an error and no longer a dead group.
    15 "DESCRIBE_GROUPS" 5: DescribeGroupsRequest -> DescribeGroupsResponse;
    16 "LIST_GROUPS" 5: ListGroupsRequest -> ListGroupsResponse;
    17 "SASL_HANDSHAKE" 1: SaslHandshakeRequest -> SaslHandshakeResponse;
    22 "INIT_PRODUCER_ID" 5: InitProducerIdRequest -> InitProducerIdResponse;
    29 "DESCRIBE_ACLS" 3: DescribeAclsRequest -> DescribeAclsResponse;
    30 "CREATE_ACLS" 3: CreateAclsRequest -> CreateAclsResponse;
    32 "DESCRIBE_CONFIGS" 4: DescribeConfigsRequest -> DescribeConfigsResponse;
    36 "SASL_AUTHENTICATE" 2: SaslAuthenticateRequest -> SaslAuthenticateResponse;
    37 "CREATE_PARTITIONS" 3: CreatePartitionsRequest -> CreatePartitionsResponse;
    42 "DELETE_GROUPS" 2: DeleteGroupsRequest -> DeleteGroupsResponse;
    44 "INCREMENTAL_ALTER_CONFIGS" 1: IncrementalAlterConfigsRequest -> IncrementalAlterConfigsResponse;
    47 "OFFSET_DELETE" 0: OffsetDeleteRequest -> OffsetDeleteResponse;
    69 "CONSUMER_GROUP_DESCRIBE" 1: ConsumerGroupDescribeRequest -> ConsumerGroupDescribeResponse;
}
