//! A participant's WebSocket: LiveKit's signalling in its second generation (`/rtc/v1`).

use std::net::TcpStream;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use prost::Message as _;
use tungstenite::{Message, WebSocket};
use visio_protocol::wire;

pub use wire::signal_request::Message as Request;
pub use wire::signal_response::Message as Response;

/// Messages out and in, never blocking once it is open.
#[derive(Debug)]
pub struct Signal {
    socket: WebSocket<TcpStream>,
}

impl Signal {
    /// Joins with an offer inside the request, as the JavaScript and Rust SDKs do, or without media.
    pub fn connect(
        host: &str,
        token: &str,
        offer: Option<wire::SessionDescription>,
    ) -> crate::Result<Self> {
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        let url = format!(
            "ws://{host}/rtc/v1?access_token={token}&join_request={}",
            join_request(offer)
        );
        let (socket, _) = tungstenite::client(url, stream).map_err(|error| refusal(&error))?;
        socket.get_ref().set_nonblocking(true)?;
        Ok(Self { socket })
    }

    pub fn stream(&self) -> &TcpStream {
        self.socket.get_ref()
    }

    pub fn send(&mut self, request: Request) -> crate::Result<()> {
        let bytes = wire::SignalRequest {
            message: Some(request),
        }
        .encode_to_vec();
        match self.socket.send(Message::binary(bytes)) {
            Err(tungstenite::Error::Io(error))
                if error.kind() == std::io::ErrorKind::WouldBlock =>
            {
                Ok(())
            }
            result => Ok(result?),
        }
    }

    /// The next message that has arrived whole; `None` when there is none.
    pub fn receive(&mut self) -> crate::Result<Option<Response>> {
        loop {
            match self.socket.read() {
                Ok(Message::Binary(bytes)) => {
                    return Ok(wire::SignalResponse::decode(bytes)?.message);
                }
                Ok(_) => {}
                Err(tungstenite::Error::Io(error))
                    if error.kind() == std::io::ErrorKind::WouldBlock =>
                {
                    return Ok(None);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn join_request(offer: Option<wire::SessionDescription>) -> String {
    let request = wire::JoinRequest {
        client_info: Some(wire::ClientInfo {
            sdk: wire::client_info::Sdk::Rust.into(),
            version: "1.0.0".to_owned(),
            protocol: 17,
            os: "linux".to_owned(),
            ..Default::default()
        }),
        connection_settings: Some(wire::ConnectionSettings {
            auto_subscribe: true,
            ..Default::default()
        }),
        publisher_offer: offer,
        ..Default::default()
    };
    let wrapped = wire::WrappedJoinRequest {
        compression: wire::wrapped_join_request::Compression::None.into(),
        join_request: request.encode_to_vec(),
    };
    // LiveKit's server wants the padding, and a query its percent sign.
    URL_SAFE.encode(wrapped.encode_to_vec()).replace('=', "%3D")
}

/// The server's own words, which say what to mend.
fn refusal(error: &tungstenite::HandshakeError<tungstenite::ClientHandshake<TcpStream>>) -> String {
    match error {
        tungstenite::HandshakeError::Failure(tungstenite::Error::Http(response)) => {
            let body = response.body().as_deref().unwrap_or_default();
            format!(
                "the server refused: {} {}",
                response.status(),
                String::from_utf8_lossy(body)
            )
        }
        other => format!("no WebSocket: {other}"),
    }
}
