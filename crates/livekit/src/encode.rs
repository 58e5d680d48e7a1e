//! What a client is told, from the meeting's words to LiveKit's messages.

mod participant;
mod track;
mod welcome;

pub(crate) use participant::info as participant_info;

use crate::decode::Complaint;
use crate::limits::SIF_TRAILER_BYTES;
use prost::Message as _;
use prost::bytes::Bytes;
use visio_meeting::{
    ConnectionMode, LayerQuality, LeaveAction, LeaveReason, Notice, Quality, Refusal, Response,
    RoomView, Speaker, StreamState, SubscriptionError,
};
use visio_protocol::ids::{ParticipantSid, TrackSid};
use visio_protocol::wire;
use visio_protocol::wire::request_response::Reason;
use visio_protocol::wire::signal_response::Message;
use visio_sfu::ClientMessage;

/// From this protocol on a leave says what to do next.
const PROTOCOL_LEAVE_ACTION: i32 = 13;

/// From this protocol on a granted request is answered too.
const PROTOCOL_REQUEST_OK: i32 = 15;

/// What the form of a message depends on, beside the message.
#[derive(Clone, Debug)]
pub struct Listener {
    pub mode: ConnectionMode,
    /// Which signal messages the client understands.
    pub protocol: i32,
    pub sif_trailer: [u8; SIF_TRAILER_BYTES],
    /// Where media is relayed that gets through no other way.
    pub relay: Option<RelayAccess>,
}

/// How a client reaches the relay (TURN).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayAccess {
    pub urls: Vec<String>,
    pub username: String,
    pub password: String,
}

/// One frame for a client's WebSocket; `None` where this client is not told.
pub fn message(message: ClientMessage, to: &Listener) -> Option<Bytes> {
    if let ClientMessage::Shared(shared) = &message {
        let encode = |notice: &Notice| encode_notice(notice.clone(), to).map(frame);
        return shared.encoded(encode).map(Bytes::from_owner);
    }
    encode(message, to).map(|message| frame(message).into())
}

/// The answer to a plain ping.
pub fn pong(now_unix_ms: i64) -> Vec<u8> {
    frame(Message::Pong(now_unix_ms))
}

/// The answer to a ping with the client's own time in it.
pub fn ping_response(client_timestamp_ms: i64, now_unix_ms: i64) -> Vec<u8> {
    frame(Message::PongResp(wire::Pong {
        last_ping_timestamp: client_timestamp_ms,
        timestamp: now_unix_ms,
    }))
}

/// A token for the client to come back with.
pub fn refresh_token(token: String) -> Vec<u8> {
    frame(Message::RefreshToken(token))
}

/// The answer to a request that never reached the meeting.
pub fn complaint(complaint: Complaint) -> Vec<u8> {
    frame(Message::RequestResponse(wire::RequestResponse {
        request_id: complaint.request,
        reason: complaint.reason.into(),
        message: complaint.text,
        request: complaint.asked.map(|asked| *asked),
    }))
}

fn frame(message: Message) -> Vec<u8> {
    let message = Some(message);
    wire::SignalResponse { message }.encode_to_vec()
}

fn encode(message: ClientMessage, to: &Listener) -> Option<Message> {
    match message {
        ClientMessage::Notice(notice) => encode_notice(notice, to),
        ClientMessage::Shared(shared) => encode_notice(shared.notice().clone(), to),
        ClientMessage::Offer {
            id,
            sdp,
            tracks_by_mid,
        } => Some(Message::Offer(description("offer", id, sdp, tracks_by_mid))),
        ClientMessage::Answer {
            id,
            sdp,
            tracks_by_mid,
        } => Some(Message::Answer(description(
            "answer",
            id,
            sdp,
            tracks_by_mid,
        ))),
        ClientMessage::MoreSections { audio, video } => Some(Message::MediaSectionsRequirement(
            wire::MediaSectionsRequirement {
                num_audios: audio,
                num_videos: video,
            },
        )),
    }
}

fn encode_notice(notice: Notice, to: &Listener) -> Option<Message> {
    Some(match notice {
        Notice::Joined(welcome) => Message::Join(welcome::join(*welcome, to)),
        Notice::Resumed {
            last_data_sequence, ..
        } => Message::Reconnect(welcome::reconnect(last_data_sequence, to)),
        Notice::Participants(views) => Message::Update(wire::ParticipantUpdate {
            participants: views.into_iter().map(participant::info).collect(),
        }),
        Notice::Room(view) => Message::RoomUpdate(wire::RoomUpdate {
            room: Some(room(view)),
        }),
        Notice::TrackPublished { cid, track } => {
            let track = Some(track::info(*track));
            Message::TrackPublished(wire::TrackPublishedResponse { cid, track })
        }
        Notice::TrackRefused { cid, refusal } => track_refused(cid, refusal),
        Notice::TrackUnpublished { track } => {
            let track_sid = track.to_string();
            Message::TrackUnpublished(wire::TrackUnpublishedResponse { track_sid })
        }
        Notice::Muted { track, muted } => Message::Mute(wire::MuteTrackRequest {
            sid: track.to_string(),
            muted,
        }),
        Notice::TrackSubscribed { track } => Message::TrackSubscribed(wire::TrackSubscribed {
            track_sid: track.to_string(),
        }),
        Notice::Speakers(speakers) => Message::SpeakersChanged(wire::SpeakersChanged {
            speakers: speakers.iter().map(speaker).collect(),
        }),
        Notice::Quality(updates) => Message::ConnectionQuality(wire::ConnectionQualityUpdate {
            updates: updates.iter().map(quality).collect(),
        }),
        Notice::StreamState(states) => Message::StreamStateUpdate(wire::StreamStateUpdate {
            stream_states: states.iter().map(stream_state).collect(),
        }),
        Notice::SubscribedQuality { track, codecs } => {
            Message::SubscribedQualityUpdate(subscribed_quality(&track, &codecs))
        }
        Notice::SubscribedAudioCodecs { track, codecs } => {
            Message::SubscribedAudioCodecUpdate(subscribed_audio_codecs(&track, &codecs))
        }
        Notice::SubscriptionAllowed {
            participant,
            track,
            allowed,
        } => Message::SubscriptionPermissionUpdate(wire::SubscriptionPermissionUpdate {
            participant_sid: participant.to_string(),
            track_sid: track.to_string(),
            allowed,
        }),
        Notice::SubscriptionRefused { track, error } => {
            Message::SubscriptionResponse(wire::SubscriptionResponse {
                track_sid: track.to_string(),
                err: subscription_error(error).into(),
            })
        }
        Notice::Response { request, response } => return answer(request, response, to),
        Notice::Leave { reason } => return leave(reason, reason.action(), to),
    })
}

/// As LiveKit answers: the announcement has no number, its cid says which one is meant.
fn track_refused(cid: String, refusal: Refusal) -> Message {
    let request = wire::AddTrackRequest {
        cid,
        ..wire::AddTrackRequest::default()
    };
    Message::RequestResponse(wire::RequestResponse {
        request_id: 0,
        reason: reason(refusal).into(),
        message: refusal.to_string(),
        request: Some(wire::request_response::Request::AddTrack(request)),
    })
}

fn description(
    kind: &str,
    id: u32,
    sdp: String,
    tracks_by_mid: Vec<(String, String)>,
) -> wire::SessionDescription {
    let mid_to_track_id = tracks_by_mid.into_iter().collect();
    wire::SessionDescription {
        r#type: kind.to_owned(),
        sdp,
        id,
        mid_to_track_id,
    }
}

pub(crate) fn room(view: RoomView) -> wire::Room {
    wire::Room {
        sid: view.sid.to_string(),
        name: view.name.to_string(),
        empty_timeout: view.empty_timeout_seconds,
        departure_timeout: view.departure_timeout_seconds,
        creation_time: view.created_at_ms / 1000,
        creation_time_ms: view.created_at_ms,
        enabled_codecs: welcome::codecs(),
        metadata: view.metadata,
        num_participants: view.participants,
        max_participants: view.participants_max,
        num_publishers: view.publishers,
        active_recording: view.transcript_kept,
        ..wire::Room::default()
    }
}

fn speaker(speaker: &Speaker) -> wire::SpeakerInfo {
    let Speaker { sid, level, active } = speaker;
    wire::SpeakerInfo {
        sid: sid.to_string(),
        level: *level,
        active: *active,
    }
}

fn quality((sid, quality, score): &(ParticipantSid, Quality, f32)) -> wire::ConnectionQualityInfo {
    let quality = match quality {
        Quality::Lost => wire::ConnectionQuality::Lost,
        Quality::Poor => wire::ConnectionQuality::Poor,
        Quality::Good => wire::ConnectionQuality::Good,
        Quality::Excellent => wire::ConnectionQuality::Excellent,
    };
    wire::ConnectionQualityInfo {
        participant_sid: sid.to_string(),
        quality: quality.into(),
        score: *score,
    }
}

fn subscription_error(error: SubscriptionError) -> wire::SubscriptionError {
    match error {
        SubscriptionError::TrackNotFound => wire::SubscriptionError::SeTrackNotfound,
        SubscriptionError::CodecUnsupported => wire::SubscriptionError::SeCodecUnsupported,
    }
}

fn stream_state(
    (participant, track, state): &(ParticipantSid, TrackSid, StreamState),
) -> wire::StreamStateInfo {
    let state = match state {
        StreamState::Active => wire::StreamState::Active,
        StreamState::Paused => wire::StreamState::Paused,
    };
    wire::StreamStateInfo {
        participant_sid: participant.to_string(),
        track_sid: track.to_string(),
        state: state.into(),
    }
}

/// Says it twice: for clients that publish one codec and for those that may publish several.
fn subscribed_quality(
    track: &TrackSid,
    codecs: &[(String, Option<LayerQuality>)],
) -> wire::SubscribedQualityUpdate {
    let subscribed_codecs: Vec<_> = codecs
        .iter()
        .map(|(mime, highest)| wire::SubscribedCodec {
            codec: codec_name(mime),
            qualities: LayerQuality::ALL
                .map(|quality| wire::SubscribedQuality {
                    quality: track::quality(quality).into(),
                    enabled: highest.is_some_and(|highest| quality <= highest),
                })
                .into(),
        })
        .collect();
    let first = subscribed_codecs.first();
    #[expect(deprecated, reason = "older clients read the list without codecs")]
    wire::SubscribedQualityUpdate {
        track_sid: track.to_string(),
        subscribed_qualities: first.map_or_else(Vec::new, |first| first.qualities.clone()),
        subscribed_codecs,
    }
}

fn subscribed_audio_codecs(
    track: &TrackSid,
    codecs: &[(String, bool)],
) -> wire::SubscribedAudioCodecUpdate {
    let codecs = codecs
        .iter()
        .map(|(mime, enabled)| wire::SubscribedAudioCodec {
            codec: codec_name(mime),
            enabled: *enabled,
        });
    wire::SubscribedAudioCodecUpdate {
        track_sid: track.to_string(),
        subscribed_audio_codecs: codecs.collect(),
    }
}

/// As LiveKit's clients write it: `vp8`.
fn codec_name(mime: &str) -> String {
    let name = mime.rsplit('/').next().unwrap_or_default();
    name.to_ascii_lowercase()
}

fn answer(request: u32, response: Response, to: &Listener) -> Option<Message> {
    match response {
        Response::Done if to.protocol < PROTOCOL_REQUEST_OK => None,
        Response::Done => Some(request_response(request, Reason::Ok, String::new())),
        Response::Refused(refusal) => Some(request_response(
            request,
            reason(refusal),
            refusal.to_string(),
        )),
    }
}

fn reason(refusal: Refusal) -> Reason {
    match refusal {
        Refusal::NotAllowed | Refusal::Revoked(_) => Reason::NotAllowed,
        Refusal::NoSuchParticipant | Refusal::NoSuchTrack | Refusal::NoSuchMeeting => {
            Reason::NotFound
        }
        Refusal::Full | Refusal::TooManyTracks | Refusal::TooLong | Refusal::TooOften => {
            Reason::LimitExceeded
        }
        Refusal::StateMismatch | Refusal::NoSuchCodec => Reason::InvalidRequest,
    }
}

fn request_response(request_id: u32, reason: Reason, message: String) -> Message {
    let reason = reason.into();
    let response = wire::RequestResponse {
        request_id,
        reason,
        message,
        request: None,
    };
    Message::RequestResponse(response)
}

/// Older clients know only "come back" and "stay away"; they resume by themselves when the
/// connection ends without a word.
fn leave(reason: LeaveReason, action: LeaveAction, to: &Listener) -> Option<Message> {
    if action == LeaveAction::Resume && to.protocol < PROTOCOL_LEAVE_ACTION {
        return None;
    }
    let wire_action = match action {
        LeaveAction::Disconnect => wire::leave_request::Action::Disconnect,
        LeaveAction::Resume => wire::leave_request::Action::Resume,
        LeaveAction::Reconnect => wire::leave_request::Action::Reconnect,
    };
    Some(Message::Leave(wire::LeaveRequest {
        can_reconnect: action != LeaveAction::Disconnect,
        reason: participant::disconnect_reason(reason).into(),
        action: wire_action.into(),
        regions: None,
    }))
}

#[cfg(test)]
mod tests;
