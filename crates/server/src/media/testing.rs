//! Somebody who comes in, and the room where.

use visio_meeting::ConnectionId;
use visio_protocol::names::MeetingId;
use visio_sfu::{MeetingSetup, PipelinedJoin, Request};

pub(crate) fn pipelined(requests: Vec<Request>) -> PipelinedJoin {
    PipelinedJoin {
        join: visio_fixtures::join(ConnectionId(1), "bob"),
        requests,
    }
}

pub(crate) fn setup() -> MeetingSetup {
    MeetingSetup {
        config: visio_fixtures::config("room"),
        meeting_id: Some(MeetingId::new("meeting")),
    }
}
