//! Who may send what: the one list of packet kinds, topics and attributes that speak in the name of
//! the server or of somebody else.

use crate::wire::data_packet::Value;
use crate::wire::data_stream::header::ContentHeader;
use crate::wire::data_stream::{Header, Trailer};

/// What a sender must be for a packet to be forwarded; each may send what those before may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Authority {
    /// Anybody who may publish data: the packet speaks of its sender only, whom the server stamps.
    #[default]
    Participant,
    /// A program whose token says that it is an agent: it may say what others said.
    Agent,
    /// The server itself.
    Server,
}

/// Topics, attributes and ids of streams that begin with it are the server's own.
pub const SERVER_PREFIX: &str = "visio.";

/// Topics and attributes under which LiveKit's agents speak of others: transcriptions, the state of
/// an agent, the person in whose name an avatar publishes.
const AGENT_PREFIXES: [&str; 5] = [
    "lk.transcription",
    "lk.agent.",
    "lk.segment_id",
    "lk.transcribed_track_id",
    "lk.publish_on_behalf",
];

/// The attribute by which a participant says which language they speak (ISO 639-1): a wish to the
/// server, not a word in its name.
pub const LANGUAGE_ATTRIBUTE: &str = "visio.language";

/// The attribute by which the server says, with the value `true`, that a participant's name looks
/// like the name of somebody who had it before.
pub const LOOKALIKE_ATTRIBUTE: &str = "visio.lookalike";

impl Authority {
    /// What a topic, the attribute of a stream or its id asks of its sender.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        if name.starts_with(SERVER_PREFIX) {
            Self::Server
        } else if AGENT_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
            Self::Agent
        } else {
            Self::Participant
        }
    }

    /// What an attribute that a participant gives themselves asks of them.
    #[must_use]
    pub fn of_participant_attribute(key: &str) -> Self {
        match key {
            LANGUAGE_ATTRIBUTE => Self::Participant,
            _ => Self::of_name(key),
        }
    }

    /// What a packet asks of its sender. A kind that LiveKit adds does not compile until it is here.
    #[expect(
        deprecated,
        reason = "older clients still read active speakers from data"
    )]
    pub(super) fn of_value(value: &Value) -> Self {
        match value {
            Value::User(user) => user.topic.as_deref().map_or(Self::Participant, Self::of_name),
            // Who is on the stage is measured by the server and told on the signal connection.
            Value::Speaker(_) => Self::Server,
            // What somebody else is said to have said, or how well they are connected.
            Value::Transcription(_) | Value::Metrics(_) => Self::Agent,
            // `generated`: made by an agent from what somebody else said.
            Value::ChatMessage(message) if message.generated => Self::Agent,
            Value::StreamHeader(header) => Self::of_header(header),
            Value::StreamTrailer(trailer) => Self::of_trailer(trailer),
            // Beyond its id it is as good as its header: see `StreamPart`.
            Value::StreamChunk(chunk) => Self::of_name(&chunk.stream_id),
            // The server cannot read these: receivers take nothing of the server's from them.
            Value::EncryptedPacket(_)
            // These speak of nobody but their sender; the receiver of a call is the one named.
            | Value::SipDtmf(_)
            | Value::ChatMessage(_)
            | Value::RpcRequest(_)
            | Value::RpcAck(_)
            | Value::RpcResponse(_)
            => Self::Participant,
        }
    }

    fn of_header(header: &Header) -> Self {
        let generated = match &header.content_header {
            Some(ContentHeader::TextHeader(text)) if text.generated => Self::Agent,
            _ => Self::Participant,
        };
        let names = header.attributes.keys().map(|key| Self::of_name(key));
        names
            .chain([&header.topic, &header.stream_id].map(|name| Self::of_name(name)))
            .fold(generated, Self::max)
    }

    /// A trailer's attributes replace the header's at the receiver.
    fn of_trailer(trailer: &Trailer) -> Self {
        let names = trailer.attributes.keys().map(|key| Self::of_name(key));
        names.fold(Self::of_name(&trailer.stream_id), Self::max)
    }
}
