//! What a client has done so far, as librdkafka counts it: read from its statistics every few seconds, for whoever listens.
//!
//! Clients that nobody listens to count nothing. Times are in milliseconds here; librdkafka's are in microseconds.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

/// How often a client tells.
pub(crate) const INTERVAL: Duration = Duration::from_secs(5);

/// Is told what a client has done. Called from the threads of the client or from whoever polls it: take it and return.
pub trait StatisticsListener: Send + Sync {
    /// The figures as they are now.
    fn statistics(&self, now: &ClientStatistics);
}

/// The figures of one client. Totals count from the client's start.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClientStatistics {
    /// Requests that were sent.
    pub requests: u64,
    /// Answers that have arrived.
    pub responses: u64,
    /// Bytes that were sent.
    pub bytes_out: u64,
    /// Bytes that have arrived.
    pub bytes_in: u64,
    /// Requests that were sent once more.
    pub retries: u64,
    /// Requests that could not be sent, or were not answered.
    pub errors: u64,
    /// Brokers that the client is connected to.
    pub connections: u64,
    /// How long brokers took to answer lately.
    pub latency: Timing,
    /// How long brokers have made the client wait lately, by quotas.
    pub throttle: Timing,
    /// How many times the client asked brokers for records.
    pub fetches: u64,
    /// Records, by topic.
    pub topics: BTreeMap<String, TopicStatistics>,
}

/// Times within the last interval, in milliseconds. Without any they are 0.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Timing {
    /// How many there were.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// The longest.
    pub longest: f64,
}

/// The records of one topic: those of a producer were written, those of a consumer read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TopicStatistics {
    /// How many.
    pub records: u64,
    /// Their keys, values and headers.
    pub bytes: u64,
    /// The mean size of a batch lately, in bytes; 0 without any.
    pub batch_size: f64,
    /// How many records a batch had lately; 0 without any.
    pub batch_records: f64,
    /// How far a consumer is behind the end of each partition that it reads, as far as it knows.
    pub lag: BTreeMap<i32, u64>,
}

impl ClientStatistics {
    /// Records of all topics.
    pub fn records(&self) -> u64 {
        self.topics.values().map(|topic| topic.records).sum()
    }

    /// Bytes of the records of all topics.
    pub fn bytes(&self) -> u64 {
        self.topics.values().map(|topic| topic.bytes).sum()
    }

    /// How far the client is behind in the partition in which it is the most; none when it knows of no partition.
    pub fn greatest_lag(&self) -> Option<u64> {
        self.topics.values().flat_map(|topic| topic.lag.values()).max().copied()
    }

    /// Reads librdkafka's JSON. Members that are missing count nothing.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, serde_json::Error> {
        let native: Native = serde_json::from_slice(json)?;
        let producer = native.kind == "producer";
        let brokers = native.brokers.values();
        let sum = |of: fn(&Broker) -> u64| native.brokers.values().map(of).sum();
        Ok(Self {
            requests: native.tx,
            responses: native.rx,
            bytes_out: native.tx_bytes,
            bytes_in: native.rx_bytes,
            retries: sum(|broker| broker.txretries),
            errors: sum(|broker| broker.txerrs + broker.rxerrs + broker.req_timeouts),
            connections: brokers.clone().filter(|broker| broker.state == "UP").count() as u64,
            latency: together(brokers.clone().map(|broker| broker.rtt), 1000.0),
            throttle: together(brokers.map(|broker| broker.throttle), 1.0),
            fetches: sum(|broker| broker.req.get("Fetch").copied().unwrap_or(0)),
            topics: native.topics.into_iter().map(|(name, topic)| (name, topic.figures(producer))).collect(),
        })
    }
}

/// A window of librdkafka's statistics.
#[derive(Deserialize, Default, Clone, Copy)]
#[serde(default)]
struct Window {
    max: f64,
    avg: f64,
    cnt: u64,
}

/// The windows of several brokers as one, in units of which `unit` make a millisecond.
fn together(windows: impl Iterator<Item = Window>, unit: f64) -> Timing {
    let (mut all, mut sum) = (Timing::default(), 0.0);
    for window in windows {
        all.count += window.cnt;
        all.longest = all.longest.max(window.max / unit);
        sum += window.avg / unit * window.cnt as f64;
    }
    if all.count > 0 {
        all.mean = sum / all.count as f64;
    }
    all
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Native {
    #[serde(rename = "type")]
    kind: String,
    tx: u64,
    rx: u64,
    tx_bytes: u64,
    rx_bytes: u64,
    brokers: BTreeMap<String, Broker>,
    topics: BTreeMap<String, Topic>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Broker {
    state: String,
    txretries: u64,
    txerrs: u64,
    rxerrs: u64,
    req_timeouts: u64,
    rtt: Window,
    throttle: Window,
    req: BTreeMap<String, u64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Topic {
    batchsize: Window,
    batchcnt: Window,
    partitions: BTreeMap<i32, Partition>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Partition {
    txmsgs: u64,
    txbytes: u64,
    rxmsgs: u64,
    rxbytes: u64,
    fetch_state: String,
    /// Behind the last record that the caller was given; negative before the first.
    app_offset: i64,
    /// Where the client reads on.
    next_offset: i64,
    /// The end of the log.
    hi_offset: i64,
}

impl Partition {
    /// How far the caller is behind the end. librdkafka itself counts from what was committed.
    fn lag(&self) -> Option<u64> {
        let position = if self.app_offset >= 0 { self.app_offset } else { self.next_offset };
        let known = self.fetch_state == "active" && position >= 0 && self.hi_offset >= 0;
        known.then(|| u64::try_from(self.hi_offset - position).unwrap_or(0))
    }
}

impl Topic {
    fn figures(self, producer: bool) -> TopicStatistics {
        let sum = |of: fn(&Partition) -> u64| self.partitions.values().map(of).sum();
        TopicStatistics {
            records: if producer { sum(|p| p.txmsgs) } else { sum(|p| p.rxmsgs) },
            bytes: if producer { sum(|p| p.txbytes) } else { sum(|p| p.rxbytes) },
            batch_size: self.batchsize.avg,
            batch_records: self.batchcnt.avg,
            lag: self.partitions.iter().filter_map(|(number, partition)| Some((*number, partition.lag()?))).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consumers_figures_are_read() {
        let json = br#"{"name":"c","type":"consumer","ts":1,"tx":7,"rx":6,"tx_bytes":70,"rx_bytes":600,"msg_cnt":0,
            "brokers":{"b1":{"state":"UP","txretries":1,"txerrs":0,"rtt":{"min":1,"max":4000,"avg":2000,"cnt":3},
              "throttle":{"avg":0,"cnt":3},"req":{"Fetch":5,"Metadata":1}},
              "b2":{"state":"DOWN","rtt":{"max":9000,"avg":6000,"cnt":1},"req_timeouts":2,"req":{"Fetch":1}}},
            "topics":{"t":{"batchsize":{"avg":0},"partitions":{
              "-1":{"partition":-1,"fetch_state":"none","app_offset":-1001,"next_offset":0,"hi_offset":-1001},
              "0":{"fetch_state":"active","rxmsgs":10,"rxbytes":100,"app_offset":6,"next_offset":9,"hi_offset":10},
              "1":{"fetch_state":"active","rxmsgs":1,"rxbytes":9,"app_offset":-1001,"next_offset":7,"hi_offset":7},
              "2":{"fetch_state":"active","app_offset":3,"next_offset":3,"hi_offset":-1001},
              "3":{"fetch_state":"none","app_offset":1,"next_offset":1,"hi_offset":99}}}},"cgrp":{"state":"up"}}"#;
        let read = ClientStatistics::parse(json).unwrap();
        assert_eq!((read.requests, read.responses, read.bytes_out, read.bytes_in), (7, 6, 70, 600));
        assert_eq!((read.retries, read.errors, read.connections, read.fetches), (1, 2, 1, 6));
        assert_eq!(read.latency, Timing { count: 4, mean: 3.0, longest: 9.0 });
        assert_eq!((read.records(), read.bytes(), read.greatest_lag()), (11, 109, Some(4)));
        assert_eq!(read.topics["t"].lag, BTreeMap::from([(0, 4), (1, 0)]));
    }

    #[test]
    fn a_producers_figures_are_read() {
        let json = br#"{"type":"producer","topics":{"t":{"batchsize":{"avg":512},"batchcnt":{"avg":4},
            "partitions":{"0":{"txmsgs":3,"txbytes":30,"rxmsgs":99},"1":{"txmsgs":1,"txbytes":10}}}}}"#;
        let read = ClientStatistics::parse(json).unwrap();
        let topic = &read.topics["t"];
        assert_eq!((topic.records, topic.bytes, topic.batch_size, topic.batch_records), (4, 40, 512.0, 4.0));
        assert_eq!(read.greatest_lag(), None);
    }
}
