//! Takes connections, with or without TLS, and serves each within limits.

use crate::http::address::Remote;
use crate::http::connections::{Connections, Slot};
use crate::http::error::ApiError;
use crate::http::prefixed::Prefixed;
use crate::http::tls::was_challenge;
use crate::http::write_timeout::WriteTimeout;
use crate::turn::Turn;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use axum::response::IntoResponse as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;
use visio_turn::is_first_byte;

/// A client that has said nothing, or has not finished its TLS handshake or its headers by then is cut off.
const FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(10);
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// A client that takes no byte of its answer for this long is gone, or wants to hold memory here.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Headers hold a token of at most some kilobytes.
const HEADER_BYTES_MAX: usize = 64 * 1024;
/// How long requests under way may take once the server stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// When to try again who holds all the connections that one client may hold.
const FULL_RETRY_AFTER_S: u32 = 10;
/// How long to wait after the system refused a connection, mostly for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What a listener answers its connections with. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    pub router: Router,
    /// On the same port, with TLS or without: it begins otherwise than HTTP and TLS.
    pub turn: Option<Turn>,
}

impl Services {
    /// The relay, if a connection that begins so is for it.
    fn turn_for<S: AsyncRead + Unpin>(&self, stream: &Prefixed<S>) -> Option<&Turn> {
        let turn = self.turn.as_ref();
        turn.filter(|_| is_first_byte(stream.first_byte()))
    }
}

/// Serves until `stop` turns true, then lets requests under way finish.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    services: Services,
    connections: Arc<Connections>,
    mut stop: watch::Receiver<bool>,
) {
    let mut tasks = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stop) => break,
            Some(_) = tasks.join_next() => continue,
        };
        match accepted {
            Ok((stream, address)) => {
                // Signals are small and urgent.
                let _ = stream.set_nodelay(true);
                let Some(slot) = connections.take(address.ip()) else {
                    tracing::debug!("there is no slot for another connection of an address");
                    continue;
                };
                // A WebSocket outlives the task that answers requests: its slot goes with its stream.
                let stream = WriteTimeout::new(stream, WRITE_TIMEOUT, Arc::clone(&slot));
                let remote = Remote {
                    address,
                    tls: tls.is_some(),
                };
                tasks.spawn(connection(
                    stream,
                    remote,
                    tls.clone(),
                    slot,
                    services.clone(),
                    stop.clone(),
                ));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(DRAIN_TIMEOUT, async {
        while tasks.join_next().await.is_some() {}
    })
    .await;
}

/// Waits until the server stops.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    remote: Remote,
    tls: Option<TlsAcceptor>,
    slot: Arc<Slot>,
    services: Services,
    stop: watch::Receiver<bool>,
) {
    let Some(stream) = begin(stream, &slot).await else {
        return;
    };
    let tls = tls.filter(|_| services.turn_for(&stream).is_none());
    let Some(tls) = tls else {
        return speak(stream, remote, slot, services, stop).await;
    };
    let handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream));
    let shaken = tokio::select! {
        shaken = handshake => shaken,
        () = slot.evicted() => return,
    };
    match shaken {
        Ok(Ok(stream)) if was_challenge(&stream) => {}
        Ok(Ok(stream)) => {
            if let Some(stream) = begin(stream, &slot).await {
                speak(stream, remote, slot, services, stop).await;
            }
        }
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

/// Waits for what the client says first.
async fn begin<S: AsyncRead + Unpin>(stream: S, slot: &Slot) -> Option<Prefixed<S>> {
    let begun = tokio::time::timeout(FIRST_BYTE_TIMEOUT, Prefixed::begin(stream));
    tokio::select! {
        begun = begun => begun.ok()?.ok()?,
        () = slot.evicted() => None,
    }
}

async fn speak(
    stream: Prefixed<impl AsyncRead + AsyncWrite + Unpin + Send + 'static>,
    remote: Remote,
    slot: Arc<Slot>,
    services: Services,
    stop: watch::Receiver<bool>,
) {
    match services.turn_for(&stream) {
        Some(turn) => relay(turn, stream, remote, &slot, stop).await,
        None => requests(stream, remote, slot, services.router, stop).await,
    }
}

/// As long as it has an allocation, its place is not taken away.
async fn relay(
    turn: &Turn,
    stream: Prefixed<impl AsyncRead + AsyncWrite + Unpin>,
    remote: Remote,
    slot: &Slot,
    mut stop: watch::Receiver<bool>,
) {
    let address = remote.address.ip().to_canonical();
    let (began, stream) = stream.into_parts();
    let on_use = |is_used| match is_used {
        true => slot.busy(address, &HeaderMap::new()).is_ok(),
        false => {
            slot.idle();
            true
        }
    };
    let address = SocketAddr::new(address, remote.address.port());
    tokio::select! {
        () = turn.serve_stream(stream, began, address, &on_use) => {}
        () = slot.evicted() => {}
        () = stopped(&mut stop) => {}
    }
}

async fn requests(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    remote: Remote,
    slot: Arc<Slot>,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let used = Arc::clone(&slot);
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(remote);
        let (router, slot) = (router.clone(), Arc::clone(&used));
        async move {
            if slot.busy(remote.address.ip(), request.headers()).is_err() {
                return Ok(ApiError::too_many_requests(FULL_RETRY_AFTER_S).into_response());
            }
            let answered = router.oneshot(request.map(Body::new)).await;
            let is_websocket =
                |answer: &Response<Body>| answer.status() == StatusCode::SWITCHING_PROTOCOLS;
            if !answered.as_ref().is_ok_and(is_websocket) {
                slot.idle();
            }
            answered
        }
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
        () = slot.evicted() => return,
        () = stopped(&mut stop) => {
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
    use crate::config::TrustedProxies;
    use crate::connection_limit::Bounds;
    use crate::open_files;
    use axum::extract::WebSocketUpgrade;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpSocket, TcpStream};
    use tokio_tungstenite::connect_async;
    use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest as _};

    fn services(router: Router) -> Services {
        Services { router, turn: None }
    }

    #[tokio::test]
    async fn a_websocket_keeps_its_place_until_it_closes() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/", listener.local_addr().unwrap());
        let echo = |upgrade: WebSocketUpgrade| async {
            upgrade.on_upgrade(|mut socket| async move { while socket.recv().await.is_some() {} })
        };
        let (stop, stopped) = watch::channel(false);
        let connections = Connections::new(&TrustedProxies::default());
        let router = Router::new().route("/", get(echo));
        let server = tokio::spawn(serve(
            listener,
            None,
            services(router),
            Arc::clone(&connections),
            stopped,
        ));
        let (socket, _) = connect_async(url).await.unwrap();
        // The task that answered the request has ended by then.
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(connections.taken(), 1);
        drop(socket);
        let deadline = clock::now() + Duration::from_secs(10);
        while connections.taken() > 0 {
            assert!(clock::now() < deadline, "the slot stays taken");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        stop.send(true).unwrap();
        server.await.unwrap();
    }

    #[tokio::test]
    async fn eve_behind_the_proxy_has_her_share_and_bob_behind_it_has_his() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/", listener.local_addr().unwrap());
        let echo = |upgrade: WebSocketUpgrade| async {
            upgrade.on_upgrade(|mut socket| async move { while socket.recv().await.is_some() {} })
        };
        let (_stop, stopped) = watch::channel(false);
        let bounds = Bounds {
            total: 100,
            idle: 10,
            per_address: 3,
            reserved: 10,
        };
        let connections = Connections::within(
            bounds,
            &["127.0.0.1".parse().unwrap()].into_iter().collect(),
        );
        let router = Router::new().route("/", get(echo));
        tokio::spawn(serve(
            listener,
            None,
            services(router),
            connections,
            stopped,
        ));
        let from = async |client: &str| {
            let mut request = url.as_str().into_client_request().unwrap();
            let headers = request.headers_mut();
            headers.insert("x-forwarded-for", client.parse().unwrap());
            connect_async(request).await
        };
        let mut eve = Vec::new();
        for _ in 0..bounds.per_address {
            eve.push(from("192.0.2.66").await.unwrap());
        }
        let Err(tungstenite::Error::Http(refused)) = from("192.0.2.66").await else {
            panic!("one more than her share")
        };
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        from("192.0.2.2").await.unwrap();
    }

    /// Eve's connections, from ten addresses of this machine.
    const SILENT: usize = 3_000;

    async fn connect_from(last: u8, to: SocketAddr) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket
            .bind(SocketAddr::from(([127, 0, 0, last], 0)))
            .unwrap();
        socket.connect(to).await.unwrap()
    }

    #[tokio::test]
    async fn eve_holds_three_thousand_silent_connections_and_bob_is_served() {
        open_files::raise().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let connections = Connections::new(&TrustedProxies::default());
        let router = Router::new().route("/", get(async || "served"));
        let server = tokio::spawn(serve(
            listener,
            None,
            services(router),
            Arc::clone(&connections),
            stopped,
        ));
        let mut eve = Vec::new();
        for number in 0..SILENT {
            eve.push(connect_from((number % 10 + 1) as u8, address).await);
        }
        let began = clock::now();
        for from in [200, 1] {
            let mut bob = connect_from(from, address).await;
            let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
            bob.write_all(request).await.unwrap();
            let mut answer = String::new();
            bob.read_to_string(&mut answer).await.unwrap();
            assert!(answer.ends_with("served"), "from {from}: {answer}");
        }
        assert!(began.elapsed() < Duration::from_secs(1));
        assert!(connections.taken() < SILENT, "some of Eve's made room");
        assert_eq!(eve[0].read(&mut [0; 1]).await.unwrap(), 0, "the oldest");
        stop.send(true).unwrap();
        drop(eve);
        server.await.unwrap();
    }
}
