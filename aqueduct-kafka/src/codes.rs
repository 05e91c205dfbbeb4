//! Kafka's protocol error codes and librdkafka's own (negative) ones: to which kind each belongs, which Java exception
//! stands for it and how it reads.

use crate::error::ErrorKind::{self, *};

/// The code of an error that was found on this side of the client library.
pub(crate) const LOCAL: i32 = 0;
/// Success.
pub(crate) const NONE: i32 = 0;

pub(crate) const TIMED_OUT: i32 = -185;
pub(crate) const TIMED_OUT_QUEUE: i32 = -166;
pub(crate) const QUEUE_FULL: i32 = -184;
pub(crate) const ALL_BROKERS_DOWN: i32 = -187;
pub(crate) const TRANSPORT: i32 = -195;
pub(crate) const RESOLVE: i32 = -193;
pub(crate) const SSL: i32 = -181;
pub(crate) const AUTHENTICATION: i32 = -169;
pub(crate) const FATAL: i32 = -150;
pub(crate) const PURGE_QUEUE: i32 = -152;
pub(crate) const PURGE_INFLIGHT: i32 = -151;
pub(crate) const MESSAGE_TIMED_OUT: i32 = -192;
pub(crate) const PARTITION_EOF: i32 = -191;
pub(crate) const UNKNOWN_PARTITION: i32 = -190;
pub(crate) const UNKNOWN_TOPIC: i32 = -188;
pub(crate) const MAX_POLL_EXCEEDED: i32 = -147;
pub(crate) const AUTO_OFFSET_RESET: i32 = -140;
pub(crate) const ASSIGN_PARTITIONS: i32 = -175;
pub(crate) const OFFSET_OUT_OF_RANGE: i32 = 1;
pub(crate) const INVALID_TOPIC: i32 = 17;
pub(crate) const UNKNOWN_TOPIC_OR_PARTITION: i32 = 3;
pub(crate) const TOPIC_AUTHORIZATION_FAILED: i32 = 29;
pub(crate) const GROUP_AUTHORIZATION_FAILED: i32 = 30;
pub(crate) const CLUSTER_AUTHORIZATION_FAILED: i32 = 31;

/// What is known about a code.
pub(crate) struct Code {
    pub(crate) kind: ErrorKind,
    pub(crate) java_class: &'static str,
}

macro_rules! table {
    ($($code:literal $kind:ident $class:literal),* $(,)?) => {
        const TABLE: &[(i32, ErrorKind, &str)] = &[$(($code, $kind, concat!("org.apache.kafka.common.", $class))),*];
    };
}

table! {
    -199 Retriable "errors.CorruptRecordException",
    -198 Other "errors.UnsupportedCompressionTypeException",
    -197 Closed "errors.DisconnectException",
    -196 Retriable "errors.DisconnectException",
    -195 Retriable "errors.DisconnectException",
    -193 Retriable "errors.NetworkException",
    -192 Timeout "errors.TimeoutException",
    -190 UnknownTopic "errors.UnknownTopicOrPartitionException",
    -188 UnknownTopic "errors.UnknownTopicOrPartitionException",
    -187 Retriable "errors.TimeoutException",
    -185 Timeout "errors.TimeoutException",
    -184 QueueFull "errors.TimeoutException",
    -182 Retriable "errors.NotLeaderOrFollowerException",
    -181 Authentication "errors.SslAuthenticationException",
    -180 Retriable "errors.CoordinatorNotAvailableException",
    -178 Retriable "errors.TimeoutException",
    -177 Retriable "errors.TimeoutException",
    -169 Authentication "errors.SaslAuthenticationException",
    -168 NoOffset "errors.OffsetOutOfRangeException",
    -166 Timeout "errors.TimeoutException",
    -165 Unsupported "errors.UnsupportedVersionException",
    -164 Retriable "errors.TimeoutException",
    -153 Retriable "errors.TimeoutException",
    -147 CommitFailed "errors.RebalanceInProgressException",
    -144 Fenced "errors.ProducerFencedException",
    -142 CommitFailed "errors.RebalanceInProgressException",
    -140 NoOffset "errors.OffsetOutOfRangeException",
    -139 NoOffset "errors.OffsetOutOfRangeException",
    -1 Other "errors.UnknownServerException",
    1 NoOffset "errors.OffsetOutOfRangeException",
    2 Retriable "errors.CorruptRecordException",
    3 UnknownTopic "errors.UnknownTopicOrPartitionException",
    4 Other "errors.InvalidFetchSizeException",
    5 Retriable "errors.LeaderNotAvailableException",
    6 Retriable "errors.NotLeaderOrFollowerException",
    7 Timeout "errors.TimeoutException",
    8 Other "errors.BrokerNotAvailableException",
    9 Retriable "errors.ReplicaNotAvailableException",
    10 RecordTooLarge "errors.RecordTooLargeException",
    11 Other "errors.ControllerMovedException",
    12 Other "errors.OffsetMetadataTooLarge",
    13 Retriable "errors.NetworkException",
    14 Retriable "errors.CoordinatorLoadInProgressException",
    15 Retriable "errors.CoordinatorNotAvailableException",
    16 Retriable "errors.NotCoordinatorException",
    17 Other "errors.InvalidTopicException",
    18 RecordTooLarge "errors.RecordBatchTooLargeException",
    19 Retriable "errors.NotEnoughReplicasException",
    20 Retriable "errors.NotEnoughReplicasAfterAppendException",
    21 InvalidConfig "errors.InvalidRequiredAcksException",
    22 CommitFailed "errors.IllegalGenerationException",
    23 InvalidConfig "errors.InconsistentGroupProtocolException",
    24 InvalidConfig "errors.InvalidGroupIdException",
    25 CommitFailed "errors.UnknownMemberIdException",
    26 InvalidConfig "errors.InvalidSessionTimeoutException",
    27 CommitFailed "errors.RebalanceInProgressException",
    28 Other "errors.InvalidCommitOffsetSizeException",
    29 Authorization "errors.TopicAuthorizationException",
    30 Authorization "errors.GroupAuthorizationException",
    31 Authorization "errors.ClusterAuthorizationException",
    32 InvalidRecord "errors.InvalidTimestampException",
    33 Authentication "errors.UnsupportedSaslMechanismException",
    34 Authentication "errors.IllegalSaslStateException",
    35 Unsupported "errors.UnsupportedVersionException",
    36 TopicExists "errors.TopicExistsException",
    37 Other "errors.InvalidPartitionsException",
    38 InvalidReplicationFactor "errors.InvalidReplicationFactorException",
    39 Other "errors.InvalidReplicaAssignmentException",
    40 InvalidConfig "errors.InvalidConfigurationException",
    41 Retriable "errors.NotControllerException",
    42 Other "errors.InvalidRequestException",
    43 Unsupported "errors.UnsupportedForMessageFormatException",
    44 Other "errors.PolicyViolationException",
    45 Fatal "errors.OutOfOrderSequenceException",
    46 Other "errors.DuplicateSequenceException",
    47 Fenced "errors.InvalidProducerEpochException",
    48 Fatal "errors.InvalidTxnStateException",
    49 Fatal "errors.InvalidPidMappingException",
    50 InvalidConfig "errors.InvalidTxnTimeoutException",
    51 Retriable "errors.ConcurrentTransactionsException",
    52 Fenced "errors.TransactionCoordinatorFencedException",
    53 Authorization "errors.TransactionalIdAuthorizationException",
    54 Unsupported "errors.SecurityDisabledException",
    55 Other "errors.OperationNotAttemptedException",
    56 Retriable "errors.KafkaStorageException",
    57 Other "errors.LogDirNotFoundException",
    58 Authentication "errors.SaslAuthenticationException",
    59 Fatal "errors.UnknownProducerIdException",
    60 Other "errors.ReassignmentInProgressException",
    61 Unsupported "errors.DelegationTokenDisabledException",
    62 Authentication "errors.DelegationTokenNotFoundException",
    63 Authorization "errors.DelegationTokenOwnerMismatchException",
    64 Unsupported "errors.UnsupportedByAuthenticationException",
    65 Authorization "errors.DelegationTokenAuthorizationException",
    66 Authentication "errors.DelegationTokenExpiredException",
    67 Other "errors.InvalidPrincipalTypeException",
    68 GroupActive "errors.GroupNotEmptyException",
    69 GroupNotFound "errors.GroupIdNotFoundException",
    70 Retriable "errors.FetchSessionIdNotFoundException",
    71 Retriable "errors.InvalidFetchSessionEpochException",
    72 Retriable "errors.ListenerNotFoundException",
    73 Unsupported "errors.TopicDeletionDisabledException",
    74 Retriable "errors.FencedLeaderEpochException",
    75 Retriable "errors.UnknownLeaderEpochException",
    76 Unsupported "errors.UnsupportedCompressionTypeException",
    77 Other "errors.StaleBrokerEpochException",
    78 Retriable "errors.OffsetNotAvailableException",
    79 CommitFailed "errors.MemberIdRequiredException",
    80 Retriable "errors.PreferredLeaderNotAvailableException",
    81 Other "errors.GroupMaxSizeReachedException",
    82 Fenced "errors.FencedInstanceIdException",
    83 Retriable "errors.EligibleLeadersNotAvailableException",
    84 Retriable "errors.ElectionNotNeededException",
    85 Other "errors.NoReassignmentInProgressException",
    86 GroupActive "errors.GroupSubscribedToTopicException",
    87 InvalidRecord "InvalidRecordException",
    88 Retriable "errors.UnstableOffsetCommitException",
    89 Retriable "errors.ThrottlingQuotaExceededException",
    90 Fenced "errors.ProducerFencedException",
    91 Other "errors.ResourceNotFoundException",
    92 Other "errors.DuplicateResourceException",
    100 Retriable "errors.UnknownTopicIdException",
    103 Retriable "errors.InconsistentTopicIdException",
    110 Fenced "errors.FencedMemberEpochException",
    111 Fenced "errors.UnreleasedInstanceIdException",
    112 InvalidConfig "errors.UnsupportedAssignorException",
    113 CommitFailed "errors.StaleMemberEpochException",
    120 AbortableTransaction "errors.TransactionAbortableException",
    129 Other "errors.RebootstrapRequiredException",
}

/// Kind and Java class of `code`; unknown ones are [`ErrorKind::Other`].
pub(crate) fn lookup(code: i32) -> Code {
    match TABLE.binary_search_by_key(&code, |entry| entry.0) {
        Ok(at) => Code { kind: TABLE[at].1, java_class: TABLE[at].2 },
        Err(_) => {
            let kind = match code {
                PURGE_QUEUE | PURGE_INFLIGHT => Closed,
                FATAL => Fatal,
                _ => Other,
            };
            Code { kind, java_class: class_of_kind(kind) }
        }
    }
}

/// The Java class that usually stands for a kind.
pub(crate) fn class_of_kind(kind: ErrorKind) -> &'static str {
    match kind {
        Retriable => "org.apache.kafka.common.errors.RetriableException",
        Timeout | QueueFull => "org.apache.kafka.common.errors.TimeoutException",
        UnknownTopic => "org.apache.kafka.common.errors.UnknownTopicOrPartitionException",
        TopicExists => "org.apache.kafka.common.errors.TopicExistsException",
        Authentication => "org.apache.kafka.common.errors.SaslAuthenticationException",
        Authorization => "org.apache.kafka.common.errors.AuthorizationException",
        RecordTooLarge => "org.apache.kafka.common.errors.RecordTooLargeException",
        InvalidRecord => "org.apache.kafka.common.InvalidRecordException",
        InvalidReplicationFactor => "org.apache.kafka.common.errors.InvalidReplicationFactorException",
        InvalidConfig => "org.apache.kafka.common.config.ConfigException",
        Fenced => "org.apache.kafka.common.errors.ProducerFencedException",
        CommitFailed => "org.apache.kafka.clients.consumer.CommitFailedException",
        GroupActive => "org.apache.kafka.common.errors.GroupNotEmptyException",
        GroupNotFound => "org.apache.kafka.common.errors.GroupIdNotFoundException",
        NoOffset => "org.apache.kafka.clients.consumer.NoOffsetForPartitionException",
        AbortableTransaction => "org.apache.kafka.common.errors.TransactionAbortableException",
        Unsupported => "org.apache.kafka.common.errors.UnsupportedVersionException",
        Closed => "java.lang.IllegalStateException",
        Fatal | Other => "org.apache.kafka.common.KafkaException",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_sorted_by_code() {
        assert!(TABLE.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn codes_have_the_kind_that_callers_act_on() {
        let check = |code, kind| assert_eq!(lookup(code).kind, kind, "{code}");
        check(TOPIC_AUTHORIZATION_FAILED, Authorization);
        check(AUTHENTICATION, Authentication);
        check(QUEUE_FULL, QueueFull);
        check(TIMED_OUT, Timeout);
        check(36, TopicExists);
        check(68, GroupActive);
        check(25, CommitFailed);
        check(FATAL, Fatal);
        check(PURGE_QUEUE, Closed);
        check(9999, Other);
    }
}
