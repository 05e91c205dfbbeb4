//! The server: listens, accepts connections, and holds the running broker together.
//!
//! A [`DevBroker`] is a handle; the accept loop and the connections are tasks that end with it.

mod connection;
mod shape;

use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::broker::{Broker, Settings};
use crate::builder::{Builder, StartError};
use crate::faults::Faults;
use crate::storage::Storage;

/// A running development broker. It stops when the handle is dropped; [`DevBroker::stop`] waits for the end.
#[derive(Debug)]
pub struct DevBroker {
    address: SocketAddr,
    faults: Faults,
    settings: Settings,
    storage: Arc<Storage>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    broker: Arc<Broker>,
    tasks: JoinSet<()>,
}

// === impl DevBroker ===

impl DevBroker {
    /// A broker's settings, to be changed and started.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) async fn start(builder: Builder) -> Result<DevBroker, StartError> {
        let storage = Arc::new(builder.storage()?);
        let listener = listen(&builder.listen).await?;
        let failed = |source| StartError::Address { address: builder.listen.clone(), source };
        let address = listener.local_addr().map_err(failed)?;
        let (settings, faults) = (builder.settings(address), Faults::new());
        let broker = Broker::open(settings.clone(), storage.clone(), faults.clone(), address.port());
        let running = Some(run(broker.map_err(StartError::Storage)?, listener));
        Ok(DevBroker { address, faults, settings, storage, running })
    }

    /// Closes all connections, then starts again on the same address: with a folder everything is read from it again;
    /// without one the broker keeps what it has in memory.
    ///
    /// # Errors
    ///
    /// When the address was taken meanwhile, or the folder cannot be read. The broker is stopped then.
    pub async fn restart(&mut self) -> Result<(), StartError> {
        let Some(mut running) = self.running.take() else { return Ok(()) };
        running.tasks.shutdown().await;
        let broker = if self.storage.is_memory() {
            running.broker
        } else {
            running.broker.close().await.map_err(StartError::Storage)?;
            drop(running);
            Broker::open(self.settings.clone(), self.storage.clone(), self.faults.clone(), self.address.port())
                .map_err(StartError::Storage)?
        };
        let listener = listen(&self.address.to_string()).await?;
        self.running = Some(run(broker, listener));
        Ok(())
    }

    /// Closes all connections, flushes to the disk and ends.
    pub async fn stop(mut self) {
        let Some(mut running) = self.running.take() else { return };
        running.tasks.shutdown().await;
        if let Err(error) = running.broker.close().await {
            tracing::error!(%error, "flushing to the disk failed");
        }
    }

    /// Answers one request as a connection would: none for a request without an answer, and for bytes that end a
    /// connection. For tests that feed the broker with garbage.
    #[doc(hidden)]
    pub async fn answer(&self, frame: bytes::Bytes) -> Option<bytes::Bytes> {
        let running = self.running.as_ref()?;
        connection::answer(&running.broker, frame, self.address).await.ok().flatten().map(bytes::BytesMut::freeze)
    }

    /// What clients take as `bootstrap.servers`.
    #[must_use]
    pub fn bootstrap(&self) -> String {
        match self.settings.advertised_host.contains(':') {
            true => format!("[{}]:{}", self.settings.advertised_host, self.address.port()),
            false => format!("{}:{}", self.settings.advertised_host, self.address.port()),
        }
    }

    /// The address that the broker listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The handle that makes the broker do wrong.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.faults.clone()
    }
}

async fn listen(address: &str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        std::io::ErrorKind::AddrInUse => StartError::PortInUse(address.to_owned()),
        _ => StartError::Address { address: address.to_owned(), source },
    })
}

fn run(broker: Arc<Broker>, listener: TcpListener) -> Running {
    let mut tasks = JoinSet::new();
    let accepting = broker.clone();
    tasks.spawn(async move { accept(accepting, listener).await });
    Running { broker, tasks }
}

/// Connections end with the accept loop.
async fn accept(broker: Arc<Broker>, listener: TcpListener) {
    let connections = Mutex::new(JoinSet::new());
    loop {
        match listener.accept().await {
            Ok((stream, peer)) if broker.faults.refuses_connections() => {
                tracing::debug!(%peer, "refused a connection");
                drop(stream);
            }
            Ok((stream, peer)) => {
                let mut connections = connections.lock();
                while connections.try_join_next().is_some() {}
                connections.spawn(connection::serve(broker.clone(), stream, peer));
            }
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        }
    }
}
