//! Which packets of a stream have come, so that none is taken twice and none that came is filled in.

/// So many packets back it is known what came: over a second of speech. What is older is late.
const WINDOW: u64 = 64;

/// The timestamps of so many packets are kept, to see where a recovered frame belongs.
const TIMESTAMPS: usize = 8;

/// The sequence numbers of one stream (RFC 3550), extended beyond 16 bits.
#[derive(Debug, Clone)]
pub struct Recovery {
    newest: u64,
    /// Bit n stands for the packet n before the newest.
    came: u64,
    /// The last that came, with their timestamps.
    last: [Option<(u64, u32)>; TIMESTAMPS],
    next: usize,
}

impl Recovery {
    /// A stream of which nothing before `sequence` is awaited.
    #[must_use]
    pub fn starting_at(sequence: u64) -> Self {
        Self {
            newest: sequence.saturating_sub(1),
            came: u64::MAX,
            last: [None; TIMESTAMPS],
            next: 0,
        }
    }

    /// Takes a packet; `false` if it came before or is too old to tell.
    pub fn take(&mut self, sequence: u64, timestamp: u32) -> bool {
        if !self.is_missing(sequence) {
            return false;
        }
        let ahead = sequence.saturating_sub(self.newest);
        self.newest += ahead;
        self.came = match u32::try_from(ahead) {
            Ok(ahead) => self.came.checked_shl(ahead).unwrap_or(0),
            Err(_) => 0,
        };
        self.came |= 1 << (self.newest - sequence);
        if let Some(slot) = self.last.get_mut(self.next) {
            *slot = Some((sequence, timestamp));
        }
        self.next = (self.next + 1) % TIMESTAMPS;
        true
    }

    /// Takes a frame that another packet carried a copy of, if it is missing and the timestamps of
    /// its neighbours allow that it has this number: not every sender copies the frames right before.
    pub fn recover(&mut self, sequence: u64, timestamp: u32) -> bool {
        let fits = |&(other, sent): &(u64, u32)| {
            let later = timestamp.wrapping_sub(sent).cast_signed();
            later.signum() == i32::from(sequence > other) - i32::from(sequence < other)
        };
        self.last.iter().flatten().all(fits) && self.take(sequence, timestamp)
    }

    fn is_missing(&self, sequence: u64) -> bool {
        match self.newest.checked_sub(sequence) {
            None => true,
            Some(back) if back < WINDOW => self.came & (1 << back) == 0,
            Some(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: u32 = 960;

    fn time(sequence: u64) -> u32 {
        u32::try_from(sequence).unwrap().wrapping_mul(FRAME)
    }

    fn after(sequences: &[u64]) -> Recovery {
        let mut recovery = Recovery::starting_at(sequences[0]);
        for &sequence in sequences {
            assert!(recovery.take(sequence, time(sequence)));
        }
        recovery
    }

    #[test]
    fn each_packet_is_taken_once_in_any_order() {
        let mut recovery = after(&[100, 103, 101]);
        for sequence in [100, 101, 103] {
            assert!(!recovery.take(sequence, time(sequence)));
        }
        assert!(recovery.take(102, time(102)));
        assert!(!recovery.take(102, time(102)));
    }

    #[test]
    fn a_missing_frame_is_recovered_once_and_its_late_original_is_not_taken() {
        let mut recovery = after(&[100, 102]);
        assert!(recovery.recover(101, time(101)));
        assert!(!recovery.recover(101, time(101)));
        assert!(!recovery.take(101, time(101)));
    }

    #[test]
    fn nothing_is_recovered_that_came_or_was_before_the_first() {
        let mut recovery = after(&[100, 101]);
        assert!(!recovery.recover(101, time(101)));
        assert!(!recovery.recover(99, time(99)));
        assert!(recovery.recover(102, time(102)), "before its carrier");
    }

    #[test]
    fn a_copy_whose_timestamp_belongs_elsewhere_is_not_recovered() {
        let mut recovery = after(&[100, 104]);
        assert!(!recovery.recover(103, time(100)), "a frame that came");
        assert!(!recovery.recover(103, time(99)), "one from before it");
        assert!(!recovery.recover(103, time(105)), "one from after it");
        assert!(recovery.recover(103, time(103)));
    }

    #[test]
    fn what_is_older_than_the_window_counts_as_come() {
        let mut recovery = after(&[100, 102 + WINDOW]);
        assert!(!recovery.take(102, time(102)));
        assert!(recovery.take(103, time(103)));
        assert!(recovery.take(1 << 40, 7), "a jump");
        assert!(!recovery.take(1 << 40, 7));
        assert!(recovery.take(u64::MAX, 7) && !recovery.take(0, 0));
    }
}
