//! What was sent, by transport-wide sequence number, until feedback says what became of it.

use super::Kind;

/// Packets that are remembered, a power of two: 8 s at 1,000 a second. What is older counts as never
/// sent.
const PACKETS_MAX: usize = 8192;
const PACKETS_MIN: usize = 64;

/// A packet as it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SentPacket {
    pub(super) sent_us: i64,
    pub(super) bytes: u32,
    pub(super) kind: Kind,
}

/// What feedback says of a packet for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    Received,
    Lost,
    /// Received after all: an earlier report called it lost.
    Recovered,
}

/// What a report said for the first time, and of how many packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub received: u32,
    pub lost: u32,
    /// Received after all.
    pub recovered: u32,
}

impl Told {
    pub(super) fn count(&mut self, news: News) {
        match news {
            News::Received => self.received += 1,
            News::Lost => self.lost += 1,
            News::Recovered => self.recovered += 1,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    NotSent,
    InFlight,
    Lost,
    Received,
}

#[derive(Clone, Copy)]
struct Entry {
    packet: SentPacket,
    fate: Fate,
}

const NOTHING: Entry = Entry {
    packet: SentPacket {
        sent_us: 0,
        bytes: 0,
        kind: Kind::Media,
    },
    fate: Fate::NotSent,
};

/// A ring that is empty until the first packet and doubles while feedback is behind.
#[derive(Default)]
pub(super) struct SentHistory {
    ring: Vec<Entry>,
    /// Behind the last packet that was sent.
    next: u64,
    /// Behind the last packet that feedback spoke of.
    reported: u64,
}

impl SentHistory {
    /// Numbers only rise; one that does not is left out.
    pub(super) fn sent(&mut self, sequence: u64, packet: SentPacket) {
        if self.ring.is_empty() {
            (self.next, self.reported) = (sequence, sequence);
        }
        if sequence < self.next {
            return;
        }
        self.make_space(sequence);
        let oldest = (sequence + 1).saturating_sub(self.ring.len() as u64);
        for skipped in self.next.max(oldest)..sequence {
            self.put(skipped, NOTHING);
        }
        let fate = Fate::InFlight;
        self.put(sequence, Entry { packet, fate });
        self.next = sequence + 1;
    }

    /// The packet left again as it is.
    pub(super) fn repeated(&mut self, sequence: u64) {
        let known = sequence < self.next && self.next - sequence <= self.ring.len() as u64;
        let entry = self.index(sequence).and_then(|at| self.ring.get_mut(at));
        if let Some(entry) = entry.filter(|_| known) {
            entry.packet.kind = Kind::Repeated;
        }
    }

    /// `None` if nothing is known of the packet or feedback said the same before.
    pub(super) fn acknowledged(
        &mut self,
        sequence: u64,
        is_received: bool,
    ) -> Option<(SentPacket, News)> {
        let known = sequence < self.next && self.next - sequence <= self.ring.len() as u64;
        let at = self.index(sequence)?;
        let entry = self.ring.get_mut(at).filter(|_| known)?;
        let (fate, news) = match (entry.fate, is_received) {
            (Fate::InFlight, true) => (Fate::Received, News::Received),
            (Fate::Lost, true) => (Fate::Received, News::Recovered),
            (Fate::InFlight, false) => (Fate::Lost, News::Lost),
            _ => return None,
        };
        entry.fate = fate;
        self.reported = self.reported.max(sequence + 1);
        Some((entry.packet, news))
    }

    /// A report begins with this packet: the bytes of those before it that no report spoke of, as when
    /// one was lost.
    pub(super) fn skipped_bytes(&mut self, sequence: u64) -> u32 {
        let oldest = self.next.saturating_sub(self.ring.len() as u64);
        let skipped = self.reported.max(oldest)..sequence.min(self.next);
        self.reported = self.reported.max(skipped.end);
        let entries = skipped.filter_map(|sequence| self.ring.get(self.index(sequence)?));
        let in_flight = entries.filter(|entry| entry.fate == Fate::InFlight);
        in_flight.map(|entry| entry.packet.bytes).sum()
    }

    pub(super) fn is_reported(&self, sequence: u64) -> bool {
        sequence < self.reported
    }

    /// When the first packet was sent that feedback has not reached yet.
    pub(super) fn unreported_since_us(&self) -> Option<i64> {
        let oldest = self.next.saturating_sub(self.ring.len() as u64);
        let mut unreported = self.reported.max(oldest)..self.next;
        unreported.find_map(|sequence| {
            let entry = self.ring.get(self.index(sequence)?)?;
            (entry.fate == Fate::InFlight).then_some(entry.packet.sent_us)
        })
    }

    fn make_space(&mut self, sequence: u64) {
        let needed = sequence + 1 - self.reported;
        let mut length = self.ring.len().max(PACKETS_MIN);
        while length < PACKETS_MAX && (length as u64) < needed {
            length *= 2;
        }
        if length == self.ring.len() {
            return;
        }
        let mut larger = Self {
            ring: vec![NOTHING; length],
            ..*self
        };
        for known in self.next.saturating_sub(self.ring.len() as u64)..self.next {
            let entry = self.index(known).and_then(|at| self.ring.get(at));
            larger.put(known, entry.copied().unwrap_or(NOTHING));
        }
        *self = larger;
    }

    fn put(&mut self, sequence: u64, entry: Entry) {
        let at = self.index(sequence);
        if let Some(place) = at.and_then(|at| self.ring.get_mut(at)) {
            *place = entry;
        }
    }

    fn index(&self, sequence: u64) -> Option<usize> {
        let mask = (self.ring.len() as u64).checked_sub(1)?;
        usize::try_from(sequence & mask).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(sent_us: i64) -> SentPacket {
        SentPacket {
            sent_us,
            bytes: 1200,
            kind: Kind::Media,
        }
    }

    #[test]
    fn a_packet_that_left_again_is_marked() {
        let mut history = SentHistory::default();
        history.sent(1, packet(1));
        history.sent(2, packet(2));
        for number in [0, 2, 3] {
            history.repeated(number);
        }
        let kind = |history: &mut SentHistory, number| {
            let told = history.acknowledged(number, true);
            told.map(|(packet, _)| packet.kind)
        };
        assert_eq!(kind(&mut history, 1), Some(Kind::Media));
        assert_eq!(kind(&mut history, 2), Some(Kind::Repeated));
        assert_eq!(kind(&mut history, 3), None);
    }

    #[test]
    fn each_packet_is_told_once_and_a_late_one_is_recovered() {
        let mut history = SentHistory::default();
        history.sent(70_000, packet(1));
        history.sent(70_002, packet(2));
        assert_eq!(
            history.acknowledged(70_000, true),
            Some((packet(1), News::Received))
        );
        assert_eq!(history.acknowledged(70_000, true), None, "said before");
        assert_eq!(history.acknowledged(70_001, true), None, "never sent");
        assert_eq!(history.acknowledged(70_003, true), None, "not sent yet");
        assert_eq!(history.unreported_since_us(), Some(2));
        assert_eq!(
            history.acknowledged(70_002, false),
            Some((packet(2), News::Lost))
        );
        assert_eq!(history.unreported_since_us(), None);
        assert_eq!(
            history.acknowledged(70_002, true),
            Some((packet(2), News::Recovered))
        );
    }

    #[test]
    fn what_a_lost_report_spoke_of_is_skipped_once() {
        let mut history = SentHistory::default();
        for sequence in 0..10 {
            history.sent(sequence, packet(0));
        }
        assert_eq!(history.skipped_bytes(0), 0);
        history.acknowledged(0, true);
        assert_eq!(history.skipped_bytes(4), 3 * 1200);
        assert_eq!(history.skipped_bytes(4), 0);
        assert!(history.is_reported(3) && !history.is_reported(4));
        assert_eq!(history.skipped_bytes(u64::MAX), 6 * 1200);
    }

    #[test]
    fn the_ring_grows_with_what_is_in_flight_and_is_bounded() {
        let mut history = SentHistory::default();
        for sequence in 0..200 {
            history.sent(sequence, packet(i64::try_from(sequence).unwrap()));
        }
        assert_eq!(
            history.acknowledged(0, true),
            Some((packet(0), News::Received))
        );
        for sequence in 200..20_000 {
            history.sent(sequence, packet(0));
        }
        assert_eq!(history.ring.len(), PACKETS_MAX);
        assert_eq!(history.acknowledged(199, true), None, "forgotten");
        assert!(history.acknowledged(19_000, true).is_some());
        history.sent(u64::MAX / 2, packet(7));
        assert_eq!(history.acknowledged(19_001, true), None, "a jump ahead");
        assert!(history.acknowledged(u64::MAX / 2, true).is_some());
    }

    #[test]
    fn what_is_acknowledged_in_time_needs_little_space() {
        let mut history = SentHistory::default();
        for sequence in 0..10_000 {
            history.sent(sequence, packet(0));
            history.acknowledged(sequence, true);
        }
        assert_eq!(history.ring.len(), PACKETS_MIN);
    }
}
