//! The oracles at work: each packet, message and goodbye is held against the model.

use crate::client::{Heard, Presence};
use crate::media::Truth;
use crate::model::Stream;
use crate::world::World;
use std::net::IpAddr;
use std::time::Duration;
use visio_meeting::{ConnectionId, Notice};
use visio_sfu::ClientMessage;
use visio_sfu::tap::TapEvent;

/// What is forbidden or renamed may still be underway for so long: the longest way of a command
/// to the server, and of the last packet from there.
pub(crate) const GRACE: Duration = Duration::from_millis(1500);

impl World {
    /// Hears what a client heard.
    pub(crate) fn judge(&mut self, index: usize) {
        let client = &mut self.clients[index];
        let (number, heard) = (client.number, std::mem::take(&mut client.heard));
        let data = std::mem::take(&mut client.data);
        for one in heard {
            self.judge_packet(index, &one);
        }
        for packet in data {
            let clients = &self.clients;
            let name_of = |sender: u32| Some(clients.get(sender as usize)?.guest.identity.as_str());
            if let Err(what) = self.delivery.hear(number, &packet, name_of) {
                let name = self.name(number).to_owned();
                self.complain(&format!("{name}: {what}"));
            }
        }
    }

    /// Eve may repeat a check of Alice's, which is answered where it came from (RFC 8445 section
    /// 7.3), and a packet that Alice's line has lost, for which the server asks whether Alice is
    /// there: nobody but her gets that, little for what she sent, and never media.
    pub(crate) fn judge_stranger(&mut self, address: IpAddr, bytes: &[u8]) {
        let credit = self.strangers.entry(address).or_default();
        let is_stun = matches!(bytes.first(), Some(0 | 1));
        match credit.checked_sub(bytes.len()) {
            Some(left) if is_stun => *credit = left,
            _ => self.complain(&format!(
                "the server sent {} bytes to a stranger",
                bytes.len()
            )),
        }
    }

    pub(crate) fn judge_tap(&mut self, event: TapEvent) {
        match event {
            TapEvent::Opened { tap, speaker, .. } => {
                self.taps.insert(tap, speaker.identity.to_string());
            }
            TapEvent::Updated { tap, speaker } => {
                self.taps.insert(tap, speaker.identity.to_string());
            }
            TapEvent::Packet { tap, payload, .. } => {
                self.tapped += 1;
                let truth = Truth::read(&payload);
                let said = truth.map(|truth| self.name(truth.client).to_owned());
                if said.is_none() || said.as_ref() != self.taps.get(&tap) {
                    self.complain(&format!(
                        "words of {said:?} were put down to {:?}",
                        self.taps.get(&tap)
                    ));
                }
            }
            TapEvent::Closed { tap } => {
                self.taps.remove(&tap);
            }
        }
    }

    /// A message reaches a client; nobody is sent away without a reason.
    pub(crate) fn read(&mut self, index: usize, message: ClientMessage) {
        let number = self.clients[index].number;
        if let ClientMessage::Notice(Notice::Leave { reason }) = &message {
            self.tell(
                number,
                &format!("is told to go: {reason:?}, {:?}", reason.action()),
            );
            let expected = self
                .model
                .people
                .get(&number)
                .is_none_or(|person| !person.present);
            if !expected {
                let name = self.name(number).to_owned();
                self.complain(&format!("{name} was sent away: {reason:?}"));
            }
        }
        self.clients[index].handle_message(self.now, message);
    }

    pub(crate) fn hung_up(&mut self, connection: ConnectionId) {
        self.sfu.disconnected(self.moment(), connection);
        let Some(index) = self.on(connection) else {
            return;
        };
        let number = self.clients[index].number;
        self.clients[index].presence = Presence::Gone;
        if self
            .model
            .people
            .get(&number)
            .is_some_and(|person| person.present)
        {
            let name = self.name(number).to_owned();
            self.complain(&format!("the server hung up on {name}"));
        }
    }

    fn judge_packet(&mut self, index: usize, heard: &Heard) {
        let (number, name) = (
            self.clients[index].number,
            self.clients[index].guest.identity.clone(),
        );
        let stream = Stream {
            client: heard.truth.client,
            track: heard.truth.track,
        };
        *self.window.entry((number, stream)).or_default() += 1;
        let Some(publisher) = self.clients.get(stream.client as usize) else {
            return self.complain(&format!("{name} heard a stream of nobody's"));
        };
        let Some(published) = publisher.published.get(stream.track as usize) else {
            return self.complain(&format!("{name} heard a track that nobody published"));
        };
        let (kind, from) = (published.kind, publisher.guest.identity.clone());
        let true_name = published.sid.as_ref().map(ToString::to_string);
        let addresses = [self.clients[index].address(), publisher.address()];
        let clean = addresses
            .iter()
            .all(|&address| self.network.was_clean(address));
        // A resent packet may be older than the prohibition.
        let sent = publisher.born + Duration::from_millis(heard.truth.sent_ms.into());
        let since = self.model.forbidden_since(number, stream);
        if since.is_some_and(|since| sent > since + GRACE) {
            self.complain(&format!(
                "{name} heard {kind:?} of {from}, which is forbidden"
            ));
        }
        let mid = heard.mid.to_string();
        let told = self.clients[index]
            .names
            .get(&mid)
            .filter(|(_, since)| self.now > *since + GRACE);
        // On a link that has become faster a packet may overtake the answer that names it.
        let reads = self.clients[index].presence == Presence::In
            && self.network.was_clean(self.clients[index].address());
        if reads && told.is_some_and(|(told, _)| Some(told) != true_name.as_ref()) {
            self.complain(&format!(
                "{name} heard {kind:?} of {from} under another name"
            ));
        }
        if let Err(what) = self.continuity.hear(number, kind, heard, clean) {
            self.complain(&format!("{name} hears {kind:?} of {from}: {what}"));
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::client::Guest;
    use crate::media::Kind;
    use visio_meeting::Command;

    /// Alice speaks and Bob listens; nothing is wrong so far.
    pub(crate) fn begun() -> (World, u32, u32) {
        let mut world = World::new(9);
        let alice = world.join(Guest::new("alice"));
        let bob = world.join(Guest::new("bob"));
        world.publish(alice, Kind::Microphone);
        world.settle();
        assert!(world.complaints().is_empty(), "{:?}", world.complaints());
        (world, alice, bob)
    }

    pub(crate) fn complains(world: &World, of: &str) -> bool {
        world
            .complaints()
            .iter()
            .any(|complaint| complaint.contains(of))
    }

    #[test]
    fn what_the_model_forbids_is_noticed_when_it_flows() {
        let (mut world, _, bob) = begun();
        world
            .model
            .people
            .get_mut(&bob)
            .unwrap()
            .permissions
            .can_subscribe = false;
        world.model.refresh(world.now);
        world.run(3.0);
        assert!(complains(
            &world,
            "bob heard Microphone of alice, which is forbidden"
        ));
    }

    #[test]
    fn a_ghost_a_goodbye_and_a_false_name_are_noticed() {
        let (mut world, alice, bob) = begun();
        world.clients[alice as usize].published[0].sid = None;
        world.run(2.0);
        assert!(complains(&world, "under another name"));
        world.attempt(alice, Command::Leave);
        world.settle();
        assert!(complains(&world, "alice was sent away") && complains(&world, "bob sees {}"));
        assert!(world.model.people[&bob].present);
    }

    #[test]
    fn a_stranger_who_gets_more_than_she_sent_is_noticed() {
        let (mut world, ..) = begun();
        let eve: IpAddr = [66, 6, 6, 6].into();
        world.strangers.insert(eve, 100);
        world.judge_stranger(eve, &[1; 64]);
        assert!(!complains(&world, "stranger"));
        world.judge_stranger(eve, &[1; 64]);
        assert!(complains(&world, "stranger"));
    }
}
