//! What people do, told to the server by their clients and to the model by themselves.

use crate::client::{Client, Guest, Presence};
use crate::dice::Dice;
use crate::hostile;
use crate::media::Kind;
use crate::model::{Person, Stream, Track};
use crate::network::Way;
use crate::websockets::SignalMessage;
use crate::world::{World, room};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use visio_meeting::{
    AddTrack, Command, ConnectionId, Join, LayerQuality, MetadataChange, Permissions, Refusal,
    SubscriptionPermission, TrackGrant, TrackSettings,
};
use visio_protocol::ids::TrackSid;
use visio_protocol::names::Identity;
use visio_sfu::{PipelinedJoin, Request};

impl World {
    /// Somebody comes in; a participant with the same identity goes. Returns the number of the client.
    ///
    /// # Errors
    /// The server's refusal.
    pub fn try_join(&mut self, guest: Guest) -> Result<u32, Refusal> {
        let number = u32::try_from(self.clients.len()).unwrap_or(u32::MAX);
        let connection = self.next_connection();
        let mut client = Client::new(self.now, number, guest.clone(), connection);
        // With the join request comes the first offer, to save a round trip.
        let requests = client.requests.drain(..).collect();
        self.replace(&guest.identity);
        self.clients.push(client);
        let pipelined = PipelinedJoin {
            join: join(connection, &guest),
            requests,
        };
        let entered = self.sfu.enter(self.moment(), Self::setup(), pipelined);
        if let Err(refusal) = entered {
            self.clients[number as usize].presence = Presence::Gone;
            return Err(refusal);
        }
        self.model.people.insert(number, person(guest));
        self.tell(number, "joins");
        self.changed();
        self.flush_server();
        Ok(number)
    }

    /// Somebody comes in who must be let in.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn join(&mut self, guest: Guest) -> u32 {
        let joined = self.try_join(guest);
        assert!(joined.is_ok(), "refused: {joined:?}");
        joined.unwrap_or_default()
    }

    /// Those who are in the meeting.
    pub fn present(&self) -> impl Iterator<Item = u32> + '_ {
        self.model
            .people
            .iter()
            .filter(|(_, person)| person.present)
            .map(|(&number, _)| number)
    }

    pub fn publish(&mut self, number: u32, kind: Kind) -> u32 {
        let seed = self.seed;
        let client = &mut self.clients[number as usize];
        let track = client.add_track(seed, kind);
        let cid = client.published[track].cid.clone();
        let track = u32::try_from(track).unwrap_or(u32::MAX);
        self.command(number, Command::AddTrack(announcement(kind, &cid)));
        self.update(number, |person| {
            let live = person.permissions.may_publish(kind.source());
            person.tracks.insert(
                track,
                Track {
                    kind,
                    live,
                    muted: false,
                },
            );
        });
        self.tell(number, &format!("publishes {kind:?}"));
        track
    }

    /// Whether the server has named a section for that track to the client.
    #[must_use]
    pub fn is_offered(&self, number: u32, stream: Stream) -> bool {
        let published = &self.clients[stream.client as usize].published[stream.track as usize];
        let sid = published.sid.as_ref().map(ToString::to_string);
        let mut names = self.clients[number as usize].names.values();
        names.any(|(name, _)| Some(name) == sid.as_ref())
    }

    /// LiveKit has no message for it: the section stops sending.
    pub fn unpublish(&mut self, number: u32, track: u32) {
        let client = &mut self.clients[number as usize];
        client.published[track as usize].stopped = true;
        client.offer_wanted = true;
        client.negotiate();
        self.flush_client(number as usize);
        self.update(number, |person| {
            if let Some(track) = person.tracks.get_mut(&track) {
                track.live = false;
            }
        });
        self.tell(number, &format!("unpublishes track {track}"));
    }

    pub fn mute(&mut self, number: u32, track: u32, muted: bool) {
        let published = &mut self.clients[number as usize].published[track as usize];
        // What has no name yet cannot be named to the server.
        let Some(sid) = published.sid.clone() else {
            return;
        };
        published.muted = muted;
        self.command(number, Command::Mute { track: sid, muted });
        self.update(number, |person| {
            if let Some(track) = person.tracks.get_mut(&track) {
                track.muted = muted;
            }
        });
        self.tell(number, &format!("mutes track {track}: {muted}"));
    }

    /// A camera or a screen that shows a new picture only that often.
    pub fn set_frame_interval(&mut self, number: u32, seconds: f64) {
        let client = &mut self.clients[number as usize];
        client.frame_interval = Duration::from_secs_f64(seconds);
        client.next_frame = self.now + client.frame_interval;
        self.tell(number, &format!("shows a picture every {seconds} s"));
    }

    /// The camera was off and is opened again: its encoders begin with a keyframe.
    pub fn begin_anew(&mut self, number: u32, track: u32) {
        let published = &mut self.clients[number as usize].published[track as usize];
        for encoding in &mut published.encodings {
            encoding.key_wanted = true;
        }
    }

    /// How many packets of a stream were heard since the last [`Self::settle`] listened.
    #[must_use]
    pub fn heard(&self, number: u32, stream: Stream) -> u64 {
        self.window.get(&(number, stream)).copied().unwrap_or(0)
    }

    /// How many copies of earlier frames somebody was sent with the frames of others.
    #[must_use]
    pub fn copies(&self, number: u32) -> u64 {
        self.clients[number as usize].copies
    }

    /// How many bytes the server has sent to somebody.
    #[must_use]
    pub fn sent_bytes(&self, number: u32) -> usize {
        let address = self.clients[number as usize].address();
        self.network.sent_bytes(address, Way::Down)
    }

    /// Asks for a stream or asks to be spared it; only what the client was told of can be named.
    pub fn subscribe(&mut self, number: u32, stream: Stream, wanted: bool) -> bool {
        let Some(sid) = self.known_sid(number, stream) else {
            return false;
        };
        self.command(
            number,
            Command::Subscribe {
                tracks: vec![sid],
                wanted,
            },
        );
        self.update(number, |person| {
            if person.permissions.can_subscribe || !wanted {
                person.wishes.insert(stream, wanted);
            }
        });
        self.tell(number, &format!("wants {stream:?}: {wanted}"));
        true
    }

    /// Looks at a stream at some quality, or not at all.
    pub fn look(&mut self, number: u32, stream: Stream, quality: Option<LayerQuality>) -> bool {
        let Some(sid) = self.known_sid(number, stream) else {
            return false;
        };
        let settings = TrackSettings {
            disabled: quality.is_none(),
            quality: quality.unwrap_or_default(),
            ..TrackSettings::default()
        };
        self.command(
            number,
            Command::ConfigureSubscription {
                tracks: vec![sid],
                settings,
            },
        );
        self.update(number, |person| {
            if quality.is_none() {
                person.disabled.insert(stream);
            } else {
                person.disabled.remove(&stream);
            }
        });
        self.tell(number, &format!("looks at {stream:?}: {quality:?}"));
        true
    }

    /// Says who may receive the own tracks; `None` lets everybody.
    pub fn let_receive(&mut self, number: u32, audience: Option<&[&str]>) {
        let grant = |identity: &&str| TrackGrant {
            identity: Some(Identity::new(*identity)),
            all_tracks: true,
            ..TrackGrant::default()
        };
        let permission = SubscriptionPermission {
            all_participants: audience.is_none(),
            grants: audience.unwrap_or_default().iter().map(grant).collect(),
        };
        self.command(number, Command::SetAudience(permission));
        let audience = audience.map(|names| {
            names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<BTreeSet<_>>()
        });
        self.tell(number, &format!("lets {audience:?} receive"));
        self.update(number, |person| person.audience = audience);
    }

    /// Sends a reliable data packet to everybody or to one.
    pub fn say(&mut self, number: u32, to: Option<u32>) {
        let identity = to.map(|to| (to, self.name(to).to_owned()));
        let packet = self.delivery.compose(
            self.now,
            number,
            identity.as_ref().map(|(to, name)| (*to, name.as_str())),
        );
        let client = &mut self.clients[number as usize];
        client.unsent.push_back(packet);
        client.send_data(self.now);
        self.flush_client(number as usize);
        self.tell(number, "says something");
    }

    pub fn leave(&mut self, number: u32) {
        self.command(number, Command::Leave);
        self.clients[number as usize].presence = Presence::Gone;
        self.absent(number);
        self.tell(number, "leaves");
    }

    /// An administrator, or a host over their own connection, sends somebody away.
    pub fn remove(&mut self, by: Option<u32>, number: u32) {
        let identity = Identity::new(self.name(number));
        let tokens_before_unix_s = None;
        let remove = Command::Remove {
            identity,
            tokens_before_unix_s,
        };
        self.order(by, remove);
        self.absent(number);
        self.tell(number, "is removed");
    }

    pub fn permit(&mut self, number: u32, permissions: Permissions) {
        let (identity, permissions_given) =
            (Identity::new(self.name(number)), Some(permissions.clone()));
        let change = MetadataChange::default();
        self.order(
            None,
            Command::UpdateParticipant {
                identity,
                change,
                permissions: permissions_given,
            },
        );
        self.update(number, |person| {
            person.permissions = permissions;
            for track in person.tracks.values_mut() {
                track.live &= person.permissions.may_publish(track.kind.source());
            }
        });
        self.tell(number, "is given other permissions");
    }

    /// An administrator mutes a track; its client may be deaf to it.
    pub fn silence(&mut self, number: u32, track: u32) {
        let Some(sid) = self.clients[number as usize].published[track as usize]
            .sid
            .clone()
        else {
            return;
        };
        let identity = Identity::new(self.name(number));
        self.order(
            None,
            Command::MuteTrack {
                identity,
                track: sid,
                muted: true,
            },
        );
        self.update(number, |person| {
            if let Some(track) = person.tracks.get_mut(&track) {
                track.muted = true;
            }
        });
        self.tell(number, "is silenced");
    }

    /// What somebody in the meeting sends seems to come from somebody else's address, or from the own again.
    pub fn impersonate(&mut self, number: u32, victim: Option<u32>) {
        let own = self.clients[number as usize].publisher.address;
        let victim = victim.map(|victim| {
            let client = &self.clients[victim as usize];
            client
                .subscriber
                .as_ref()
                .unwrap_or(&client.publisher)
                .address
        });
        self.network.forge(own, victim);
        self.tell(number, "writes an address on what it sends");
    }

    /// Asks for what the server must refuse: the model changes nothing.
    pub fn attempt(&mut self, number: u32, command: Command) {
        self.command(number, command);
        self.tell(number, "tries what is not allowed");
    }

    /// Eve throws `count` datagrams at the server, from addresses of her own or as if from `victim`.
    pub fn attack(&mut self, count: u64, victim: Option<u32>) {
        let dice = Dice::new(
            self.seed,
            &[u64::try_from(self.elapsed().as_micros()).unwrap_or(0)],
        );
        let source = victim.map(|victim| self.clients[victim as usize].publisher.address);
        for (source, bytes) in hostile::datagrams(dice, &self.traffic, count, source) {
            self.reach_server(source, &bytes);
        }
        self.log
            .push(format!("{:8.3} Eve attacks", self.elapsed().as_secs_f64()));
    }

    /// A client sends words that are no session description, and is sent away for it.
    pub fn babble(&mut self, number: u32) {
        self.ask(
            number,
            Request::Offer {
                id: 99,
                sdp: "v=0\r\nm=audio \0\r\n".to_owned(),
            },
        );
        self.absent(number);
        self.tell(number, "babbles");
    }

    fn order(&mut self, by: Option<u32>, command: Command) {
        match by {
            Some(host) => self.command(host, command),
            None => drop(self.sfu.command(self.moment(), &room(), None, command)),
        }
        self.flush_server();
    }

    fn command(&mut self, number: u32, command: Command) {
        self.ask(number, Request::Command(command));
    }

    fn ask(&mut self, number: u32, request: Request) {
        let connection = self.clients[number as usize].connection;
        let latency = self
            .network
            .weather(self.clients[number as usize].address())
            .latency_ms;
        let at = self.now + Duration::from_millis(latency);
        self.websockets
            .send(at, SignalMessage::ToServer(connection, request));
    }

    fn known_sid(&self, number: u32, stream: Stream) -> Option<TrackSid> {
        let sid = self.clients[stream.client as usize].published[stream.track as usize]
            .sid
            .clone()?;
        let views = self.clients[number as usize].roster.values();
        let known = views
            .flat_map(|view| &view.tracks)
            .any(|track| track.sid == sid);
        known.then_some(sid)
    }

    pub(crate) fn next_connection(&mut self) -> ConnectionId {
        self.connections += 1;
        ConnectionId(self.connections)
    }

    fn replace(&mut self, identity: &str) {
        let former: Vec<u32> = self
            .present()
            .filter(|&number| self.name(number) == identity)
            .collect();
        for number in former {
            self.absent(number);
        }
    }

    fn absent(&mut self, number: u32) {
        self.update(number, |person| person.present = false);
    }

    pub(crate) fn update(&mut self, number: u32, change: impl FnOnce(&mut Person)) {
        if let Some(person) = self.model.people.get_mut(&number) {
            change(person);
        }
        self.changed();
    }

    fn changed(&mut self) {
        self.model.refresh(self.now);
    }
}

fn person(guest: Guest) -> Person {
    Person {
        identity: guest.identity,
        permissions: guest.permissions,
        auto_subscribe: guest.auto_subscribe,
        present: true,
        vanished: None,
        reachable: true,
        tracks: BTreeMap::new(),
        wishes: BTreeMap::new(),
        disabled: BTreeSet::new(),
        audience: None,
    }
}

fn join(connection: ConnectionId, guest: &Guest) -> Join {
    Join {
        permissions: guest.permissions.clone(),
        mode: guest.mode,
        auto_subscribe: guest.auto_subscribe,
        // Each join comes with a token of its own, newer than what moderators said.
        ..visio_fixtures::join(connection, &guest.identity)
    }
}

pub(crate) fn announcement(kind: Kind, cid: &str) -> AddTrack {
    AddTrack {
        kind: kind.media(),
        source: kind.source(),
        width: 1280,
        height: 720,
        layers: kind.declared_layers(),
        codecs: kind.codecs(cid),
        ..visio_fixtures::microphone(cid)
    }
}
