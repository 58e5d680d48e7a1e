//! Whose turn it is when all want more than there is: start-time fair queueing (Goyal, Vin and Cheng,
//! SIGCOMM 1996).
//!
//! Each owner has used the service up to some point of a common scale. Who has used least is next, and
//! what was served moves its owner on. Who comes new starts where the service stands, so that nothing can
//! be saved up. Unlike deficit round robin it lets an owner with one long item go first and pay
//! afterwards, and the cost of an item may be known as late as it is taken.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Owners that wait for nothing and are still ahead are remembered; that many more than those who
/// wait, and the list is cleared of the others.
const IDLE_MAX: usize = 64;

/// Who waits for a turn, and who is next.
#[derive(Debug)]
pub(crate) struct Turns<O> {
    /// Where the service stands: the point from which the last turn was given.
    point: u64,
    used: BTreeMap<O, u64>,
    waiting: BTreeSet<(u64, O)>,
}

impl<O> Default for Turns<O> {
    fn default() -> Self {
        Self {
            point: 0,
            used: BTreeMap::new(),
            waiting: BTreeSet::new(),
        }
    }
}

impl<O: Ord + Clone> Turns<O> {
    /// The owner waits, unless it does already.
    pub(crate) fn wait(&mut self, owner: &O) {
        if self.waiting.is_empty() {
            // Nobody was kept waiting: what was used until here was nobody else's.
            self.used.clear();
        }
        let used = self.used.get(owner).copied().unwrap_or(self.point);
        if self.waiting.contains(&(used, owner.clone())) {
            return;
        }
        let from = used.max(self.point);
        self.used.insert(owner.clone(), from);
        self.waiting.insert((from, owner.clone()));
    }

    pub(crate) fn next(&self) -> Option<&O> {
        self.waiting.first().map(|(_, owner)| owner)
    }

    /// The owner was served, at such a cost.
    pub(crate) fn charge(&mut self, owner: &O, cost: u64) {
        let from = self.used.get(owner).copied().unwrap_or(self.point);
        self.point = self.point.max(from);
        let until = from.saturating_add(cost);
        self.used.insert(owner.clone(), until);
        if self.waiting.remove(&(from, owner.clone())) {
            self.waiting.insert((until, owner.clone()));
        }
        if self.used.len() > self.waiting.len() + IDLE_MAX {
            let (point, waiting) = (self.point, &self.waiting);
            let counts = |owner: &O, used: u64| waiting.contains(&(used, owner.clone()));
            self.used
                .retain(|owner, used| *used > point || counts(owner, *used));
        }
    }

    /// The owner waits for nothing any more.
    pub(crate) fn leave(&mut self, owner: &O) {
        if let Some(used) = self.used.get(owner) {
            self.waiting.remove(&(*used, owner.clone()));
        }
    }
}

/// Items of several owners: in order within one, by turns between them.
#[derive(Debug)]
pub(crate) struct FairQueue<O, T> {
    turns: Turns<O>,
    owners: BTreeMap<O, Waiting<T>>,
    size: u64,
}

/// What waits of one owner.
#[derive(Debug)]
struct Waiting<T> {
    items: VecDeque<(u64, T)>,
    size: u64,
}

impl<O, T> Default for FairQueue<O, T> {
    fn default() -> Self {
        Self {
            turns: Turns::default(),
            owners: BTreeMap::new(),
            size: 0,
        }
    }
}

impl<O: Ord + Clone, T> FairQueue<O, T> {
    /// Adds an item of some size.
    pub(crate) fn push(&mut self, owner: &O, size: u64, item: T) {
        let waiting = self.owners.entry(owner.clone()).or_insert(Waiting {
            items: VecDeque::new(),
            size: 0,
        });
        waiting.items.push_back((size, item));
        waiting.size += size;
        self.size += size;
        self.turns.wait(owner);
    }

    /// The next item of the owner whose turn it is, and its size. [`FairQueue::charge`] says what it
    /// costs.
    pub(crate) fn pop(&mut self) -> Option<(O, u64, T)> {
        let owner = self.turns.next()?.clone();
        let (size, item) = self.take(&owner, VecDeque::pop_front)?;
        Some((owner, size, item))
    }

    /// The owner was served, at such a cost.
    pub(crate) fn charge(&mut self, owner: &O, cost: u64) {
        self.turns.charge(owner, cost);
    }

    /// Takes the last item of an owner out of the queue.
    pub(crate) fn drop_newest(&mut self, owner: &O) -> Option<T> {
        self.take(owner, VecDeque::pop_back).map(|(_, item)| item)
    }

    /// The owner of whom most waits.
    pub(crate) fn largest(&self) -> Option<&O> {
        let by_size = self.owners.iter().max_by_key(|(_, waiting)| waiting.size);
        by_size.map(|(owner, _)| owner)
    }

    /// What waits first of each owner.
    pub(crate) fn firsts(&self) -> impl Iterator<Item = &T> {
        let waiting = self.owners.values();
        let first = waiting.filter_map(|waiting| waiting.items.front());
        first.map(|(_, item)| item)
    }

    pub(crate) fn size_of(&self, owner: &O) -> u64 {
        self.owners.get(owner).map_or(0, |waiting| waiting.size)
    }

    pub(crate) fn len_of(&self, owner: &O) -> usize {
        let items = self.owners.get(owner).map(|waiting| waiting.items.len());
        items.unwrap_or(0)
    }

    /// How many owners have something waiting.
    pub(crate) fn owners(&self) -> usize {
        self.owners.len()
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn len(&self) -> usize {
        let owners = self.owners.values();
        owners.map(|waiting| waiting.items.len()).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }

    fn take(
        &mut self,
        owner: &O,
        end: impl Fn(&mut VecDeque<(u64, T)>) -> Option<(u64, T)>,
    ) -> Option<(u64, T)> {
        let waiting = self.owners.get_mut(owner)?;
        let (size, item) = end(&mut waiting.items)?;
        waiting.size -= size;
        self.size -= size;
        if waiting.items.is_empty() {
            self.owners.remove(owner);
            self.turns.leave(owner);
        }
        Some((size, item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Takes what is next, at the cost of its size.
    fn served<O: Ord + Clone>(queue: &mut FairQueue<O, u64>) -> Option<(O, u64)> {
        let (owner, size, item) = queue.pop()?;
        queue.charge(&owner, size);
        Some((owner, item))
    }

    fn popped(queue: &mut FairQueue<&'static str, u64>, times: usize) -> Vec<&'static str> {
        (0..times)
            .filter_map(|_| served(queue))
            .map(|(owner, _)| owner)
            .collect()
    }

    #[test]
    fn what_one_owner_asks_comes_in_order() {
        let mut queue = FairQueue::default();
        for item in [3, 1, 2] {
            queue.push(&"alice", 1, item);
        }
        let items: Vec<u64> = std::iter::from_fn(|| served(&mut queue))
            .map(|(_, item)| item)
            .collect();
        assert_eq!(items, [3, 1, 2]);
        assert!(queue.is_empty() && queue.size() == 0);
    }

    #[test]
    fn who_comes_while_eve_has_a_hundred_waiting_is_next() {
        let mut queue = FairQueue::default();
        (0..100).for_each(|item| queue.push(&"eve", 5, item));
        assert_eq!(popped(&mut queue, 10), ["eve"; 10]);
        queue.push(&"alice", 5, 0);
        assert!(popped(&mut queue, 2).contains(&"alice"));
    }

    #[test]
    fn shares_are_of_what_was_served_and_not_of_turns() {
        let mut queue = FairQueue::default();
        (0..100).for_each(|item| queue.push(&"eve", 9, item));
        (0..100).for_each(|item| queue.push(&"alice", 3, item));
        let turns = popped(&mut queue, 40);
        let of_alice = turns.iter().filter(|owner| **owner == "alice").count();
        assert!((28..=32).contains(&of_alice), "{of_alice} of 40 turns");
    }

    #[test]
    fn nothing_can_be_saved_up_by_waiting_for_nothing() {
        let mut queue = FairQueue::default();
        (0..100).for_each(|item| queue.push(&"alice", 1, item));
        popped(&mut queue, 50);
        (0..100).for_each(|item| queue.push(&"eve", 1, item));
        let turns = popped(&mut queue, 40);
        let of_eve = turns.iter().filter(|owner| **owner == "eve").count();
        assert!((19..=21).contains(&of_eve), "{of_eve} of 40 turns");
    }

    #[test]
    fn a_cost_that_is_known_late_counts_all_the_same() {
        let mut queue = FairQueue::default();
        (0..10).for_each(|item| queue.push(&"alice", 0, item));
        (0..10).for_each(|item| queue.push(&"bob", 1, item));
        assert_eq!(popped(&mut queue, 1), ["alice"]);
        queue.charge(&"alice", 8);
        assert_eq!(popped(&mut queue, 8), ["bob"; 8]);
    }

    #[test]
    fn the_newest_of_the_owner_with_most_waiting_can_be_dropped() {
        let mut queue = FairQueue::default();
        queue.push(&"alice", 4, 1);
        queue.push(&"eve", 3, 2);
        queue.push(&"eve", 3, 3);
        assert_eq!(queue.largest(), Some(&"eve"));
        assert_eq!(queue.drop_newest(&"eve"), Some(3));
        assert_eq!((queue.size(), queue.size_of(&"eve")), (7, 3));
        assert_eq!(queue.drop_newest(&"eve"), Some(2));
        assert_eq!(queue.owners(), 1);
        assert_eq!(popped(&mut queue, 9), ["alice"]);
    }

    #[test]
    fn owners_that_have_left_are_forgotten() {
        let mut turns = Turns::default();
        turns.wait(&0);
        for owner in 1..10_000_u64 {
            turns.wait(&owner);
            turns.charge(&owner, 1);
            turns.leave(&owner);
            turns.charge(&0, 1);
        }
        assert!(turns.used.len() <= IDLE_MAX + 2, "{}", turns.used.len());
    }

    proptest! {
        /// Of two who always wait, none is served more than one longest item ahead of the other.
        #[test]
        fn two_who_always_wait_get_the_same(sizes in proptest::collection::vec(1_u64..20, 400)) {
            let mut queue = FairQueue::default();
            let (mut sums, mut next) = ([0_u64; 2], [0, 1]);
            for owner in [0_usize, 1] {
                queue.push(&owner, sizes[next[owner]], sizes[next[owner]]);
            }
            while next[0].max(next[1]) + 2 < sizes.len() {
                let (owner, size) = served(&mut queue).unwrap();
                sums[owner] += size;
                next[owner] += 2;
                queue.push(&owner, sizes[next[owner]], sizes[next[owner]]);
                prop_assert!(sums[0].abs_diff(sums[1]) <= 2 * 20);
            }
        }
    }
}
