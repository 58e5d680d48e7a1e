//! Who was sent away, and why: a client that did not hear it asks for its place again, perhaps
//! hours later, and must not get it.

use crate::leave::{LeaveReason, Refusal};
use std::collections::VecDeque;
use visio_protocol::ids::ParticipantSid;

/// Reaching it forgets the first who was sent away: their client, if it ever wakes, joins anew.
const DISMISSED_MAX: usize = 1_024;

/// The memory of one meeting, or of many that are over.
#[derive(Debug, Default)]
pub struct Dismissals(VecDeque<(ParticipantSid, LeaveReason)>);

impl Dismissals {
    /// Somebody left. Only those who should not come straight back are kept in mind.
    pub(crate) fn note(&mut self, sid: &ParticipantSid, reason: LeaveReason) {
        match reason {
            LeaveReason::Removed | LeaveReason::DuplicateIdentity | LeaveReason::MeetingEnded => {
                self.keep(sid.clone(), reason);
            }
            LeaveReason::ClientInitiated
            | LeaveReason::ServerShutdown
            | LeaveReason::StateMismatch
            | LeaveReason::ConnectionTimeout
            | LeaveReason::JoinFailure => {}
        }
    }

    /// Takes over what a meeting that is over had in mind.
    pub fn inherit(&mut self, other: &Self) {
        for (sid, reason) in &other.0 {
            self.keep(sid.clone(), *reason);
        }
    }

    /// What a client hears that asks for a place which is not there.
    #[must_use]
    pub fn answer(&self, sid: &ParticipantSid) -> Refusal {
        let known = self.0.iter().find(|(one, _)| one == sid);
        known.map_or(Refusal::StateMismatch, |&(_, reason)| {
            Refusal::Dismissed(reason)
        })
    }

    fn keep(&mut self, sid: ParticipantSid, reason: LeaveReason) {
        if self.0.len() >= DISMISSED_MAX {
            self.0.pop_front();
        }
        self.0.push_back((sid, reason));
    }
}
