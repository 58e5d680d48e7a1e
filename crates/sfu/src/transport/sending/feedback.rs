//! What the remote end says of what it is sent: RTCP of a receiver.

use super::stream::Stream;
use super::{RESENDS_BYTES_MAX, ROUND_TRIP, Sending, token};
use crate::transport::TransportEvent;
use crate::transport::ids::{Mid, Ssrc};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use visio_rtc::rtcp::{self, Packet, ReportBlock, TransportFeedback};
use visio_rtc::send::pacer::{Priority, Verdict};

/// One compound speaks of so many packets, by feedback and by requests for lost ones; what it says beyond
/// is passed over: a few octets can name tens of thousands.
const STATUSES_MAX: usize = 8_192;
const LOST_MAX: usize = 1_024;
/// A tick of transport-wide feedback.
const TICK_US: u64 = 250;
/// A round trip longer than that comes of a report that lies.
const ROUND_TRIP_MAX: Duration = Duration::from_secs(10);
/// Shorter ones are not told apart.
const ROUND_TRIP_MIN: Duration = Duration::from_millis(1);
/// On a lossy line a packet is sent again twice, the second time so much later.
const SECOND_RESEND: Duration = Duration::from_millis(15);

/// The receiver's clock in transport-wide feedback, which wraps, as one that does not.
#[derive(Clone, Copy, Debug)]
pub(super) struct FeedbackClock {
    last: Option<u32>,
    ticks: u64,
}

impl Default for FeedbackClock {
    fn default() -> Self {
        // What came before the first that is told of is still later than zero.
        Self {
            last: None,
            ticks: 1 << 40,
        }
    }
}

impl FeedbackClock {
    fn read(&mut self, ticks: u32) -> Duration {
        let passed = ticks.wrapping_sub(self.last.unwrap_or(ticks)).cast_signed();
        self.last = Some(ticks);
        self.ticks = self.ticks.saturating_add_signed(passed.into());
        Duration::from_micros(self.ticks.saturating_mul(TICK_US))
    }
}

impl Sending {
    /// Takes a compound packet. `ntp` is the present moment as sender reports tell it.
    pub(in crate::transport) fn receive(
        &mut self,
        now: Instant,
        ntp: u64,
        compound: &[u8],
        events: &mut Vec<TransportEvent>,
    ) {
        let (mut statuses_left, mut lost_left) = (STATUSES_MAX, LOST_MAX);
        let mut requested = BTreeSet::new();
        for packet in rtcp::packets(compound) {
            match packet {
                Packet::SenderReport { blocks, .. } | Packet::ReceiverReport { blocks, .. } => {
                    blocks.for_each(|block| self.reported(now, ntp, &block));
                }
                Packet::Nack {
                    media_ssrc, lost, ..
                } => {
                    for lost in lost.take(lost_left) {
                        lost_left -= 1;
                        self.missed(now, Ssrc(media_ssrc), lost);
                    }
                }
                Packet::TransportFeedback(feedback) => {
                    let count = usize::from(feedback.status_count).min(statuses_left);
                    statuses_left -= count;
                    self.acknowledged(now, &feedback, count);
                }
                Packet::PictureLoss { media_ssrc, .. } => {
                    requested.extend(self.section(media_ssrc));
                }
                Packet::FullIntra { requests, .. } => {
                    requested.extend(requests.filter_map(|(ssrc, _)| self.section(ssrc)));
                }
                Packet::Remb { bitrate_bps, .. } => self.congestion.receiver_estimate(bitrate_bps),
                Packet::Descriptions(_) | Packet::Goodbye(_) | Packet::ExtendedReport { .. } => {}
            }
        }
        let requests = requested.into_iter();
        events.extend(requests.map(|mid| TransportEvent::KeyframeRequested { mid }));
    }

    fn section(&self, ssrc: u32) -> Option<Mid> {
        let stream = self.streams.get(&Ssrc(ssrc))?;
        Some(stream.description.mid)
    }

    /// A report on one stream (RFC 3550 section 6.4.1).
    fn reported(&mut self, now: Instant, ntp: u64, block: &ReportBlock) {
        let ssrc = Ssrc(block.ssrc);
        let Some(stream) = self.streams.get_mut(&ssrc) else {
            let resends = |stream: &&mut Stream| stream.description.resends == Some(ssrc);
            if let Some(stream) = self.streams.values_mut().find(resends) {
                stream.are_resends_known = true;
            }
            return;
        };
        stream.is_known = true;
        self.congestion.fraction_lost(now, block.fraction_lost);
        let worst = self.losses.reported.unwrap_or_default();
        self.losses.reported = Some(worst.max(block.fraction_lost));
        if block.last_sr == 0 {
            return;
        }
        let [_, _, n0, n1, n2, n3, _, _] = ntp.to_be_bytes();
        let arrived = u32::from_be_bytes([n0, n1, n2, n3]);
        let units = arrived
            .wrapping_sub(block.last_sr)
            .wrapping_sub(block.delay_since_last_sr);
        let round_trip = Duration::from_secs_f64(f64::from(units) / 65_536.0);
        if round_trip <= ROUND_TRIP_MAX {
            let round_trip = round_trip.max(ROUND_TRIP_MIN);
            self.round_trip = Some(round_trip);
            self.congestion.round_trip(round_trip);
        }
    }

    /// A packet is missed: it is sent again if it is kept and not on its way.
    fn missed(&mut self, now: Instant, ssrc: Ssrc, lost: u16) {
        let Some(stream) = self.streams.get_mut(&ssrc) else {
            return;
        };
        if stream.description.resends.is_none() {
            return;
        }
        let missed = stream
            .history
            .missed(now, lost, self.round_trip.unwrap_or(ROUND_TRIP));
        let Some((sequence, bytes)) = missed else {
            return;
        };
        let Some(left) = self.resends_credit.checked_sub(bytes) else {
            stream.history.refuse(sequence);
            return;
        };
        let token = token(ssrc, sequence, bytes);
        match self.pacer.offer(now, Priority::Resend, token) {
            Verdict::Send(cluster) => {
                self.release(now, ssrc, sequence, cluster);
                if self.is_lossy() && left > RESENDS_BYTES_MAX / 2 {
                    self.resends.push_back((now + SECOND_RESEND, ssrc, token));
                }
            }
            Verdict::Wait => {}
            Verdict::Refuse => {
                stream.history.refuse(sequence);
                return;
            }
        }
        self.resends_credit = left;
    }

    /// Sends once more what was sent again a moment ago on a lossy line: a receiver that does not know the
    /// round trip asks again after 100 ms. Nothing of that waits, nor takes what first resends need.
    pub(super) fn resend(&mut self, now: Instant) {
        while let Some((_, ssrc, token)) = self.resends.pop_front_if(|(due, ..)| *due <= now) {
            let bytes = usize::try_from(token.bytes).unwrap_or_default();
            let left = self.resends_credit.checked_sub(bytes);
            if let Some(left) = left
                && let Verdict::Send(cluster) = self.pacer.offer(now, Priority::Resend, token)
            {
                self.resends_credit = left;
                self.release(now, ssrc, token.sequence, cluster);
            }
        }
    }

    /// Takes the first `count` of the packets that a report speaks of.
    fn acknowledged(&mut self, now: Instant, feedback: &TransportFeedback<'_>, count: usize) {
        let Some(newest) = self.next_number.checked_sub(1) else {
            return;
        };
        let behind = super::low(newest).wrapping_sub(feedback.base_sequence);
        let base = newest.checked_sub(behind.into());
        let Some(base) = base.filter(|_| usize::from(behind) < STATUSES_MAX) else {
            return;
        };
        let clock = &mut self.feedback;
        let packets = (base..=newest).zip(feedback.statuses().take(count));
        let packets = packets.map(|(number, (_, ticks))| {
            let arrival = ticks.map(|ticks| clock.read(ticks));
            (number, arrival)
        });
        let news = self.congestion.acknowledged(now, packets);
        let told = &mut self.losses.told;
        told.received = told.received.saturating_add(news.received);
        told.lost = told.lost.saturating_add(news.lost);
        told.recovered = told.recovered.saturating_add(news.recovered);
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "any moment will do: only differences to it matter"
)]
mod tests {
    use super::*;
    use crate::transport::ids::PayloadType;
    use crate::transport::packet::SentPacket;
    use crate::transport::sending::tests::{VIDEO, sending};

    /// A connection on which ten packets of a picture were sent.
    fn sent(now: Instant) -> Sending {
        let mut sending = sending(now, 300_000);
        for sequence in 0..10 {
            let packet = SentPacket {
                resend: Some(PayloadType(97)),
                ..SentPacket::own(PayloadType(96), sequence, 0, &[0; 10])
            };
            sending.send(now, VIDEO, packet);
        }
        while sending.next_leaving().is_some() {}
        sending
    }

    fn receive(sending: &mut Sending, now: Instant, compound: &[u8]) -> usize {
        let mut events = Vec::new();
        sending.receive(now, 0, compound, &mut events);
        events.len()
    }

    /// Transport-wide feedback on 65,535 packets in 40 octets: none has come.
    fn all_missing() -> Vec<u8> {
        let mut packet = vec![0x8f, 205, 0, 9, 0, 0, 0, 1, 0, 0, 0, 7];
        packet.extend([0, 0, 0xff, 0xff, 0, 0, 0, 0]);
        packet.extend([[0x1f, 0xff]; 10].concat());
        packet
    }

    #[test]
    fn feedback_tells_of_no_more_than_was_sent() {
        let now = Instant::now();
        let mut sending = sent(now);
        receive(&mut sending, now, &all_missing().repeat(30));
        assert_eq!(sending.losses.told.lost, 10);
        assert_eq!(sending.take_loss(), Some(1.0));
        assert_eq!(sending.take_loss(), None);
    }

    #[test]
    fn a_packet_that_is_missed_many_times_is_sent_again_once() {
        let now = Instant::now();
        let mut sending = sent(now);
        #[rustfmt::skip]
        let nack = [0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 7, 0, 4, 0, 0];
        receive(&mut sending, now, &nack.repeat(20));
        sending.poll(now + Duration::from_millis(50));
        assert_eq!(std::iter::from_fn(|| sending.next_leaving()).count(), 1);
    }

    #[test]
    fn on_a_lossy_line_a_packet_that_is_missed_is_sent_again_twice() {
        let now = Instant::now();
        let mut sending = sent(now);
        receive(&mut sending, now, &all_missing());
        sending.take_loss();
        #[rustfmt::skip]
        let nack = [0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 7, 0, 4, 0, 0];
        receive(&mut sending, now, &nack.repeat(20));
        let mut sent = |ms| {
            sending.poll(now + Duration::from_millis(ms));
            std::iter::from_fn(|| sending.next_leaving()).count()
        };
        assert_eq!((sent(0), sent(14)), (1, 0));
        assert_eq!((sent(15), sent(100)), (1, 0));
    }

    #[test]
    fn second_resends_leave_room_for_first_ones() {
        let now = Instant::now();
        let mut sending = sent(now);
        receive(&mut sending, now, &all_missing());
        sending.take_loss();
        for sequence in 10..300 {
            let packet = SentPacket {
                resend: Some(PayloadType(97)),
                ..SentPacket::own(PayloadType(96), sequence, 0, &[0; 100])
            };
            sending.send(now, VIDEO, packet);
        }
        let mut now = now;
        while sending.next_leaving().is_some()
            || sending.pacer.deadline().is_some_and(|due| due > now)
        {
            now += Duration::from_millis(5);
            sending.poll(now);
        }
        sending.resends_credit = RESENDS_BYTES_MAX / 2 + 1_000;
        for first in (10..120_u16).step_by(17) {
            let [high, low] = first.to_be_bytes();
            #[rustfmt::skip]
            let nack = [0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 7, high, low, 0xff, 0xff];
            receive(&mut sending, now, &nack);
        }
        let second = sending.resends.len();
        assert!((1..10).contains(&second), "{second} of 119");
    }

    #[test]
    fn requests_for_one_keyframe_are_one() {
        let now = Instant::now();
        let mut sending = sent(now);
        let loss = [0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 7];
        assert_eq!(receive(&mut sending, now, &loss.repeat(20)), 1);
        let of_nobody = [0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 9];
        assert_eq!(receive(&mut sending, now, &of_nobody), 0);
    }

    #[test]
    fn the_clock_of_feedback_goes_on_where_it_wraps() {
        let mut clock = FeedbackClock::default();
        let first = clock.read(u32::MAX - 1);
        assert_eq!(clock.read(2) - first, Duration::from_millis(1));
        let before = clock.read(u32::MAX - 3);
        assert_eq!(first - before, Duration::from_micros(500));
    }
}
