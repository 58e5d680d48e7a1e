//! Liveness: in quiet times everybody receives and sees what they should, and at the end the server
//! holds nothing of the meeting.

use crate::client::{Client, Presence};
use crate::judge::GRACE;
use crate::model::Stream;
use crate::network::Way;
use crate::world::World;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Who vanished is missed only after that.
const RESUME_WINDOW: Duration = Duration::from_secs(15);

/// In quiet times everything that should flow does so after that many seconds …
const SETTLING_SECONDS: f64 = 5.0;
/// … and is then listened to for so long.
const LISTENING_SECONDS: f64 = 2.5;

/// A meeting that everybody has left is over after that many seconds: beyond the resume window
/// of those who vanished and the patience with an empty room.
const PARTING_SECONDS: f64 = 20.0;

impl World {
    /// Waits until quiet, then demands that everybody receives what they should, and sees whom
    /// they should.
    pub fn settle(&mut self) {
        self.run(SETTLING_SECONDS);
        self.window.clear();
        let asked = self.now;
        self.run(LISTENING_SECONDS);
        for index in 0..self.clients.len() {
            if self.clients[index].presence == Presence::In {
                self.demand_media(index);
                self.demand_roster(index);
                self.demand_data(index, asked);
                self.demand_completeness(index);
            }
        }
    }

    /// Everybody leaves; then nothing of the meeting may be left in the server.
    pub fn finish(&mut self) {
        let present: Vec<u32> = self.present().collect();
        for number in present {
            self.leave(number);
        }
        self.run(PARTING_SECONDS);
        let left = self.sfu.resource_counts();
        if left != Default::default() {
            self.complain(&format!(
                "everybody has left and the server still holds {left:?}"
            ));
        }
        let meetings_begun = u32::from(!self.clients.is_empty());
        if self.ended < meetings_begun {
            self.complain("everybody has left and the meeting did not end");
        }
    }

    fn demand_media(&mut self, index: usize) {
        let number = self.clients[index].number;
        let demanded: Vec<Stream> = self.model.demanded(number).collect();
        let (mut heard, mut packets): (Vec<String>, Vec<u64>) = (Vec::new(), Vec::new());
        for stream in demanded {
            let kind = self.clients[stream.client as usize].published[stream.track as usize].kind;
            let from = self.name(stream.client).to_owned();
            if let Some(count) = self.window.get(&(number, stream)) {
                packets.push(*count);
                heard.push(format!("{from}'s {kind:?}"));
            } else {
                let name = self.name(number).to_owned();
                self.complain(&format!("{name} does not receive {kind:?} of {from}"));
            }
        }
        let told = if heard.is_empty() {
            "nothing".to_owned()
        } else {
            heard.join(", ")
        };
        self.tell(number, &format!("receives {told} {packets:?}"));
    }

    fn demand_roster(&mut self, index: usize) {
        let client: &Client = &self.clients[index];
        let expected = self.model.visible_to(client.number);
        let ghosts = self.model.people.values().filter(|person| {
            person
                .vanished
                .is_some_and(|since| self.now < since + RESUME_WINDOW + GRACE)
        });
        let ghosts: BTreeSet<&str> = ghosts.map(|person| person.identity.as_str()).collect();
        let seen = client.roster.values().map(|view| view.identity.to_string());
        let seen: BTreeSet<String> = seen
            .filter(|name| expected.contains(name) || !ghosts.contains(name.as_str()))
            .collect();
        if seen != expected {
            let name = client.guest.identity.clone();
            self.complain(&format!("{name} sees {seen:?} and should see {expected:?}"));
        }
    }

    fn demand_data(&mut self, index: usize, asked: Instant) {
        let (number, joined) = (self.clients[index].number, self.clients[index].ready);
        let Some(joined) = joined else {
            return;
        };
        let others: Vec<u32> = self.present().filter(|&other| other != number).collect();
        for other in others {
            if !self
                .delivery
                .is_up_to_date(number, other, joined + GRACE, asked)
            {
                let (name, from) = (self.name(number).to_owned(), self.name(other).to_owned());
                self.complain(&format!("{name} misses data of {from}"));
            }
        }
    }

    /// No more is missing than the links have lost.
    fn demand_completeness(&mut self, index: usize) {
        let client = &self.clients[index];
        let down = self.network.lost(client.address(), Way::Down);
        let mut short = Vec::new();
        for (stream, missing) in self.continuity.missing(client.number) {
            let publisher = &self.clients[stream.client as usize];
            let lost = down + self.network.lost(publisher.address(), Way::Up);
            // Of what is reordered around a beginning, one packet may come before its keyframe or
            // after the switch: nobody has use for it.
            let rough = !self.network.was_clean(publisher.address());
            let spans = self.continuity.spans(client.number) as u64;
            let late = if rough { spans } else { 0 };
            let lost = lost + late;
            if missing > lost {
                short.push(format!(
                    "{missing} packets of {} and {lost} were lost",
                    publisher.guest.identity
                ));
            }
        }
        let name = client.guest.identity.clone();
        for what in short {
            self.complain(&format!("{name} misses {what}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::judge::tests::{begun, complains};
    use visio_meeting::Command;

    #[test]
    fn what_the_model_demands_is_noticed_when_it_does_not_flow() {
        let (mut world, alice, bob) = begun();
        let sid = world.clients[alice as usize].published[0]
            .sid
            .clone()
            .unwrap();
        world.attempt(
            bob,
            Command::Subscribe {
                tracks: vec![sid],
                wanted: false,
            },
        );
        world.settle();
        assert!(complains(
            &world,
            "bob does not receive Microphone of alice"
        ));
    }

    #[test]
    fn what_is_left_in_the_server_is_noticed() {
        let (mut world, alice, _) = begun();
        world.leave(alice);
        let bob = world
            .model
            .people
            .values_mut()
            .find(|person| person.identity == "bob")
            .unwrap();
        bob.present = false;
        world.finish();
        assert!(complains(&world, "still holds") && complains(&world, "did not end"));
    }
}
