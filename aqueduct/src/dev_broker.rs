//! The development broker inside of this process: for the quickstart, for `--dev-broker`, and as a command of its own.
//!
//! It has a thread and a runtime to itself, so that neither the worker nor a plugin can hold it up. Records go between
//! worker and broker over a loopback connection, as they would to any other Kafka.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use aqueduct_api::ConfigMap;
use aqueduct_devbroker::{Builder, DevBroker};
use tokio::sync::oneshot;

use crate::cli::{DevBrokerArgs, WithDevBroker};
use crate::exit::Failure;
use crate::logging::TargetLoggers;
use crate::signals::Signals;

/// A running broker. It stops when this is dropped, which waits until everything is on the disk.
pub(crate) struct EmbeddedBroker {
    bootstrap: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl EmbeddedBroker {
    /// Starts a broker at `host:port`, in memory or in a folder. It accepts connections when this returns.
    pub(crate) fn start(address: &str, folder: Option<&Path>) -> Result<Self, Failure> {
        let builder = builder(address, folder);
        let (started, outcome) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("dev-broker".into()).spawn(move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => {
                    let _ = started.send(Err(format!("cannot start the development broker's runtime: {error}")));
                    return;
                }
            };
            runtime.block_on(async {
                match builder.start().await {
                    Ok(broker) => {
                        let _ = started.send(Ok(broker.bootstrap()));
                        // An error means that the handle is gone, which asks for the same.
                        let _ = stopped.await;
                        broker.stop().await;
                    }
                    Err(error) => {
                        let _ = started.send(Err(format!("the development broker: {error}")));
                    }
                }
            });
        });
        let thread = thread.map_err(|error| Failure::start(format!("cannot start a thread: {error}")))?;
        let bootstrap = outcome
            .recv()
            .unwrap_or_else(|_| Err("the development broker's thread ended; the log may say why".into()))
            .map_err(Failure::start)?;
        Ok(Self { bootstrap, stop: Some(stop), thread: Some(thread) })
    }

    /// What clients take as `bootstrap.servers`.
    pub(crate) fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// Makes a worker use this broker, whatever its file says.
    pub(crate) fn replace_bootstrap(&self, props: &mut ConfigMap) {
        tracing::warn!(
            "A development broker, not for production, takes the place of bootstrap.servers: {}",
            self.bootstrap
        );
        props.insert("bootstrap.servers".into(), self.bootstrap.clone());
    }
}

impl Drop for EmbeddedBroker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the development broker ended with a panic");
        }
    }
}

/// The broker that was asked for beside a worker.
pub(crate) fn beside(args: &WithDevBroker) -> Result<Option<EmbeddedBroker>, Failure> {
    args.address.as_ref().map(|address| EmbeddedBroker::start(address, args.folder.as_deref())).transpose()
}

/// Runs a broker and nothing else, until a signal stops it.
pub(crate) fn run(args: &DevBrokerArgs, _loggers: Arc<TargetLoggers>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::start(format!("cannot start the runtime: {error}")))?;
    runtime.block_on(async {
        let mut signals = Signals::new()?;
        let builder = builder(&args.address, args.data_dir.as_deref()).auto_create_topics(!args.no_auto_create);
        let builder = builder.default_partitions(args.partitions);
        let broker = builder.start().await.map_err(Failure::start)?;
        let kept = args.data_dir.as_ref().map_or_else(|| "memory".to_owned(), |folder| folder.display().to_string());
        tracing::info!(
            "A development broker, not for production: bootstrap.servers={}, records in {kept}",
            broker.bootstrap()
        );
        signals.stop().await;
        broker.stop().await;
        tracing::info!("The development broker has stopped");
        Ok(())
    })
}

fn builder(address: &str, folder: Option<&Path>) -> Builder {
    let builder = DevBroker::builder().listen(address);
    match folder {
        Some(folder) => builder.folder(folder),
        None => builder,
    }
}
