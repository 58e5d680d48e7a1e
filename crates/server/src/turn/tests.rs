//! Stories of the relay on real sockets: over UDP, over TCP, and what Eve gets of it.

use super::client::Client;
use super::quota::PER_CREDENTIAL_MAX;
use super::{Over, Turn, Way};
use crate::clock;
use crate::config::{self, Settings};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use visio_protocol::names::{Identity, RoomName};
use visio_turn::{ALLOCATION_QUOTA_REACHED, Heard, Visitor, frame};

const WITHIN: Duration = Duration::from_secs(10);

/// A relay before one worker, whose part the test plays.
struct House {
    turn: Turn,
    worker: UdpSocket,
    address: SocketAddr,
}

impl House {
    async fn new() -> Self {
        let worker = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = worker.local_addr().unwrap();
        let plan = config::plan(Settings::default()).unwrap().turn;
        let turn = Turn::new(&plan, &[address], &[address.ip()]);
        Self {
            turn,
            worker,
            address,
        }
    }

    /// The worker answers whatever it is told.
    async fn echo(&self) {
        let mut buffer = [0; 2048];
        let received = self.worker.recv_from(&mut buffer);
        let (length, source) = tokio::time::timeout(WITHIN, received)
            .await
            .unwrap()
            .unwrap();
        self.worker
            .send_to(&buffer[..length], source)
            .await
            .unwrap();
    }

    fn visitor(&self, name: &str) -> (super::Holding, Visitor) {
        let way = Way {
            host: "localhost".to_owned(),
            port: 8080,
            over: Over::Tcp,
        };
        let access = self
            .turn
            .access(&way, &RoomName::new("tea"), &Identity::new(name));
        assert_eq!(access.urls.len(), 2);
        let visitor = Visitor::new(&access.username, &access.password, [1; 12]);
        (access.holding, visitor)
    }

    /// A connection to the relay, as the listener hands it over.
    fn connect(&self) -> (DuplexStream, JoinHandle<()>) {
        let (bobs, ours) = tokio::io::duplex(256);
        let turn = self.turn.clone();
        let from = "192.0.2.2:4000".parse().unwrap();
        let served = async move { turn.serve_stream(ours, Vec::new(), from, &|_| true).await };
        (bobs, tokio::spawn(served))
    }
}

/// Somebody at one end of a stream.
struct Caller {
    stream: DuplexStream,
    unread: Vec<u8>,
    visitor: Visitor,
}

impl Caller {
    async fn read(&mut self) -> Heard {
        loop {
            if let Some(next) = frame(&self.unread).unwrap() {
                let bytes: Vec<u8> = self.unread.drain(..next.with_padding).collect();
                return self.visitor.read(&bytes[..next.bytes]);
            }
            let mut piece = [0; 100];
            let read = tokio::time::timeout(WITHIN, self.stream.read(&mut piece));
            let length = read.await.unwrap().unwrap();
            assert!(length > 0, "the relay has hung up");
            self.unread.extend(&piece[..length]);
        }
    }

    async fn ask(&mut self, request: impl Fn(&mut Visitor) -> Vec<u8>) -> Heard {
        loop {
            let asked = request(&mut self.visitor);
            self.stream.write_all(&asked).await.unwrap();
            match self.read().await {
                Heard::Again => {}
                heard => return heard,
            }
        }
    }
}

#[tokio::test]
async fn bob_reaches_his_worker_over_a_stream_and_leaves_nothing_behind() {
    let house = House::new().await;
    let (_holding, visitor) = house.visitor("bob");
    let (stream, served) = house.connect();
    let mut bob = Caller {
        stream,
        unread: Vec::new(),
        visitor,
    };
    assert_eq!(bob.ask(Visitor::allocate).await, Heard::Done);
    assert_eq!(house.turn.0.quota.total(), 1);
    assert_eq!(bob.ask(|one| one.bind(house.address)).await, Heard::Done);
    // Lengths that need padding, and more than the line takes at once.
    for length in [1, 2, 3, 4, 1200] {
        let data = vec![length as u8; length];
        let sent = bob.visitor.wrap(&data);
        let (sending, ()) = tokio::join!(bob.stream.write_all(&sent), house.echo());
        sending.unwrap();
        assert_eq!(bob.read().await, Heard::Data(data));
    }
    drop(bob);
    served.await.unwrap();
    assert_eq!(house.turn.0.quota.total(), 0);
}

#[tokio::test]
async fn bob_reaches_his_worker_over_udp_until_he_gives_it_back() {
    let house = House::new().await;
    let (_holding, mut bob) = house.visitor("bob");
    let port = crate::media::sockets::udp(0).unwrap();
    let relay = SocketAddr::from(([127, 0, 0, 1], port.local_addr().unwrap().port()));
    let (stop, stopped) = watch::channel(false);
    let served = tokio::spawn(house.turn.datagrams(port, stopped).unwrap());
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(relay).await.unwrap();
    let ask = async |bytes: &[u8]| {
        socket.send(bytes).await.unwrap();
        let mut buffer = [0; 2048];
        let received = tokio::time::timeout(WITHIN, socket.recv(&mut buffer));
        let length = received.await.unwrap().unwrap();
        buffer[..length].to_vec()
    };
    let challenge = ask(&bob.allocate()).await;
    assert_eq!(bob.read(&challenge), Heard::Again);
    let granted = ask(&bob.allocate()).await;
    assert_eq!(bob.read(&granted), Heard::Done);
    let bound = ask(&bob.bind(house.address)).await;
    assert_eq!(bob.read(&bound), Heard::Done);
    for said in ["hello", "again"] {
        let sent = bob.wrap(said.as_bytes());
        let (heard, ()) = tokio::join!(ask(&sent), house.echo());
        assert_eq!(bob.read(&heard), Heard::Data(said.into()));
    }
    assert_eq!(house.turn.0.quota.total(), 1);
    let released = ask(&bob.release()).await;
    assert_eq!(bob.read(&released), Heard::Done);
    let deadline = clock::now() + WITHIN;
    while house.turn.0.quota.total() > 0 {
        assert!(clock::now() < deadline, "the allocation stays");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.send(true).unwrap();
    served.await.unwrap();
}

#[tokio::test]
async fn eve_with_a_credential_gets_so_many_allocations_and_no_peer_but_the_worker() {
    let house = House::new().await;
    let (_holding, mut eve) = house.visitor("eve");
    let mut clients = Vec::new();
    for number in 0..=PER_CREDENTIAL_MAX {
        let port = u16::try_from(number).unwrap();
        let mut client = Client::new(&house.turn, SocketAddr::from(([192, 0, 2, 66], port)));
        // Each of her addresses has a nonce of its own.
        let mut outcome = Heard::Again;
        while outcome == Heard::Again {
            let asked = eve.allocate();
            outcome = eve.read(&client.take(&asked).unwrap());
        }
        let expected = match number {
            PER_CREDENTIAL_MAX => Heard::Refused(ALLOCATION_QUOTA_REACHED),
            _ => Heard::Done,
        };
        assert_eq!(outcome, expected);
        if number == 0 {
            let asked = eve.bind("127.0.0.1:22".parse().unwrap());
            let answer = client.take(&asked).unwrap();
            assert_eq!(eve.read(&answer), Heard::Refused(403));
        }
        clients.push(client);
    }
    assert_eq!(house.turn.0.quota.total(), PER_CREDENTIAL_MAX);
    drop(clients);
    assert_eq!(house.turn.0.quota.total(), 0);
}

#[tokio::test]
async fn who_speaks_something_else_is_cut_off() {
    let house = House::new().await;
    let (mut eves, served) = house.connect();
    eves.write_all(b"\0\0\xff\xffHTTP").await.unwrap();
    served.await.unwrap();
}

#[tokio::test]
async fn a_credential_ends_with_the_connection_it_was_given_to() {
    let house = House::new().await;
    let (holding, mut bob) = house.visitor("bob");
    let mut client = Client::new(&house.turn, "192.0.2.2:4000".parse().unwrap());
    let asked = bob.allocate();
    assert_eq!(bob.read(&client.take(&asked).unwrap()), Heard::Again);
    let asked = bob.allocate();
    assert_eq!(bob.read(&client.take(&asked).unwrap()), Heard::Done);
    assert!(!client.is_over());
    drop(holding);
    assert!(!client.is_over(), "he may come back");
    house.turn.0.credentials.end_all();
    assert!(client.is_over());
    let asked = bob.bind(house.address);
    assert_eq!(bob.read(&client.take(&asked).unwrap()), Heard::Refused(401));
}
