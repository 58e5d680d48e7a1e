//! What the pool does next: what is to be kept first, then a look at whoever has waited longest.

use std::collections::VecDeque;

/// Work waiting: jobs whose text is to be kept, and tracks, named by `K`, due for a live pass.
#[derive(Debug)]
pub struct Queue<K, J> {
    finals: VecDeque<J>,
    /// Each track at most once, in the order in which they asked.
    glances: VecDeque<K>,
}

/// What a free thread takes.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<K, J> {
    Final(J),
    Glance(K),
}

impl<K, J> Default for Queue<K, J> {
    fn default() -> Self {
        Self {
            finals: VecDeque::new(),
            glances: VecDeque::new(),
        }
    }
}

impl<K: PartialEq, J> Queue<K, J> {
    /// Adds a job whose text is to be kept: never dropped, run in order.
    pub fn push_final(&mut self, job: J) {
        self.finals.push_back(job);
    }

    /// Adds a track that is due for a live pass, unless it waits already.
    pub fn push_glance(&mut self, track: K) {
        if !self.glances.contains(&track) {
            self.glances.push_back(track);
        }
    }

    /// The track that has waited longest for a live pass.
    pub fn first_glance(&self) -> Option<&K> {
        self.glances.front()
    }

    pub fn pop(&mut self) -> Option<Next<K, J>> {
        let kept = self.finals.pop_front().map(Next::Final);
        kept.or_else(|| self.glances.pop_front().map(Next::Glance))
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
        queue.push_glance("alice");
        queue.push_final(2);
        queue.push_final(3);
        let taken = [queue.pop(), queue.pop(), queue.pop(), queue.pop()];
        let expected = [
            Some(Next::Final(2)),
            Some(Next::Final(3)),
            Some(Next::Glance("alice")),
            None,
        ];
        assert_eq!(taken, expected);
    }

    #[test]
    fn who_is_due_keeps_the_place_of_the_first_asking() {
        let mut queue: Queue<_, ()> = Queue::default();
        queue.push_glance("alice");
        queue.push_glance("bob");
        queue.push_glance("alice");
        assert_eq!(queue.len(), 2);
        assert_eq!(queue.pop(), Some(Next::Glance("alice")));
        assert_eq!(queue.pop(), Some(Next::Glance("bob")));
    }

    #[test]
    fn who_has_waited_longest_is_known() {
        let mut queue: Queue<_, ()> = Queue::default();
        queue.push_glance("alice");
        queue.push_glance("bob");
        assert_eq!(queue.first_glance(), Some(&"alice"));
        queue.pop();
        queue.pop();
        assert!(queue.first_glance().is_none() && queue.is_empty());
    }
}
