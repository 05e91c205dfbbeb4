//! Subscriptions by pattern: librdkafka's patterns are not Java's, so the topics are listed and chosen here.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::client_config::ConsumerExtras;
use crate::error::KafkaError;
use crate::native::Client;

/// Decides about topic names, for subscriptions by pattern.
pub type TopicFilter = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Kafka's internal topics.
const INTERNAL: [&str; 3] = ["__consumer_offsets", "__transaction_state", "__share_group_state"];
/// How long listing the topics may take, and how soon to try again after it failed.
const PATIENCE_MS: i32 = 30_000;
const RETRY: Duration = Duration::from_secs(1);

/// Looks at the list of topics now and then, in a task of its own.
pub(super) struct PatternWatch {
    chosen: watch::Receiver<Option<BTreeSet<String>>>,
    task: JoinHandle<()>,
}

impl PatternWatch {
    pub(super) fn start(client: Arc<Client>, matches: TopicFilter, extras: &ConsumerExtras) -> PatternWatch {
        let (announce, chosen) = watch::channel(None);
        let (interval, exclude_internal) = (extras.metadata_max_age, extras.exclude_internal_topics);
        let accepts = move |topic: &str| !(exclude_internal && INTERNAL.contains(&topic)) && matches(topic);
        let task = tokio::spawn(async move {
            loop {
                let pause = match list(Arc::clone(&client)).await {
                    Ok(topics) => {
                        let topics: BTreeSet<String> = topics.into_iter().filter(|topic| accepts(topic)).collect();
                        announce.send_if_modified(|chosen| {
                            let is_new = chosen.as_ref() != Some(&topics);
                            if is_new {
                                *chosen = Some(topics);
                            }
                            is_new
                        });
                        interval
                    }
                    Err(error) => {
                        tracing::debug!("listing topics for a subscription by pattern: {error}");
                        RETRY
                    }
                };
                tokio::time::sleep(pause).await;
            }
        });
        PatternWatch { chosen, task }
    }

    /// The topics to subscribe to, if they have changed since the last call.
    pub(super) fn take_changed(&mut self) -> Option<Vec<String>> {
        if !self.chosen.has_changed().unwrap_or(false) {
            return None;
        }
        self.chosen.borrow_and_update().as_ref().map(|topics| topics.iter().cloned().collect())
    }

    /// Waits for a change.
    pub(super) async fn changed(&self) {
        let mut chosen = self.chosen.clone();
        if chosen.changed().await.is_err() {
            // Never: the task that announces lives as long as `self`.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for PatternWatch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn list(client: Arc<Client>) -> Result<Vec<String>, KafkaError> {
    let listing = tokio::task::spawn_blocking(move || client.list_topics(PATIENCE_MS)).await;
    let topics = listing.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
    Ok(topics.into_iter().map(|(name, _)| name).collect())
}
