//! What one connection sends: its streams, the estimate of what the link carries, and the pace.
//!
//! Packets are made here in clear; the transport seals them.

mod feedback;
mod losses;
mod reports;
mod stream;
mod tails;

use crate::transport::ids::{Mid, Ssrc};
use crate::transport::packet::SentPacket;
use feedback::FeedbackClock;
use losses::Losses;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};
pub(super) use stream::Description;
use stream::{Stream, low};
use tails::Tails;
use visio_rtc::congestion::{ClusterId, CongestionControl, Event, Kind};
use visio_rtc::packet::rtp::Header;
use visio_rtc::send::pacer::{Pacer, Priority, Release, Token, Verdict};

/// What headers, extensions and the tag of SRTP add to a payload, with UDP and IP below them.
const HEADERS_BYTES: usize = 80;
/// What is added below RTP: the tag of SRTP, UDP and IPv4.
const BELOW_BYTES: usize = 44;
/// Padding is made of so many packets at most: one may be small.
const PADDING_PACKETS_MAX: usize = 8;
/// Less than this is no packet of padding.
const PADDING_BYTES_MIN: usize = 50;
/// The round trip until one is known.
const ROUND_TRIP: Duration = Duration::from_millis(100);
/// The connection asks to be polled no sooner than that after it was.
const POLL_INTERVAL_MIN: Duration = Duration::from_micros(500);
/// While something is sent the connection is polled once in that time at least.
const POLL_INTERVAL_MAX: Duration = Duration::from_secs(1);
/// Of what is sent of pictures so much may be sent again, in percent, and so much in one burst.
const RESENDS_PERCENT: usize = 25;
const RESENDS_BYTES_MAX: usize = 64 << 10;
/// A link that cannot be probed is believed to carry two good cameras: no feedback tells of it, or there
/// is no stream for padding.
const UNPROBED_BPS: u64 = 3_000_000;

/// What became of a packet that is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Taken,
    /// It is taken, and the connection is to be polled for it.
    Due,
    /// Too much waits, or what waited was dropped: its stream is to begin anew.
    Refused,
}

pub(super) struct Sending {
    streams: BTreeMap<Ssrc, Stream>,
    congestion: CongestionControl,
    pacer: Pacer,
    /// The transport-wide number of the next packet, before it is cut to 16 bits.
    next_number: u64,
    /// When it was polled last.
    polled: Instant,
    /// When it has asked to be polled next.
    asked: Option<Instant>,
    estimate_bps: u64,
    /// Whether the estimate was told.
    is_told: bool,
    feedback: FeedbackClock,
    round_trip: Option<Duration>,
    losses: Losses,
    tails: Tails,
    /// What is sent again a second time, and when.
    resends: VecDeque<(Instant, Ssrc, Token)>,
    report_due: Option<Instant>,
    desired_bps: u64,
    /// What may be sent again at the moment, in bytes.
    resends_credit: usize,
    /// The stream of pictures on which something was sent last.
    last_picture: Option<Ssrc>,
    /// Packets in clear that leave now, with their transport-wide numbers.
    leaving: VecDeque<(Option<u64>, Vec<u8>)>,
}

impl Sending {
    pub(super) fn new(now: Instant, estimate_bps: u64) -> Self {
        Self {
            streams: BTreeMap::new(),
            congestion: CongestionControl::new(now, estimate_bps),
            pacer: Pacer::new(now, estimate_bps),
            next_number: 0,
            polled: now,
            asked: None,
            estimate_bps,
            is_told: true,
            feedback: FeedbackClock::default(),
            round_trip: None,
            losses: Losses::default(),
            tails: Tails::default(),
            resends: VecDeque::new(),
            report_due: None,
            desired_bps: 0,
            resends_credit: RESENDS_BYTES_MAX,
            last_picture: None,
            leaving: VecDeque::new(),
        }
    }

    /// A stream is to be sent, or its section was negotiated anew.
    pub(super) fn describe(&mut self, now: Instant, ssrc: Ssrc, description: Description) {
        let is_first = !self.streams.values().any(|one| !one.description.is_audio);
        if is_first && !description.is_audio && !description.is_probed() {
            self.congestion = CongestionControl::new(now, UNPROBED_BPS);
            self.pacer.set_estimate(now, UNPROBED_BPS);
            self.estimate_bps = UNPROBED_BPS;
            self.is_told = false;
        }
        match self.streams.get_mut(&ssrc) {
            Some(stream) => stream.description = description,
            None => {
                self.streams.insert(ssrc, Stream::new(ssrc, description));
            }
        }
    }

    /// Nothing more is sent on a section as it was.
    pub(super) fn forget(&mut self, mid: Mid) {
        let gone: Vec<Ssrc> = (self.streams.iter())
            .filter(|(_, stream)| stream.description.mid == mid)
            .map(|(&ssrc, _)| ssrc)
            .collect();
        for ssrc in gone {
            self.streams.remove(&ssrc);
            self.tails.forget(ssrc);
            self.pacer.forget(ssrc.0);
        }
    }

    pub(super) fn drop_waiting(&mut self, ssrc: Ssrc) {
        self.pacer.forget(ssrc.0);
        self.tails.forget(ssrc);
        self.resends.retain(|(_, of, _)| *of != ssrc);
    }

    /// What all that the remote end wants would take; nothing for who sees no picture.
    pub(super) fn desire(&mut self, now: Instant, bps: u64) {
        self.desired_bps = bps;
        let is_probed = self.padding_stream().is_some();
        self.congestion
            .desired(now, if is_probed { bps } else { 0 });
    }

    /// A stream on which padding can be sent: the last on which a picture was, or another.
    fn padding_stream(&self) -> Option<Ssrc> {
        let can_pad = |ssrc: &Ssrc| self.streams.get(ssrc).is_some_and(Stream::can_pad);
        let last = self.last_picture.filter(can_pad);
        last.or_else(|| self.streams.keys().copied().find(can_pad))
    }

    /// Sends a packet, now or when the pacer says so.
    pub(super) fn send(&mut self, now: Instant, ssrc: Ssrc, packet: SentPacket) -> Sent {
        let is_lossy = self.is_lossy();
        let Some(stream) = self.streams.get_mut(&ssrc) else {
            return Sent::Taken;
        };
        let clock_rate_hz = stream.description.clock_rate_hz;
        let (captured, timestamp) = (packet.captured, packet.timestamp);
        stream.clock.note(clock_rate_hz, now, captured, timestamp);
        let (bytes, sequence) = (packet.payload.len() + HEADERS_BYTES, packet.sequence);
        let is_audio = stream.description.is_audio;
        let priority = if is_audio {
            Priority::Audio
        } else {
            Priority::Video
        };
        if std::mem::take(&mut stream.is_broken) {
            return Sent::Refused;
        }
        let token = token(ssrc, sequence, bytes);
        let verdict = self.pacer.offer(now, priority, token);
        if verdict == Verdict::Refuse {
            return Sent::Refused;
        }
        let is_late = self.polled + POLL_INTERVAL_MAX <= now;
        let is_early = verdict == Verdict::Wait && is_sooner(self.pacer.deadline(), self.asked);
        // Its tail is due soon.
        let is_tail = is_audio && is_lossy;
        let sent = if is_early || is_late || is_tail || self.report_due.is_none() {
            Sent::Due
        } else {
            Sent::Taken
        };
        if is_audio {
            if let Verdict::Send(cluster) = verdict {
                let number = stream.description.numbered(self.next_number);
                let written = stream.write(&packet, number.map(low));
                self.leave(now, number, written, kind(Kind::Audio, cluster));
            }
            return sent;
        }
        stream.history.keep(now, sequence, bytes, packet);
        if let Verdict::Send(cluster) = verdict {
            self.release(now, ssrc, sequence, cluster);
        }
        sent
    }

    /// What is to be done by now; returns the estimate if that is another one.
    pub(super) fn poll(&mut self, now: Instant) -> Option<u64> {
        self.polled = now;
        let first = (!std::mem::replace(&mut self.is_told, true)).then_some(self.estimate_bps);
        let mut estimate = first;
        while let Some(event) = self.congestion.poll(now) {
            match event {
                Event::Estimate(bps) => {
                    self.follow(now, bps);
                    estimate = Some(bps);
                }
                Event::Probe(probe) => self.pacer.probe(now, probe),
            }
        }
        self.resend(now);
        while let Some(release) = self.pacer.poll(now) {
            match release {
                Release::Packet(token, cluster) => {
                    self.release(now, Ssrc(token.stream), token.sequence, cluster);
                }
                Release::Padding(bytes, cluster) => self.pad(now, bytes, cluster),
            }
        }
        estimate
    }

    /// A packet that leaves now, in clear, and its transport-wide number.
    pub(super) fn next_leaving(&mut self) -> Option<(Option<u64>, Vec<u8>)> {
        self.leaving.pop_front()
    }

    /// A packet left as it is here.
    pub(super) fn left(&mut self, now: Instant, number: Option<u64>, sealed: &[u8]) {
        if !self.is_lossy() {
            self.tails = Tails::default();
            return;
        }
        let Some(header) = Header::parse(sealed) else {
            return;
        };
        let ssrc = Ssrc(header.ssrc);
        let described = self.streams.get(&ssrc).map(|stream| &stream.description);
        if let Some(described) = described.filter(|described| described.is_audio) {
            let rtp_time = (header.timestamp, described.clock_rate_hz);
            self.tails.sent(now, ssrc, rtp_time, (number, sealed));
        }
    }

    /// A packet that is to leave once more as it left.
    pub(super) fn next_again(&mut self, now: Instant) -> Option<Vec<u8>> {
        let (number, sealed) = self.tails.poll(now)?;
        if let Some(number) = number {
            self.congestion.repeated(number);
        }
        Some(sealed)
    }

    /// When [`Self::poll`], [`Self::next_again`] or [`Self::report`] has something to do.
    pub(super) fn deadline(&mut self, now: Instant) -> Option<Instant> {
        let due = [
            self.congestion.deadline(),
            self.pacer.deadline(),
            self.report_due,
            self.tails.deadline(),
            self.resends.front().map(|(due, ..)| *due),
        ];
        let due = due.into_iter().flatten().min();
        self.asked = due.map(|due| due.max(now + POLL_INTERVAL_MIN));
        self.asked
    }

    /// The share of packets that were lost since the last question; `None` if nothing is known.
    pub(super) fn take_loss(&mut self) -> Option<f32> {
        self.losses.take()
    }

    /// Whether many packets are lost, and not because there is no room for them.
    pub(super) fn is_lossy(&self) -> bool {
        self.losses.are_many() && !self.congestion.has_queue()
    }

    /// As it was measured last.
    pub(super) fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// The estimate is another one. Of what waits and can by that not leave in time the pictures are
    /// dropped: their streams begin anew.
    fn follow(&mut self, now: Instant, bps: u64) {
        self.pacer.set_estimate(now, bps);
        let is_less = bps < std::mem::replace(&mut self.estimate_bps, bps);
        if is_less && self.pacer.is_late() {
            for (&Ssrc(ssrc), stream) in &mut self.streams {
                stream.is_broken |= self.pacer.forget(ssrc);
            }
        }
    }

    /// Sends a packet that is kept; again, by RTX (RFC 4588), if it was sent before.
    fn release(&mut self, now: Instant, ssrc: Ssrc, sequence: u64, cluster: Option<ClusterId>) {
        let Some(stream) = self.streams.get_mut(&ssrc) else {
            return;
        };
        let number = stream.description.numbered(self.next_number);
        let Some((written, was_sent)) = stream.write_kept(now, sequence, number.map(low)) else {
            return;
        };
        let purpose = if was_sent { Kind::Resend } else { Kind::Media };
        if !was_sent {
            let credit = self.resends_credit + written.len() * RESENDS_PERCENT / 100;
            self.resends_credit = credit.min(RESENDS_BYTES_MAX);
        }
        if self.last_picture.replace(ssrc).is_none() {
            self.desire(now, self.desired_bps);
        }
        self.leave(now, number, written, kind(purpose, cluster));
    }

    /// Sends about so many bytes that nobody needs: old packets once more, or nothing but padding.
    fn pad(&mut self, now: Instant, bytes: u32, cluster: ClusterId) {
        let mut left = usize::try_from(bytes).unwrap_or_default();
        for _ in 0..PADDING_PACKETS_MAX {
            let padded = self.padding_stream();
            let Some(stream) = padded.and_then(|ssrc| self.streams.get_mut(&ssrc)) else {
                return;
            };
            let number = stream.description.numbered(self.next_number);
            let Some(written) = stream.write_padding(left, number.map(low)) else {
                return;
            };
            let sent = written.len() + BELOW_BYTES;
            self.leave(now, number, written, Kind::Probe(cluster));
            left = left.saturating_sub(sent);
            if left < PADDING_BYTES_MIN {
                return;
            }
        }
    }

    /// A packet leaves, of which feedback will speak if it has a number.
    fn leave(&mut self, now: Instant, number: Option<u64>, written: Vec<u8>, kind: Kind) {
        if let Some(number) = number {
            let bytes = u32::try_from(written.len() + BELOW_BYTES).unwrap_or(u32::MAX);
            self.congestion.sent(now, number, bytes, kind);
            self.next_number = number + 1;
        }
        if self.report_due.is_none() {
            self.report_due = Some(now + reports::FIRST_REPORT);
        }
        self.leaving.push_back((number, written));
    }
}

/// Whether a packet that waits leaves before the connection has `asked` to be polled: most wait behind
/// one for which it has.
fn is_sooner(due: Option<Instant>, asked: Option<Instant>) -> bool {
    due.is_some_and(|due| asked.is_none_or(|asked| due + POLL_INTERVAL_MIN <= asked))
}

fn kind(purpose: Kind, cluster: Option<ClusterId>) -> Kind {
    cluster.map_or(purpose, Kind::Probe)
}

fn token(ssrc: Ssrc, sequence: u64, bytes: usize) -> Token {
    Token {
        stream: ssrc.0,
        sequence,
        bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests;
