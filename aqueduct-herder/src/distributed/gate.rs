//! The cluster as a source task that is to write exactly once sees it: the leader shuts out the tasks before it, and the loop
//! says whether it may still begin.

use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::{BoxFuture, ConnectError};
use aqueduct_storage::{KafkaConfigStore, RefreshError};
use aqueduct_worker::ExactlyOnceGate;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::event::{Command, Event, Reply};
use super::herding::Herding;
use crate::{HerderError, HerderErrorKind, TaskId};

/// How long a refusal that passes is taken for one: there is no leader at the moment, it has just died, or its key is new.
const PATIENCE: Duration = Duration::from_secs(60);
/// The first pause between two attempts, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// What the gate of a task goes by.
#[derive(Clone)]
pub(super) struct Gate {
    pub(super) id: TaskId,
    /// How often the connector's tasks had been configured when the task was started.
    pub(super) generation: Option<u32>,
    pub(super) events: mpsc::UnboundedSender<Event>,
    pub(super) config: KafkaConfigStore,
}

impl Gate {
    async fn ask(&self, command: impl FnOnce(Reply<()>) -> Command) -> Result<(), HerderError> {
        let (reply, answer) = oneshot::channel();
        let ended = || HerderError::internal("Worker is shutting down");
        self.events.send(Event::Command(command(reply))).map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }

    async fn fenced(&self) -> Result<(), ConnectError> {
        let began = Instant::now();
        let (mut pause, longest) = PAUSES;
        loop {
            let asked = self.ask(|reply| Command::FenceForTask(self.id.connector.clone(), reply)).await;
            let Err(error) = asked else { return Ok(()) };
            if !passes(error.kind()) || began.elapsed() > PATIENCE {
                return Err(ConnectError::connect("Failed to perform round of zombie fencing")
                    .caused_by(ConnectError::connect(error.message())));
            }
            tracing::info!("Zombie fencing for task {} will be tried again: {error}", self.id);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
    }

    async fn verified(&self) -> Result<(), ConnectError> {
        loop {
            match self.config.refresh(PATIENCE).await {
                Ok(()) => break,
                // There is no limit to it: nobody else may begin meanwhile either.
                Err(RefreshError::Timeout) => {}
                Err(RefreshError::Failed(error)) => {
                    return Err(ConnectError::connect("Failed to read to end of config topic").caused_by(error));
                }
            }
        }
        let asked = self.ask(|reply| Command::VerifyTask(self.id.clone(), self.generation, reply)).await;
        asked.map_err(|error| ConnectError::connect(error.message()))
    }
}

/// Whether a refusal may be another answer in a moment.
fn passes(kind: HerderErrorKind) -> bool {
    !matches!(kind, HerderErrorKind::BadRequest | HerderErrorKind::NotFound)
}

impl ExactlyOnceGate for Gate {
    fn fence(&self) -> BoxFuture<'_, Result<(), ConnectError>> {
        Box::pin(self.fenced())
    }

    fn verify(&self) -> BoxFuture<'_, Result<(), ConnectError>> {
        Box::pin(self.verified())
    }
}

impl Herding {
    /// Has former tasks shut out by the leader, be it this worker or another.
    pub(super) fn fence_for_task(&mut self, name: String, reply: Reply<()>) {
        if self.leads() {
            return self.fence(name, reply);
        }
        let request = match self.signed_request("PUT", &name, "fence", None) {
            Ok(request) => request,
            Err(error) => {
                let _ = reply.send(Err(error));
                return;
            }
        };
        let peers = Arc::clone(&self.shared.peers);
        tokio::spawn(async move {
            let outcome = match peers.send(request).await {
                Ok(answer) => answer.accepted().map(drop).map_err(HerderError::from),
                Err(failure) => Err(failure.into()),
            };
            // The task may have been stopped.
            let _ = reply.send(outcome);
        });
    }

    /// Whether a task that has just taken over its transactional id is the one that should have it.
    pub(super) fn verify_task(&self, id: &TaskId, generation: Option<u32>) -> Result<(), HerderError> {
        if self.shared.config.snapshot().task_config_generation(&id.connector) != generation {
            return Err(HerderError::internal(format!(
                "Cannot start source task {id} with exactly-once support as the connector has already generated a new set \
                 of task configs"
            )));
        }
        if !self.running.tasks.contains(id) {
            return Err(HerderError::internal(format!(
                "Cannot start source task {id} as it has already been revoked from this worker"
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_storage::MemoryTopic;

    use super::*;

    fn gate() -> (Gate, mpsc::UnboundedReceiver<Event>) {
        let (events, loops) = mpsc::unbounded_channel();
        let (config, _) = KafkaConfigStore::in_memory(&MemoryTopic::new());
        (Gate { id: TaskId::new("c", 1), generation: Some(3), events, config }, loops)
    }

    /// Plays the loop: answers what is asked with these, in turn.
    async fn answer(mut asked: mpsc::UnboundedReceiver<Event>, answers: Vec<Result<(), HerderError>>) {
        for answer in answers {
            match asked.recv().await {
                Some(Event::Command(Command::FenceForTask(name, reply))) => {
                    assert_eq!(name, "c");
                    reply.send(answer).unwrap();
                }
                Some(Event::Command(Command::VerifyTask(id, generation, reply))) => {
                    assert_eq!((id, generation), (TaskId::new("c", 1), Some(3)));
                    reply.send(answer).unwrap();
                }
                _ => panic!("something else was asked"),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_group_without_a_leader_is_asked_again() {
        let (gate, asked) = gate();
        let refusals = ["no leader", "the leader has just died"].map(|why| Err(HerderError::conflict(why)));
        let answers = refusals.into_iter().chain([Ok(())]).collect();
        let (fenced, ()) = tokio::join!(gate.fence(), answer(asked, answers));
        fenced.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_that_stays_fails_the_task() {
        let (gate, asked) = gate();
        let gone = vec![Err(HerderError::not_found("Connector c not found"))];
        let (fenced, ()) = tokio::join!(gate.fence(), answer(asked, gone));
        let error = fenced.unwrap_err();
        assert_eq!(error.message(), Some("Failed to perform round of zombie fencing"));
        assert_eq!(error.cause().unwrap().message(), Some("Connector c not found"));
    }

    #[tokio::test(start_paused = true)]
    async fn patience_ends() {
        let (gate, mut asked) = gate();
        let began = Instant::now();
        let refusing = async {
            while let Some(Event::Command(Command::FenceForTask(_, reply))) = asked.recv().await {
                let _ = reply.send(Err(HerderError::internal("no broker")));
            }
        };
        let error = tokio::select! {
            fenced = gate.fence() => fenced.unwrap_err(),
            () = refusing => panic!("the gate has gone"),
        };
        assert_eq!(error.cause().unwrap().message(), Some("no broker"));
        assert!(began.elapsed() > PATIENCE && began.elapsed() < PATIENCE * 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_was_taken_away_meanwhile_is_told_so() {
        let (gate, asked) = gate();
        let why = "Cannot start source task c-1 as it has already been revoked from this worker";
        let (verified, ()) = tokio::join!(gate.verify(), answer(asked, vec![Err(HerderError::internal(why))]));
        assert_eq!(verified.unwrap_err().message(), Some(why));
    }
}
