//! The WebSocket of a client: the upgrade of its request, and long messages in fragments.

use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{Message, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Result};

/// A longer message leaves in fragments (RFC 6455 section 5.4). The library copies what it sends: of a
/// message that waits for hundreds who do not read, each then holds one fragment and not all of it.
const FRAGMENT_BYTES: usize = 4 * 1024;

/// A request that asks to become a WebSocket (RFC 6455 section 4.2.1).
pub(crate) struct Upgrade {
    key: HeaderValue,
    on_upgrade: OnUpgrade,
}

/// What a request lacks that should become a WebSocket.
pub(crate) struct NotAnUpgrade(&'static str);

impl IntoResponse for NotAnUpgrade {
    fn into_response(self) -> Response {
        let version = [(header::SEC_WEBSOCKET_VERSION, "13")];
        (StatusCode::UPGRADE_REQUIRED, version, self.0).into_response()
    }
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = NotAnUpgrade;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NotAnUpgrade> {
        let head = &parts.headers;
        if !names(head, header::CONNECTION, "upgrade") || !names(head, header::UPGRADE, "websocket")
        {
            return Err(NotAnUpgrade(
                "this address is for WebSockets: connect with a LiveKit SDK. If you did, a proxy \
                 does not pass the Upgrade header on",
            ));
        }
        if !names(head, header::SEC_WEBSOCKET_VERSION, "13") {
            return Err(NotAnUpgrade("WebSockets of version 13 are answered here"));
        }
        let key = head.get(header::SEC_WEBSOCKET_KEY).cloned();
        let on_upgrade = parts.extensions.remove::<OnUpgrade>();
        match (key, on_upgrade) {
            (Some(key), Some(on_upgrade)) => Ok(Self { key, on_upgrade }),
            _ => Err(NotAnUpgrade("the Sec-WebSocket-Key is missing")),
        }
    }
}

/// Whether a header names this among what it lists.
fn names(head: &HeaderMap, header: HeaderName, wanted: &str) -> bool {
    let values = head.get_all(header);
    let mut listed = values.iter().filter_map(|value| value.to_str().ok());
    listed.any(|list| {
        list.split(',')
            .any(|one| one.trim().eq_ignore_ascii_case(wanted))
    })
}

impl Upgrade {
    /// Answers the request; `serve` then has the connection.
    pub(super) fn then<F>(
        self,
        config: WebSocketConfig,
        serve: impl FnOnce(WebSocket) -> F + Send + 'static,
    ) -> Response
    where
        F: Future<Output = ()> + Send,
    {
        let Self { key, on_upgrade } = self;
        tokio::spawn(async move {
            match on_upgrade.await {
                Ok(upgraded) => {
                    let io = TokioIo::new(upgraded);
                    let stream = WebSocketStream::from_raw_socket(io, Role::Server, Some(config));
                    serve(WebSocket(stream.await)).await;
                }
                Err(error) => tracing::debug!(%error, "a request did not become a WebSocket"),
            }
        });
        let head = [
            (header::CONNECTION, "upgrade".to_owned()),
            (header::UPGRADE, "websocket".to_owned()),
            (
                header::SEC_WEBSOCKET_ACCEPT,
                derive_accept_key(key.as_bytes()),
            ),
        ];
        (StatusCode::SWITCHING_PROTOCOLS, head).into_response()
    }
}

/// An open connection.
pub(super) struct WebSocket<S = TokioIo<Upgraded>>(WebSocketStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// The next message; `None` at the end.
    pub(super) async fn recv(&mut self) -> Option<Result<Message>> {
        self.0.next().await
    }

    /// Sends a message; returns when the system has taken all of it.
    pub(super) async fn send(&mut self, message: Message) -> Result<(), Error> {
        match message {
            Message::Binary(bytes) => self.send_in_fragments(bytes).await,
            message => self.0.send(message).await,
        }
    }

    async fn send_in_fragments(&mut self, mut rest: Bytes) -> Result<(), Error> {
        let mut kind = Data::Binary;
        loop {
            let fragment = rest.split_to(rest.len().min(FRAGMENT_BYTES));
            let is_last = rest.is_empty();
            let frame = Frame::message(fragment, OpCode::Data(kind), is_last);
            self.0.send(Message::Frame(frame)).await?;
            if is_last {
                return Ok(());
            }
            kind = Data::Continue;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, duplex};

    /// The lengths of the frames that arrive, with the first byte of each (RFC 6455 section 5.2).
    async fn frames(message: Message) -> (Vec<(u8, usize)>, Vec<u8>) {
        let (server, mut client) = duplex(1 << 20);
        let stream = WebSocketStream::from_raw_socket(server, Role::Server, None).await;
        let mut socket = WebSocket(stream);
        socket.send(message).await.unwrap();
        drop(socket);
        let (mut frames, mut payload) = (Vec::new(), Vec::new());
        while let Ok(first) = client.read_u8().await {
            let length = match client.read_u8().await.unwrap() {
                126 => client.read_u16().await.unwrap().into(),
                length => length.into(),
            };
            let mut bytes = vec![0; length];
            client.read_exact(&mut bytes).await.unwrap();
            frames.push((first, length));
            payload.extend(bytes);
        }
        (frames, payload)
    }

    #[tokio::test]
    async fn a_long_message_leaves_in_fragments() {
        let long: Vec<u8> = (0..10_000).map(|at| (at % 251) as u8).collect();
        let (sent, payload) = frames(Message::Binary(long.clone().into())).await;
        assert_eq!(sent, [(0x02, 4_096), (0x00, 4_096), (0x80, 1_808)]);
        assert_eq!(payload, long);
        for (length, expected) in [(0, 0), (4_096, 4_096)] {
            let (sent, _) = frames(Message::Binary(vec![0; length].into())).await;
            assert_eq!(sent, [(0x82, expected)], "one frame");
        }
    }

    #[tokio::test]
    async fn what_is_no_upgrade_is_told_what_is_missing() {
        for (head, word) in [
            (vec![], "LiveKit SDK"),
            (
                vec![("connection", "keep-alive"), ("upgrade", "websocket")],
                "LiveKit SDK",
            ),
            (
                vec![
                    ("connection", "keep-alive, Upgrade"),
                    ("upgrade", "WebSocket"),
                ],
                "version 13",
            ),
            (
                vec![
                    ("connection", "Upgrade"),
                    ("upgrade", "websocket"),
                    ("sec-websocket-version", "13"),
                ],
                "Sec-WebSocket-Key",
            ),
        ] {
            let mut request = axum::http::Request::builder();
            for (name, value) in head {
                request = request.header(name, value);
            }
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            let refused = Upgrade::from_request_parts(&mut parts, &()).await.err();
            let refused = refused.unwrap();
            assert!(refused.0.contains(word), "{}", refused.0);
            assert_eq!(refused.into_response().status(), 426);
        }
    }
}
