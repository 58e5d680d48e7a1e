//! What does not come back: the sessions of those who were sent away, and the rights that older tokens
//! of somebody still grant.

use crate::identity::Now;
use crate::leave::{LeaveReason, Refusal};
use crate::participant::Permissions;
use std::collections::{BTreeMap, VecDeque};
use visio_protocol::ids::ParticipantSid;
use visio_protocol::names::Identity;

/// Reaching it forgets the first session that was revoked: its client, if it ever wakes, joins again.
const REVOKED_SESSIONS_MAX: usize = 16_384;

/// Identities in one meeting whose older tokens are overridden. Reaching it forgets the first.
const OVERRIDDEN_IDENTITIES_MAX: usize = 1_024;

/// Sessions that were ended for good, of one meeting or of all that a server had: a client that was not
/// told asks to resume, perhaps hours later, and must not.
#[derive(Debug, Default)]
pub struct RevokedSessions {
    reasons: BTreeMap<ParticipantSid, LeaveReason>,
    /// The first revoked first.
    order: VecDeque<ParticipantSid>,
}

impl RevokedSessions {
    /// Keeps in mind that the client of a session must not come back to it.
    pub fn revoke(&mut self, sid: ParticipantSid, reason: LeaveReason) {
        if self.order.len() >= REVOKED_SESSIONS_MAX
            && let Some(first) = self.order.pop_front()
        {
            self.reasons.remove(&first);
        }
        self.order.push_back(sid.clone());
        self.reasons.insert(sid, reason);
    }

    /// What a client hears that asks for a place which is not there.
    #[must_use]
    pub fn answer(&self, sid: &ParticipantSid) -> Refusal {
        let known = self.reasons.get(sid);
        known.map_or(Refusal::StateMismatch, |&reason| Refusal::Revoked(reason))
    }
}

/// What a moderator last said of identities in one meeting; it holds against tokens issued before.
#[derive(Clone, Debug, Default)]
pub struct TokenOverrides {
    overrides: BTreeMap<Identity, TokenOverride>,
    /// The identities, first overridden first.
    order: VecDeque<Identity>,
}

/// What holds against the older tokens of one identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenOverride {
    /// Tokens issued before it admit nobody, in seconds since 1970.
    revoked_before_unix_s: i64,
    /// What tokens grant that were issued before then, in seconds since 1970.
    permissions: Option<(Permissions, i64)>,
}

impl TokenOverrides {
    /// Takes over what holds against the tokens of `identity`.
    pub fn set(&mut self, identity: &Identity, tokens: TokenOverride) {
        *self.of(identity) = tokens;
    }

    /// What holds against the tokens of `identity`.
    pub(crate) fn get(&self, identity: &Identity) -> TokenOverride {
        self.overrides.get(identity).cloned().unwrap_or_default()
    }

    /// Somebody was removed: the tokens they hold admit them no more, until `before_unix_s` or, if it is
    /// not given, until now; returns until when.
    pub(crate) fn revoke(
        &mut self,
        now: Now,
        identity: &Identity,
        before_unix_s: Option<i64>,
    ) -> i64 {
        let latest = before_unix_s.unwrap_or(unix_s(now));
        let entry = self.of(identity);
        entry.revoked_before_unix_s = entry.revoked_before_unix_s.max(latest);
        entry.revoked_before_unix_s
    }

    /// Somebody may do something else from now on.
    pub(crate) fn change(&mut self, now: Now, identity: &Identity, permissions: Permissions) {
        self.of(identity).permissions = Some((permissions, unix_s(now)));
    }

    /// What a token that was issued to `identity` at `issued_at_unix_s` grants in this meeting.
    ///
    /// # Errors
    /// [`Refusal::Revoked`] if somebody of that identity was removed since.
    pub(crate) fn apply(
        &self,
        identity: &Identity,
        issued_at_unix_s: i64,
        granted: Permissions,
    ) -> Result<Permissions, Refusal> {
        let Some(known) = self.overrides.get(identity) else {
            return Ok(granted);
        };
        if issued_at_unix_s < known.revoked_before_unix_s {
            return Err(Refusal::Revoked(LeaveReason::Removed));
        }
        let overridden = known.permissions.as_ref();
        let overridden = overridden.filter(|&&(_, said_at)| issued_at_unix_s < said_at);
        Ok(overridden.map_or(granted, |(permissions, _)| permissions.clone()))
    }

    fn of(&mut self, identity: &Identity) -> &mut TokenOverride {
        let known = self.overrides.contains_key(identity);
        if !known {
            if self.order.len() >= OVERRIDDEN_IDENTITIES_MAX
                && let Some(first) = self.order.pop_front()
            {
                self.overrides.remove(&first);
            }
            self.order.push_back(identity.clone());
        }
        self.overrides.entry(identity.clone()).or_default()
    }
}

fn unix_s(now: Now) -> i64 {
    now.unix_ms.div_euclid(1000)
}
