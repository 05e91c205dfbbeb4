//! What the herder tells a member.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::work::Work;

/// A word from the herder.
#[derive(Debug)]
pub(super) enum Command {
    Rejoin,
    Leave(String),
    Stopped(Work),
    Stop(oneshot::Sender<()>),
}

/// The herder's hold on a member. When the last clone is gone the member leaves the group and ends.
#[derive(Clone, Debug)]
pub struct MemberHandle {
    pub(super) commands: mpsc::UnboundedSender<Command>,
}

impl MemberHandle {
    /// Has the member join again, also after [`MemberHandle::leave`]. Asked for during a rebalance it means one more.
    pub fn rejoin(&self) {
        self.say(Command::Rejoin);
    }

    /// Has the member leave the group, and stay out until [`MemberHandle::rejoin`]. It keeps what it was assigned and
    /// reports it when it joins. [`OutReason::Asked`](super::OutReason::Asked) follows.
    pub fn leave(&self, reason: impl Into<String>) {
        self.say(Command::Leave(reason.into()));
    }

    /// Tells that work has stopped which no revocation named. It is not reported as held any longer.
    pub fn stopped(&self, work: Work) {
        self.say(Command::Stopped(work));
    }

    /// Has the member leave the group and end, after all work was stopped. Returns when it has, or after `patience`.
    /// [`OutReason::Stopped`](super::OutReason::Stopped) is the last event.
    pub async fn stop(&self, patience: Duration) {
        let (done, ended) = oneshot::channel();
        self.say(Command::Stop(done));
        // Neither a member that has ended already nor one that takes too long is a reason not to go on.
        let _ = timeout(patience, ended).await;
    }

    fn say(&self, command: Command) {
        // A member that has ended needs to hear nothing.
        let _ = self.commands.send(command);
    }
}
