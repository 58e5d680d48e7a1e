//! Data packets: each reliable one arrives once, in order, under its sender's true name.

use prost::Message;
use std::collections::BTreeMap;
use std::time::Instant;
use visio_protocol::wire;

/// To everybody.
const ALL: u32 = u32::MAX;

/// What was sent and what arrived.
#[derive(Debug, Default)]
pub struct Delivery {
    sent: BTreeMap<(u32, u32), Vec<Instant>>,
    /// By receiver, sender and scope: the newest number that arrived.
    arrived: BTreeMap<(u32, u32, u32), u32>,
}

impl Delivery {
    /// The next packet of `sender` to one receiver or to everybody, claiming a false name.
    pub(crate) fn compose(
        &mut self,
        now: Instant,
        sender: u32,
        to: Option<(u32, &str)>,
    ) -> Vec<u8> {
        let scope = to.map_or(ALL, |(receiver, _)| receiver);
        let sent = self.sent.entry((sender, scope)).or_default();
        sent.push(now);
        let number = u32::try_from(sent.len()).unwrap_or(u32::MAX);
        let words = [sender, scope, number];
        let payload = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        let user = wire::UserPacket {
            payload,
            ..Default::default()
        };
        let packet = wire::DataPacket {
            value: Some(wire::data_packet::Value::User(user)),
            participant_identity: "somebody else".to_owned(),
            destination_identities: to
                .map(|(_, identity)| identity.to_owned())
                .into_iter()
                .collect(),
            sequence: number,
            ..Default::default()
        };
        packet.encode_to_vec()
    }

    /// Judges a packet that `receiver` got; `name_of` gives a client's identity.
    pub(crate) fn hear<'a>(
        &mut self,
        receiver: u32,
        packet: &[u8],
        name_of: impl Fn(u32) -> Option<&'a str>,
    ) -> Result<(), String> {
        let packet = wire::DataPacket::decode(packet)
            .map_err(|error| format!("a data packet is broken: {error}"))?;
        let Some(wire::data_packet::Value::User(user)) = packet.value else {
            return Err("a data packet lost what was in it".to_owned());
        };
        let word = |at: usize| {
            Some(u32::from_be_bytes(
                user.payload.get(at..at + 4)?.try_into().ok()?,
            ))
        };
        let (Some(sender), Some(scope), Some(number)) = (word(0), word(4), word(8)) else {
            return Err("a data packet is too short".to_owned());
        };
        if name_of(sender) != Some(packet.participant_identity.as_str()) {
            return Err(format!(
                "a data packet of client {sender} came under a false name"
            ));
        }
        let is_named = scope == ALL || name_of(scope) == name_of(receiver);
        if !is_named || sender == receiver {
            return Err(format!(
                "a data packet of client {sender} reached somebody it was not for"
            ));
        }
        let newest = self.arrived.insert((receiver, sender, scope), number);
        if newest.is_some_and(|newest| number != newest + 1) {
            return Err(format!(
                "data packet {number} of client {sender} came after {newest:?}"
            ));
        }
        Ok(())
    }

    /// Whether the newest packet that `sender` sent everybody before `until` has reached `receiver`.
    pub(crate) fn is_up_to_date(
        &self,
        receiver: u32,
        sender: u32,
        since: Instant,
        until: Instant,
    ) -> bool {
        let sent = self.sent.get(&(sender, ALL)).map_or(&[][..], Vec::as_slice);
        let due = sent.iter().rposition(|&at| since <= at && at <= until);
        let arrived = self
            .arrived
            .get(&(receiver, sender, ALL))
            .copied()
            .unwrap_or(0);
        due.is_none_or(|due| arrived as usize > due)
    }

    /// How many packets of everybody's have reached `receiver`.
    #[must_use]
    pub fn arrived(&self, receiver: u32) -> u32 {
        let own = self.arrived.range((receiver, 0, 0)..=(receiver, ALL, ALL));
        own.map(|(_, &newest)| newest).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "any moment will do")]
    fn now() -> Instant {
        Instant::now()
    }

    fn name(client: u32) -> Option<&'static str> {
        ["alice", "bob", "carol"].get(client as usize).copied()
    }

    /// What the server makes of a packet: the same under another name.
    fn stamped(packet: &[u8], identity: &str) -> Vec<u8> {
        let mut packet = wire::DataPacket::decode(packet).unwrap();
        packet.participant_identity = identity.to_owned();
        packet.encode_to_vec()
    }

    #[test]
    fn packets_in_order_under_the_true_name_pass() {
        let (mut delivery, now) = (Delivery::default(), now());
        for _ in 0..3 {
            let packet = stamped(&delivery.compose(now, 0, None), "alice");
            assert_eq!(delivery.hear(1, &packet, name), Ok(()));
        }
        assert!(delivery.is_up_to_date(1, 0, now, now));
        assert!(
            !delivery.is_up_to_date(2, 0, now, now),
            "Carol has heard nothing"
        );
        assert_eq!(delivery.arrived(1), 3);
    }

    #[test]
    fn a_false_name_a_gap_a_repetition_and_an_eavesdropper_are_seen() {
        let (mut delivery, now) = (Delivery::default(), now());
        let [first, second, third] =
            [(); 3].map(|()| stamped(&delivery.compose(now, 0, None), "alice"));
        assert!(delivery.hear(1, &stamped(&first, "bob"), name).is_err());
        assert_eq!(delivery.hear(1, &first, name), Ok(()));
        assert!(delivery.hear(1, &first, name).is_err(), "twice");
        assert!(delivery.hear(1, &third, name).is_err(), "before the second");
        assert_eq!(delivery.hear(2, &second, name), Ok(()), "Carol came later");
        let whisper = stamped(&delivery.compose(now, 0, Some((1, "bob"))), "alice");
        assert!(delivery.hear(2, &whisper, name).is_err(), "not for Carol");
    }
}
