//! Questions to a cluster as a whole: to any broker, to the controller, to a group's coordinator, tried again until they are
//! answered or `default.api.timeout.ms` is over.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::time::{Instant, sleep, timeout_at};

use super::RawClient;
use super::calls::Call;
use super::client::Coordinates;
use super::connection::timed_out;
use super::settings::Address;
use crate::error::{ErrorKind, KafkaError};
use crate::native::describe;
use crate::record::TopicPartition;

/// NOT_CONTROLLER: it has moved, so look again.
pub(super) const NOT_CONTROLLER: i16 = 41;

impl RawClient {
    /// Tries until it succeeds, an error comes that will not pass, or time is up.
    pub(super) async fn persist<T, F>(&self, what: &str, attempt: impl Fn() -> F) -> Result<T, KafkaError>
    where
        F: Future<Output = Result<T, KafkaError>>,
    {
        self.persist_for(self.settings().api_timeout, what, |_| attempt()).await
    }

    /// As [`RawClient::persist`], with another limit than `default.api.timeout.ms`. Each attempt is told how many have failed.
    pub(super) async fn persist_for<T, F>(
        &self,
        limit: Duration,
        what: &str,
        attempt: impl Fn(u32) -> F,
    ) -> Result<T, KafkaError>
    where
        F: Future<Output = Result<T, KafkaError>>,
    {
        let mut last = None;
        let attempts = async {
            let mut failures = 0;
            loop {
                match attempt(failures).await {
                    Ok(answer) => return Ok(answer),
                    Err(error) if !error.is_retriable() || error.kind() == ErrorKind::UnknownTopic => {
                        return Err(error);
                    }
                    Err(error) => {
                        tracing::debug!("{what}: {error}");
                        last = Some(error);
                    }
                }
                failures += 1;
                sleep(self.settings().retry.after(failures)).await;
            }
        };
        timeout_at(Instant::now() + limit, attempts).await.unwrap_or_else(|_| {
            let why = last.map_or(String::new(), |error| format!(": {error}"));
            Err(timed_out(format!("Timed out after {} ms while {what}{why}", limit.as_millis())))
        })
    }

    /// One round over the brokers.
    pub(super) async fn ask_any<C: Call>(
        &self,
        make: impl Fn(i16) -> Result<C, KafkaError>,
    ) -> Result<C::Response, KafkaError> {
        let (make, limit) = (&make, self.settings().request_timeout);
        self.any_broker(|at| async move { self.call(&at, limit, make).await }).await
    }

    /// One question to the broker that controls the cluster.
    pub(super) async fn ask_controller<C: Call>(
        &self,
        make: impl Fn(i16) -> Result<C, KafkaError>,
    ) -> Result<C::Response, KafkaError> {
        let limit = self.settings().request_timeout;
        let cluster = self.any_broker(|at| async move { self.describe(&at, limit).await }).await?;
        let controller = cluster.controller;
        let controller = controller
            .ok_or_else(|| KafkaError::new(ErrorKind::Retriable, "the cluster has no controller at present"))?;
        self.call(&controller, limit, make).await
    }

    /// One question to every broker; all answers or an error.
    pub(super) async fn ask_every<C: Call>(
        &self,
        make: impl Fn(i16) -> Result<C, KafkaError>,
    ) -> Result<Vec<C::Response>, KafkaError> {
        let (make, limit) = (&make, self.settings().request_timeout);
        let cluster = self.any_broker(|at| async move { self.describe(&at, limit).await }).await?;
        let ask = |at: Address| async move { self.call(&at, limit, make).await };
        try_join_all(cluster.brokers.into_iter().map(ask)).await
    }

    /// One question to the coordinator of a group.
    pub(super) async fn ask_coordinator<C: Call>(
        &self,
        group: &str,
        make: impl Fn(i16) -> Result<C, KafkaError>,
    ) -> Result<C::Response, KafkaError> {
        let coordinator = self.coordinator(Coordinates::Group, group).await?;
        self.call(&coordinator, self.settings().request_timeout, make).await
    }
}

/// What a broker says of a partition or group with a code.
pub(super) fn failure(of: &dyn Display, code: i16) -> KafkaError {
    let code = i32::from(code);
    KafkaError::from_code(code, format!("{of}: {}", describe(code)))
}

/// Whether the code that a broker answered with for a partition or group is none.
pub(super) fn check(of: &dyn Display, code: i16) -> Result<(), KafkaError> {
    if code == 0 { Ok(()) } else { Err(failure(of, code)) }
}

/// What there is for each partition, by topic.
pub(super) fn by_topic<'a, T>(each: impl Iterator<Item = (&'a TopicPartition, T)>) -> BTreeMap<&'a str, Vec<T>> {
    let mut topics = BTreeMap::<_, Vec<_>>::new();
    for (partition, one) in each {
        topics.entry(&*partition.topic).or_default().push(one);
    }
    topics
}

/// An error that a broker answered with; its own words where it has some.
pub(super) fn refused(code: i16, text: Option<&str>, what: impl FnOnce() -> String) -> Result<(), KafkaError> {
    match code {
        0 => Ok(()),
        code => Err(KafkaError::from_code(i32::from(code), text.map_or_else(what, str::to_owned))),
    }
}
