//! Packets in groups of those sent together, and how the time between two groups changed on the way
//! (draft-ietf-rmcat-gcc-02 sections 4.1 and 5.2).

/// Packets that are sent within this time are one group.
const BURST_US: i64 = 5_000;
/// A group that arrives as one burst lasts no longer than this.
const BURST_US_MAX: i64 = 100_000;

/// The time between a group and the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GroupDelta {
    pub(super) sent_us: i64,
    pub(super) arrival_us: i64,
    /// When the group was complete, on the receiver's clock.
    pub(super) arrived_at_us: i64,
}

#[derive(Clone, Copy)]
struct Group {
    first_sent_us: i64,
    last_sent_us: i64,
    first_arrival_us: i64,
    last_arrival_us: i64,
}

/// The group that fills up, and the one before it.
#[derive(Default)]
pub(super) struct InterArrival {
    current: Option<Group>,
    previous: Option<Group>,
}

impl InterArrival {
    /// A delta whenever a packet opens a new group: it tells of the two groups before.
    pub(super) fn packet(&mut self, sent_us: i64, arrival_us: i64) -> Option<GroupDelta> {
        let Some(current) = &mut self.current else {
            self.current = Some(Group::of(sent_us, arrival_us));
            return None;
        };
        if sent_us < current.first_sent_us {
            return None;
        }
        if current.holds(sent_us, arrival_us) {
            current.last_sent_us = current.last_sent_us.max(sent_us);
            current.last_arrival_us = current.last_arrival_us.max(arrival_us);
            return None;
        }
        let complete = *current;
        let before = self.previous.replace(complete);
        self.current = Some(Group::of(sent_us, arrival_us));
        let delta = GroupDelta {
            sent_us: complete.last_sent_us - before?.last_sent_us,
            arrival_us: complete.last_arrival_us - before?.last_arrival_us,
            arrived_at_us: complete.last_arrival_us,
        };
        // Groups that overtook each other say nothing of a queue.
        (delta.arrival_us >= 0).then_some(delta)
    }
}

impl Group {
    fn of(sent_us: i64, arrival_us: i64) -> Self {
        Self {
            first_sent_us: sent_us,
            last_sent_us: sent_us,
            first_arrival_us: arrival_us,
            last_arrival_us: arrival_us,
        }
    }

    fn holds(&self, sent_us: i64, arrival_us: i64) -> bool {
        if sent_us - self.first_sent_us <= BURST_US {
            return true;
        }
        let arrival_delta_us = arrival_us - self.last_arrival_us;
        let propagation_delta_us = arrival_delta_us - (sent_us - self.last_sent_us);
        propagation_delta_us < 0
            && arrival_delta_us <= BURST_US
            && arrival_us - self.first_arrival_us < BURST_US_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_sent_together_are_one_group() {
        let mut groups = InterArrival::default();
        for (sent_us, arrival_us) in [(0, 50_000), (4_000, 53_000), (20_000, 75_000)] {
            assert_eq!(groups.packet(sent_us, arrival_us), None);
        }
        let delta = groups.packet(40_000, 95_000);
        let expected = GroupDelta {
            sent_us: 16_000,
            arrival_us: 22_000,
            arrived_at_us: 75_000,
        };
        assert_eq!(delta, Some(expected));
    }

    #[test]
    fn what_was_held_back_and_came_at_once_is_one_group() {
        let mut groups = InterArrival::default();
        groups.packet(0, 80_000);
        groups.packet(20_000, 81_000);
        groups.packet(40_000, 82_000);
        assert_eq!(groups.previous.map(|group| group.last_sent_us), None);
    }

    #[test]
    fn a_late_packet_of_an_earlier_group_is_left_out() {
        let mut groups = InterArrival::default();
        groups.packet(20_000, 70_000);
        assert_eq!(groups.packet(0, 71_000), None);
        assert_eq!(
            groups.current.map(|group| group.last_arrival_us),
            Some(70_000)
        );
    }
}
