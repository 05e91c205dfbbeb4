//! The raw client against brokers that tests play: old ones, hanging ones, ones that talk nonsense.
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aqueduct_kafka::raw::{GroupClient, GroupFault, GroupState, JoinGroup, RawClient, SyncGroup};
use aqueduct_kafka::{ClientSettings, ErrorKind};
use bytes::{BufMut, BytesMut};
use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::create_partitions_response::CreatePartitionsTopicResult;
use kafka_protocol::messages::describe_groups_response::DescribedGroup;
use kafka_protocol::messages::find_coordinator_response::Coordinator;
use kafka_protocol::messages::list_groups_response::ListedGroup;
use kafka_protocol::messages::metadata_response::MetadataResponseBroker;
use kafka_protocol::messages::{
    ApiVersionsResponse, CreatePartitionsResponse, DescribeAclsResponse, DescribeGroupsResponse,
    FindCoordinatorResponse, GroupId, HeartbeatResponse, InitProducerIdResponse, JoinGroupResponse, LeaveGroupResponse,
    ListGroupsResponse, MetadataResponse, ResponseHeader, SyncGroupResponse, TopicName,
};
use kafka_protocol::protocol::{Encodable, HeaderVersion, StrBytes};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};

const PATIENCE: Duration = Duration::from_secs(30);

const METADATA: i16 = 3;
const FIND_COORDINATOR: i16 = 10;
const JOIN_GROUP: i16 = 11;
const HEARTBEAT: i16 = 12;
const LEAVE_GROUP: i16 = 13;
const SYNC_GROUP: i16 = 14;
const DESCRIBE_GROUPS: i16 = 15;
const LIST_GROUPS: i16 = 16;
const API_VERSIONS: i16 = 18;
const INIT_PRODUCER_ID: i16 = 22;
const DESCRIBE_ACLS: i16 = 29;
const CREATE_PARTITIONS: i16 = 37;

/// A request as far as these brokers read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Request {
    key: i16,
    version: i16,
    correlation: i32,
    /// The port that it came to.
    port: u16,
}

/// What comes back: a frame's content, nothing at all, or the end of the connection.
enum Reply {
    Frame(BytesMut),
    Nothing,
    Close,
}

/// A broker; it lives until the test's runtime ends.
struct Broker {
    port: u16,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Broker {
    async fn new(answer: impl Fn(Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (answer, seen) = (Arc::new(answer), Arc::new(Mutex::new(Vec::new())));
        let all = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, port, Arc::clone(&answer), Arc::clone(&all)));
            }
        });
        Self { port, seen }
    }

    fn versions_seen(&self, key: i16) -> Vec<i16> {
        self.seen.lock().unwrap().iter().filter(|request| request.key == key).map(|request| request.version).collect()
    }
}

async fn serve(
    mut stream: TcpStream,
    port: u16,
    answer: Arc<impl Fn(Request) -> Reply>,
    seen: Arc<Mutex<Vec<Request>>>,
) -> Option<()> {
    loop {
        let mut frame = vec![0; stream.read_u32().await.ok()? as usize];
        stream.read_exact(&mut frame).await.ok()?;
        let i16_at = |at: usize| i16::from_be_bytes([frame[at], frame[at + 1]]);
        let correlation = i32::from_be_bytes([frame[4], frame[5], frame[6], frame[7]]);
        let request = Request { key: i16_at(0), version: i16_at(2), correlation, port };
        seen.lock().unwrap().push(request);
        match answer(request) {
            Reply::Frame(frame) => {
                stream.write_u32(u32::try_from(frame.len()).ok()?).await.ok()?;
                stream.write_all(&frame).await.ok()?;
            }
            Reply::Nothing => {}
            Reply::Close => return None,
        }
    }
}

fn frame<R: Encodable + HeaderVersion>(request: Request, body: &R) -> Reply {
    let mut out = BytesMut::new();
    let header = ResponseHeader::default().with_correlation_id(request.correlation);
    header.encode(&mut out, R::header_version(request.version)).unwrap();
    body.encode(&mut out, request.version).unwrap();
    Reply::Frame(out)
}

fn api_versions(request: Request, apis: &[(i16, i16, i16)]) -> Reply {
    let apis = apis
        .iter()
        .map(|&(key, min, max)| ApiVersion::default().with_api_key(key).with_min_version(min).with_max_version(max));
    frame(request, &ApiVersionsResponse::default().with_api_keys(apis.collect()))
}

/// All that is needed here, as Kafka 4 has it.
const NEW: [(i16, i16, i16); 7] = [
    (METADATA, 0, 13),
    (FIND_COORDINATOR, 0, 6),
    (JOIN_GROUP, 2, 9),
    (HEARTBEAT, 0, 4),
    (LEAVE_GROUP, 0, 5),
    (SYNC_GROUP, 0, 5),
    (INIT_PRODUCER_ID, 0, 6),
];

/// The same as Kafka 0.11 has it.
const OLD: [(i16, i16, i16); 7] = [
    (METADATA, 0, 4),
    (FIND_COORDINATOR, 0, 1),
    (JOIN_GROUP, 0, 2),
    (HEARTBEAT, 0, 1),
    (LEAVE_GROUP, 0, 1),
    (SYNC_GROUP, 0, 1),
    (INIT_PRODUCER_ID, 0, 0),
];

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

/// The ordinary answers of a broker that coordinates everything itself.
fn ordinary(request: Request, apis: &[(i16, i16, i16)]) -> Reply {
    match request.key {
        API_VERSIONS => api_versions(request, apis),
        METADATA => frame(request, &MetadataResponse::default()),
        FIND_COORDINATOR => found(request, request.port),
        JOIN_GROUP => {
            let answer = JoinGroupResponse::default()
                .with_generation_id(7)
                .with_member_id(text("me"))
                .with_leader(text("me"))
                .with_protocol_name(Some(text("p")));
            frame(request, &answer)
        }
        SYNC_GROUP => frame(request, &SyncGroupResponse::default().with_assignment("work".into())),
        HEARTBEAT => frame(request, &HeartbeatResponse::default()),
        LEAVE_GROUP => frame(request, &LeaveGroupResponse::default()),
        INIT_PRODUCER_ID => frame(request, &InitProducerIdResponse::default().with_producer_id(5.into())),
        other => panic!("request {other}"),
    }
}

fn found(request: Request, port: u16) -> Reply {
    let answer = FindCoordinatorResponse::default();
    if request.version < 4 {
        return frame(request, &answer.with_host(text("127.0.0.1")).with_port(port.into()));
    }
    let coordinator = Coordinator::default().with_host(text("127.0.0.1")).with_port(port.into());
    frame(request, &answer.with_coordinators(vec![coordinator]))
}

fn settings(ports: &[u16]) -> ClientSettings {
    let servers: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    let mut settings = ClientSettings::default();
    settings.set_base("bootstrap.servers", servers.join(","));
    settings.set_base("reconnect.backoff.ms", "10").set_base("retry.backoff.ms", "10");
    settings
}

fn group(ports: &[u16]) -> GroupClient {
    GroupClient::create(&settings(ports), "g").unwrap()
}

fn join() -> JoinGroup {
    JoinGroup {
        member_id: String::new(),
        session_timeout: Duration::from_secs(10),
        rebalance_timeout: Duration::from_secs(60),
        protocol_type: "connect".to_owned(),
        protocols: vec![("p".to_owned(), b"m".to_vec())],
        reason: "because".to_owned(),
    }
}

fn sync() -> SyncGroup {
    SyncGroup {
        member_id: "me".to_owned(),
        generation: 7,
        protocol_type: "connect".to_owned(),
        protocol: "p".to_owned(),
        assignments: vec![("me".to_owned(), b"work".to_vec())],
    }
}

/// A whole life in a group; which versions of JoinGroup, SyncGroup, Heartbeat and LeaveGroup were spoken.
async fn check_versions(apis: &'static [(i16, i16, i16)], knows_version_3: bool, expect: [i16; 4]) {
    let broker = Broker::new(move |request| match request.key {
        API_VERSIONS if request.version > 0 && !knows_version_3 => {
            // In the oldest form, whatever was asked for.
            let mut out = BytesMut::new();
            out.put_i32(request.correlation);
            out.put_i16(35);
            out.put_i32(0);
            Reply::Frame(out)
        }
        _ => ordinary(request, apis),
    })
    .await;
    let group = group(&[broker.port]);
    group.find().await.unwrap();
    let joined = group.join(join()).await.unwrap();
    assert_eq!((joined.generation, joined.member_id.as_str(), joined.protocol.as_str()), (7, "me", "p"));
    assert_eq!(group.sync(sync()).await.unwrap(), b"work");
    group.heartbeat("me", 7).await.unwrap();
    group.leave("me", "enough").await.unwrap();
    let spoken = [JOIN_GROUP, SYNC_GROUP, HEARTBEAT, LEAVE_GROUP].map(|key| broker.versions_seen(key));
    assert_eq!(spoken, expect.map(|version| vec![version]));
}

#[tokio::test]
async fn the_newest_versions_that_both_know_are_spoken() {
    check_versions(&NEW, true, [9, 5, 4, 5]).await;
    check_versions(&OLD, false, [2, 1, 1, 1]).await;
}

#[tokio::test]
async fn a_request_that_a_broker_does_not_know_is_refused_for_good() {
    let broker = Broker::new(|request| ordinary(request, &NEW[..2])).await;
    let group = group(&[broker.port]);
    group.find().await.unwrap();
    match group.join(join()).await {
        Err(GroupFault::Fatal(error)) => assert_eq!(error.kind(), ErrorKind::Unsupported),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_broker_that_hangs_holds_nobody_up() {
    let hanging = Broker::new(|_| Reply::Nothing).await;
    let good = Broker::new(|request| ordinary(request, &NEW)).await;
    for ports in [[hanging.port, good.port], [good.port, hanging.port]] {
        let begin = Instant::now();
        group(&ports).find().await.unwrap();
        assert!(begin.elapsed() < Duration::from_secs(5));
    }
    assert!(!hanging.seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_request_that_is_given_up_is_not_in_the_way_of_the_next() {
    let broker = Broker::new(|request| match request.key {
        JOIN_GROUP => Reply::Nothing,
        _ => ordinary(request, &NEW),
    })
    .await;
    let group = group(&[broker.port]);
    group.find().await.unwrap();
    tokio::select! {
        biased;
        answer = group.join(join()) => panic!("{answer:?}"),
        () = async { while broker.versions_seen(JOIN_GROUP).is_empty() { tokio::task::yield_now().await } } => {}
    }
    timeout(PATIENCE, group.leave("me", "enough")).await.unwrap().unwrap();
    assert_eq!(broker.versions_seen(API_VERSIONS).len(), 2, "a connection of its own");
}

/// After `reply` the coordinator is lost, and the next one is found.
async fn check_lost(reply: fn(Request) -> Reply) {
    let broker =
        Broker::new(move |request| if request.key == HEARTBEAT { reply(request) } else { ordinary(request, &NEW) });
    let broker = broker.await;
    let mut settings = settings(&[broker.port]);
    settings.set_base("request.timeout.ms", "500");
    let group = GroupClient::create(&settings, "g").unwrap();
    group.find().await.unwrap();
    for _ in 0..2 {
        assert!(matches!(group.heartbeat("me", 7).await, Err(GroupFault::NoCoordinator(_))));
    }
    assert_eq!(broker.versions_seen(HEARTBEAT).len(), 1, "it is not asked again before it is found");
    group.find().await.unwrap();
    assert!(group.join(join()).await.is_ok());
}

#[tokio::test]
async fn a_coordinator_that_cannot_be_understood_is_lost() {
    check_lost(|_| Reply::Close).await;
    check_lost(|_| Reply::Nothing).await;
    check_lost(|_| Reply::Frame(BytesMut::new())).await;
    check_lost(|request| frame(Request { correlation: -1, ..request }, &HeartbeatResponse::default())).await;
    check_lost(|request| {
        let Reply::Frame(mut frame) = frame(request, &HeartbeatResponse::default()) else { unreachable!() };
        frame.put_u8(0);
        Reply::Frame(frame)
    })
    .await;
    check_lost(|request| frame(request, &HeartbeatResponse::default().with_error_code(16))).await;
    check_lost(|request| frame(request, &HeartbeatResponse::default().with_error_code(15))).await;
}

async fn check_fault(code: i16, expect: &str) {
    let broker = Broker::new(move |request| match request.key {
        HEARTBEAT => frame(request, &HeartbeatResponse::default().with_error_code(code)),
        _ => ordinary(request, &NEW),
    });
    let group = group(&[broker.await.port]);
    group.find().await.unwrap();
    let fault = group.heartbeat("me", 7).await.unwrap_err();
    assert!(format!("{fault:?}").starts_with(expect), "{code}: {fault:?}");
}

#[tokio::test]
async fn error_codes_are_what_a_member_does_about_them() {
    check_fault(14, "NotYet").await;
    check_fault(22, "IllegalGeneration").await;
    check_fault(25, "UnknownMember").await;
    check_fault(27, "Rebalancing").await;
    check_fault(30, "Fatal(Authorization (org.apache.kafka.common.errors.GroupAuthorizationException): Not authorized to access group: g").await;
    check_fault(82, "Fatal(Fenced").await;
    check_fault(-1, "Fatal(Other").await;
}

#[tokio::test]
async fn fencing_goes_on_through_passing_troubles() {
    let troubles = Mutex::new(vec![51_i16, 14, 16]);
    let broker = Broker::new(move |request| match request.key {
        INIT_PRODUCER_ID => {
            let code = troubles.lock().unwrap().pop().unwrap_or(0);
            frame(request, &InitProducerIdResponse::default().with_error_code(code).with_producer_id(5.into()))
        }
        _ => ordinary(request, &NEW),
    })
    .await;
    let client = RawClient::create(&settings(&[broker.port])).unwrap();
    let fenced = client.fence_producers(&["id".to_owned()]).await.remove(0).unwrap();
    assert_eq!(fenced.producer_id, 5);
    assert_eq!(broker.versions_seen(INIT_PRODUCER_ID).len(), 4);
    assert_eq!(broker.versions_seen(FIND_COORDINATOR).len(), 2, "looked for again after NOT_COORDINATOR");
}

#[tokio::test]
async fn a_broker_that_refuses_fencing_is_believed() {
    let broker = Broker::new(|request| match request.key {
        INIT_PRODUCER_ID => frame(request, &InitProducerIdResponse::default().with_error_code(53)),
        _ => ordinary(request, &NEW),
    })
    .await;
    let client = RawClient::create(&settings(&[broker.port])).unwrap();
    let refused = client.fence_producers(&["id".to_owned()]).await.remove(0).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Authorization);
}

/// What a mirror asks a cluster for.
const CLUSTER: [(i16, i16, i16); 6] = [
    (METADATA, 0, 13),
    (FIND_COORDINATOR, 0, 6),
    (DESCRIBE_GROUPS, 0, 6),
    (LIST_GROUPS, 0, 5),
    (DESCRIBE_ACLS, 1, 3),
    (CREATE_PARTITIONS, 0, 3),
];

/// Brokers 1 and 2 on these ports; the second one controls the cluster.
fn two_brokers(request: Request, ports: &[u16]) -> Reply {
    let brokers = ports.iter().zip(1..).map(|(port, id)| {
        let broker = MetadataResponseBroker::default().with_node_id(id.into());
        broker.with_host(text("127.0.0.1")).with_port(i32::from(*port))
    });
    frame(request, &MetadataResponse::default().with_brokers(brokers.collect()).with_controller_id(2.into()))
}

/// A cluster of two brokers, and a client that is told of the first.
async fn cluster(answer: impl Fn(Request) -> Reply + Clone + Send + Sync + 'static) -> ([Broker; 2], RawClient) {
    let ports = Arc::new(Mutex::new(Vec::new()));
    let of = |ports: Arc<Mutex<Vec<u16>>>, answer: Box<dyn Fn(Request) -> Reply + Send + Sync>| {
        move |request: Request| match request.key {
            API_VERSIONS => api_versions(request, &CLUSTER),
            METADATA => two_brokers(request, &ports.lock().unwrap()),
            _ => answer(request),
        }
    };
    let first = Broker::new(of(Arc::clone(&ports), Box::new(answer.clone()))).await;
    let second = Broker::new(of(Arc::clone(&ports), Box::new(answer))).await;
    *ports.lock().unwrap() = vec![first.port, second.port];
    let client = RawClient::create(&settings(&[first.port])).unwrap();
    ([first, second], client)
}

#[tokio::test]
async fn partitions_are_asked_for_at_the_controller_until_it_is_found() {
    let moved = Arc::new(Mutex::new(vec![41_i16]));
    let answer = move |request: Request| {
        let result = CreatePartitionsTopicResult::default().with_name(TopicName(text("t")));
        let code = moved.lock().unwrap().pop().unwrap_or(0);
        frame(request, &CreatePartitionsResponse::default().with_results(vec![result.with_error_code(code)]))
    };
    let ([first, second], client) = cluster(answer).await;
    let created = client.create_partitions(&[("t".to_owned(), 3)].into()).await.unwrap();
    assert!(created["t"].is_ok());
    assert_eq!(first.versions_seen(CREATE_PARTITIONS), [0_i16; 0]);
    assert_eq!(second.versions_seen(CREATE_PARTITIONS), [3, 3]);
}

#[tokio::test]
async fn consumer_groups_are_those_of_all_brokers_without_workers() {
    let seen = Arc::new(Mutex::new(0));
    let answer = move |request: Request| {
        let mut seen = seen.lock().unwrap();
        *seen += 1;
        let group = |id: &str, protocol: &str, kind: &str| {
            let group = ListedGroup::default().with_group_id(GroupId(text(id))).with_protocol_type(text(protocol));
            group.with_group_type(text(kind))
        };
        let groups = vec![
            group(&format!("g{seen}"), "consumer", "classic"),
            group("modern", "consumer", "Consumer"),
            group("offsets-only", "", "classic"),
            group("workers", "connect", "classic"),
            group("sharers", "share", "share"),
        ];
        frame(request, &ListGroupsResponse::default().with_groups(groups))
    };
    let (_brokers, client) = cluster(answer).await;
    assert_eq!(client.list_consumer_groups().await.unwrap(), ["g1", "g2", "modern", "offsets-only"]);
}

#[tokio::test]
async fn a_group_is_empty_dead_or_has_members() {
    for (state, code, expect) in [
        ("Empty", 0, GroupState::Empty),
        ("Stable", 0, GroupState::Active),
        ("Dead", 0, GroupState::Dead),
        ("", 69, GroupState::Dead),
    ] {
        let answer = move |request: Request| match request.key {
            FIND_COORDINATOR => found(request, request.port),
            _ => {
                let group = DescribedGroup::default().with_group_state(text(state)).with_error_code(code);
                frame(request, &DescribeGroupsResponse::default().with_groups(vec![group]))
            }
        };
        // These brokers do not know the request for groups of the newer protocol.
        let (_brokers, client) = cluster(answer).await;
        assert_eq!(client.group_state("g").await.unwrap(), expect, "{state}");
    }
}

#[tokio::test]
async fn a_cluster_without_an_authorizer_has_no_rules_to_show() {
    let answer = |request: Request| {
        frame(request, &DescribeAclsResponse::default().with_error_code(54).with_error_message(None))
    };
    let (_brokers, client) = cluster(answer).await;
    assert_eq!(client.describe_topic_acls().await.unwrap_err().kind(), ErrorKind::Unsupported);
}
