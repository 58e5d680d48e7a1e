//! Somebody who comes in, and the room where.

use std::collections::BTreeMap;
use visio_meeting::{
    ClientInfo, Config, ConnectionId, ConnectionMode, Join, ParticipantKind, Permissions,
};
use visio_protocol::names::{Identity, RoomName};
use visio_sfu::{MeetingSetup, PipelinedJoin, Request};

pub(super) fn pipelined(requests: Vec<Request>) -> PipelinedJoin {
    PipelinedJoin {
        join: Join {
            connection: ConnectionId(1),
            identity: Identity::new("bob"),
            name: "Bob".to_owned(),
            metadata: String::new(),
            attributes: BTreeMap::new(),
            kind: ParticipantKind::Standard,
            permissions: Permissions {
                can_subscribe: true,
                can_publish: true,
                can_publish_data: true,
                publish_sources: Vec::new(),
                can_update_metadata: false,
                hidden: false,
                recorder: false,
                agent: false,
                room_admin: false,
            },
            client: ClientInfo::default(),
            mode: ConnectionMode::Single,
            auto_subscribe: true,
            token_issued_at_unix_s: i64::MAX,
            is_guest: true,
        },
        requests,
    }
}

pub(super) fn setup() -> MeetingSetup {
    MeetingSetup {
        config: Config {
            room: RoomName::new("room"),
            metadata: String::new(),
            participants_max: 10,
            empty_timeout_seconds: 300,
            departure_timeout_seconds: 20,
            transcribe: false,
            transcript_kept: false,
        },
        meeting_id: None,
    }
}
