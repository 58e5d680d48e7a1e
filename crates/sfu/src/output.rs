//! What goes into an [`crate::Sfu`] and what comes out of it.

use crate::audio::tap::TapEvent;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use visio_meeting::{Command, ConnectionId, Event, Join, Notice, ParticipantView, RoomView};
use visio_protocol::ids::ParticipantSid;
use visio_protocol::names::{Identity, MeetingId, RoomName};

/// How bytes travel between a client and a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    Udp,
    Tcp,
}

/// Bytes from the network.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    pub protocol: Protocol,
    pub source: SocketAddr,
    /// The local address it arrived at, which is one of [`crate::Settings::addresses`].
    pub destination: SocketAddr,
    pub bytes: &'a [u8],
}

/// Bytes for the network.
#[derive(Debug)]
pub struct Packet {
    pub protocol: Protocol,
    /// The local address to send from.
    pub source: SocketAddr,
    pub destination: SocketAddr,
    pub bytes: Vec<u8>,
}

/// What must be known of a room to open a meeting in it.
#[derive(Clone, Debug)]
pub struct MeetingSetup {
    pub config: visio_meeting::Config,
    /// Its row; `None` where the room has none, or the database does not answer.
    pub meeting_id: Option<MeetingId>,
}

/// A join, and what the client sent along with it instead of waiting for the answer.
#[derive(Debug)]
pub struct PipelinedJoin {
    pub join: Join,
    /// Tracks and an offer, to save a round trip.
    pub requests: Vec<Request>,
}

/// What a client asks over its signal connection.
#[derive(Clone, Debug)]
pub enum Request {
    /// For the control plane.
    Command(Command),
    Offer {
        id: u32,
        sdp: String,
    },
    Answer {
        id: u32,
        sdp: String,
    },
    /// A candidate found late. An ICE-lite server learns addresses from checks, so it is passed
    /// over.
    Candidate {
        for_subscriber: bool,
        candidate: String,
    },
}

/// A message to one client: from the control plane, or a description of media.
#[derive(Clone, Debug)]
pub enum ClientMessage {
    Notice(Notice),
    /// A notice that many clients get.
    Shared(Arc<SharedNotice>),
    Offer {
        id: u32,
        sdp: String,
        tracks_by_mid: Vec<(String, String)>,
    },
    Answer {
        id: u32,
        sdp: String,
        tracks_by_mid: Vec<(String, String)>,
    },
    /// The client should offer again, with that many more sections to receive on.
    MoreSections {
        audio: u32,
        video: u32,
    },
}

/// A notice to many clients: held once, and encoded once, for the first of them that is sent it.
#[derive(Debug)]
pub struct SharedNotice {
    notice: Notice,
    encoded: OnceLock<Option<Arc<[u8]>>>,
}

impl SharedNotice {
    #[must_use]
    pub fn new(notice: Notice) -> Self {
        Self {
            notice,
            encoded: OnceLock::new(),
        }
    }

    #[must_use]
    pub fn notice(&self) -> &Notice {
        &self.notice
    }

    /// The frame that all get, as `encode` makes it the first time.
    pub fn encoded(&self, encode: impl FnOnce(&Notice) -> Option<Vec<u8>>) -> Option<Arc<[u8]>> {
        let encoded = self
            .encoded
            .get_or_init(|| encode(&self.notice).map(Arc::from));
        encoded.clone()
    }
}

impl ClientMessage {
    /// What the meeting says, if it does.
    #[must_use]
    pub fn notice(&self) -> Option<&Notice> {
        match self {
            Self::Notice(notice) => Some(notice),
            Self::Shared(shared) => Some(shared.notice()),
            Self::Offer { .. } | Self::Answer { .. } | Self::MoreSections { .. } => None,
        }
    }

    /// About how much memory it takes while it waits. What is shared counts whole for each client
    /// that it waits for: the one that reads last alone keeps it.
    #[must_use]
    pub fn weight_bytes(&self) -> usize {
        let description = match self {
            Self::Offer { sdp, .. } | Self::Answer { sdp, .. } => sdp.len(),
            Self::Notice(_) | Self::Shared(_) | Self::MoreSections { .. } => 0,
        };
        let notice = self.notice().map_or(0, Notice::weight_bytes);
        size_of::<Self>() + description + notice
    }
}

/// Something an [`crate::Sfu`] wants done.
#[derive(Debug)]
pub enum Output {
    Transmit(Packet),
    /// Send to a client over its signal connection.
    Client {
        connection: ConnectionId,
        message: ClientMessage,
    },
    /// Close a client's signal connection once what was queued before has been sent.
    Hangup {
        connection: ConnectionId,
    },
    Tap(TapEvent),
    /// Data packets that a subscriber will never get, because the link to them is too slow.
    DataDropped {
        is_reliable: bool,
        packets: u64,
    },
    Event {
        room: RoomName,
        /// The meeting's row in the database, where it has one.
        meeting: Option<MeetingId>,
        event: Event,
    },
}

/// A meeting as the API lists it.
#[derive(Clone, Debug)]
pub struct Summary {
    pub room: RoomView,
    pub participants: Vec<ParticipantView>,
}

/// What a participant is in at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    /// The meeting's row, if it has one.
    pub meeting: Option<MeetingId>,
    pub is_transcript_kept: bool,
}

/// A client that wants its session back.
#[derive(Clone, Debug)]
pub struct Resumption {
    pub connection: ConnectionId,
    pub identity: Identity,
    pub sid: ParticipantSid,
}

/// How many entries a worker holds, of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResourceCounts {
    pub calls: usize,
    pub rooms: usize,
    pub connections: usize,
    pub timers: usize,
    /// ICE names by which checks find their transport.
    pub names: usize,
    /// Remote addresses by which other packets do.
    pub addresses: usize,
}
