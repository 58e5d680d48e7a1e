//! Deadlines by key, earliest first, and what is done at intervals.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// At most one deadline for each key.
#[derive(Debug)]
pub(crate) struct Timers<K> {
    queue: BTreeSet<(Instant, K)>,
    deadlines: BTreeMap<K, Instant>,
}

impl<K> Default for Timers<K> {
    fn default() -> Self {
        Self {
            queue: BTreeSet::new(),
            deadlines: BTreeMap::new(),
        }
    }
}

impl<K: Copy + Ord> Timers<K> {
    /// Sets the deadline of `key`, in place of the one it had.
    pub(crate) fn set(&mut self, key: K, deadline: Instant) {
        match self.deadlines.insert(key, deadline) {
            Some(before) if before == deadline => return,
            Some(before) => {
                self.queue.remove(&(before, key));
            }
            None => {}
        }
        self.queue.insert((deadline, key));
    }

    pub(crate) fn cancel(&mut self, key: K) {
        if let Some(deadline) = self.deadlines.remove(&key) {
            self.queue.remove(&(deadline, key));
        }
    }

    /// A key whose deadline has come, which is removed with that.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<K> {
        let &(deadline, key) = self.queue.first()?;
        if deadline > now {
            return None;
        }
        self.queue.pop_first();
        self.deadlines.remove(&key);
        Some(key)
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.queue.first().map(|&(deadline, _)| deadline)
    }

    pub(crate) fn len(&self) -> usize {
        debug_assert_eq!(
            self.queue.len(),
            self.deadlines.len(),
            "a key has one deadline"
        );
        self.queue.len()
    }
}

/// Something that is done again and again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interval {
    next: Instant,
    length: Duration,
}

impl Interval {
    pub(crate) fn new(now: Instant, length: Duration) -> Self {
        Self {
            next: now + length,
            length,
        }
    }

    pub(crate) fn next(&self) -> Instant {
        self.next
    }

    /// Whether it is time; if so the next time is set.
    pub(crate) fn due(&mut self, now: Instant) -> bool {
        let due = now >= self.next;
        if due {
            self.next = now + self.length;
        }
        due
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "any moment will do: only differences to it matter"
)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_its_last_deadline_only() {
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        let mut timers = Timers::default();
        timers.set('a', now);
        timers.set('a', later);
        timers.set('b', later);
        timers.cancel('b');
        assert_eq!((timers.next(), timers.len()), (Some(later), 1));
        assert_eq!(timers.pop_due(now), None, "not yet");
        assert_eq!(timers.pop_due(later), Some('a'));
        assert_eq!((timers.pop_due(later), timers.next()), (None, None));
    }

    #[test]
    fn an_interval_is_due_once_each_time() {
        let now = Instant::now();
        let mut interval = Interval::new(now, Duration::from_secs(1));
        assert!(!interval.due(now));
        let next = interval.next();
        assert!(interval.due(next));
        assert!(!interval.due(next));
    }
}
