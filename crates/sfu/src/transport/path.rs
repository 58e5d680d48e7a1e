//! Where the remote end is. A NAT may give it another address in mid-call; ICE would go on with the
//! former for 15 s. The new one is followed as soon as it has answered a check of ours (RFC 8445
//! section 7): an authentic packet may have been copied on its way and sent from anywhere.

use crate::output::{Datagram, Packet, Protocol};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use str0m::config::CryptoProvider;
use str0m::ice::{StunMessage, TransId};

/// An address that only a check has named (RFC 8445 section 7.3.1.5) is followed when nothing authentic
/// has come from the former one for so long. One that media comes from is followed at once.
const SILENCE: Duration = Duration::from_millis(300);

/// A check without an answer is sent again.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// Of a host candidate (RFC 8445 section 5.1.2.1); it decides nothing on the side that is controlled.
const PRIORITY: u32 = 2_130_706_431;

/// Longer than a check with the longest names (RFC 8839 section 5.4).
const CHECK_BYTES_MAX: usize = 1024;

/// What the remote end's description says of its ICE (RFC 8839 section 5.4).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Credentials {
    ufrag: String,
    password: String,
}

/// The addresses of one connection.
pub(super) struct Path {
    crypto: Arc<CryptoProvider>,
    local_ufrag: String,
    remote: Option<Credentials>,
    /// Where str0m sends.
    selected: Option<Place>,
    /// Where the remote end has gone since.
    moved: Option<Place>,
    candidate: Option<Candidate>,
    /// When something authentic came from where the remote end is.
    heard: Option<Instant>,
    checks: VecDeque<Packet>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) protocol: Protocol,
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
}

/// Where the remote end may have gone.
struct Candidate {
    place: Place,
    /// How much came from there: no more is sent as checks before it has answered. With the answers to
    /// its own checks that stays below three times as much (RFC 9000 section 8.1).
    credit_bytes: usize,
    sends_media: bool,
    check: Option<(TransId, Instant)>,
    has_answered: bool,
}

impl Path {
    pub(super) fn new(crypto: Arc<CryptoProvider>) -> Self {
        Self {
            crypto,
            local_ufrag: String::new(),
            remote: None,
            selected: None,
            moved: None,
            candidate: None,
            heard: None,
            checks: VecDeque::new(),
        }
    }

    /// The names under which both ends check each other; `description` is the remote end's.
    pub(super) fn describe(&mut self, local_ufrag: String, description: &str) {
        let value = |name: &str| {
            let mut lines = description.lines();
            lines.find_map(|line| line.strip_prefix(name).map(str::to_owned))
        };
        let credentials = value("a=ice-ufrag:").zip(value("a=ice-pwd:"));
        self.remote = credentials.map(|(ufrag, password)| Credentials { ufrag, password });
        self.local_ufrag = local_ufrag;
    }

    /// Where a packet goes that str0m would send to `selected`.
    pub(super) fn place(&mut self, now: Instant, selected: Place) -> Place {
        if self.selected != Some(selected) {
            // ICE has decided anew.
            (self.selected, self.moved) = (Some(selected), None);
        }
        self.follow(now);
        self.moved.unwrap_or(selected)
    }

    /// An authentic packet of media came; none of its stream that was sent later came before it if it
    /// `is_newest`.
    pub(super) fn media_came(&mut self, now: Instant, datagram: &Datagram<'_>, is_newest: bool) {
        if self.is_here(datagram) {
            self.heard = Some(now);
        } else if is_newest {
            self.consider(now, datagram, true);
        }
    }

    /// A check of the remote end came whose integrity holds.
    pub(super) fn check_came(&mut self, now: Instant, datagram: &Datagram<'_>) {
        if self.is_here(datagram) {
            self.heard = Some(now);
        } else if nominates(datagram.bytes) {
            self.consider(now, datagram, false);
        }
    }

    /// Takes the answer to a check of ours; what else comes is passed over.
    pub(super) fn answer_came(&mut self, now: Instant, datagram: &Datagram<'_>) {
        let (Some(candidate), Some(remote)) = (&mut self.candidate, &self.remote) else {
            return;
        };
        let Ok(message) = StunMessage::parse(datagram.bytes) else {
            return;
        };
        let hmac = self.crypto.sha1_hmac_provider;
        let is_authentic = || {
            message.verify(remote.password.as_bytes(), |key, parts| {
                hmac.sha1_hmac(key, parts)
            })
        };
        let is_asked = candidate
            .check
            .is_some_and(|(asked, _)| asked == message.trans_id());
        if is_asked
            && candidate.place == Place::of(datagram)
            && message.is_successful_binding_response()
            && is_authentic()
        {
            candidate.has_answered = true;
            self.follow(now);
        }
    }

    /// The next check to send.
    pub(super) fn poll(&mut self) -> Option<Packet> {
        self.checks.pop_front()
    }

    fn is_here(&self, datagram: &Datagram<'_>) -> bool {
        let place = Place::of(datagram);
        self.moved
            .or(self.selected)
            .is_none_or(|here| (here.protocol, here.remote) == (place.protocol, place.remote))
    }

    /// Goes where the candidate is, if that has answered and the remote end is not heard where it was.
    fn follow(&mut self, now: Instant) {
        let is_silent = self
            .heard
            .is_none_or(|heard| now.saturating_duration_since(heard) >= SILENCE);
        let ready = |one: &mut Candidate| one.has_answered && (one.sends_media || is_silent);
        if let Some(candidate) = self.candidate.take_if(ready) {
            self.moved = Some(candidate.place);
            self.heard = Some(now);
        }
    }

    /// Something came from where the remote end was not so far: it is asked whether it is there.
    fn consider(&mut self, now: Instant, datagram: &Datagram<'_>, sends_media: bool) {
        let place = Place::of(datagram);
        let known = self.candidate.take();
        let mut candidate = match known {
            Some(known) if known.place == place => known,
            // What only a check names does not take the place of where media comes from.
            Some(known) if known.sends_media && !sends_media => known,
            _ => Candidate::new(place),
        };
        if candidate.place == place {
            candidate.credit_bytes += datagram.bytes.len();
            candidate.sends_media |= sends_media;
            self.check(now, &mut candidate);
        }
        self.candidate = Some(candidate);
        self.follow(now);
    }

    /// Sends a check, unless one is underway or more would be sent than has come.
    fn check(&mut self, now: Instant, candidate: &mut Candidate) {
        let is_underway = candidate
            .check
            .is_some_and(|(_, sent)| now.saturating_duration_since(sent) < CHECK_INTERVAL);
        let Some(remote) = self.remote.as_ref().filter(|_| !is_underway) else {
            return;
        };
        let id = candidate.check.map_or_else(TransId::new, |(id, _)| id);
        let username = format!("{}:{}", remote.ufrag, self.local_ufrag);
        let message = StunMessage::binding_request(&username, id, false, 0, PRIORITY, false);
        let mut bytes = vec![0; CHECK_BYTES_MAX];
        let hmac = self.crypto.sha1_hmac_provider;
        let password = Some(remote.password.as_bytes());
        let Ok(length) = message.to_bytes(password, &mut bytes, |key, parts| {
            hmac.sha1_hmac(key, parts)
        }) else {
            return;
        };
        if let Some(left) = candidate.credit_bytes.checked_sub(length) {
            candidate.credit_bytes = left;
            candidate.check = Some((id, now));
            bytes.truncate(length);
            self.checks.push_back(candidate.place.packet(bytes));
        }
    }
}

impl Place {
    fn of(datagram: &Datagram<'_>) -> Self {
        Self {
            protocol: datagram.protocol,
            local: datagram.destination,
            remote: datagram.source,
        }
    }

    pub(super) fn packet(self, bytes: Vec<u8>) -> Packet {
        Packet {
            protocol: self.protocol,
            source: self.local,
            destination: self.remote,
            bytes,
        }
    }
}

impl Candidate {
    fn new(place: Place) -> Self {
        Self {
            place,
            credit_bytes: 0,
            sends_media: false,
            check: None,
            has_answered: false,
        }
    }
}

/// Whether a check has the attribute USE-CANDIDATE.
fn nominates(bytes: &[u8]) -> bool {
    StunMessage::parse(bytes).is_ok_and(|message| message.use_candidate())
}
