//! The group of Connect workers: what its members say to one another, and how its leader divides the work.
//!
//! Everything but [`member`] is pure: bytes and states come in, bytes and decisions go out; the clock is a parameter. A
//! member's loop drives it on a Kafka connection: it sends [`protocol::offers`] when it joins, gives what the broker hands
//! to a leader to [`Leader::assign`], and follows what it is told with [`protocol::Assignment::following`].
//!
//! - [`work`], [`names`]: connectors and tasks, and the order of their names;
//! - [`protocol`]: the bytes of versions 0, 1 and 2 (KIP-415, KIP-507);
//! - [`assignor`]: the eager and the incremental cooperative assignor;
//! - [`leader`]: one round from the members' bytes to their assignments, and who owns what after it;
//! - [`member`]: the loop of a member, from the first JoinGroup to LeaveGroup.

pub mod assignor;
pub mod leader;
pub mod member;
pub mod names;
pub mod protocol;
pub mod work;

pub use leader::{Leader, Round};
pub use names::{ConnectorName, MemberId};
pub use work::{ConfigSnapshot, TaskId, Work};
