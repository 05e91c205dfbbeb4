//! The figures of the Kafka clients of tasks, on their way from the clients to the registry.
//!
//! A client tells every few seconds; with it goes its listener, and what was shown of it.

use std::sync::Arc;

use aqueduct_kafka::{ClientSettings, ClientStatistics, Consumer, KafkaError, StatisticsListener, Timing};
use aqueduct_metrics::Registry;
use aqueduct_metrics::groups::{ClientFigures, KafkaClientMetrics, TopicFigures};

/// Listens to one client.
struct Shown(KafkaClientMetrics);

impl StatisticsListener for Shown {
    fn statistics(&self, now: &ClientStatistics) {
        self.0.update(figures(now));
    }
}

/// Shows the producer with this `client.id`.
pub(crate) fn producer(registry: &Registry, client_id: &str) -> Arc<dyn StatisticsListener> {
    Arc::new(Shown(KafkaClientMetrics::producer(registry, client_id)))
}

/// Makes a consumer, and shows it in a registry.
pub(crate) fn consumer(settings: &ClientSettings, registry: Option<&Registry>) -> Result<Consumer, KafkaError> {
    let Some(registry) = registry else { return Consumer::create(settings) };
    let shown = Shown(KafkaClientMetrics::consumer(registry, settings.client_id()));
    Consumer::create_observed(settings, Arc::new(shown))
}

fn figures(now: &ClientStatistics) -> ClientFigures {
    let mean = |timing: Timing| if timing.count == 0 { f64::NAN } else { timing.mean };
    let longest = |timing: Timing| if timing.count == 0 { f64::NAN } else { timing.longest };
    // The mean over topics, each counting once: how many batches there were is not told.
    let busy: Vec<_> = now.topics.values().filter(|topic| topic.batch_size > 0.0).collect();
    let over_topics = |sum: f64| sum / busy.len() as f64;
    let topics = now.topics.iter().map(|(name, topic)| {
        (name.clone(), TopicFigures { records: topic.records, bytes: topic.bytes, lag: topic.lag.clone() })
    });
    ClientFigures {
        requests: now.requests,
        responses: now.responses,
        bytes_out: now.bytes_out,
        bytes_in: now.bytes_in,
        connections: now.connections,
        fetches: now.fetches,
        latency_avg: mean(now.latency),
        latency_max: longest(now.latency),
        throttle_avg: mean(now.throttle),
        throttle_max: longest(now.throttle),
        batch_size: over_topics(busy.iter().map(|topic| topic.batch_size).sum()),
        batch_records: over_topics(busy.iter().map(|topic| topic.batch_records).sum()),
        topics: topics.collect(),
    }
}
