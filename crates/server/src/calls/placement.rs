//! Which worker holds which room. Asked at joins and commands, never for a packet.
//!
//! A room stays with its worker while a meeting goes on there or somebody is on the way to it, so
//! that no room is ever held by two.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use visio_protocol::names::RoomName;

/// The rooms of all workers. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Placement {
    rooms: Arc<Mutex<Rooms>>,
    workers: usize,
}

/// What a room is taken to cost before its people have come, in thousandths of a processor core: a small
/// meeting. It spreads rooms that are opened in the same second.
const ROOM_LOAD_PERMILLE: u32 = 10;

#[derive(Debug, Default)]
struct Rooms {
    held: BTreeMap<RoomName, HeldRoom>,
    /// How many rooms each worker holds.
    counts: BTreeMap<usize, u32>,
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

    /// The worker where the meeting in `room` is or will be: for a new one the worker with the least to
    /// do. `load_permille` says of each how much of a processor core it takes.
    pub(super) fn enter(
        &self,
        room: &RoomName,
        load_permille: impl Fn(usize) -> u32,
    ) -> PlacementGuard {
        let mut rooms = self.rooms();
        let held = rooms.held.get(room).map(|held| held.worker);
        let worker = held.unwrap_or_else(|| rooms.least_loaded(self.workers, load_permille));
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
    fn least_loaded(&self, workers: usize, load_permille: impl Fn(usize) -> u32) -> usize {
        let load = |worker: &usize| {
            let rooms = self.counts.get(worker).copied().unwrap_or(0);
            let unmeasured = rooms.saturating_mul(ROOM_LOAD_PERMILLE);
            load_permille(*worker).saturating_add(unmeasured)
        };
        (0..workers).min_by_key(load).unwrap_or_default()
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

    fn idle(_: usize) -> u32 {
        0
    }

    #[test]
    fn a_new_room_goes_to_the_worker_with_the_least_to_do() {
        for (loads, rooms, placed) in [
            ([0, 0, 0], 4, vec![0, 1, 2, 0]),
            ([600, 0, 0], 3, vec![1, 2, 1]),
            ([0, 600, 590], 2, vec![0, 0]),
            ([600, 590, 595], 4, vec![1, 2, 0, 1]),
            ([25, 0, 1_000], 4, vec![1, 1, 1, 0]),
        ] {
            let placement = Placement::new(loads.len());
            let enter =
                |room: usize| placement.enter(&named(&room.to_string()), |worker| loads[worker]);
            let guards: Vec<PlacementGuard> = (0..rooms).map(enter).collect();
            let workers: Vec<usize> = guards.iter().map(|guard| guard.worker).collect();
            assert_eq!(workers, placed, "{loads:?}");
        }
    }

    #[test]
    fn who_comes_later_goes_where_the_meeting_is_however_busy_that_worker_is() {
        let placement = Placement::new(2);
        let alice = placement.enter(&named("room"), idle);
        let busy = |worker: usize| if worker == alice.worker { 900 } else { 0 };
        let bob = placement.enter(&named("room"), busy);
        assert_eq!(bob.worker, alice.worker);
        let other = placement.enter(&named("other"), busy);
        assert_ne!(other.worker, alice.worker);
    }

    #[test]
    fn bob_who_waits_for_the_database_keeps_the_room_where_it_was() {
        let placement = Placement::new(2);
        let alice = placement.enter(&named("room"), idle);
        let worker = placement.registration(alice.worker);
        worker.started(&named("room"));
        drop(alice);
        let bob = placement.enter(&named("room"), idle);
        worker.ended(&named("room"));
        let other = placement.enter(&named("other"), idle);
        assert_ne!(other.worker, bob.worker, "the emptiest is another");
        let more: Vec<PlacementGuard> = (0..3)
            .map(|n| placement.enter(&named(&n.to_string()), idle))
            .collect();
        assert_eq!(placement.enter(&named("room"), idle).worker, bob.worker);
        worker.started(&named("room"));
        drop((bob, more));
        assert_eq!(placement.of_room(&named("room")), Some(worker.worker));
    }

    #[test]
    fn a_room_whose_meeting_is_over_is_forgotten() {
        let placement = Placement::new(2);
        let alice = placement.enter(&named("room"), idle);
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
        drop(placement.enter(&named("room"), idle));
        assert!(placement.rooms().held.is_empty());
    }
}
