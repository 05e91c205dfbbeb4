//! The figures of a worker, under the names of Kafka Connect's MBeans.
//!
//! Instruments ([`Meter`], [`Spread`], [`Frequency`], [`StateTime`]) are fed by whoever does the work, once for each batch
//! and not for each record. [`groups`] put them together as Kafka Connect names them and register them as a [`Bean`] of the
//! [`Registry`]; [`prometheus`] prints the registry. Nothing runs in the background: a figure is computed when it is read.

pub mod groups;
mod instruments;
mod name;
pub mod prometheus;
mod registry;
mod state_time;
mod window;

pub use instruments::{Frequency, Meter, Spread};
pub use name::BeanName;
pub use registry::{Attribute, Bean, Kind, Reading, Registration, Registry, Value};
pub use state_time::StateTime;
pub use window::Window;
