//! RTCP of a receiver: reports, feedback and requests that are due, and what a sender says of itself.

use super::Receiving;
use super::stream::Stream;
use crate::transport::ids::Ssrc;
use std::time::{Duration, Instant};
use visio_rtc::receive::reports::round_trip;
use visio_rtc::rtcp::{self, ExtendedBlock, Full, Packet, ReportBlock, Writer};

/// Between reports on pictures, whose senders go by them where nothing else tells of the link, and on
/// sound alone (RFC 3550 section 6.2); the first comes sooner.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
const REPORT_INTERVAL_SOUND: Duration = Duration::from_secs(5);
const FIRST_REPORT: Duration = Duration::from_millis(500);
/// The round trip until one is known.
const ROUND_TRIP: Duration = Duration::from_millis(100);
/// What fits into a packet on every path, with SRTCP's index and tag (RFC 8200 section 5).
const COMPOUND_BYTES_MAX: usize = 1_180;
/// The blocks of one compound, beside its other packets.
const BLOCKS_MAX: usize = 31;

impl Receiving {
    /// Takes a compound packet. `ntp` is the present moment as reports tell it.
    pub(in crate::transport) fn hear(&mut self, now: Instant, ntp: u64, compound: &[u8]) {
        for packet in rtcp::packets(compound) {
            match packet {
                Packet::SenderReport { info, .. } => {
                    self.capture.report(now, &info);
                    if let Some(stream) = self.streams.get_mut(&Ssrc(info.ssrc)) {
                        stream.reception.sender_report(now, info.ntp);
                    }
                }
                Packet::Goodbye(sources) => {
                    for ssrc in sources {
                        if let Some(stream) = self.streams.get_mut(&Ssrc(ssrc)) {
                            stream.ended();
                        }
                    }
                }
                Packet::ExtendedReport { blocks, .. } => {
                    let measured = blocks.filter_map(|block| self.answered(ntp, block)).last();
                    self.round_trip = measured.or(self.round_trip);
                }
                _ => {}
            }
        }
    }

    /// The round trip that the answer to a report of ours tells.
    fn answered(&self, ntp: u64, block: ExtendedBlock<'_>) -> Option<Duration> {
        let ExtendedBlock::Delays(delays) = block else {
            return None;
        };
        let own = delays.filter(|one| one.ssrc == self.ssrc.0).last()?;
        round_trip(ntp, own.last_rr, own.delay_since_last_rr)
    }

    /// The share of packets that were lost since the last question; `None` if nothing is known.
    pub(in crate::transport) fn take_loss(&mut self) -> Option<f32> {
        let loss = std::mem::take(&mut self.loss);
        (loss.expected > 0).then(|| loss.lost as f32 / loss.expected as f32)
    }

    /// As it was measured last.
    pub(in crate::transport) fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// When [`Self::poll`] has something to say.
    pub(in crate::transport) fn deadline(&self) -> Option<Instant> {
        let lost = self.streams.values().filter_map(Stream::deadline);
        let due = [self.arrivals.deadline(), self.report_due];
        due.into_iter().flatten().chain(lost).min()
    }

    /// Compound packets with what is due. `ntp` is the present moment.
    pub(in crate::transport) fn poll(&mut self, now: Instant, ntp: u64) -> Vec<Vec<u8>> {
        let is_due = self.deadline().is_some_and(|due| due <= now);
        if !is_due && self.keyframes.is_empty() {
            return Vec::new();
        }
        let mut compounds = Vec::new();
        if self.report_due.is_some_and(|due| due <= now) {
            self.report(now, ntp, &mut compounds);
        }
        let round_trip = self.round_trip.unwrap_or(ROUND_TRIP);
        for (&ssrc, stream) in &mut self.streams {
            let lost = stream.lost(now, round_trip);
            if !lost.is_empty() {
                self.lost.push((ssrc, lost.to_vec()));
            }
        }
        loop {
            let (compound, outcome) = compound(|writer| self.write_feedback(now, writer));
            if compound.is_empty() {
                break;
            }
            compounds.push(compound);
            if outcome.is_ok() {
                break;
            }
        }
        compounds
    }

    /// Something came: it is to be reported.
    pub(super) fn note_news(&mut self, now: Instant) {
        if self.report_due.is_none() {
            self.report_due = Some(now + FIRST_REPORT);
        }
    }

    /// A stream begins: its sender soon learns from a report how long the way is.
    pub(super) fn note_begin(&mut self, now: Instant) {
        let soon = now + FIRST_REPORT;
        self.report_due = Some(self.report_due.map_or(soon, |due| due.min(soon)));
    }

    /// Reports on what came since the last ones; where nothing did, none is due.
    fn report(&mut self, now: Instant, ntp: u64, compounds: &mut Vec<Vec<u8>>) {
        let mut blocks = Vec::new();
        for stream in self.streams.values_mut() {
            if let Some(block) = stream.reception.report(now) {
                blocks.push(block);
                let loss = stream.reception.loss();
                self.loss.expected += loss.expected;
                self.loss.lost += loss.lost;
            }
        }
        let resends = self.resends.values_mut();
        blocks.extend(resends.filter_map(|one| one.reception.report(now)));
        let has_pictures = self.streams.values().any(Stream::is_repaired);
        let interval = if has_pictures {
            REPORT_INTERVAL
        } else {
            REPORT_INTERVAL_SOUND
        };
        self.report_due = (!blocks.is_empty()).then(|| now + interval);
        for blocks in blocks.chunks(BLOCKS_MAX) {
            let (compound, outcome) =
                compound(|writer| write_report(writer, self.ssrc, ntp, blocks));
            debug_assert!(outcome.is_ok(), "so many blocks find room");
            compounds.push(compound);
        }
    }

    /// Writes what finds room of feedback and requests (reduced-size: RFC 5506).
    fn write_feedback(&mut self, now: Instant, writer: &mut Writer<'_>) -> Result<(), Full> {
        let Ssrc(own) = self.ssrc;
        while let Some(&ssrc) = self.keyframes.first() {
            writer.picture_loss(own, ssrc.0)?;
            self.keyframes.remove(&ssrc);
        }
        while let Some((ssrc, lost)) = self.lost.last_mut() {
            let rest = writer.nack(own, ssrc.0, lost)?.len();
            lost.drain(..lost.len() - rest);
            if lost.is_empty() {
                self.lost.pop();
            }
        }
        // The feedback is on the whole connection; it names one of its streams.
        let media = self.streams.keys().next().map_or(0, |ssrc| ssrc.0);
        while self.arrivals.poll(now, own, media, writer)? {}
        Ok(())
    }
}

/// A report, who says it (section 6.1), and when: who only receives learns the round trip from the answer.
fn write_report(
    writer: &mut Writer<'_>,
    Ssrc(own): Ssrc,
    ntp: u64,
    blocks: &[ReportBlock],
) -> Result<(), Full> {
    writer.receiver_report(own, blocks)?;
    writer.canonical_name(own, own.to_string().as_bytes())?;
    writer.reference_time(own, ntp)
}

/// One compound packet, as far as what is written has found room.
fn compound(
    write: impl FnOnce(&mut Writer<'_>) -> Result<(), Full>,
) -> (Vec<u8>, Result<(), Full>) {
    let mut buffer = vec![0; COMPOUND_BYTES_MAX];
    let mut writer = Writer::new(&mut buffer);
    let outcome = write(&mut writer);
    let length = writer.len();
    buffer.truncate(length);
    (buffer, outcome)
}
