//! Which worker holds which room. Asked at joins and commands, never for a packet.
//!
//! A room stays with its worker while a meeting goes on there or somebody is on the way to it, so
//! that no room is ever held by two.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use visio_protocol::names::RoomName;

/// The rooms of all workers. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Placement {
    rooms: Arc<Mutex<Rooms>>,
    workers: usize,
}

/// Rooms with nothing going on whose last worker is known. Reaching it forgets the first: who
/// was removed there and comes back later is told to join again.
const FORMER_MAX: usize = 1_024;

#[derive(Debug, Default)]
struct Rooms {
    held: BTreeMap<RoomName, HeldRoom>,
    /// How many rooms each worker holds.
    counts: BTreeMap<usize, usize>,
    /// Which worker held the last meeting of a room, and remembers whom it sent away.
    former: VecDeque<(RoomName, usize)>,
}

#[derive(Debug)]
struct HeldRoom {
    worker: usize,
    /// Whether its worker has a meeting in it.
    is_live: bool,
    /// How many are on the way to the worker and may open the meeting there.
    underway: usize,
}

/// Somebody is on the way to the worker of a room; dropped when the worker has dealt with them,
/// or when they are lost on the way.
#[derive(Debug)]
pub(super) struct PlacementGuard {
    placement: Placement,
    room: RoomName,
    pub(super) worker: usize,
}

/// By this a worker says what it holds.
#[derive(Clone, Debug)]
pub(super) struct WorkerRegistration {
    placement: Placement,
    worker: usize,
}

impl Placement {
    pub(super) fn new(workers: usize) -> Self {
        Self {
            rooms: Arc::default(),
            workers,
        }
    }

    /// The worker where the meeting in `room` is or will be. If that is open: the one that held the
    /// last, because it knows whom it sent away, else the one with the fewest rooms.
    pub(super) fn enter(&self, room: &RoomName) -> PlacementGuard {
        let mut rooms = self.rooms();
        let held = rooms.held.get(room).map(|held| held.worker);
        let worker = held.unwrap_or_else(|| rooms.best_for(room, self.workers));
        rooms.hold(room, worker).underway += 1;
        PlacementGuard {
            placement: self.clone(),
            room: room.clone(),
            worker,
        }
    }

    pub(super) fn registration(&self, worker: usize) -> WorkerRegistration {
        WorkerRegistration {
            placement: self.clone(),
            worker,
        }
    }

    /// The worker of `room`, if anything is going on there or somebody is on the way.
    pub(super) fn of_room(&self, room: &RoomName) -> Option<usize> {
        self.rooms().held.get(room).map(|held| held.worker)
    }

    /// The worker of `room`, or the last one that it had.
    pub(super) fn last_of_room(&self, room: &RoomName) -> Option<usize> {
        self.of_room(room).or_else(|| self.rooms().former(room))
    }

    fn rooms(&self) -> MutexGuard<'_, Rooms> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, room: &RoomName, worker: usize, change: impl FnOnce(&mut HeldRoom)) {
        let mut rooms = self.rooms();
        let held = rooms.held.get_mut(room);
        let Some(held) = held.filter(|held| held.worker == worker) else {
            return;
        };
        change(held);
        if !held.is_live && held.underway == 0 {
            rooms.release(room, worker);
        }
    }
}

impl Rooms {
    fn best_for(&self, room: &RoomName, workers: usize) -> usize {
        let held = |worker: &usize| self.counts.get(worker).copied().unwrap_or(0);
        let emptiest = (0..workers).min_by_key(held).unwrap_or_default();
        self.former(room).unwrap_or(emptiest)
    }

    fn hold(&mut self, room: &RoomName, worker: usize) -> &mut HeldRoom {
        self.held.entry(room.clone()).or_insert_with(|| {
            *self.counts.entry(worker).or_default() += 1;
            HeldRoom {
                worker,
                is_live: false,
                underway: 0,
            }
        })
    }

    fn release(&mut self, room: &RoomName, worker: usize) {
        if self.held.remove(room).is_some()
            && let Some(count) = self.counts.get_mut(&worker)
        {
            *count -= 1;
        }
        self.remember(room, worker);
    }

    fn former(&self, room: &RoomName) -> Option<usize> {
        let known = self.former.iter().rfind(|(one, _)| one == room);
        known.map(|&(_, worker)| worker)
    }

    fn remember(&mut self, room: &RoomName, worker: usize) {
        self.former.retain(|(one, _)| one != room);
        if self.former.len() >= FORMER_MAX {
            self.former.pop_front();
        }
        self.former.push_back((room.clone(), worker));
    }
}

impl WorkerRegistration {
    pub(super) fn started(&self, room: &RoomName) {
        let mut rooms = self.placement.rooms();
        let held = rooms.hold(room, self.worker);
        held.is_live |= held.worker == self.worker;
    }

    pub(super) fn ended(&self, room: &RoomName) {
        self.placement
            .change(room, self.worker, |held| held.is_live = false);
    }
}

impl Drop for PlacementGuard {
    fn drop(&mut self) {
        self.placement
            .change(&self.room, self.worker, |held| held.underway -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> RoomName {
        RoomName::new(text)
    }

    #[test]
    fn dave_who_comes_back_when_all_is_over_asks_the_worker_that_knew_him() {
        let placement = Placement::new(2);
        let other = placement.enter(&named("other"));
        let room = placement.enter(&named("room"));
        let worker = room.worker;
        assert_ne!(worker, other.worker);
        assert_eq!(placement.last_of_room(&named("room")), Some(worker));
        drop(room);
        drop(other);
        assert_eq!(placement.of_room(&named("room")), None, "nothing is held");
        assert_eq!(placement.last_of_room(&named("room")), Some(worker));
        assert_eq!(placement.last_of_room(&named("never")), None);
        assert_eq!(
            placement.enter(&named("room")).worker,
            worker,
            "though another is as empty"
        );
        for number in 0..FORMER_MAX {
            drop(placement.enter(&named(&number.to_string())));
        }
        assert_eq!(placement.rooms().former.len(), FORMER_MAX);
        assert_eq!(placement.last_of_room(&named("room")), None, "forgotten");
    }

    #[test]
    fn bob_who_waits_for_the_database_keeps_the_room_where_it_was() {
        let placement = Placement::new(2);
        let alice = placement.enter(&named("room"));
        let worker = placement.registration(alice.worker);
        worker.started(&named("room"));
        drop(alice);
        let bob = placement.enter(&named("room"));
        worker.ended(&named("room"));
        let other = placement.enter(&named("other"));
        assert_ne!(other.worker, bob.worker, "the emptiest is another");
        let more: Vec<PlacementGuard> = (0..3)
            .map(|n| placement.enter(&named(&n.to_string())))
            .collect();
        assert_eq!(placement.enter(&named("room")).worker, bob.worker);
        worker.started(&named("room"));
        drop((bob, more));
        assert_eq!(placement.of_room(&named("room")), Some(worker.worker));
    }

    #[test]
    fn a_room_whose_meeting_is_over_is_forgotten() {
        let placement = Placement::new(2);
        let alice = placement.enter(&named("room"));
        let (worker, other) = (
            placement.registration(alice.worker),
            placement.registration(7),
        );
        worker.started(&named("room"));
        drop(alice);
        other.ended(&named("room"));
        assert!(
            placement.of_room(&named("room")).is_some(),
            "not the other's to end"
        );
        worker.ended(&named("room"));
        assert!(placement.rooms().held.is_empty());
    }

    #[test]
    fn who_is_lost_on_the_way_leaves_no_room_behind() {
        let placement = Placement::new(2);
        drop(placement.enter(&named("room")));
        assert!(placement.rooms().held.is_empty());
    }
}
