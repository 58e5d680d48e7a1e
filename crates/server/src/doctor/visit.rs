//! A short visit to a server that runs: by its own WebSocket, with a token of its own key, in a room that
//! is for this visit alone. What people's clients go through is what is looked at, and nobody's meeting
//! is touched.

use crate::clock;
use crate::entropy::random_bytes;
use std::io::{Read, Write};
use tokio_tungstenite::tungstenite::{self, HandshakeError, Message, WebSocket};
use visio_livekit::encode::RelayAccess;
use visio_livekit::visitor::{self, Answer};
use visio_protocol::token::{self, ApiKeys, Claims, VideoGrant};

/// The visit takes seconds; a token that is found in a log of a proxy is worth nothing soon.
const TOKEN_LIFETIME_S: i64 = 120;

/// Frames read before the answer: a welcome and a few that tell of the room.
const FRAMES_MAX: usize = 64;

/// Somebody who is connected to a meeting of their own, until they are dropped.
pub(super) struct Visit<S: Read + Write>(WebSocket<S>);

/// A name that no room has: such a meeting is kept nowhere and ends with the visit.
pub(super) fn new_room() -> String {
    let random = random_bytes::<8>();
    random.iter().fold("doctor-".to_owned(), |name, byte| {
        format!("{name}{byte:02x}")
    })
}

/// What lets somebody into that room who is shown to nobody.
pub(super) fn token(keys: &ApiKeys, room: &str) -> Option<String> {
    let grant = VideoGrant {
        room_join: true,
        room: room.to_owned(),
        hidden: true,
        ..VideoGrant::default()
    };
    let claims = Claims {
        sub: "doctor".to_owned(),
        exp: Some(clock::now_unix_s() + TOKEN_LIFETIME_S),
        video: Some(grant),
        ..Claims::default()
    };
    token::sign(&claims, keys, keys.first()?).ok()
}

impl<S: Read + Write> Visit<S> {
    /// Joins over a stream to the server that goes by the name `host`.
    pub(super) fn begin(stream: S, host: &str, token: &str) -> Result<Self, String> {
        let url = format!("ws://{host}/rtc?access_token={token}&protocol=16&auto_subscribe=0");
        match tungstenite::client(url, stream) {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(HandshakeError::Failure(error)) => Err(error.to_string()),
            Err(HandshakeError::Interrupted(_)) => Err("no answer came in time".to_owned()),
        }
    }

    /// How the server says that its relay is reached. Asked before anything else.
    pub(super) fn relay(&mut self) -> Result<RelayAccess, String> {
        for _ in 0..FRAMES_MAX {
            match self.hear()? {
                Answer::Welcome(Some(relay)) => return Ok(relay),
                Answer::Welcome(None) => return Err("clients are told of no relay".to_owned()),
                Answer::Leave => return Err("it sends its visitor away".to_owned()),
                Answer::Description(_) | Answer::Other => {}
            }
        }
        Err("it does not welcome its visitor".to_owned())
    }

    fn hear(&mut self) -> Result<Answer, String> {
        let frame = self.0.read().map_err(|error| error.to_string())?;
        Ok(visitor::read(&frame.into_data()))
    }

    /// The answer to an offer.
    pub(super) fn answer(&mut self, offer: &str) -> Result<String, String> {
        let frame = Message::Binary(visitor::offer(offer).into());
        self.0.send(frame).map_err(|error| error.to_string())?;
        for _ in 0..FRAMES_MAX {
            match self.hear()? {
                Answer::Description(answer) => return Ok(answer),
                Answer::Leave => return Err("it sends its visitor away".to_owned()),
                Answer::Welcome(_) | Answer::Other => {}
            }
        }
        Err("it does not answer an offer".to_owned())
    }
}

impl<S: Read + Write> Drop for Visit<S> {
    fn drop(&mut self) {
        // A server that does not hear it notices the end of the connection.
        let _ = self.0.send(Message::Binary(visitor::leave().into()));
        let _ = self.0.close(None);
        let _ = self.0.flush();
    }
}
