//! The status store on its topic.
//!
//! A worker whose last words come late, after an outage say, would hide what its successor said in the meantime. So whoever
//! runs something and reads an older word of another worker about it says once more what it said last.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aqueduct_api::{BoxFuture, ConnectError};
use aqueduct_data::Bytes;
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::cache::{Cache, Ticket};
use super::record::{Subject, status_value, topic_value};
use crate::store_settings::StoreSettings;
use crate::topic_json::TopicJson;
use crate::topic_log::kafka::KafkaTopicLog;
use crate::topic_log::memory::MemoryTopic;
use crate::topic_log::{LogReader, LogRecord, Sent, TopicLog};
use crate::{Status, StatusState, StatusStore};

/// The pause before a record that could not be written is tried again.
const WRITE_AGAIN: Duration = Duration::from_millis(300);

/// Keeps statuses and active topics on a Kafka topic. Clones are the same store.
#[derive(Clone)]
pub struct KafkaStatusStore(Arc<Inner>);

struct Inner {
    log: Arc<dyn TopicLog>,
    json: TopicJson,
    cache: Arc<Mutex<Cache>>,
    /// Statuses come from threads of plugins, too, which have no runtime.
    runtime: Handle,
    /// Held while a status is written, so that nothing is said again after something else was said.
    speaking: Mutex<()>,
}

impl KafkaStatusStore {
    /// Opens the store: creates its topic if there is none, and reads everything that is in it.
    ///
    /// # Errors
    /// When the topic cannot be used, or the broker refuses us.
    pub async fn start(settings: &StoreSettings) -> Result<Self, ConnectError> {
        let (cache, hidden, reader) = reading();
        let log = KafkaTopicLog::open(&settings.statuses, reader).await?;
        Ok(Self::new(log, cache, hidden))
    }

    /// A store on a topic in memory, for tests. Must be called on a tokio runtime.
    pub fn in_memory(topic: &MemoryTopic) -> Self {
        let (cache, hidden, reader) = reading();
        Self::new(topic.open(reader), cache, hidden)
    }

    fn new(log: Arc<dyn TopicLog>, cache: Arc<Mutex<Cache>>, mut hidden: mpsc::UnboundedReceiver<Subject>) -> Self {
        let (json, runtime, speaking) = (TopicJson::new(), Handle::current(), Mutex::default());
        let inner = Arc::new(Inner { log, json, cache, runtime, speaking });
        let store = Arc::downgrade(&inner);
        inner.runtime.spawn(async move {
            while let Some(subject) = hidden.recv().await {
                let Some(inner) = store.upgrade() else { return };
                inner.say_again(subject);
            }
        });
        Self(inner)
    }

    /// Waits a while for statuses under way, then ends reading and writing.
    pub async fn stop(&self) {
        self.0.log.stop().await;
    }

    fn put(&self, subject: Subject, generation: i32, status: Status, safe: bool) {
        let _speaking = self.0.speaking.lock();
        let Some(ticket) = self.0.cache.lock().begin(&subject, generation, &status, safe) else { return };
        self.0.write(ticket, subject, generation, status, safe);
    }

    fn put_topic(&self, connector: &str, topic: &str, value: Option<Bytes>) {
        let subject = Subject::Topic { topic: topic.into(), connector: connector.into() };
        let key = Bytes::from(subject.key());
        let sent = self.0.log.send(key.clone(), value.clone());
        self.0.see_through(sent, key, value, || true);
    }
}

impl Inner {
    fn write(&self, ticket: Ticket, subject: Subject, generation: i32, status: Status, safe: bool) {
        let key = Bytes::from(subject.key());
        let removes = status.state == StatusState::Destroyed;
        let value = (!removes).then(|| self.json.write(status_value(generation, &status)));
        let sent = self.log.send(key.clone(), value.clone());
        let cache = Arc::clone(&self.cache);
        let wanted = move || cache.lock().is_wanted(&ticket, &subject, generation, &status, safe);
        self.see_through(sent, key, value, wanted);
    }

    fn say_again(&self, subject: Subject) {
        let _speaking = self.speaking.lock();
        let Some((ticket, generation, status)) = self.cache.lock().begin_again(&subject) else { return };
        tracing::info!("Status {} is said again: the worker before this one spoke last", subject.key());
        self.write(ticket, subject, generation, status, false);
    }

    /// Writes a record again while that may help and it is `wanted`.
    fn see_through(
        &self,
        mut sent: Sent,
        key: Bytes,
        value: Option<Bytes>,
        wanted: impl Fn() -> bool + Send + 'static,
    ) {
        let log = Arc::downgrade(&self.log);
        self.runtime.spawn(async move {
            while let Err(error) = sent.await {
                if !error.is_retriable() {
                    tracing::error!("Failed to write status update {}: {error}", String::from_utf8_lossy(&key));
                    return;
                }
                sleep(WRITE_AGAIN).await;
                let Some(log) = log.upgrade() else { return };
                if !wanted() {
                    return;
                }
                sent = log.send(key.clone(), value.clone());
            }
        });
    }
}

/// A cache, what has to be said again, and the reader that keeps both.
fn reading() -> (Arc<Mutex<Cache>>, mpsc::UnboundedReceiver<Subject>, LogReader) {
    let cache = Arc::new(Mutex::new(Cache::default()));
    let kept = Arc::clone(&cache);
    let json = TopicJson::new();
    let (again, hidden) = mpsc::unbounded_channel();
    let reader = Box::new(move |record: LogRecord, _live: bool| {
        let Some(key) = record.key else { return };
        let key = String::from_utf8_lossy(&key);
        match json.read(record.value) {
            Ok(value) => {
                if let Some(subject) = kept.lock().read(&key, &value) {
                    // A store that is gone says nothing any more.
                    let _ = again.send(subject);
                }
            }
            Err(error) => tracing::error!("Failed to deserialize the status with key {key}: {error}"),
        }
    });
    (cache, hidden, reader)
}

impl StatusStore for KafkaStatusStore {
    fn put_connector(&self, name: &str, generation: i32, status: Status) {
        self.put(Subject::Connector(name.into()), generation, status, false);
    }

    fn put_connector_safe(&self, name: &str, generation: i32, status: Status) {
        self.put(Subject::Connector(name.into()), generation, status, true);
    }

    fn put_task(&self, connector: &str, task: u32, generation: i32, status: Status) {
        self.put(Subject::Task(connector.into(), task), generation, status, false);
    }

    fn put_task_safe(&self, connector: &str, task: u32, generation: i32, status: Status) {
        self.put(Subject::Task(connector.into(), task), generation, status, true);
    }

    fn connector(&self, name: &str) -> Option<Status> {
        self.0.cache.lock().connector(name)
    }

    fn task(&self, connector: &str, task: u32) -> Option<Status> {
        self.0.cache.lock().task(connector, task)
    }

    fn tasks(&self, connector: &str) -> Vec<(u32, Status)> {
        self.0.cache.lock().tasks(connector)
    }

    fn connectors(&self) -> Vec<String> {
        self.0.cache.lock().connectors()
    }

    fn add_topic(&self, connector: &str, task: u32, topic: &str) {
        if self.0.cache.lock().has_topic(connector, topic) {
            return;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        let value = self.0.json.write(topic_value(topic, connector, task, now));
        self.put_topic(connector, topic, Some(value));
    }

    fn topics(&self, connector: &str) -> Vec<String> {
        self.0.cache.lock().topics(connector)
    }

    fn remove_topics(&self, connector: &str) {
        for topic in self.topics(connector) {
            self.put_topic(connector, &topic, None);
        }
    }

    fn flush(&self) -> BoxFuture<'_, ()> {
        self.0.log.flush()
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_kafka::{ErrorKind, KafkaError};

    use super::*;

    fn status(state: StatusState, worker: &str) -> Status {
        Status { state, worker_id: worker.into(), trace: None, version: None }
    }

    fn two_workers() -> (MemoryTopic, KafkaStatusStore, KafkaStatusStore) {
        let topic = MemoryTopic::new();
        let (one, other) = (KafkaStatusStore::in_memory(&topic), KafkaStatusStore::in_memory(&topic));
        (topic, one, other)
    }

    fn state(store: &KafkaStatusStore) -> Option<StatusState> {
        store.task("c", 0).map(|status| status.state)
    }

    use StatusState::{Destroyed, Failed, Paused, Running, Unassigned};

    #[tokio::test]
    async fn other_workers_see_what_one_wrote() {
        let (_topic, one, other) = two_workers();
        one.put_connector("c", 1, status(Running, "w1"));
        one.put_task("c", 0, 1, status(Paused, "w1"));
        for store in [&one, &other] {
            assert_eq!(store.connector("c"), Some(status(Running, "w1")));
            assert_eq!(store.tasks("c"), [(0, status(Paused, "w1"))]);
            assert_eq!(store.connectors(), ["c"]);
        }
    }

    #[tokio::test]
    async fn a_status_counts_when_it_was_read_back() {
        let (topic, one, _other) = two_workers();
        topic.hold();
        one.put_task("c", 0, 1, status(Running, "w1"));
        assert_eq!(state(&one), None);
        topic.release();
        assert_eq!(state(&one), Some(Running));
    }

    #[tokio::test]
    async fn last_words_do_not_overwrite_a_successor() {
        let check = |(first, by, generation): (StatusState, &str, i32), safe_at: i32, expect: StatusState| {
            let (_topic, one, other) = two_workers();
            other.put_task("c", 0, generation, status(first, by));
            one.put_task_safe("c", 0, safe_at, status(Failed, "w1"));
            assert_eq!(state(&other), Some(expect), "{first:?} {by} {generation} {safe_at}");
            other.put_connector("c", generation, status(first, by));
            one.put_connector_safe("c", safe_at, status(Failed, "w1"));
            assert_eq!(other.connector("c").map(|status| status.state), Some(expect));
        };
        check((Running, "w2", 2), 1, Running);
        check((Running, "w2", 2), 2, Failed);
        check((Running, "w2", 2), 3, Failed);
        check((Running, "w1", 2), 1, Failed);
    }

    #[tokio::test]
    async fn a_task_given_up_does_not_hide_that_it_runs_elsewhere() {
        let check = |running_since: i32, given_up: i32, expect: StatusState| {
            let (_topic, one, other) = two_workers();
            other.put_task("c", 0, running_since, status(Running, "w2"));
            one.put_task("c", 0, given_up, status(Unassigned, "w1"));
            assert_eq!(state(&other), Some(expect), "{running_since} {given_up}");
        };
        check(2, 1, Running);
        check(2, 2, Running);
        check(2, 3, Unassigned);
        // Connectors have no such guard.
        let (topic, one, other) = two_workers();
        let third = KafkaStatusStore::in_memory(&topic);
        third.put_connector("c", 2, status(Running, "w2"));
        drop(third);
        one.put_connector("c", 1, status(Unassigned, "w1"));
        assert_eq!(other.connector("c"), Some(status(Unassigned, "w1")));
    }

    #[tokio::test(start_paused = true)]
    async fn who_runs_something_says_so_again_when_the_worker_before_it_spoke_last() {
        let check = |ours: (StatusState, i32), theirs: (StatusState, i32), again: bool| async move {
            for is_task in [true, false] {
                let (topic, one, other) = two_workers();
                let put = |store: &KafkaStatusStore, (state, generation): (StatusState, i32), by: &str| match is_task {
                    true => store.put_task("c", 0, generation, status(state, by)),
                    false => store.put_connector("c", generation, status(state, by)),
                };
                put(&one, ours, "w1");
                put(&other, theirs, "w2");
                sleep(Duration::from_millis(1)).await;
                assert_eq!(topic.records().len() == 3, again, "{ours:?} {theirs:?}");
                if again {
                    assert_eq!(topic.records()[0].value, topic.records()[2].value);
                }
            }
        };
        check((Running, 2), (Unassigned, 1), true).await;
        check((Paused, 2), (Running, 1), true).await;
        check((Running, 2), (Unassigned, 2), false).await;
        check((Running, 2), (Running, 3), false).await;
        check((Unassigned, 2), (Running, 1), false).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_status_on_its_way_is_not_said_again() {
        let (topic, one, other) = two_workers();
        topic.hold();
        other.put_task("c", 0, 1, status(Unassigned, "w2"));
        one.put_task("c", 0, 2, status(Running, "w1"));
        topic.release();
        sleep(Duration::from_millis(1)).await;
        assert_eq!((topic.records().len(), state(&other)), (2, Some(Running)));
    }

    #[tokio::test]
    async fn destroying_a_connector_takes_its_tasks_along() {
        let (topic, one, other) = two_workers();
        one.put_connector("c", 1, status(Running, "w1"));
        one.put_task("c", 0, 1, status(Running, "w1"));
        one.put_task("c", 1, 1, status(Running, "w1"));
        one.put_task("c", 1, 1, status(Destroyed, "w1"));
        assert_eq!(other.tasks("c").len(), 1);
        one.put_connector("c", 1, status(Destroyed, "w1"));
        assert_eq!((other.connector("c"), other.tasks("c"), other.connectors()), (None, vec![], vec![]));
        assert_eq!(topic.records().last().unwrap().value, None);
    }

    #[tokio::test]
    async fn topics_are_written_once_and_reset_with_tombstones() {
        let (topic, one, other) = two_workers();
        one.add_topic("c", 3, "t");
        other.add_topic("c", 4, "t");
        one.add_topic("c", 3, "u");
        assert_eq!(topic.records().len(), 2);
        assert_eq!(other.topics("c"), ["t", "u"]);
        assert!(other.connectors().is_empty());
        other.remove_topics("c");
        assert_eq!((one.topics("c"), topic.records().len()), (vec![], 4));
        one.add_topic("c", 3, "t");
        assert_eq!(other.topics("c"), ["t"]);
    }

    fn away() -> KafkaError {
        KafkaError::new(ErrorKind::Retriable, "the broker is away")
    }

    #[tokio::test(start_paused = true)]
    async fn a_status_that_could_not_be_written_is_written_later() {
        let (topic, one, _other) = two_workers();
        topic.fail_sends(3, &away());
        one.put_task("c", 0, 1, status(Running, "w1"));
        assert_eq!(state(&one), None);
        sleep(WRITE_AGAIN * 4).await;
        assert_eq!(state(&one), Some(Running));
    }

    #[tokio::test(start_paused = true)]
    async fn a_status_that_is_out_of_date_is_not_written_again() {
        // Before the second attempt something happens; how many records are there in the end?
        async fn check(safe: bool, meanwhile: impl Fn(&MemoryTopic, &KafkaStatusStore), expect: usize) {
            let topic = MemoryTopic::new();
            let store = KafkaStatusStore::in_memory(&topic);
            topic.fail_sends(1, &away());
            if safe {
                store.put_task_safe("c", 0, 1, status(Unassigned, "w1"));
            } else {
                store.put_task("c", 0, 1, status(Unassigned, "w1"));
            }
            meanwhile(&topic, &store);
            sleep(WRITE_AGAIN * 3).await;
            assert_eq!(topic.records().len(), expect);
        }
        let key = "status-task-c-0";
        let other = |generation: i32| {
            format!(r#"{{"state":"RUNNING","trace":null,"worker_id":"w2","generation":{generation},"version":null}}"#)
        };
        check(false, |_, _| {}, 1).await;
        check(true, |_, _| {}, 1).await;
        // The task was deleted.
        check(false, |topic, _| topic.append(key, None::<&str>), 1).await;
        // This worker has written another one, in this or another generation.
        check(false, |_, store| store.put_task("c", 0, 1, status(Running, "w1")), 2).await;
        check(true, |_, store| store.put_task("c", 0, 1, status(Running, "w1")), 1).await;
        check(false, |_, store| store.put_task("d", 0, 2, status(Running, "w1")), 1).await;
        // Another worker has taken over.
        check(true, |topic, _| topic.append(key, Some(other(2))), 1).await;
        check(true, |topic, _| topic.append(key, Some(other(1))), 2).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_status_that_cannot_be_written_is_given_up() {
        let (topic, one, _other) = two_workers();
        topic.fail_sends(1, &KafkaError::new(ErrorKind::Authorization, "no"));
        one.put_task("c", 0, 1, status(Running, "w1"));
        sleep(WRITE_AGAIN * 3).await;
        assert_eq!(topic.records(), []);
    }

    #[tokio::test]
    async fn what_another_hand_wrote_is_passed_over() {
        let (topic, one, _other) = two_workers();
        topic.append("status-task-c-0", Some("{"));
        topic.append("status-task-c-0", Some("[]"));
        topic.append("status-topic-t:connector-c", Some("{}"));
        topic.append("x", Some("{}"));
        assert_eq!((one.tasks("c"), one.topics("c")), (vec![], vec![]));
    }
}
