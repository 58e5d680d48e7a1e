//! A participant as LiveKit's clients are told of it.

use super::track;
use visio_meeting::{LeaveReason, ParticipantKind, ParticipantState, ParticipantView, Permissions};
use visio_protocol::wire;
use visio_protocol::wire::participant_info::{Kind, State};

pub(crate) fn info(view: ParticipantView) -> wire::ParticipantInfo {
    let (state, reason) = match view.state {
        ParticipantState::Joined => (State::Joined, wire::DisconnectReason::UnknownReason),
        ParticipantState::Active => (State::Active, wire::DisconnectReason::UnknownReason),
        ParticipantState::Disconnected(reason) => (State::Disconnected, disconnect_reason(reason)),
    };
    wire::ParticipantInfo {
        sid: view.sid.to_string(),
        identity: view.identity.to_string(),
        state: state.into(),
        is_publisher: !view.tracks.is_empty(),
        tracks: view.tracks.into_iter().map(track::info).collect(),
        metadata: view.metadata,
        joined_at: view.joined_at_ms / 1000,
        joined_at_ms: view.joined_at_ms,
        name: view.name,
        version: view.version,
        permission: Some(permission(&view.permissions)),
        kind: kind(view.kind).into(),
        attributes: view.attributes.into_iter().collect(),
        disconnect_reason: reason.into(),
        client_protocol: view.client_protocol,
        capabilities: view.capabilities,
        ..wire::ParticipantInfo::default()
    }
}

pub(super) fn disconnect_reason(reason: LeaveReason) -> wire::DisconnectReason {
    match reason {
        LeaveReason::ClientInitiated => wire::DisconnectReason::ClientInitiated,
        LeaveReason::DuplicateIdentity => wire::DisconnectReason::DuplicateIdentity,
        LeaveReason::ServerShutdown => wire::DisconnectReason::ServerShutdown,
        LeaveReason::Removed => wire::DisconnectReason::ParticipantRemoved,
        LeaveReason::MeetingEnded => wire::DisconnectReason::RoomDeleted,
        LeaveReason::StateMismatch => wire::DisconnectReason::StateMismatch,
        LeaveReason::ConnectionTimeout => wire::DisconnectReason::ConnectionTimeout,
        LeaveReason::JoinFailure => wire::DisconnectReason::JoinFailure,
        LeaveReason::Migration => wire::DisconnectReason::Migration,
    }
}

#[expect(
    deprecated,
    reason = "older clients read recorder and agent here, newer ones the kind"
)]
fn permission(permissions: &Permissions) -> wire::ParticipantPermission {
    let sources = permissions.publish_sources.iter();
    wire::ParticipantPermission {
        can_subscribe: permissions.can_subscribe,
        can_publish: permissions.can_publish,
        can_publish_data: permissions.can_publish_data,
        can_publish_sources: sources
            .map(|&source| track::from_source(source).into())
            .collect(),
        hidden: permissions.hidden,
        recorder: permissions.recorder,
        can_update_metadata: permissions.can_update_metadata,
        agent: permissions.agent,
        ..wire::ParticipantPermission::default()
    }
}

fn kind(kind: ParticipantKind) -> Kind {
    match kind {
        ParticipantKind::Standard => Kind::Standard,
        ParticipantKind::Ingress => Kind::Ingress,
        ParticipantKind::Egress => Kind::Egress,
        ParticipantKind::Sip => Kind::Sip,
        ParticipantKind::Agent => Kind::Agent,
    }
}
