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

/// Where nothing authentic has come from for so long the remote end is not; ICE says where else.
const LOST: Duration = Duration::from_secs(10);

/// An address from which nothing has come for so long is no candidate any more.
const CANDIDATE_LIFETIME: Duration = Duration::from_secs(3);

/// A check without an answer is sent again.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// Checks may have so many times as many octets as the media that came: before an address has answered no
/// more is sent there (RFC 9000 section 8.1). A check of the remote end is answered too, and counts once.
const MEDIA_CREDIT: usize = 3;

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
    secret: [u8; 32],
    local_ufrag: String,
    remote: Option<Credentials>,
    /// Where the remote end is: where ICE had it first, then where it has answered from.
    here: Option<Place>,
    /// When something authentic came from there.
    heard: Option<Instant>,
    candidate: Option<Candidate>,
    /// How many candidates there were.
    candidates: u64,
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
    /// When something came from there.
    seen: Instant,
    /// How much may be sent there as checks before it has answered.
    credit_bytes: usize,
    sends_media: bool,
    id: TransId,
    asked: Option<Instant>,
    has_answered: bool,
}

impl Path {
    pub(super) fn new(crypto: Arc<CryptoProvider>, secret: [u8; 32]) -> Self {
        Self {
            crypto,
            secret,
            local_ufrag: String::new(),
            remote: None,
            here: None,
            heard: None,
            candidate: None,
            candidates: 0,
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

    /// Where a packet goes that str0m would send to `selected`. ICE without checks of its own believes
    /// whoever sends a check; it is followed at the start, and where nothing is heard any more.
    pub(super) fn place(&mut self, now: Instant, selected: Place) -> Place {
        self.follow(now);
        if self.here.is_none() || self.silent_for(now) >= LOST {
            self.here = Some(selected);
        }
        self.here.unwrap_or(selected)
    }

    /// Where a packet of ours goes; `None` before the handshake.
    pub(super) fn current(&mut self, now: Instant) -> Option<Place> {
        self.follow(now);
        self.here
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

    /// Takes the answer to a check of ours; returns whether it is one.
    pub(super) fn answer_came(&mut self, now: Instant, datagram: &Datagram<'_>) -> bool {
        let (Some(candidate), Some(remote)) = (&mut self.candidate, &self.remote) else {
            return false;
        };
        let Ok(message) = StunMessage::parse(datagram.bytes) else {
            return false;
        };
        let hmac = self.crypto.sha1_hmac_provider;
        let is_answer = candidate.asked.is_some()
            && candidate.id == message.trans_id()
            && candidate.place == Place::of(datagram)
            && message.is_successful_binding_response()
            && message.verify(remote.password.as_bytes(), |key, parts| {
                hmac.sha1_hmac(key, parts)
            });
        if is_answer {
            candidate.has_answered = true;
            self.follow(now);
        }
        is_answer
    }

    /// The next check to send.
    pub(super) fn poll(&mut self) -> Option<Packet> {
        self.checks.pop_front()
    }

    fn is_here(&self, datagram: &Datagram<'_>) -> bool {
        let place = Place::of(datagram);
        self.here
            .is_none_or(|here| (here.protocol, here.remote) == (place.protocol, place.remote))
    }

    fn silent_for(&self, now: Instant) -> Duration {
        self.heard
            .map_or(Duration::MAX, |heard| now.saturating_duration_since(heard))
    }

    /// Goes where the candidate is, if that has answered and the remote end is not heard where it was.
    fn follow(&mut self, now: Instant) {
        let is_silent = self.silent_for(now) >= SILENCE;
        self.candidate
            .take_if(|one| now.saturating_duration_since(one.seen) >= CANDIDATE_LIFETIME);
        let ready = |one: &mut Candidate| one.has_answered && (one.sends_media || is_silent);
        if let Some(candidate) = self.candidate.take_if(ready) {
            self.here = Some(candidate.place);
            self.heard = Some(now);
        }
    }

    /// Something came from where the remote end was not so far: it is asked whether it is there.
    fn consider(&mut self, now: Instant, datagram: &Datagram<'_>, sends_media: bool) {
        self.follow(now);
        let place = Place::of(datagram);
        let is_known = (self.candidate.as_ref()).is_some_and(|known| known.place == place);
        // What only a check names does not take the place of where media comes from.
        let is_better = |known: &Candidate| known.sends_media && !sends_media;
        if !is_known && self.candidate.as_ref().is_some_and(is_better) {
            return;
        }
        if !is_known {
            let Some(id) = self.next_id() else { return };
            self.candidate = Some(Candidate::new(now, place, id));
        }
        if let Some(candidate) = &mut self.candidate {
            candidate.seen = now;
            let factor = if sends_media { MEDIA_CREDIT } else { 1 };
            candidate.credit_bytes += factor * datagram.bytes.len();
            candidate.sends_media |= sends_media;
        }
        self.check(now);
        self.follow(now);
    }

    /// Sends a check, unless one is underway or more would be sent than has come.
    fn check(&mut self, now: Instant) {
        let (Some(candidate), Some(remote)) = (&mut self.candidate, &self.remote) else {
            return;
        };
        let is_underway = candidate
            .asked
            .is_some_and(|sent| now.saturating_duration_since(sent) < CHECK_INTERVAL);
        if is_underway || candidate.has_answered {
            return;
        }
        let username = format!("{}:{}", remote.ufrag, self.local_ufrag);
        let message =
            StunMessage::binding_request(&username, candidate.id, false, 0, PRIORITY, false);
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
            candidate.asked = Some(now);
            bytes.truncate(length);
            self.checks.push_back(candidate.place.packet(bytes));
        }
    }

    /// Identifies the checks of one candidate; who does not receive them cannot guess it.
    fn next_id(&mut self) -> Option<TransId> {
        self.candidates += 1;
        let parts = [self.local_ufrag.as_bytes(), &self.candidates.to_be_bytes()];
        let drawn = self
            .crypto
            .sha1_hmac_provider
            .sha1_hmac(&self.secret, &parts);
        // str0m makes an identifier of given octets only where it reads a message: an indication
        // without attributes (RFC 8489 section 5).
        let [id @ .., _, _, _, _, _, _, _, _] = drawn;
        let message = [&[0, 0x11, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &id].concat();
        StunMessage::parse(&message).ok().map(|one| one.trans_id())
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
    fn new(now: Instant, place: Place, id: TransId) -> Self {
        Self {
            place,
            seen: now,
            credit_bytes: 0,
            sends_media: false,
            id,
            asked: None,
            has_answered: false,
        }
    }
}

/// Whether a check has the attribute USE-CANDIDATE.
fn nominates(bytes: &[u8]) -> bool {
    StunMessage::parse(bytes).is_ok_and(|message| message.use_candidate())
}

#[cfg(test)]
mod tests;
