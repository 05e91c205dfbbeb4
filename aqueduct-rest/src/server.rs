//! The server: its sockets, its connections, and how it ends.
//!
//! Sockets are bound before anything else of the worker starts, because the address is the worker's id. Each connection
//! is a task of its own, so that a slow client holds up nobody else.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use aqueduct_config::worker_config::{ADMIN_LISTENERS, LISTENERS};
use aqueduct_herder::Herder;
use aqueduct_metrics::Registry;

use crate::advertise::Advertised;
use crate::resources::Site;
use crate::response_headers::ResponseHeaders;
use crate::route::Surface;
use crate::service::Entrance;
use crate::{AdminListeners, HttpPeers, Listener, Loggers, RestConfig, RestError};

/// How long a client may take for the head of a request, and how long a connection may be idle.
const IDLE: Duration = Duration::from_secs(30);

/// A pause after the system had no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The REST server of a worker.
///
/// It serves from the moment it is bound until [`RestServer::shutdown`] or until it is dropped, which cuts off what is
/// still going on.
pub struct RestServer {
    config: RestConfig,
    advertised: Advertised,
    addresses: Vec<SocketAddr>,
    admin_addresses: Vec<SocketAddr>,
    site: Arc<OnceLock<Site>>,
    metrics: Arc<OnceLock<Registry>>,
    connections: TaskTracker,
    /// Ends the listeners, and each connection after its present request.
    stop: CancellationToken,
    /// Ends every connection at once.
    abandon: CancellationToken,
}

impl RestServer {
    /// Binds all listeners and begins to serve; until [`RestServer::mount`] every path is 404. Has to be called within
    /// a tokio runtime, which then runs the server.
    ///
    /// # Errors
    /// When a listener cannot be used or its address not be bound; the message names the key and the way out.
    pub fn bind(config: &RestConfig) -> Result<Self, RestError> {
        let public = bind_all(LISTENERS, &config.listeners)?;
        let (surface, admin) = match &config.admin_listeners {
            AdminListeners::Shared => (Surface::Both, Vec::new()),
            AdminListeners::Off => (Surface::Public, Vec::new()),
            AdminListeners::Own(listeners) => (Surface::Public, bind_all(ADMIN_LISTENERS, listeners)?),
        };
        let bound_ports: Vec<_> = public.iter().map(|bound| (bound.listener.clone(), bound.address.port())).collect();
        let server = Self {
            advertised: Advertised::new(config, &bound_ports),
            addresses: public.iter().map(|bound| bound.address).collect(),
            admin_addresses: admin.iter().map(|bound| bound.address).collect(),
            config: config.clone(),
            site: Arc::default(),
            metrics: Arc::default(),
            connections: TaskTracker::new(),
            stop: CancellationToken::new(),
            abandon: CancellationToken::new(),
        };
        for bound in public {
            let entrance = Entrance {
                scheme: bound.listener.scheme,
                surface,
                cross_origin: config.cross_origin.clone(),
                response_headers: config.response_headers.clone(),
                site: Arc::clone(&server.site),
            };
            server.listen(LISTENERS, bound, entrance)?;
        }
        for bound in admin {
            // Rules for headers and origins are for the listeners of everybody.
            let entrance = Entrance {
                scheme: bound.listener.scheme,
                surface: Surface::Admin,
                cross_origin: None,
                response_headers: ResponseHeaders::default(),
                site: Arc::clone(&server.site),
            };
            server.listen(ADMIN_LISTENERS, bound, entrance)?;
        }
        tracing::info!("REST server listening, advertising URL {}", server.advertised_url());
        Ok(server)
    }

    fn listen(&self, key: &str, bound: Bound, entrance: Entrance) -> Result<(), RestError> {
        let socket = TcpListener::from_std(bound.socket)
            .map_err(|error| RestError::bind(format!("Unable to serve {} ({key})", bound.listener), error))?;
        let accepting =
            accept(socket, Arc::new(entrance), self.connections.clone(), self.stop.clone(), self.abandon.clone());
        self.connections.spawn(accepting);
        Ok(())
    }

    /// Gives `/metrics` what it shows, where it is not switched off; until then it is 404.
    pub fn show_metrics(&self, registry: Registry) {
        self.metrics.get_or_init(|| registry);
    }

    /// Makes the resources live. Further calls change nothing.
    pub fn mount(&self, herder: Arc<dyn Herder>, loggers: Arc<dyn Loggers>) {
        let config = &self.config;
        self.site.get_or_init(|| Site {
            herder,
            loggers,
            peers: HttpPeers::new(config.request_timeout),
            topic_tracking: config.topic_tracking,
            topic_tracking_reset: config.topic_tracking_reset,
            request_timeout: config.request_timeout,
            health_timeout: config.health_timeout,
            metrics: if config.metrics_endpoint { Arc::clone(&self.metrics) } else { Arc::default() },
        });
        tracing::info!("REST resources initialized; server is started and ready to handle requests");
    }

    /// Stops listening and waits for requests that are being answered, for [`RestConfig::shutdown_timeout`]; then cuts
    /// them off.
    pub async fn shutdown(&self) {
        tracing::info!("Stopping REST server");
        self.stop.cancel();
        self.connections.close();
        if tokio::time::timeout(self.config.shutdown_timeout, self.connections.wait()).await.is_err() {
            tracing::warn!("cutting off {} REST connections that did not end in time", self.connections.len());
            self.abandon.cancel();
            self.connections.wait().await;
        }
        tracing::info!("REST server stopped");
    }

    /// The URL that other workers reach this one at, with a slash at its end.
    pub fn advertised_url(&self) -> String {
        self.advertised.url()
    }

    /// The worker's id: host and port of the advertised URL.
    pub fn worker_id(&self) -> String {
        self.advertised.worker_id()
    }

    /// The addresses that were bound, in the order of `listeners`.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The addresses that were bound for `admin.listeners`, in order.
    pub fn admin_addresses(&self) -> &[SocketAddr] {
        &self.admin_addresses
    }
}

impl Drop for RestServer {
    fn drop(&mut self) {
        self.stop.cancel();
        self.abandon.cancel();
    }
}

/// A listener with its socket.
struct Bound {
    listener: Listener,
    socket: StdListener,
    address: SocketAddr,
}

fn bind_all(key: &str, listeners: &[Listener]) -> Result<Vec<Bound>, RestError> {
    listeners
        .iter()
        .map(|listener| {
            let socket = listener.bind(key)?;
            let address = socket
                .local_addr()
                .map_err(|error| RestError::bind(format!("Unable to listen on {listener} ({key}): {error}"), error))?;
            Ok(Bound { listener: listener.clone(), socket, address })
        })
        .collect()
}

async fn accept(
    socket: TcpListener,
    entrance: Arc<Entrance>,
    connections: TaskTracker,
    stop: CancellationToken,
    abandon: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            () = stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, client)) => {
                let connection = converse(stream, client, Arc::clone(&entrance), stop.clone(), abandon.clone());
                connections.spawn(connection);
            }
            Err(error) => {
                tracing::warn!("accepting a REST connection failed: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Serves one connection to its end.
async fn converse(
    stream: TcpStream,
    client: SocketAddr,
    entrance: Arc<Entrance>,
    stop: CancellationToken,
    abandon: CancellationToken,
) {
    // A client that has gone already leaves nothing to do.
    let Ok(local) = stream.local_addr() else { return };
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("{client}: answers may be delayed: {error}");
    }
    let service = service_fn(move |request| {
        let entrance = Arc::clone(&entrance);
        async move { Ok::<_, Infallible>(entrance.serve(request, client, local).await) }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(IDLE)
            // A client may close its side as soon as it has asked.
            .half_close(true)
            // As Java's server writes them; scripts look for `Location:`.
            .title_case_headers(true)
            .serve_connection(TokioIo::new(stream), service)
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection.as_mut() => ended,
                () = abandon.cancelled() => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!("{client}: connection ended: {error}");
    }
}
