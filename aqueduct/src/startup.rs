//! What a worker of either mode does before it can run connectors.

use std::path::Path;

use aqueduct_api::ConfigMap;
use aqueduct_config::worker_config::REST_EXTENSION_CLASSES;
use aqueduct_kafka::{Admin, ClientSettings, ProducerPool, ProducerSharing};
use tokio::runtime::{Builder, Runtime};

use crate::exit::Failure;

/// The Kafka version that this worker is compatible with, and our own.
pub(crate) const VERSION: &str = concat!("4.3.1+aqueduct.", env!("CARGO_PKG_VERSION"));

/// The control runtime, for this thread, and the task runtime.
pub(crate) fn runtimes() -> Result<(Runtime, Runtime), Failure> {
    let control = Builder::new_current_thread().enable_all().build();
    let control = control.map_err(|error| Failure::start(format!("cannot start the control runtime: {error}")))?;
    let tasks = Builder::new_multi_thread()
        .worker_threads(std::thread::available_parallelism().map_or(2, usize::from))
        .thread_name("task")
        .enable_all()
        .build()
        .map_err(|error| Failure::start(format!("cannot start the task runtime: {error}")))?;
    Ok((control, tasks))
}

/// The producers of source tasks: shared where their settings are equal, unless `producer.sharing=none`.
pub(crate) fn producers(props: &ConfigMap, worker_id: &str) -> ProducerPool {
    let sharing = match props.get("producer.sharing").map(|text| text.trim()) {
        Some("none") => ProducerSharing::None,
        _ => ProducerSharing::Equal,
    };
    ProducerPool::new(sharing, format!("connector-producer-{worker_id}"))
}

/// What would be left out in silence and matters: extensions guard the API.
pub(crate) fn refuse_unsupported(file: &Path, props: &ConfigMap) -> Result<(), Failure> {
    for key in ["internal.key.converter", "internal.value.converter"] {
        if props.contains_key(key) {
            tracing::warn!("{key} has no meaning any more and is left out; offsets are stored as JSON without schemas");
        }
    }
    if let Some(extensions) = props.get(REST_EXTENSION_CLASSES).filter(|extensions| !extensions.trim().is_empty()) {
        return Err(Failure::start(in_file(
            file,
            &format_args!(
                "Invalid value {extensions} for configuration {REST_EXTENSION_CLASSES}: REST extensions are not supported, and \
                 the API may not be left unguarded; remove the key, and guard the listeners otherwise"
            ),
        )));
    }
    Ok(())
}

/// A problem with the file that it is in.
pub(crate) fn in_file(file: &Path, problem: &dyn std::fmt::Display) -> String {
    format!("{}: {problem}", file.display())
}

/// The id of the Kafka cluster.
pub(crate) async fn cluster_id(props: &ConfigMap, file: &Path) -> Result<String, Failure> {
    let mut settings = ClientSettings::from_user(aqueduct_worker::own_client_keys(props));
    settings.set_base("client.id", "connect-shared-admin");
    let admin = Admin::create(&settings).map_err(|error| {
        let reasons: Vec<&str> = error.causes().iter().map(|cause| cause.message.as_str()).collect();
        Failure::start(in_file(file, &format_args!("{error}: {}", reasons.join(": "))))
    })?;
    admin.cluster_id().await.map_err(|error| {
        Failure::start(format!(
            "Failed to connect to and describe Kafka cluster. Check worker's broker connection and security properties. \
             {}: bootstrap.servers={}: {error}",
            file.display(),
            settings.get("bootstrap.servers").unwrap_or_default()
        ))
    })
}

/// The commit that this binary was built from.
pub(crate) fn commit() -> &'static str {
    option_env!("AQUEDUCT_COMMIT").unwrap_or("unknown")
}
