//! Everything that can happen to the herder's loop.

use aqueduct_api::{ConfigMap, ConnectError};
use aqueduct_storage::{ConfigWriteError, RefreshError, TargetState};
use tokio::sync::oneshot;

use super::fencing::RoundId;
use super::keys::NewKey;
use crate::restarts::Subject;
use crate::{
    ConnectorInfo, ConnectorOffset, ConnectorStatus, Created, HerderError, NewConnector, RestartRequest, TaskId,
    TaskInfo,
};

/// Where the answer to a command goes. The one who asked may be gone.
pub(super) type Reply<T> = oneshot::Sender<Result<T, HerderError>>;

/// Something that happened. What the config topic and the group say comes through channels of its own.
pub(super) enum Event {
    /// Somebody wants something.
    Command(Command),
    /// A connector instance asks to be asked for its tasks.
    ReconfigurationRequested(String),
    /// The config topic was read to its end, or not.
    Refreshed(Result<(), RefreshError>),
    /// A pause after a failure is over.
    PauseOver,
    /// What had to stop before a new round has stopped.
    ReadyToRejoin,
    /// A write to the config topic has ended.
    Written(Written),
    /// A connector instance was started.
    ConnectorStarted { name: String, state: TargetState, outcome: Result<(), ConnectError> },
    /// A connector has answered what its tasks are.
    TasksMade { name: String, config: ConfigMap, outcome: Result<Vec<ConfigMap>, ConnectError> },
    /// Task configurations were published, or not.
    TasksPublished { name: String, outcome: Result<(), HerderError> },
    /// It is time to try again to make a connector's tasks.
    TasksRetry(String),
    /// A connector instance or a task of this worker has failed.
    Failed(Subject),
    /// It is time to restart what has failed.
    RestartDue(Subject),
    /// The topic was read to its end for somebody who wants a connector's former tasks shut out, or not.
    FencingLooked { name: String, reply: Reply<()>, outcome: Result<(), RefreshError> },
    /// Producers were shut out, or not.
    ProducersFenced { id: RoundId, outcome: Result<(), ConnectError> },
    /// The right to write as the leader was claimed, or not.
    Claimed(Result<(), ConnectError>),
    /// It is time to claim that right again.
    ClaimDue,
    /// The session key may have become too old.
    KeyDue,
    /// The worker is to stop; the sender is dropped when it has.
    Stop(oneshot::Sender<()>),
}

/// What a write was for, as far as the loop has to know.
pub(super) enum Written {
    /// The one who asked has the answer.
    Answered,
    /// The leader's own task configurations.
    Tasks { name: String, outcome: Result<(), HerderError> },
    /// A session key.
    Key(Result<(), HerderError>),
    /// A task count record, the end of a round of fencing.
    TaskCount { id: RoundId, outcome: Result<(), ConfigWriteError> },
}

/// What a command does to offsets.
pub(super) enum OffsetsChange {
    /// Sets some.
    Alter(Vec<ConnectorOffset>),
    /// Forgets all.
    Reset,
}

/// What somebody wants of the loop.
pub(super) enum Command {
    /// An answer, to see that there is one.
    Ping(Reply<()>),
    /// The names of the connectors.
    Connectors(Reply<Vec<String>>),
    /// A connector's configuration and tasks.
    Info(String, Reply<ConnectorInfo>),
    /// The configurations of a connector's tasks.
    TaskConfigs(String, Reply<Vec<TaskInfo>>),
    /// The configuration that a patch is for.
    PatchBase(String, Reply<ConfigMap>),
    /// Restarts a connector instance.
    RestartConnector(String, Reply<()>),
    /// Restarts a task.
    RestartTask(TaskId, Reply<()>),
    /// Changes the offsets of a stopped connector.
    ChangeOffsets(String, OffsetsChange, Reply<String>),
    /// Shuts out the producers of a connector's former tasks, as the leader.
    Fence(String, Reply<()>),
    /// The same for a task of this worker, whoever leads.
    FenceForTask(String, Reply<()>),
    /// Says whether a task, with the number of times that its connector's tasks had been configured, may begin.
    VerifyTask(TaskId, Option<u32>, Reply<()>),
    /// Writes to the config topic.
    Write(Write),
}

/// What is written to the config topic, one after another.
pub(super) enum Write {
    /// A valid configuration.
    Put(NewConnector, Reply<Created>),
    /// A connector's end.
    Delete(String, Reply<()>),
    /// A connector's end for now.
    Stop(String, Reply<()>),
    /// A restart of instances, which every worker carries out for its own.
    Restart(RestartRequest, Reply<ConnectorStatus>),
    /// Task configurations that another worker has sent.
    PeerTasks(String, Vec<ConfigMap>, Reply<()>),
    /// Task configurations that this worker has made.
    OwnTasks(String, Vec<ConfigMap>),
    /// A new session key.
    Key(NewKey),
    /// That the producers of former tasks were shut out.
    TaskCount(RoundId),
}
