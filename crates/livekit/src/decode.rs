//! What a client says on its WebSocket, from LiveKit's messages to requests: checked and bounded.

pub(crate) mod subscription;
mod track;

use prost::Message as _;
use serde::Deserialize;
use visio_meeting::{Command, MetadataChange, Simulation};
use visio_protocol::ids::TrackSid;
use visio_protocol::limits::SDP_BYTES_MAX;
use visio_protocol::text::{TextProblem, check_attributes, check_metadata, display_name};
use visio_protocol::wire;
use visio_protocol::wire::request_response::{Reason, Request as Asked};
use visio_protocol::wire::signal_request::Message;
use visio_protocol::wire::simulate_scenario::Scenario;
use visio_sfu::Request;

pub(crate) use track::add_track;

/// What is to be done about a message.
#[derive(Debug)]
pub enum Decoded {
    /// For the worker.
    Request(Request),
    /// To be answered at once.
    Ping,
    /// To be answered at once with the number in it, which is in the client's own clock.
    PingRequest { timestamp_ms: i64 },
    /// The client asked for something that cannot be.
    Refused(Complaint),
    /// Not for us, or not known here: livekit-client of next year may say anything.
    Ignored(&'static str),
    /// Ends the connection.
    Fatal(&'static str),
}

/// The answer to a request that never reached the meeting.
#[derive(Clone, Debug, PartialEq)]
pub struct Complaint {
    /// 0 where the request had no number.
    pub(crate) request: u32,
    pub(crate) reason: Reason,
    pub(crate) text: String,
    /// What it answers, where a client finds it by that.
    pub(crate) asked: Option<Box<Asked>>,
}

/// Reads one frame of a client's WebSocket.
pub fn read(frame: &[u8]) -> Decoded {
    let Ok(request) = wire::SignalRequest::decode(frame) else {
        return Decoded::Fatal("the frame is not a livekit.SignalRequest");
    };
    let unknown = Decoded::Ignored("a message of an unknown kind");
    request.message.map_or(unknown, decode)
}

#[expect(deprecated, reason = "older clients send what is passed over")]
fn decode(message: Message) -> Decoded {
    match message {
        Message::Offer(offer) => description(offer, |id, sdp| Request::Offer { id, sdp }),
        Message::Answer(answer) => description(answer, |id, sdp| Request::Answer { id, sdp }),
        Message::Trickle(trickle) => candidate(&trickle),
        Message::AddTrack(request) => announcement(request),
        Message::Mute(mute) => on_track(&mute.sid, |track| Command::Mute {
            track,
            muted: mute.muted,
        }),
        Message::Subscription(update) => command(subscription::subscription(&update)),
        Message::TrackSetting(settings) => command(subscription::track_setting(&settings)),
        Message::Leave(_) => command(Command::Leave),
        Message::SubscriptionPermission(permission) => command(subscription::audience(permission)),
        Message::SyncState(state) => command(Command::SyncState(subscription::sync_state(&state))),
        Message::Ping(_) => Decoded::Ping,
        Message::PingReq(ping) => Decoded::PingRequest {
            timestamp_ms: ping.timestamp,
        },
        Message::UpdateMetadata(update) => metadata(update),
        Message::UpdateAudioTrack(update) => {
            on_track(&update.track_sid, |track| Command::UpdateAudioFeatures {
                track,
                features: track::bounded(update.features),
            })
        }
        Message::UpdateVideoTrack(update) => {
            on_track(&update.track_sid, |track| Command::UpdateVideoSize {
                track,
                width: update.width,
                height: update.height,
            })
        }
        Message::Simulate(simulate) => simulation(&simulate),
        // What it says is told by `TrackSetting` since 2021.
        Message::UpdateLayers(_) => Decoded::Ignored("update_layers"),
        Message::PublishDataTrackRequest(request) => {
            not_served("data tracks", Some(Asked::PublishDataTrack(request)))
        }
        Message::UnpublishDataTrackRequest(request) => {
            not_served("data tracks", Some(Asked::UnpublishDataTrack(request)))
        }
        Message::UpdateDataSubscription(_) => not_served("data tracks", None),
        Message::StoreDataBlobRequest(store) => numbered(store.request_id, "data blobs"),
        Message::GetDataBlobRequest(get) => numbered(get.request_id, "data blobs"),
    }
}

/// The answer to it names the announcement by its `cid`: it has no number.
fn announcement(request: wire::AddTrackRequest) -> Decoded {
    let asked = Asked::AddTrack(wire::AddTrackRequest {
        cid: request.cid.clone(),
        sid: request.sid.clone(),
        ..wire::AddTrackRequest::default()
    });
    // Another encoding of a track that is published already.
    let announced = if request.sid.is_empty() {
        add_track(request).map(Command::AddTrack)
    } else {
        track::add_backup(request).map(Command::AddBackup)
    };
    match announced {
        Ok(announced) => command(announced),
        Err(complaint) => Decoded::Refused(Complaint {
            asked: Some(Box::new(asked)),
            ..complaint
        }),
    }
}

fn simulation(simulate: &wire::SimulateScenario) -> Decoded {
    match simulate.scenario {
        Some(Scenario::NodeFailure(true) | Scenario::LeaveRequestFullReconnect(true)) => {
            command(Command::Simulate(Simulation::SessionLost))
        }
        Some(Scenario::Migration(true)) => command(Command::Simulate(Simulation::Migration)),
        _ => not_served("this simulation", None),
    }
}

fn not_served(what: &str, asked: Option<Asked>) -> Decoded {
    refused(0, what, asked)
}

fn numbered(request: u32, what: &str) -> Decoded {
    refused(request, what, None)
}

fn refused(request: u32, what: &str, asked: Option<Asked>) -> Decoded {
    Decoded::Refused(Complaint {
        request,
        reason: Reason::NotAllowed,
        text: format!("this server does not serve {what}"),
        asked: asked.map(Box::new),
    })
}

fn command(command: Command) -> Decoded {
    Decoded::Request(Request::Command(command))
}

fn on_track(sid: &str, make: impl FnOnce(TrackSid) -> Command) -> Decoded {
    TrackSid::parse(sid).map_or(Decoded::Ignored("a track without a name"), |sid| {
        command(make(sid))
    })
}

fn description(
    description: wire::SessionDescription,
    make: impl FnOnce(u32, String) -> Request,
) -> Decoded {
    if description.sdp.len() > SDP_BYTES_MAX {
        return Decoded::Fatal("the session description is longer than 512 KiB");
    }
    Decoded::Request(make(description.id, description.sdp))
}

/// A candidate is JSON after the browser's `RTCIceCandidateInit`.
fn candidate(trickle: &wire::TrickleRequest) -> Decoded {
    #[derive(Deserialize)]
    struct Init {
        #[serde(default)]
        candidate: String,
    }
    let for_subscriber = trickle.target() == wire::SignalTarget::Subscriber;
    match serde_json::from_str::<Init>(&trickle.candidate_init) {
        Ok(Init { candidate }) if !candidate.is_empty() => Decoded::Request(Request::Candidate {
            for_subscriber,
            candidate,
        }),
        Ok(_) => Decoded::Ignored("the end of candidates"),
        Err(_) => Decoded::Ignored("a candidate that is not JSON"),
    }
}

/// Empty texts leave what is: protobuf cannot tell them from texts that were not sent.
fn metadata(update: wire::UpdateParticipantMetadata) -> Decoded {
    let said = |text: String| (!text.is_empty()).then_some(text);
    // Who is in obeys the rules of the door.
    let name = said(update.name)
        .map(|name| display_name(&name))
        .transpose();
    let checked = name.and_then(|name| {
        check_metadata(&update.metadata)?;
        check_attributes(&update.attributes)?;
        Ok(name)
    });
    let name = match checked {
        Ok(name) => name,
        Err(problem) => return Decoded::Refused(complaint(update.request_id, problem)),
    };
    command(Command::UpdateMetadata {
        request: update.request_id,
        change: MetadataChange {
            name,
            metadata: said(update.metadata),
            attributes: update.attributes.into_iter().collect(),
        },
    })
}

fn complaint(request: u32, problem: TextProblem) -> Complaint {
    let reason = match problem {
        TextProblem::TooLong { .. } => Reason::LimitExceeded,
        _ => Reason::InvalidRequest,
    };
    Complaint {
        request,
        reason,
        text: format!("the text {problem}"),
        asked: None,
    }
}

#[cfg(test)]
mod tests;
