//! A walk: people come, go, talk, look away and are attacked, as a seed decides.

use crate::client::{Guest, Presence};
use crate::dice::Dice;
use crate::media::Kind;
use crate::model::Stream;
use crate::weather::Weather;
use crate::world::World;
use visio_meeting::{ConnectionMode, LayerQuality};

const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "dave"];
const KINDS: [Kind; 3] = [Kind::Microphone, Kind::Camera, Kind::Screen];

/// How long a walk is.
#[derive(Clone, Copy, Debug)]
pub struct Walk {
    /// How many things are done.
    pub deeds: u64,
    /// Between two of them pass up to that many milliseconds.
    pub pause_ms_max: u64,
}

impl Default for Walk {
    fn default() -> Self {
        Self {
            deeds: 16,
            pause_ms_max: 700,
        }
    }
}

/// Walks as `seed` says, lets the network heal, and judges.
#[must_use]
pub fn walk(seed: u64, length: Walk) -> World {
    let mut world = World::new(seed);
    for identity in ["alice", "bob"] {
        let number = world.join(guest(
            &mut Dice::new(seed, &[number_of(identity)]),
            identity,
        ));
        world.publish(number, Kind::Microphone);
        world.publish(number, Kind::Camera);
    }
    world.run(1.5);
    for deed in 0..length.deeds {
        let mut dice = Dice::new(seed, &[1, deed]);
        act(&mut world, &mut dice);
        let pause = dice.below(length.pause_ms_max);
        world.run(std::time::Duration::from_millis(pause).as_secs_f64());
    }
    heal(&mut world);
    world.settle();
    world.finish();
    world
}

fn act(world: &mut World, dice: &mut Dice) {
    let present: Vec<u32> = world.present().collect();
    let Some(&number) = dice.pick(&present) else {
        return come(world, dice);
    };
    if world.clients[number as usize].presence == Presence::Adrift {
        return resume(world, number);
    }
    match dice.below(21) {
        0..=2 => come(world, dice),
        3 | 4 => publish(world, dice, number),
        5 => unpublish(world, dice, number),
        6 | 7 => mute(world, dice, number),
        8 => subscribe(world, dice, number),
        9 | 10 => look(world, dice, number),
        11 => world.let_receive(number, dice.permille(500).then_some(&["bob"])),
        12 | 13 => say(world, dice, number, &present),
        14 => go(world, dice, number),
        // Before the welcome there is no session to resume: that client would join again.
        15 if world.clients[number as usize].sid.is_some() => world.cut(number),
        16 | 17 => change_weather(world, dice, number),
        18 => world.attack(40, None),
        19 => world.rebind(number),
        _ => permit(world, dice, number),
    }
}

fn come(world: &mut World, dice: &mut Dice) {
    let identity = dice.pick(&PEOPLE).copied().unwrap_or("alice");
    let number = world.join(guest(dice, identity));
    if dice.permille(700) {
        publish(world, dice, number);
    }
}

fn guest(dice: &mut Dice, identity: &str) -> Guest {
    let mut guest = Guest::new(identity);
    if dice.permille(500) {
        guest.mode = ConnectionMode::Dual;
    }
    guest.redundant = dice.permille(500);
    guest.permissions.hidden = dice.permille(50);
    guest.auto_subscribe = dice.permille(900);
    guest
}

fn publish(world: &mut World, dice: &mut Dice, number: u32) {
    if let Some(&kind) = dice.pick(&KINDS)
        && world.clients[number as usize].published.len() < 4
    {
        world.publish(number, kind);
    }
}

fn unpublish(world: &mut World, dice: &mut Dice, number: u32) {
    let all = world.published(number);
    let settled = |track: &&u32| {
        world.clients[number as usize].published[**track as usize]
            .mid
            .is_some()
    };
    if let Some(&track) = dice.pick(&all).filter(settled) {
        world.unpublish(number, track);
    }
}

fn mute(world: &mut World, dice: &mut Dice, number: u32) {
    if let Some(&track) = dice.pick(&world.published(number)) {
        world.mute(number, track, dice.permille(600));
    }
}

fn subscribe(world: &mut World, dice: &mut Dice, number: u32) {
    if let Some(stream) = other_stream(world, dice, number) {
        world.subscribe(number, stream, dice.permille(500));
    }
}

fn look(world: &mut World, dice: &mut Dice, number: u32) {
    let Some(stream) = other_stream(world, dice, number) else {
        return;
    };
    let quality = if dice.permille(300) {
        None
    } else {
        dice.pick(&LayerQuality::ALL).copied()
    };
    world.look(number, stream, quality);
}

fn say(world: &mut World, dice: &mut Dice, number: u32, present: &[u32]) {
    let to = dice
        .pick(present)
        .copied()
        .filter(|&to| to != number && dice.permille(300));
    world.say(number, to);
}

fn go(world: &mut World, dice: &mut Dice, number: u32) {
    match dice.below(4) {
        0 => world.vanish(number),
        1 => world.remove(None, number),
        2 => world.babble(number),
        _ => world.leave(number),
    }
}

fn change_weather(world: &mut World, dice: &mut Dice, number: u32) {
    let weather = match dice.below(4) {
        0 => Weather {
            latency_ms: 10 + dice.below(150),
            ..Weather::default()
        },
        1 => Weather {
            jitter_ms: dice.below(40),
            loss_permille: dice.below(100),
            ..Weather::default()
        },
        2 => Weather {
            duplicate_permille: 100,
            rate_kbps: 300 + dice.below(700),
            ..Weather::default()
        },
        _ => Weather::OUTAGE,
    };
    world.set_weather(number, weather);
}

fn permit(world: &mut World, dice: &mut Dice, number: u32) {
    let mut permissions = world.model.people[&number].permissions.clone();
    match dice.below(2) {
        0 => permissions.can_publish = !permissions.can_publish,
        _ => permissions.can_subscribe = !permissions.can_subscribe,
    }
    world.permit(number, permissions);
}

fn heal(world: &mut World) {
    let present: Vec<u32> = world.present().collect();
    for number in present {
        world.set_weather(number, Weather::default());
        if world.clients[number as usize].presence == Presence::Adrift {
            resume(world, number);
        }
    }
}

fn resume(world: &mut World, number: u32) {
    if let Err(refusal) = world.resume(number) {
        world.complain(&format!(
            "{} may not resume: {refusal}",
            world.name(number).to_owned()
        ));
    }
}

/// A stream of somebody else's.
fn other_stream(world: &World, dice: &mut Dice, number: u32) -> Option<Stream> {
    let others: Vec<Stream> = world
        .present()
        .filter(|&other| other != number)
        .flat_map(|client| {
            world
                .published(client)
                .into_iter()
                .map(move |track| Stream { client, track })
        })
        .collect();
    dice.pick(&others).copied()
}

fn number_of(identity: &str) -> u64 {
    identity
        .bytes()
        .fold(0, |number, byte| number * 31 + u64::from(byte))
}

impl World {
    /// The tracks that a client publishes at the moment.
    fn published(&self, number: u32) -> Vec<u32> {
        let tracks = self.model.people.get(&number).map(|person| &person.tracks);
        let live = tracks.into_iter().flatten().filter(|(_, track)| track.live);
        live.map(|(&track, _)| track).collect()
    }
}
