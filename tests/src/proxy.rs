//! A TCP proxy between a worker and whom it talks to: a network that can be cut or go silent.

use std::net::TcpListener as Listener;
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// What the network is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Network {
    /// Everything gets through.
    Whole,
    /// Nothing gets through and nobody is told: what is sent is lost.
    Silent,
    /// Connections end, and new ones are refused.
    Cut,
}

/// A proxy with a port of its own, on a thread of its own. It ends when it is dropped.
pub struct Proxy {
    port: u16,
    network: watch::Sender<Network>,
    runtime: Option<Runtime>,
}

impl Proxy {
    /// Listens on a free port and passes everything on to `target`, `host:port`.
    ///
    /// # Panics
    /// When no port is free.
    pub fn to(target: &str) -> Self {
        Self::on(crate::worker::free_port(), target)
    }

    /// As [`Proxy::to`], on this port.
    ///
    /// # Panics
    /// When the port is taken.
    pub fn on(port: u16, target: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a thread can be started");
        let (network, weather) = watch::channel(Network::Whole);
        let listener = listen(port).expect("the port is free");
        runtime.spawn(serve(listener, port, target.to_owned(), weather));
        Self { port, network, runtime: Some(runtime) }
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends all connections and refuses new ones.
    pub fn cut(&self) {
        self.network.send_replace(Network::Cut);
    }

    /// Loses everything, in both directions, and says nothing: connections stay open, new ones are made.
    pub fn silence(&self) {
        self.network.send_replace(Network::Silent);
    }

    /// Lets everything through again. Connections that may have lost something end.
    pub fn mend(&self) {
        self.network.send_replace(Network::Whole);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Without tokio, which wants a runtime around it.
fn listen(port: u16) -> std::io::Result<Listener> {
    let listener = Listener::bind(("127.0.0.1", port))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn serve(first: Listener, port: u16, target: String, mut network: watch::Receiver<Network>) {
    let mut listener = TcpListener::from_std(first).ok();
    loop {
        if let Some(listener) = &listener {
            loop {
                let connection = tokio::select! {
                    changed = network.wait_for(|network| *network == Network::Cut) => match changed {
                        Ok(_) => break,
                        Err(_) => return,
                    },
                    accepted = listener.accept() => accepted,
                };
                if let Ok((client, _)) = connection {
                    tokio::spawn(carry(client, target.clone(), network.clone()));
                }
            }
        }
        listener = None;
        if network.wait_for(|network| *network != Network::Cut).await.is_err() {
            return;
        }
        while listener.is_none() {
            // Somebody may have been given the port for a moment as the one that it calls from.
            listener = listen(port).ok().and_then(|listener| TcpListener::from_std(listener).ok());
            if listener.is_none() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

/// One connection, until either side ends it or the network is not whole any more. Then both sides keep what they believe to
/// be a connection for as long as nothing can tell them.
async fn carry(mut client: TcpStream, target: String, mut network: watch::Receiver<Network>) {
    if *network.borrow() == Network::Whole {
        let Ok(mut server) = TcpStream::connect(target).await else { return };
        tokio::select! {
            _ = copy_bidirectional(&mut client, &mut server) => return,
            _ = network.wait_for(|network| *network != Network::Whole) => {}
        }
        let _ = network.wait_for(|network| *network != Network::Silent).await;
        drop(server);
    } else {
        let _ = network.wait_for(|network| *network != Network::Silent).await;
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    fn answer(stream: &mut std::net::TcpStream) -> std::io::Result<String> {
        stream.set_read_timeout(Some(Duration::from_millis(200)))?;
        let mut bytes = [0; 5];
        stream.read_exact(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    #[test]
    fn bytes_get_through_or_are_lost_or_connections_are_cut_off() {
        let echo = Listener::bind("127.0.0.1:0").unwrap();
        let target = echo.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            for stream in echo.incoming().flatten() {
                std::thread::spawn(move || {
                    let mut writer = stream.try_clone().unwrap();
                    let _ = std::io::copy(&mut &stream, &mut writer);
                });
            }
        });
        let proxy = Proxy::to(&target);
        let connect = || std::net::TcpStream::connect(("127.0.0.1", proxy.port()));
        let mut stream = connect().unwrap();
        stream.write_all(b"first").unwrap();
        assert_eq!(answer(&mut stream).unwrap(), "first");
        proxy.silence();
        stream.write_all(b"never").unwrap();
        assert!(answer(&mut stream).is_err(), "nothing comes while the network is silent");
        let mut second = connect().unwrap();
        second.write_all(b"never").unwrap();
        assert!(answer(&mut second).is_err(), "nor on a new connection");
        proxy.mend();
        assert_eq!(stream.read(&mut [0; 1]).unwrap_or(0), 0, "what may have lost something ends");
        let mut stream = connect().unwrap();
        stream.write_all(b"again").unwrap();
        assert_eq!(answer(&mut stream).unwrap(), "again");
        proxy.cut();
        assert_eq!(stream.read(&mut [0; 1]).unwrap_or(0), 0, "the connection has ended");
        crate::eventually("new connections are refused", || connect().is_err().then_some(()));
        proxy.mend();
        let mut stream = crate::eventually("connections are made again", || connect().ok());
        stream.write_all(b"again").unwrap();
        assert_eq!(answer(&mut stream).unwrap(), "again");
    }
}
