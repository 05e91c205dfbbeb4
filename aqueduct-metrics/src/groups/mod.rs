//! The groups of figures of Kafka Connect, each with what its owner has to tell it.
//!
//! Every `register` answers the instruments and what keeps the bean in the registry. The two are apart because they end
//! apart: a task that was abandoned may go on feeding its instruments, but is no longer shown.

mod app_info;
mod connector;
mod coordinator;
mod kafka_clients;
mod rebalance;
mod sink_task;
mod source_task;
mod task;
mod task_errors;
mod worker;

pub use app_info::AppInfo;
pub use connector::ConnectorMetrics;
pub use coordinator::CoordinatorMetrics;
pub use kafka_clients::{ClientFigures, KafkaClientMetrics, TopicFigures};
pub use rebalance::{Following, RebalanceMetrics};
pub use sink_task::SinkTaskMetrics;
pub use source_task::SourceTaskMetrics;
pub use task::{LinkClasses, PluginClass, TaskClasses, TaskMetrics};
pub use task_errors::TaskErrorMetrics;
pub use worker::{Startups, TaskStates, WorkerMetrics};

use crate::BeanName;

/// The name of a bean of a task.
fn task_bean(group: &'static str, connector: &str, task: u32) -> BeanName {
    BeanName::new(group).tag("connector", connector).tag("task", task.to_string())
}
