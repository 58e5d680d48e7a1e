//! A name and a password for each participant, which hold as long as they are connected.

use crate::clock;
use crate::entropy::random_bytes;
use aws_lc_rs::hmac;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use visio_protocol::names::{Identity, RoomName};
use visio_turn::{Key, REALM};

/// How long a credential holds after the connection has ended. Who comes back within it keeps theirs; a
/// meeting waits for them a shorter time (`RESUME_WINDOW_SECONDS`).
const KEPT: Duration = Duration::from_secs(60);

/// Cheap to clone.
#[derive(Clone)]
pub(super) struct Credentials {
    secret: Arc<hmac::Key>,
    held: Arc<Mutex<Held>>,
}

type Participant = (RoomName, Identity);

/// As many as there are connections, and those of the last minute.
#[derive(Default)]
struct Held {
    by_participant: BTreeMap<Participant, Credential>,
    by_username: BTreeMap<String, Participant>,
}

struct Credential {
    username: String,
    /// Two where somebody comes back before the end of the former is noticed.
    connections: usize,
    ends_at: Option<Instant>,
}

impl Credential {
    fn is_over(&self, now: Instant) -> bool {
        self.ends_at.is_some_and(|at| at <= now)
    }
}

/// A connection's hold on a credential.
pub struct Holding {
    credentials: Credentials,
    participant: Participant,
    username: String,
}

impl Credentials {
    pub(super) fn new(secret: [u8; 32]) -> Self {
        Self {
            secret: Arc::new(hmac::Key::new(hmac::HMAC_SHA256, &secret)),
            held: Arc::default(),
        }
    }

    /// One more connection of a participant: all of them have the same credential.
    pub(super) fn hold(&self, room: &RoomName, identity: &Identity) -> Holding {
        let participant = (room.clone(), identity.clone());
        let mut held = self.lock();
        held.forget_ended(clock::now());
        let held = &mut *held;
        let credential = held.by_participant.entry(participant.clone());
        let credential = credential.or_insert_with(|| {
            let username = hex(&random_bytes::<8>());
            held.by_username
                .insert(username.clone(), participant.clone());
            Credential {
                username,
                connections: 0,
                ends_at: None,
            }
        });
        credential.connections += 1;
        credential.ends_at = None;
        Holding {
            credentials: self.clone(),
            participant,
            username: credential.username.clone(),
        }
    }

    pub(super) fn password(&self, username: &str) -> String {
        hex(hmac::sign(&self.secret, username.as_bytes()).as_ref())
    }

    /// By what requests in this name are protected; `None` where it has ended or never was.
    pub(super) fn key(&self, username: &str) -> Option<Key> {
        let is_held = self.lock().is_held(username, clock::now());
        is_held.then(|| Key::new(username, REALM, &self.password(username)))
    }

    pub(super) fn is_held(&self, username: &str) -> bool {
        self.lock().is_held(username, clock::now())
    }

    fn release(&self, participant: &Participant, now: Instant) {
        if let Some(credential) = self.lock().by_participant.get_mut(participant) {
            credential.connections -= 1;
            if credential.connections == 0 {
                credential.ends_at = Some(now + KEPT);
            }
        }
    }

    /// As if all had left a minute ago.
    #[cfg(test)]
    pub(super) fn end_all(&self) {
        for credential in self.lock().by_participant.values_mut() {
            credential.ends_at = Some(clock::now());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn is_held(&self, username: &str, now: Instant) -> bool {
        let participant = self.by_username.get(username);
        let credential = participant.and_then(|one| self.by_participant.get(one));
        credential.is_some_and(|credential| !credential.is_over(now))
    }

    fn forget_ended(&mut self, now: Instant) {
        let by_username = &mut self.by_username;
        self.by_participant.retain(|_, credential| {
            let stays = !credential.is_over(now);
            if !stays {
                by_username.remove(&credential.username);
            }
            stays
        });
    }
}

impl Holding {
    pub(super) fn username(&self) -> &str {
        &self.username
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.credentials.release(&self.participant, clock::now());
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bob() -> (RoomName, Identity) {
        (RoomName::new("tea"), Identity::new("bob"))
    }

    #[test]
    fn a_credential_holds_as_long_as_somebody_is_connected_and_a_minute() {
        let credentials = Credentials::new([7; 32]);
        let (room, identity) = bob();
        let first = credentials.hold(&room, &identity);
        let name = first.username().to_owned();
        let again = credentials.hold(&room, &identity);
        assert_eq!(again.username(), name, "he has come back");
        drop(first);
        assert!(credentials.is_held(&name));
        drop(again);
        let mut held = credentials.lock();
        let now = clock::now();
        assert!(held.is_held(&name, now));
        assert!(!held.is_held(&name, now + KEPT));
        held.forget_ended(now + KEPT);
        assert!(held.by_participant.is_empty() && held.by_username.is_empty());
    }

    #[test]
    fn each_participant_has_a_credential_of_their_own() {
        let credentials = Credentials::new([7; 32]);
        let (room, bob) = bob();
        let bobs = credentials.hold(&room, &bob);
        let carols = credentials.hold(&room, &Identity::new("carol"));
        let elsewhere = credentials.hold(&RoomName::new("coffee"), &bob);
        let names = [&bobs, &carols, &elsewhere].map(Holding::username);
        assert!(names[0] != names[1] && names[0] != names[2]);
        assert_ne!(
            credentials.password(names[0]),
            credentials.password(names[1])
        );
        let other_server = Credentials::new([8; 32]);
        assert_ne!(
            credentials.password(names[0]),
            other_server.password(names[0])
        );
        assert!(credentials.key(names[0]).is_some());
        assert!(credentials.key("eve").is_none());
    }
}
