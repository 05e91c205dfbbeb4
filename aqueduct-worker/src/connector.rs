//! The loop of a connector instance: it is started, asked for task configurations, paused, stopped.
//!
//! Commands come in through a [`ConnectorHandle`] and are carried out one after another, so that calls into the plugin
//! never overlap. A newer request for a state takes the place of an older one that has not begun.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aqueduct_api::{
    ConfigMap, ConnectError, Connector, ConnectorContext, ConnectorHost, ErrorKind, OffsetReader, SinkConnector,
    SourceConnector,
};
use aqueduct_storage::{Status, StatusState, TargetState};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::panics::caught;
use crate::status::StatusListener;

/// What connector instances want from whoever decides; called from any thread, must not block.
pub trait ConnectorEvents: Send + Sync {
    /// The connector wants to be asked for its task configurations again.
    fn reconfiguration_requested(&self, connector: &str);
}

/// A connector instance of either kind.
pub(crate) enum Instance {
    Source(Box<dyn SourceConnector>),
    Sink(Box<dyn SinkConnector>),
}

impl Instance {
    /// `source` or `sink`
    pub(crate) fn kind_name(&self) -> &'static str {
        match self {
            Self::Source(_) => "source",
            Self::Sink(_) => "sink",
        }
    }

    fn connector(&mut self) -> &mut dyn Connector {
        match self {
            Self::Source(connector) => connector.as_mut(),
            Self::Sink(connector) => connector.as_mut(),
        }
    }
}

type Reply<T> = oneshot::Sender<Result<T, ConnectError>>;

enum Command {
    Transition(TargetState, Reply<()>),
    TaskConfigs(u32, Reply<Vec<ConfigMap>>),
    Failed(ConnectError),
    Shutdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Init,
    Started,
    Paused,
    Stopped,
    Failed,
}

/// Reports the states of one connector instance, until it is abandoned.
struct Reporter {
    name: String,
    worker_id: String,
    version: String,
    listener: Arc<dyn StatusListener>,
    cancelled: Arc<AtomicBool>,
}

impl Reporter {
    fn report(&self, state: StatusState, trace: Option<String>) {
        if !self.cancelled.load(Ordering::Acquire) {
            let version = (state != StatusState::Unassigned).then(|| self.version.clone());
            let status = Status { state, worker_id: self.worker_id.clone(), trace, version };
            self.listener.connector_changed(&self.name, status);
        }
    }
}

/// What a connector sees of the runtime.
struct Host {
    name: String,
    alive: Arc<AtomicBool>,
    events: Arc<dyn ConnectorEvents>,
    commands: mpsc::Sender<Command>,
    offsets: Option<Arc<dyn OffsetReader>>,
}

impl Host {
    fn check_alive(&self, what: &str) -> Result<(), ConnectError> {
        if self.alive.load(Ordering::Acquire) {
            return Ok(());
        }
        Err(ConnectError::with_kind(
            ErrorKind::IllegalState,
            format!(
                "{what} has been rejected because this instance of the connector '{}' has already been shut down.",
                self.name
            ),
        ))
    }
}

impl ConnectorHost for Host {
    fn request_task_reconfiguration(&self) -> Result<(), ConnectError> {
        self.check_alive("The request for task reconfiguration")?;
        self.events.reconfiguration_requested(&self.name);
        Ok(())
    }

    fn raise_error(&self, error: ConnectError) -> Result<(), ConnectError> {
        self.check_alive("The request to fail the connector")?;
        // A full mailbox means that the connector is busy with many commands; the failure must not be lost then.
        let commands = self.commands.clone();
        if let Err(mpsc::error::TrySendError::Full(command)) = commands.try_send(Command::Failed(error)) {
            std::thread::spawn(move || commands.blocking_send(command));
        }
        Ok(())
    }

    fn offset_reader(&self) -> Option<Arc<dyn OffsetReader>> {
        self.offsets.clone()
    }
}

/// What is needed to run an instance.
pub(crate) struct ConnectorParts {
    pub(crate) name: String,
    pub(crate) instance: Instance,
    pub(crate) config: ConfigMap,
    pub(crate) class: String,
    pub(crate) version: String,
    pub(crate) worker_id: String,
    pub(crate) offsets: Option<Arc<dyn OffsetReader>>,
    pub(crate) listener: Arc<dyn StatusListener>,
    pub(crate) events: Arc<dyn ConnectorEvents>,
}

/// A running connector instance, as the worker holds it.
pub(crate) struct ConnectorHandle {
    commands: mpsc::Sender<Command>,
    cancelled: Arc<AtomicBool>,
    alive: Arc<AtomicBool>,
    ended: JoinHandle<()>,
    /// The instance was given up; nobody waits for its answers any more.
    given_up: CancellationToken,
}

fn gone() -> ConnectError {
    ConnectError::connect("the connector was shut down")
}

impl ConnectorHandle {
    /// Starts the loop of an instance on a runtime. The instance itself is started by a transition.
    pub(crate) fn spawn(runtime: &tokio::runtime::Handle, parts: ConnectorParts) -> Self {
        let (commands, mailbox) = mpsc::channel(64);
        let (cancelled, alive) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(true)));
        let span = tracing::info_span!("connector", context = %format_args!("{}|worker", parts.name));
        let host = Host {
            name: parts.name.clone(),
            alive: Arc::clone(&alive),
            events: parts.events,
            commands: commands.clone(),
            offsets: parts.offsets,
        };
        let run = Loop {
            reporter: Reporter {
                name: parts.name,
                worker_id: parts.worker_id,
                version: parts.version,
                listener: parts.listener,
                cancelled: Arc::clone(&cancelled),
            },
            instance: parts.instance,
            config: parts.config,
            context: ConnectorContext::new(Arc::new(host)),
            alive: Arc::clone(&alive),
            state: State::Init,
        };
        let ended = runtime.spawn(run.run(mailbox).instrument(span));
        Self { commands, cancelled, alive, ended, given_up: CancellationToken::new() }
    }

    /// Asks for a state; the answer comes when it is reached.
    pub(crate) fn transition(&self, state: TargetState) -> impl Future<Output = Result<(), ConnectError>> + use<> {
        let (reply, answer) = oneshot::channel();
        self.request(Command::Transition(state, reply), answer)
    }

    /// Asks for the task configurations.
    pub(crate) fn task_configs(&self, max: u32) -> impl Future<Output = Result<Vec<ConfigMap>, ConnectError>> + use<> {
        let (reply, answer) = oneshot::channel();
        self.request(Command::TaskConfigs(max, reply), answer)
    }

    fn request<T: Send + 'static>(
        &self,
        command: Command,
        answer: oneshot::Receiver<Result<T, ConnectError>>,
    ) -> impl Future<Output = Result<T, ConnectError>> + use<T> {
        let (commands, given_up) = (self.commands.clone(), self.given_up.clone());
        async move {
            let answered = async {
                commands.send(command).await.map_err(|_| gone())?;
                answer.await.map_err(|_| gone())?
            };
            tokio::select! {
                biased;
                answer = answered => answer,
                () = given_up.cancelled() => Err(gone()),
            }
        }
    }

    /// Stops the instance until a deadline; one that is late is abandoned.
    pub(crate) async fn shut_down(mut self, deadline: Instant, name: &str) {
        self.alive.store(false, Ordering::Release);
        let orderly = async {
            let _ = self.commands.send(Command::Shutdown).await;
            let _ = (&mut self.ended).await;
        };
        if tokio::time::timeout_at(deadline, orderly).await.is_err() {
            tracing::error!(
                "Connector '{name}' failed to properly shut down, has become unresponsive, and may be consuming external resources. Correct the configuration for this connector or remove the connector."
            );
            self.cancelled.store(true, Ordering::Release);
            self.given_up.cancel();
            self.ended.abort();
        }
    }
}

struct Loop {
    reporter: Reporter,
    instance: Instance,
    config: ConfigMap,
    context: ConnectorContext,
    alive: Arc<AtomicBool>,
    state: State,
}

impl Loop {
    async fn run(mut self, mut mailbox: mpsc::Receiver<Command>) {
        let mut waiting = VecDeque::new();
        loop {
            if waiting.is_empty() {
                match mailbox.recv().await {
                    Some(command) => waiting.push_back(command),
                    None => break,
                }
            }
            while let Ok(command) = mailbox.try_recv() {
                waiting.push_back(command);
            }
            drop_outdated(&mut waiting);
            match waiting.pop_front() {
                Some(Command::Transition(state, reply)) => {
                    let _ = reply.send(self.transition(state).await);
                }
                Some(Command::TaskConfigs(max, reply)) => {
                    let configs = caught(self.instance.connector().task_configs(max as usize)).await;
                    let _ = reply.send(configs);
                }
                Some(Command::Failed(error)) => self.fail(&error),
                Some(Command::Shutdown) => break,
                None => {}
            }
        }
        self.shut_down().await;
    }

    async fn transition(&mut self, target: TargetState) -> Result<(), ConnectError> {
        if self.state == State::Failed && target != TargetState::Stopped {
            return Err(ConnectError::connect(format!(
                "WorkerConnector{{id={}}} Cannot transition connector to {} since it has failed",
                self.reporter.name,
                target.name()
            )));
        }
        let outcome = match target {
            TargetState::Started => self.start().await,
            TargetState::Paused => self.suspend(State::Paused, StatusState::Paused).await,
            TargetState::Stopped => {
                if let Err(error) = self.suspend(State::Stopped, StatusState::Stopped).await {
                    tracing::warn!("The connector failed while it was being stopped: {}", error.trace().trim_end());
                    self.state = State::Stopped;
                    self.reporter.report(StatusState::Stopped, None);
                }
                Ok(())
            }
        };
        outcome.map_err(|error| {
            self.fail(&error);
            let message = format!("Failed to transition connector {} to state {}", self.reporter.name, target.name());
            ConnectError::connect(message).caused_by(error)
        })
    }

    async fn start(&mut self) -> Result<(), ConnectError> {
        if self.state == State::Started {
            return Ok(());
        }
        caught(self.instance.connector().start(self.context.clone(), self.config.clone())).await?;
        self.state = State::Started;
        self.reporter.report(StatusState::Running, None);
        Ok(())
    }

    /// A connector that is paused or stopped is a stopped instance; it is started again on resume.
    async fn suspend(&mut self, state: State, status: StatusState) -> Result<(), ConnectError> {
        if self.state == state {
            return Ok(());
        }
        if self.state == State::Started {
            caught(self.instance.connector().stop()).await?;
        }
        self.state = state;
        self.reporter.report(status, None);
        Ok(())
    }

    fn fail(&mut self, error: &ConnectError) {
        tracing::error!("The connector failed\n{}", error.trace().trim_end());
        self.state = State::Failed;
        self.reporter.report(StatusState::Failed, Some(error.trace()));
    }

    async fn shut_down(&mut self) {
        self.alive.store(false, Ordering::Release);
        let outcome = match self.state {
            State::Started => caught(self.instance.connector().stop()).await,
            _ => Ok(()),
        };
        match outcome {
            Ok(()) => self.reporter.report(StatusState::Unassigned, None),
            Err(error) => {
                tracing::error!("The connector failed while it was being shut down\n{}", error.trace().trim_end());
                self.reporter.report(StatusState::Failed, Some(error.trace()));
            }
        }
    }
}

/// Answers every request for a state but the newest, and all of them before a shutdown.
fn drop_outdated(waiting: &mut VecDeque<Command>) {
    let shutdown = waiting.iter().any(|command| matches!(command, Command::Shutdown));
    let newest = waiting.iter().rposition(|command| matches!(command, Command::Transition(..)));
    let newest_state = newest.and_then(|at| match &waiting[at] {
        Command::Transition(state, _) => Some(*state),
        _ => None,
    });
    let mut kept = VecDeque::with_capacity(waiting.len());
    for (at, command) in waiting.drain(..).enumerate() {
        match command {
            Command::Transition(state, reply) if shutdown => {
                let _ = reply.send(Err(ConnectError::connect(format!(
                    "Could not begin changing connector state to {} as the connector has been scheduled for shutdown",
                    state.name()
                ))));
            }
            Command::Transition(state, reply) if Some(at) != newest => {
                let to = newest_state.unwrap_or(state).name();
                let _ = reply.send(Err(ConnectError::connect(format!(
                    "Could not begin changing connector state to {} before another request to change state was made; \
                     the new request (which is to change the state to {to}) has pre-empted this one",
                    state.name()
                ))));
            }
            other => kept.push_back(other),
        }
    }
    *waiting = kept;
}
