//! Shuts out the producers of a source connector's former tasks (KIP-618), with the connector's own rights.

use std::time::Duration;

use aqueduct_api::{ConfigMap, ConnectError};
use aqueduct_kafka::raw::RawClient;

use crate::clients::admin_settings;
use crate::errors::connect_error;
use crate::offsets::GroupSettings;
use crate::settings::WorkerSettings;

/// How long all of them together may take.
const TIMEOUT: Duration = Duration::from_secs(90);

/// Shuts out the producers of tasks 0 to `tasks` - 1.
pub(crate) async fn fence(
    worker: &WorkerSettings,
    group: &GroupSettings,
    name: &str,
    config: &ConfigMap,
    tasks: u32,
) -> Result<(), ConnectError> {
    tracing::info!("Fencing out {tasks} task producers for source connector {name}");
    let client = admin_settings(worker, config, format!("connector-worker-adminclient-{name}"), true)?;
    let client = RawClient::create(&client).map_err(|error| connect_error(&error))?;
    let ids: Vec<String> = (0..tasks).map(|task| group.transactional_id(name, task)).collect();
    let Ok(outcomes) = tokio::time::timeout(TIMEOUT, client.fence_producers(&ids)).await else {
        let seconds = TIMEOUT.as_secs();
        return Err(ConnectError::connect(format!("The producers of {ids:?} were not fenced within {seconds} s")));
    };
    for outcome in outcomes {
        outcome.map_err(|error| connect_error(&error))?;
    }
    Ok(())
}
