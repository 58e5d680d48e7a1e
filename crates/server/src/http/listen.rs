//! Takes connections, with or without TLS, and serves each within limits.

use crate::http::address::Peer;
use crate::http::places::Places;
use crate::http::steady::Steady;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

/// Connections at once on one listener; more wait in the system's queue.
const CONNECTIONS_MAX: usize = 10_000;
/// A client that has not finished its TLS handshake or its headers by then is cut off.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// A client that takes no byte of its answer for this long is gone, or wants to hold memory here.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Headers hold a token of at most some kilobytes.
const HEADER_BYTES_MAX: usize = 64 * 1024;
/// How long requests under way may take once the server stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait after the system refused a connection, mostly for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop` turns true, then lets requests under way finish.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    places: Arc<Places>,
    mut stop: watch::Receiver<bool>,
) {
    let house = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        let Ok(admitted) = Arc::clone(&house).acquire_owned().await else {
            break;
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = told(&mut stop) => break,
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok((stream, address)) => {
                // Signals are small and urgent.
                let _ = stream.set_nodelay(true);
                let Some(place) = places.take(address.ip()) else {
                    tracing::debug!("an address holds all connections it may");
                    continue;
                };
                // A WebSocket outlives the task that answers requests: its place goes with its stream.
                let stream = Steady::new(stream, WRITE_TIMEOUT, place);
                let served = connection(stream, address, tls.clone(), router.clone(), stop.clone());
                connections.spawn(async move {
                    served.await;
                    drop(admitted);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(DRAIN_TIMEOUT, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
}

/// Waits until the server stops.
async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    stop: watch::Receiver<bool>,
) {
    let peer = Peer {
        address,
        tls: tls.is_some(),
    };
    match tls {
        None => requests(stream, peer, router, stop).await,
        Some(tls) => match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
            Ok(Ok(stream)) => requests(stream, peer, router, stop).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        },
    }
}

async fn requests(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        router.clone().oneshot(request.map(Body::new))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(HEADER_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = told(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use axum::extract::WebSocketUpgrade;
    use axum::routing::get;
    use tokio_tungstenite::connect_async;

    #[tokio::test]
    async fn a_websocket_keeps_its_place_until_it_closes() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/", listener.local_addr().unwrap());
        let echo = |upgrade: WebSocketUpgrade| async {
            upgrade.on_upgrade(|mut socket| async move { while socket.recv().await.is_some() {} })
        };
        let (places, (stop, stopped)) = (Places::new(&[]), watch::channel(false));
        let router = Router::new().route("/", get(echo));
        let server = tokio::spawn(serve(listener, None, router, Arc::clone(&places), stopped));
        let (socket, _) = connect_async(url).await.unwrap();
        // The task that answered the request has ended by then.
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(places.taken(), 1);
        drop(socket);
        let deadline = clock::now() + Duration::from_secs(10);
        while places.taken() > 0 {
            assert!(clock::now() < deadline, "the place stays taken");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        stop.send(true).unwrap();
        server.await.unwrap();
    }
}
