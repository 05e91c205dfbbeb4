//! The real group behind the ports of the loop: a member on a Kafka connection.

use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::BoxFuture;
use aqueduct_group::member::{
    self, Assigned, ConfigView, GroupCoordinator, MemberHandle, MemberSettings, RevocationReason,
};
use aqueduct_group::protocol::Protocol;
use aqueduct_group::{ConfigSnapshot, ConnectorName, Work};
use aqueduct_metrics::groups::CoordinatorMetrics;
use aqueduct_storage::KafkaConfigStore;
use tokio::sync::{mpsc, oneshot};

use super::ports::{Assignment, GroupEvent, GroupMember};
use crate::TaskId;

/// How long leaving the group may take at the end. The request is on its way by then; Java does not wait for its answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// This worker in the group, and what the group tells.
pub type Group = (Arc<dyn GroupMember>, mpsc::UnboundedReceiver<GroupEvent>);

/// Joins a group, which divides what stands in `config`; feeds what is shown of the membership.
pub fn join_group<C: GroupCoordinator>(
    settings: MemberSettings,
    coordinator: C,
    config: KafkaConfigStore,
    metrics: Arc<CoordinatorMetrics>,
) -> Group {
    let (handle, events) = member::start_measured(settings, coordinator, Arc::new(Configured(config)), metrics);
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(translate(events, sender));
    (Arc::new(Member(handle)), receiver)
}

/// What is configured, as the group sees it.
struct Configured(KafkaConfigStore);

impl ConfigView for Configured {
    fn snapshot(&self) -> ConfigSnapshot {
        let state = self.0.snapshot();
        let tasks = state.connectors().map(|name| (ConnectorName::from(name), state.tasks(name).end));
        ConfigSnapshot { offset: state.offset(), tasks: tasks.collect() }
    }
}

/// A member behind the port.
struct Member(MemberHandle);

impl GroupMember for Member {
    fn rejoin(&self) {
        self.0.rejoin();
    }

    fn leave(&self, reason: &'static str) {
        self.0.leave(reason);
    }

    fn gave_up(&self, connectors: &[String], tasks: &[TaskId]) {
        let tasks = tasks
            .iter()
            .map(|id| aqueduct_group::TaskId::new(id.connector.as_str(), i32::try_from(id.task).unwrap_or(i32::MAX)));
        let connectors = connectors.iter().map(|name| ConnectorName::from(name.as_str()));
        self.0.stopped(Work { connectors: connectors.collect(), tasks: tasks.collect() });
    }

    fn stop(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.0.stop(PATIENCE))
    }
}

/// Passes on what the group tells, in the loop's words.
async fn translate(mut events: mpsc::UnboundedReceiver<member::GroupEvent>, herder: mpsc::UnboundedSender<GroupEvent>) {
    while let Some(event) = events.recv().await {
        let event = match event {
            member::GroupEvent::Rebalancing => GroupEvent::Joining,
            member::GroupEvent::Revoked(revocation) => {
                // First of all: another worker may lead by now, and stopping takes its time.
                if revocation.reason == RevocationReason::CoordinatorLost && herder.send(GroupEvent::Lost).is_err() {
                    return;
                }
                let (done, stopped) = oneshot::channel();
                let (connectors, tasks) = names(&revocation.work);
                tokio::spawn(async move {
                    // Dropped when the loop has ended; then nothing runs either.
                    let _ = stopped.await;
                    revocation.done();
                });
                GroupEvent::Revoked { connectors, tasks, done }
            }
            member::GroupEvent::Assigned(assigned) => GroupEvent::Assigned(assignment(assigned)),
            member::GroupEvent::Out(reason) => {
                tracing::debug!("Out of the group: {reason:?}");
                GroupEvent::Lost
            }
            member::GroupEvent::Failed(error) => GroupEvent::Failed(error.to_string()),
        };
        if herder.send(event).is_err() {
            return;
        }
    }
}

/// Connectors and tasks by their names. A number that no task has names no work of ours.
fn names(work: &Work) -> (Vec<String>, Vec<TaskId>) {
    let tasks = work.tasks.iter().filter_map(|id| {
        let number = u32::try_from(id.task).ok()?;
        Some(TaskId::new(id.connector.as_str(), number))
    });
    (work.connectors.iter().map(|name| name.as_str().to_owned()).collect(), tasks.collect())
}

fn assignment(assigned: Assigned) -> Assignment {
    let (connectors, tasks) = names(&assigned.assignment.assigned);
    Assignment {
        generation: assigned.generation,
        leads: assigned.is_leader(),
        signed: assigned.protocol == Protocol::Sessioned,
        protocol: Some(compatibility(assigned.protocol)),
        error: assigned.assignment.failed(),
        offset: assigned.assignment.offset,
        connectors,
        tasks,
        rejoin_when_started: assigned.rejoin_when_started,
        owners: assigned.owners,
        leader_url: assigned.assignment.leader_url,
    }
}

/// A protocol as Java's figures name it.
fn compatibility(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Eager => "EAGER",
        Protocol::Compatible => "COMPATIBLE",
        Protocol::Sessioned => "SESSIONED",
    }
}
