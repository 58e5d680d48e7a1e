//! What becomes of a client's connections: they break, come back, and get other weather or another
//! address.

use crate::client::Presence;
use crate::weather::Weather;
use crate::world::{World, room};
use visio_meeting::Refusal;
use visio_protocol::names::Identity;
use visio_sfu::Resumption;

impl World {
    /// The device dies: no word, no datagram.
    pub fn vanish(&mut self, number: u32) {
        self.cut(number);
        self.clients[number as usize].presence = Presence::Gone;
        let now = self.now;
        self.update(number, |person| {
            (person.present, person.reachable) = (false, false);
            person.vanished = Some(now);
        });
        self.tell(number, "vanishes");
    }

    /// The WebSocket breaks; media goes on.
    pub fn cut(&mut self, number: u32) {
        let client = &mut self.clients[number as usize];
        let connection = client.connection;
        client.presence = Presence::Adrift;
        self.network.roughen(client.address());
        // What the client has written arrives; what it should have read is lost.
        for request in self.websockets.cut(connection) {
            self.sfu.request(self.moment(), connection, request);
        }
        self.sfu.disconnected(self.moment(), connection);
        self.flush_server();
        self.tell(number, "loses the signal connection");
    }

    /// Comes back on a new WebSocket and keeps the session.
    ///
    /// # Errors
    /// The server's refusal.
    pub fn resume(&mut self, number: u32) -> Result<(), Refusal> {
        let connection = self.next_connection();
        let client = &mut self.clients[number as usize];
        let sid = client.sid.clone().ok_or(Refusal::StateMismatch)?;
        client.connection = connection;
        let identity = Identity::new(&*client.guest.identity);
        let resumption = Resumption {
            connection,
            identity,
            sid,
        };
        let outcome = self.sfu.resume(self.moment(), &room(), &resumption);
        self.flush_server();
        self.tell(number, &format!("resumes: {outcome:?}"));
        outcome
    }

    /// Changes what the link of a client does.
    pub fn set_weather(&mut self, number: u32, weather: Weather) {
        let address = self.clients[number as usize].address();
        self.network.set_weather(address, weather);
        self.update(number, |person| {
            person.reachable = weather != Weather::OUTAGE;
        });
        self.tell(number, &format!("has {weather:?}"));
    }

    /// The NAT before a client gives all its sockets other ports, and tells nobody.
    pub fn rebind(&mut self, number: u32) {
        let client = &self.clients[number as usize];
        let subscriber = client.subscriber.as_ref().map(|one| one.address);
        let sockets = [Some(client.publisher.address), subscriber];
        for socket in sockets.into_iter().flatten() {
            self.network.rebind(socket);
        }
        self.tell(number, "has another address");
    }
}
