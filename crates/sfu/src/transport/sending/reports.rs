//! Sender reports (RFC 3550 section 6.4.1): by them a receiver plays sound and picture of one person
//! in step, and its reports measure the round trip.

use super::Sending;
use crate::transport::ids::Ssrc;
use std::time::{Duration, Instant};
use visio_rtc::rtcp::{SenderInfo, Writer};

/// After the first packet of all, so that who joins is in step at once.
pub(super) const FIRST_REPORT: Duration = Duration::from_millis(100);
/// Between the reports of a stream. Each may move the clock by which a receiver keeps sound in step, and
/// the sound with it.
const REPORT_INTERVAL: Duration = Duration::from_secs(3);
/// What fits into a packet on every path, with SRTCP's index and tag (RFC 8200 section 5).
const COMPOUND_BYTES_MAX: usize = 1_180;
/// A report without blocks, and an SDES packet with a number of 32 bits as its name.
const REPORT_BYTES: usize = 28;
const NAME_BYTES_MAX: usize = 24;

impl Sending {
    /// Compound packets with the reports that are due. `ntp` is the present moment.
    pub(in crate::transport) fn report(&mut self, now: Instant, ntp: u64) -> Vec<Vec<u8>> {
        if self.report_due.is_none_or(|due| now < due) {
            return Vec::new();
        }
        self.report_due = Some(now + REPORT_INTERVAL);
        let reported = self.streams.iter_mut().filter_map(|(&Ssrc(ssrc), stream)| {
            stream.history.prune(now);
            let clock_rate_hz = stream.description.clock_rate_hz;
            let rtp_time = stream.clock.report(clock_rate_hz, now)?;
            Some(SenderInfo {
                ssrc,
                ntp,
                rtp_time,
                packets: stream.packets,
                octets: stream.octets,
            })
        });
        let reported: Vec<SenderInfo> = reported.filter(|info| info.packets > 0).collect();
        let mut rest = &reported[..];
        let mut compounds = Vec::new();
        while !rest.is_empty() {
            let mut buffer = vec![0; COMPOUND_BYTES_MAX];
            let (length, later) = write(&mut buffer, rest);
            if later.len() == rest.len() {
                break;
            }
            buffer.truncate(length);
            compounds.push(buffer);
            rest = later;
        }
        compounds
    }
}

/// Writes one compound, which names its first source (section 6.1); returns the reports that found no
/// room.
fn write<'a>(buffer: &mut [u8], reports: &'a [SenderInfo]) -> (usize, &'a [SenderInfo]) {
    let named = reports.first().map(|first| first.ssrc);
    let space = buffer.len().saturating_sub(REPORT_BYTES + NAME_BYTES_MAX);
    let mut writer = Writer::new(buffer);
    let mut rest = reports;
    while let Some((info, later)) = rest.split_first() {
        if writer.len() > space || writer.sender_report(info, &[]).is_err() {
            break;
        }
        rest = later;
    }
    if let Some(ssrc) = named {
        let is_named = writer.canonical_name(ssrc, ssrc.to_string().as_bytes());
        debug_assert!(is_named.is_ok(), "the reports leave room for it");
    }
    (writer.len(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use visio_rtc::rtcp::{Packet, packets};

    #[test]
    fn many_streams_are_reported_in_several_compounds() {
        let info = |ssrc| SenderInfo {
            ssrc,
            ntp: 1,
            rtp_time: 2,
            packets: 3,
            octets: 4,
        };
        let all: Vec<SenderInfo> = (0..100).map(info).collect();
        let (mut rest, mut read, mut compounds) = (&all[..], Vec::new(), 0);
        while !rest.is_empty() {
            let mut buffer = vec![0; COMPOUND_BYTES_MAX];
            let (length, later) = write(&mut buffer, rest);
            let mut names = 0;
            for packet in packets(&buffer[..length]) {
                match packet {
                    Packet::SenderReport { info, .. } => read.push(info),
                    Packet::Descriptions(_) => names += 1,
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(names, 1, "RFC 3550 section 6.1");
            (rest, compounds) = (later, compounds + 1);
        }
        assert_eq!((read, compounds), (all, 3));
    }
}
