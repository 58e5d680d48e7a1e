//! What a client wants to receive and lets others receive, from LiveKit's messages to ours.

use crate::limits::{GRANTS_PER_MESSAGE_MAX, TRACKS_PER_MESSAGE_MAX};
use std::collections::BTreeSet;
use visio_meeting::{
    Command, LayerQuality, SubscriptionPermission, SyncState, TrackGrant, TrackSettings,
};
use visio_protocol::ids::{ParticipantSid, TrackSid};
use visio_protocol::names::Identity;
use visio_protocol::wire;

/// Each once: a track named a thousand times would be looked up a thousand times.
fn sids<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<TrackSid> {
    let names = names.into_iter().take(TRACKS_PER_MESSAGE_MAX);
    let each: BTreeSet<_> = names.filter_map(|sid| TrackSid::parse(sid)).collect();
    each.into_iter().collect()
}

pub(super) fn subscription(update: &wire::UpdateSubscription) -> Command {
    Command::Subscribe {
        tracks: named(update),
        wanted: update.subscribe,
    }
}

fn named(update: &wire::UpdateSubscription) -> Vec<TrackSid> {
    let of_participants = update
        .participant_tracks
        .iter()
        .flat_map(|tracks| &tracks.track_sids);
    sids(update.track_sids.iter().chain(of_participants))
}

/// What a client that resumes believes. A client that subscribes to everything lists what it
/// declined, another one what it asked for; `subscribe` says which.
pub(crate) fn sync_state(state: &wire::SyncState) -> SyncState {
    let subscription = state.subscription.as_ref();
    let published = state.publish_tracks.iter();
    let published = published.filter_map(|one| one.track.as_ref());
    SyncState {
        tracks: subscription.map(named).unwrap_or_default(),
        wanted: subscription.is_some_and(|update| update.subscribe),
        disabled: sids(&state.track_sids_disabled),
        published: sids(published.map(|track| &track.sid)),
    }
}

pub(super) fn track_setting(settings: &wire::UpdateTrackSettings) -> Command {
    let off = settings.quality() == wire::VideoQuality::Off;
    Command::ConfigureSubscription {
        tracks: sids(&settings.track_sids),
        settings: TrackSettings {
            disabled: settings.disabled || off,
            quality: quality(settings.quality()),
            width: settings.width,
            height: settings.height,
        },
    }
}

fn quality(quality: wire::VideoQuality) -> LayerQuality {
    match quality {
        wire::VideoQuality::Low => LayerQuality::Low,
        wire::VideoQuality::Medium => LayerQuality::Medium,
        wire::VideoQuality::High | wire::VideoQuality::Off => LayerQuality::High,
    }
}

pub(super) fn audience(permission: wire::SubscriptionPermission) -> Command {
    let grants = permission
        .track_permissions
        .into_iter()
        .take(GRANTS_PER_MESSAGE_MAX);
    Command::SetAudience(SubscriptionPermission {
        all_participants: permission.all_participants,
        grants: grants
            .map(|grant| TrackGrant {
                participant: ParticipantSid::parse(&grant.participant_sid),
                identity: identity(grant.participant_identity),
                all_tracks: grant.all_tracks,
                tracks: sids(&grant.track_sids),
            })
            .collect(),
    })
}

/// Who is named by sid alone has the empty text for an identity.
fn identity(identity: String) -> Option<Identity> {
    (!identity.is_empty()).then(|| Identity::new(identity))
}
