//! A stream through a network that loses, delays and doubles, with answers that may be lost as well.

use super::super::*;
use super::ms;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What the network does to one packet of the stream.
#[derive(Debug, Clone)]
struct Fate {
    lost: bool,
    delay_ms: u64,
    doubled: bool,
    /// How many of the answers to requests for it are lost.
    answers_lost: usize,
}

fn fate() -> impl Strategy<Value = Fate> {
    let answers = prop_oneof![6 => Just(0), 2 => 1_usize..4, 1 => Just(usize::MAX)];
    let delay = prop_oneof![3 => Just(0_u64), 1 => 0_u64..60];
    let (lost, doubled) = (prop::bool::weighted(0.2), prop::bool::weighted(0.1));
    (lost, delay, doubled, answers).prop_map(|(lost, delay_ms, doubled, answers_lost)| Fate {
        lost,
        delay_ms,
        doubled,
        answers_lost,
    })
}

/// Everything that happened to one packet, by the time since the beginning.
#[derive(Debug, Default)]
struct Story {
    came: Option<Duration>,
    noticed: Option<Duration>,
    asked: Vec<Duration>,
}

struct Network {
    start: Instant,
    losses: Losses,
    round_trip: Duration,
    /// When a packet arrives, its number, and which copy of it that is.
    underway: BTreeSet<(Duration, u64, usize)>,
    stories: BTreeMap<u64, Story>,
    highest: Option<u64>,
}

/// One packet every 3 ms, numbers from `first` on.
fn play(first: u16, fates: &[Fate], round_trip: Duration) -> Network {
    let mut network = Network {
        start: Instant::now(),
        losses: Losses::new(),
        round_trip,
        underway: BTreeSet::new(),
        stories: BTreeMap::new(),
        highest: None,
    };
    let sent = (0_u64..).zip(fates).filter(|(_, fate)| !fate.lost);
    for (at, fate) in sent {
        let number = u64::from(first) + at;
        let arrival = ms(at * 3 + fate.delay_ms);
        network.underway.insert((arrival, number, 0));
        if fate.doubled {
            network.underway.insert((arrival + ms(7), number, 1));
        }
    }
    network.run(first, fates);
    network
}

impl Network {
    fn run(&mut self, first: u16, fates: &[Fate]) {
        loop {
            let arrival = self.underway.first().copied();
            let due = self.losses.deadline().map(|due| due - self.start);
            match (arrival, due) {
                (None, None) => return,
                (Some((time, ..)), Some(due)) if due < time => self.ask(due, first, fates),
                (None, Some(due)) => self.ask(due, first, fates),
                (Some((time, number, _)), _) => self.arrive(time, number),
            }
        }
    }

    fn arrive(&mut self, time: Duration, number: u64) {
        self.underway.pop_first();
        let before = self.highest.unwrap_or(number);
        for gap in before + 1..number {
            self.stories.entry(gap).or_default().noticed = Some(time);
        }
        self.highest = Some(before.max(number));
        let story = self.stories.entry(number).or_default();
        let is_first = story.came.is_none();
        story.came.get_or_insert(time);
        match self.losses.received(self.start + time, low16(number)) {
            Arrival::Newest => assert!(number >= before && is_first),
            Arrival::Filled => assert!(number < before && is_first),
            Arrival::Known => assert!(number < before || !is_first),
            Arrival::Restart => panic!("nothing steps that far"),
        }
    }

    fn ask(&mut self, time: Duration, first: u16, fates: &[Fate]) {
        let now = self.start + time;
        for sequence in self.losses.poll(now, self.round_trip) {
            let behind = sequence.wrapping_sub(first);
            let number = u64::from(first) + u64::from(behind);
            let story = self.stories.entry(number).or_default();
            story.asked.push(time);
            if story.asked.len() > fates[usize::from(behind)].answers_lost {
                let copy = 1 + story.asked.len();
                self.underway.insert((time + self.round_trip, number, copy));
            }
        }
        let due = self.losses.deadline();
        assert!(due.is_none_or(|due| due > now), "a poll leaves nothing due");
    }
}

proptest! {
    #[test]
    fn every_loss_that_stays_is_asked_for_and_nothing_that_came(
        first in any::<u16>(),
        fates in prop::collection::vec(fate(), 2..300),
        round_trip_ms in 1_u64..200,
    ) {
        let network = play(first, &fates, ms(round_trip_ms));
        let pause_min = network.round_trip.max(ROUND_TRIP_MIN);
        for (number, story) in &network.stories {
            let Some(noticed) = story.noticed else {
                prop_assert!(story.asked.is_empty(), "{} was in order", number);
                continue;
            };
            let came = story.came.unwrap_or(Duration::MAX);
            let stays = came > noticed + REORDER;
            let asked = &story.asked;
            prop_assert!(!stays || !asked.is_empty(), "{}: {:?}", number, story);
            prop_assert!(asked.iter().all(|asked| *asked <= came), "{}: {:?}", number, story);
            prop_assert!(asked.first().is_none_or(|first| *first <= noticed + REORDER));
            prop_assert!(asked.last().is_none_or(|last| *last <= noticed + PATIENCE));
            prop_assert!(asked.len() <= 10);
            let pauses = asked.windows(2).map(|pair| pair[1] - pair[0]);
            prop_assert!(pauses.into_iter().all(|pause| pause >= pause_min), "{:?}", story);
        }
    }
}
