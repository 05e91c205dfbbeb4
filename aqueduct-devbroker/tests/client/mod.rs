//! A client that sends single requests, for tests that need to see each answer.

#![allow(dead_code, reason = "each test file uses what it needs")]
#![allow(clippy::unwrap_used, reason = "a test client")]

use aqueduct_devbroker::DevBroker;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::fetch_response::PartitionData;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::produce_response::PartitionProduceResponse;
use kafka_protocol::messages::{
    ApiKey, ApiVersionsRequest, CreateTopicsRequest, FetchRequest, GroupId, InitProducerIdRequest, JoinGroupRequest,
    MetadataRequest, ProduceRequest, RequestHeader, ResponseHeader, TopicName, TransactionalId,
};
use kafka_protocol::protocol::{Decodable, Encodable, Request, StrBytes};
use kafka_protocol::records::{
    Compression, Record, RecordBatchDecoder, RecordBatchEncoder, RecordEncodeOptions, TimestampType,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection.
pub(crate) struct Client {
    stream: TcpStream,
    correlation: i32,
}

/// Who writes a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) producer: (i64, i16),
    pub(crate) sequence: i32,
    pub(crate) transactional: bool,
}

pub(crate) const NOBODY: Origin = Origin { producer: (-1, -1), sequence: -1, transactional: false };

pub(crate) fn name(topic: &str) -> TopicName {
    TopicName(StrBytes::from_string(topic.to_owned()))
}

impl Client {
    pub(crate) async fn connect(broker: &DevBroker) -> Client {
        Client { stream: TcpStream::connect(broker.address()).await.unwrap(), correlation: 0 }
    }

    /// Sends bytes as they are.
    pub(crate) async fn send_raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Whether the broker ends the connection.
    pub(crate) async fn is_closed(&mut self) -> bool {
        matches!(self.stream.read(&mut [0; 1]).await, Ok(0) | Err(_))
    }

    pub(crate) async fn send<R: Request>(&mut self, request: &R, version: i16) -> R::Response {
        self.try_send(request, version).await.expect("an answer")
    }

    /// None when the broker closes the connection in place of an answer.
    pub(crate) async fn try_send<R: Request>(&mut self, request: &R, version: i16) -> Option<R::Response> {
        self.correlation += 1;
        self.stream.write_all(&frame(request, version, self.correlation)).await.ok()?;
        let length = self.stream.read_i32().await.ok()?;
        let mut body = vec![0; length as usize];
        self.stream.read_exact(&mut body).await.ok()?;
        let mut body = Bytes::from(body);
        let key = ApiKey::try_from(R::KEY).unwrap();
        let header = ResponseHeader::decode(&mut body, key.response_header_version(version)).unwrap();
        assert_eq!(header.correlation_id, self.correlation);
        let response = R::Response::decode(&mut body, version).unwrap();
        assert!(!body.has_remaining(), "{} bytes behind the answer", body.remaining());
        Some(response)
    }

    pub(crate) async fn create(&mut self, topic: &str, partitions: i32, configs: &[(&str, &str)]) {
        let config = |(key, value): &(&str, &str)| {
            CreatableTopicConfig::default()
                .with_name(StrBytes::from_string((*key).to_owned()))
                .with_value(Some(StrBytes::from_string((*value).to_owned())))
        };
        let topic = CreatableTopic::default()
            .with_name(name(topic))
            .with_num_partitions(partitions)
            .with_replication_factor(1)
            .with_configs(configs.iter().map(config).collect());
        let response = self.send(&CreateTopicsRequest::default().with_topics(vec![topic]), 7).await;
        assert_eq!(response.topics[0].error_code, 0, "{:?}", response.topics[0].error_message);
    }

    pub(crate) async fn produce(
        &mut self,
        topic: &str,
        origin: Origin,
        records: &[(&str, Option<&str>)],
    ) -> PartitionProduceResponse {
        self.produce_bytes(topic, batch(origin, records)).await
    }

    pub(crate) async fn produce_bytes(&mut self, topic: &str, records: Bytes) -> PartitionProduceResponse {
        let mut response = self.send(&produce_request(topic, records), 9).await;
        response.responses.remove(0).partition_responses.remove(0)
    }

    pub(crate) async fn fetch(&mut self, topic: &str, offset: i64, committed: bool, wait: i32) -> PartitionData {
        let partition = FetchPartition::default().with_fetch_offset(offset).with_partition_max_bytes(1 << 20);
        let topic = FetchTopic::default().with_topic(name(topic)).with_partitions(vec![partition]);
        let request = FetchRequest::default()
            .with_max_wait_ms(wait)
            .with_min_bytes(1)
            .with_max_bytes(1 << 20)
            .with_isolation_level(i8::from(committed))
            .with_topics(vec![topic]);
        let mut response = self.send(&request, 11).await;
        response.responses.remove(0).partitions.remove(0)
    }

    /// Offsets and values from the start to what can be read, the aborted ones left out as a client does.
    pub(crate) async fn read_all(&mut self, topic: &str, committed: bool) -> Vec<(i64, String)> {
        let mut found = Vec::new();
        let mut offset = 0;
        loop {
            let data = self.fetch(topic, offset, committed, 0).await;
            if data.error_code == 1 && data.log_start_offset > offset {
                offset = data.log_start_offset;
                continue;
            }
            assert_eq!(data.error_code, 0);
            let records = decode(data.records.unwrap());
            let Some(last) = records.last() else { return found };
            let next = last.offset + 1;
            let mut aborted = data.aborted_transactions.unwrap_or_default();
            for record in records {
                if record.control {
                    aborted.retain(|one| one.producer_id.0 != record.producer_id);
                } else if record.offset >= offset
                    && !aborted
                        .iter()
                        .any(|one| one.producer_id.0 == record.producer_id && one.first_offset <= record.offset)
                {
                    let value = record.value.map(|value| String::from_utf8(value.to_vec()).unwrap());
                    found.push((record.offset, value.unwrap_or_else(|| "null".into())));
                }
            }
            offset = next;
        }
    }

    pub(crate) async fn producer(&mut self, transactional_id: &str) -> (i64, i16) {
        let id = TransactionalId(StrBytes::from_string(transactional_id.to_owned()));
        let request = InitProducerIdRequest::default()
            .with_transactional_id(Some(id))
            .with_transaction_timeout_ms(60_000)
            .with_producer_id((-1).into())
            .with_producer_epoch(-1);
        let response = self.send(&request, 4).await;
        assert_eq!(response.error_code, 0);
        (response.producer_id.0, response.producer_epoch)
    }
}

/// A request as it goes over the wire, its length first.
pub(crate) fn frame<R: Request>(request: &R, version: i16, correlation: i32) -> Bytes {
    let key = ApiKey::try_from(R::KEY).unwrap();
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_correlation_id(correlation)
        .with_client_id(Some(StrBytes::from_static_str("test")));
    let mut body = BytesMut::new();
    header.encode(&mut body, key.request_header_version(version)).unwrap();
    request.encode(&mut body, version).unwrap();
    let mut out = BytesMut::new();
    out.put_i32(body.len() as i32);
    out.put_slice(&body);
    out.freeze()
}

pub(crate) fn produce_request(topic: &str, records: Bytes) -> ProduceRequest {
    let data = PartitionProduceData::default().with_records(Some(records));
    let topic = TopicProduceData::default().with_name(name(topic)).with_partition_data(vec![data]);
    ProduceRequest::default().with_acks(-1).with_timeout_ms(1000).with_topic_data(vec![topic])
}

/// One batch of records without a time stamp of note.
pub(crate) fn batch(origin: Origin, records: &[(&str, Option<&str>)]) -> Bytes {
    batch_at(origin, 1_000, records)
}

pub(crate) fn batch_at(origin: Origin, timestamp: i64, records: &[(&str, Option<&str>)]) -> Bytes {
    let record = |(index, (key, value)): (usize, &(&str, Option<&str>))| Record {
        transactional: origin.transactional,
        control: false,
        partition_leader_epoch: 0,
        producer_id: origin.producer.0,
        producer_epoch: origin.producer.1,
        timestamp_type: TimestampType::Creation,
        delete_horizon: false,
        offset: index as i64,
        sequence: if origin.sequence < 0 { -1 } else { origin.sequence + index as i32 },
        timestamp,
        key: Some(Bytes::copy_from_slice(key.as_bytes())),
        value: value.map(|value| Bytes::copy_from_slice(value.as_bytes())),
        headers: IndexMap::new(),
    };
    let records: Vec<_> = records.iter().enumerate().map(record).collect();
    let mut out = BytesMut::new();
    let options = RecordEncodeOptions { version: 2, compression: Compression::None };
    RecordBatchEncoder::encode(&mut out, &records, &options).unwrap();
    out.freeze()
}

pub(crate) fn decode(mut bytes: Bytes) -> Vec<Record> {
    RecordBatchDecoder::decode_all(&mut bytes).unwrap().into_iter().flat_map(|set| set.records).collect()
}

/// Requests as they should be, without the length before them.
pub(crate) fn requests() -> Vec<Bytes> {
    let metadata =
        MetadataRequest::default().with_topics(Some(vec![MetadataRequestTopic::default().with_name(Some(name("t")))]));
    let partition = FetchPartition::default().with_partition_max_bytes(1000);
    let topic = FetchTopic::default().with_topic(name("t")).with_partitions(vec![partition]);
    let fetch = FetchRequest::default().with_max_bytes(1000).with_topics(vec![topic]);
    let join = JoinGroupRequest::default()
        .with_group_id(GroupId(StrBytes::from_static_str("g")))
        .with_session_timeout_ms(6000)
        .with_protocol_type(StrBytes::from_static_str("connect"));
    let produce = produce_request("t", batch(NOBODY, &[("k", Some("v")), ("l", None)]));
    let mut all = vec![frame(&ApiVersionsRequest::default(), 3, 1)];
    all.extend((0..=13).map(|version| frame(&metadata, version, 1)));
    all.extend((4..=12).map(|version| frame(&fetch, version, 1)));
    all.extend((0..=4).map(|version| frame(&join, version, 1)));
    all.extend((3..=12).map(|version| frame(&produce, version, 1)));
    all.iter_mut().for_each(|frame| frame.advance(4));
    all
}
