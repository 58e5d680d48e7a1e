//! Workers of the same settings, started for a moment to answer where no visio runs.

use super::{ANSWER_TIMEOUT, Answered, try_all};
use crate::config::Plan;
use crate::doctor::Finding;
use crate::media::{self, EventSink, Exits, Incoming, Message, Next, Question, Workers};
use std::collections::BTreeMap;
use visio_meeting::{
    ClientInfo, Config, ConnectionId, ConnectionMode, Event, Join, ParticipantKind, Permissions,
    TokenOverrides,
};
use visio_protocol::names::{Identity, MeetingId, RoomName};
use visio_sfu::{ClientMessage, MeetingSetup, PipelinedJoin, Request};

struct NobodyListens;

impl EventSink for NobodyListens {
    fn event(&mut self, _: RoomName, _: Option<MeetingId>, _: Event) {}
}

pub(super) fn look(plan: &Plan) -> Vec<Finding> {
    let taps = media::tap_queue().0;
    let exits = |worker| Exits {
        events: Box::new(NobodyListens),
        taps: taps.sender(worker),
    };
    // Ports that are taken are told by the findings on ports.
    let Ok(workers) = Workers::start(&plan.media, exits) else {
        return Vec::new();
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let Ok(runtime) = runtime else {
        return Vec::new();
    };
    let mut rooms: BTreeMap<String, usize> = BTreeMap::new();
    let mut connections = 0;
    let mut answers = |room: &str, offer: &str| -> Result<Answered, String> {
        let next = rooms.len();
        let worker = *rooms.entry(room.to_owned()).or_insert(next);
        connections += 1;
        let answered = answer(&workers, worker, room, ConnectionId(connections), offer);
        let answered =
            runtime.block_on(async { tokio::time::timeout(ANSWER_TIMEOUT, answered).await });
        answered.unwrap_or_else(|_| Err("no answer came in time".to_owned()))
    };
    let findings = try_all(plan.media.workers, &mut answers);
    for worker in 0..workers.count() {
        runtime.block_on(workers.ask(worker, Question::Stop));
    }
    findings
}

async fn answer(
    workers: &Workers,
    worker: usize,
    room: &str,
    connection: ConnectionId,
    offer: &str,
) -> Result<Answered, String> {
    let (sender, mut receiver) = media::signal_queue();
    let sdp = offer.to_owned();
    let incoming = Incoming::Enter {
        pipelined: Box::new(PipelinedJoin {
            join: join(connection),
            requests: vec![Request::Offer { id: 1, sdp }],
        }),
        setup: Box::new(setup(room)),
        sender,
        underway: Box::new(()),
    };
    let room = RoomName::new(room);
    let sent = workers.send(worker, Message::Signal { room, incoming });
    sent.map_err(|_| "the worker has ended".to_owned())?;
    loop {
        match receiver.next().await {
            Next::Message(ClientMessage::Answer { sdp, .. }) => {
                return Ok((sdp, Box::new(receiver)));
            }
            Next::Message(_) => {}
            Next::End | Next::Overflow => return Err("the worker hung up".to_owned()),
        }
    }
}

fn join(connection: ConnectionId) -> Join {
    Join {
        connection,
        identity: Identity::new(format!("doctor-{}", connection.0)),
        name: String::new(),
        metadata: String::new(),
        attributes: BTreeMap::new(),
        kind: ParticipantKind::Standard,
        permissions: Permissions {
            can_subscribe: true,
            can_publish: true,
            can_publish_data: true,
            publish_sources: Vec::new(),
            can_update_metadata: false,
            hidden: true,
            recorder: false,
            agent: false,
            room_admin: false,
        },
        client: ClientInfo::default(),
        mode: ConnectionMode::Dual,
        auto_subscribe: false,
        token_issued_at_unix_s: i64::MAX,
        is_guest: false,
    }
}

fn setup(room: &str) -> MeetingSetup {
    MeetingSetup {
        config: Config {
            room: RoomName::new(room),
            metadata: String::new(),
            participants_max: usize::MAX,
            empty_timeout_seconds: 10,
            departure_timeout_seconds: 10,
            transcribe: false,
            transcript_kept: false,
            token_overrides: TokenOverrides::default(),
        },
        meeting_id: None,
    }
}
