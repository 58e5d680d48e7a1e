//! Which job the pool takes next: what is to be kept first, then the freshest glances.

use std::collections::{BTreeMap, VecDeque};

/// Jobs waiting, `K` naming the track that asks.
#[derive(Debug)]
pub struct Queue<K, J> {
    finals: VecDeque<J>,
    /// At most one a track, in the order in which the tracks asked.
    glances: VecDeque<K>,
    glance_of: BTreeMap<K, J>,
}

impl<K, J> Default for Queue<K, J> {
    fn default() -> Self {
        Self {
            finals: VecDeque::new(),
            glances: VecDeque::new(),
            glance_of: BTreeMap::new(),
        }
    }
}

impl<K: Ord + Clone, J> Queue<K, J> {
    /// Adds a job whose text is to be kept: never dropped, run in order.
    pub fn push_final(&mut self, job: J) {
        self.finals.push_back(job);
    }

    /// Adds a glance; returns the older one of that track, which nobody needs any more.
    pub fn push_glance(&mut self, track: K, job: J) -> Option<J> {
        let replaced = self.glance_of.insert(track.clone(), job);
        if replaced.is_none() {
            self.glances.push_back(track);
        }
        replaced
    }

    /// The glance of a track that waits.
    pub fn glance(&self, track: &K) -> Option<&J> {
        self.glance_of.get(track)
    }

    /// Takes back the glance of a track, because its utterance has ended.
    pub fn withdraw_glance(&mut self, track: &K) -> Option<J> {
        self.glances.retain(|waiting| waiting != track);
        self.glance_of.remove(track)
    }

    pub fn pop(&mut self) -> Option<J> {
        self.finals.pop_front().or_else(|| {
            let track = self.glances.pop_front()?;
            self.glance_of.remove(&track)
        })
    }

    pub fn finals(&self) -> usize {
        self.finals.len()
    }

    pub fn len(&self) -> usize {
        self.finals.len() + self.glances.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finals_come_first_and_in_order() {
        let mut queue = Queue::default();
        queue.push_glance("alice", 1);
        queue.push_final(2);
        queue.push_final(3);
        assert_eq!(
            [queue.pop(), queue.pop(), queue.pop(), queue.pop()],
            [Some(2), Some(3), Some(1), None]
        );
    }

    #[test]
    fn a_fresher_glance_replaces_the_older_one_in_its_place() {
        let mut queue = Queue::default();
        assert_eq!(queue.push_glance("alice", 1), None);
        assert_eq!(queue.push_glance("bob", 2), None);
        assert_eq!(queue.push_glance("alice", 3), Some(1));
        assert_eq!(queue.len(), 2);
        assert_eq!(
            [queue.pop(), queue.pop(), queue.pop()],
            [Some(3), Some(2), None]
        );
    }

    #[test]
    fn a_withdrawn_glance_is_not_run() {
        let mut queue = Queue::default();
        queue.push_glance("alice", 1);
        queue.push_glance("bob", 2);
        assert_eq!(queue.withdraw_glance(&"alice"), Some(1));
        assert_eq!(queue.pop(), Some(2));
        assert!(queue.is_empty());
    }
}
