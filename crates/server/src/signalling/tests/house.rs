//! A server with one room, and clients that speak LiveKit's protocol over real sockets.

use crate::app::router::signal_routes;
use crate::calls::Calls;
use crate::clock;
use crate::config::{self, Settings};
use crate::media::{Incoming, Message as ToWorker, SignalSender, Underway, Workers};
use crate::signalling::Signalling;
use crate::storage::rooms;
use crate::storage::testing::sqlite_in;
use crate::turn::Turn;
use axum::Router;
use futures_util::{SinkExt as _, StreamExt as _};
use prost::Message as _;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use visio_meeting::{Actor, ConnectionId, Effect, Meeting, Notice, Now};
use visio_protocol::names::RoomName;
use visio_protocol::token::{ApiKeys, Claims, VideoGrant, sign};
use visio_protocol::wire;
use visio_protocol::wire::signal_request::Message as Request;
use visio_protocol::wire::signal_response::Message;
use visio_sfu::ClientMessage;

const TIMEOUT: Duration = Duration::from_secs(60);

/// The worker's part: the meeting and the connections to its people.
struct ScriptedWorker {
    meeting: Meeting,
    senders: BTreeMap<ConnectionId, SignalSender>,
    /// Who came in: as long as the meeting goes on, its room is here.
    underway: Vec<Underway>,
    lost: usize,
}

pub(super) struct House {
    address: SocketAddr,
    keys: Arc<ApiKeys>,
    room: RoomName,
    worker: Arc<Mutex<ScriptedWorker>>,
    folder: TempDir,
}

pub(super) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

fn now() -> Now {
    Now {
        instant: clock::now(),
        unix_ms: clock::now_unix_ms(),
    }
}

impl ScriptedWorker {
    fn take(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Enter {
                pipelined,
                sender,
                underway,
                ..
            } => {
                self.underway.push(underway);
                self.senders.insert(pipelined.join.connection, sender);
                self.meeting.join(now(), pipelined.join).unwrap();
            }
            Incoming::Resume { resumption, sender } => {
                let connection = resumption.connection;
                self.senders.insert(connection, sender);
                let (sid, identity) = (&resumption.sid, &resumption.identity);
                self.meeting.resume(sid, identity, connection, 0).unwrap();
            }
            Incoming::Request {
                connection,
                request,
                ..
            } => {
                let id = self.meeting.on_connection(connection);
                if let (Some(id), visio_sfu::Request::Command(command)) = (id, *request) {
                    let _ = self.meeting.handle(now(), Actor::Participant(id), command);
                }
            }
            Incoming::Lost { connection } => {
                self.lost += 1;
                self.senders.remove(&connection);
                self.meeting.disconnected(now(), connection);
            }
        }
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(effect) = self.meeting.poll() {
            match effect {
                Effect::Notify { connection, notice } => self.tell(connection, notice),
                Effect::NotifyMany {
                    connections,
                    notice,
                } => {
                    for connection in connections {
                        self.tell(connection, notice.clone());
                    }
                }
                Effect::Hangup { connection } => drop(self.senders.remove(&connection)),
                _ => {}
            }
        }
    }

    fn tell(&mut self, connection: ConnectionId, notice: Notice) {
        if let Some(sender) = self.senders.get(&connection)
            && sender.send(ClientMessage::Notice(notice)).is_err()
        {
            self.senders.remove(&connection);
        }
    }

    fn connection_of(&self, identity: &str) -> Option<ConnectionId> {
        let view = self
            .meeting
            .views()
            .into_iter()
            .find(|view| view.identity == identity)?;
        let id = self.meeting.by_sid(&view.sid)?;
        let mut connections = self.senders.keys().copied();
        connections.find(|&connection| self.meeting.on_connection(connection) == Some(id))
    }
}

impl House {
    pub(super) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = sqlite_in(folder.path()).await;
        let now_ms = clock::now_unix_ms();
        let (room, _) = rooms::create(&database, "Tea", None, now_ms).await.unwrap();
        let config = visio_fixtures::config(&room.id);
        let meeting = Meeting::new(now(), config, [1; 32]);
        let worker = ScriptedWorker {
            meeting,
            senders: BTreeMap::new(),
            underway: Vec::new(),
            lost: 0,
        };
        let worker = Arc::new(Mutex::new(worker));
        let keys = ApiKeys::parse("devkey: secret_secret_secret_secret_secret").unwrap();
        let keys = Arc::new(keys);
        let (workers, [messages]) = Workers::without_threads([0]);
        let (scripted, expected) = (Arc::clone(&worker), room.id.clone());
        std::thread::spawn(move || {
            for message in messages {
                if let ToWorker::Signal { room, incoming } = message {
                    assert_eq!(room, expected);
                    scripted.lock().unwrap().take(incoming);
                }
            }
        });
        let calls = Calls::with_workers(workers, database);
        let plan = config::plan(Settings::default()).unwrap();
        let turn = Turn::new(&plan.turn, &[], &[]);
        let signalling = Signalling::new(Arc::clone(&keys), calls, turn, Arc::new(plan.http));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app: Router = signal_routes::<Signalling>().with_state(signalling);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            address,
            keys,
            room: room.id,
            worker,
            folder,
        }
    }

    /// Another program writes into the database: the server waits until this is dropped.
    pub(super) async fn keep_the_database_waiting(&self) -> SqliteConnection {
        let file = self.folder.path().join("visio.db");
        let options = SqliteConnectOptions::new().filename(file);
        let mut other = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::query("BEGIN IMMEDIATE")
            .execute(&mut other)
            .await
            .unwrap();
        other
    }

    pub(super) fn is_present(&self, identity: &str) -> bool {
        self.worker
            .lock()
            .unwrap()
            .connection_of(identity)
            .is_some()
    }

    fn token(&self, identity: &str, room_join: bool) -> String {
        let grant = VideoGrant {
            room_join,
            room: self.room.to_string(),
            ..VideoGrant::default()
        };
        let claims = Claims {
            sub: identity.into(),
            exp: Some(clock::now_unix_s() + 600),
            video: Some(grant),
            ..Claims::default()
        };
        sign(&claims, &self.keys, "devkey").unwrap()
    }

    pub(super) fn v0_path(&self, identity: &str) -> String {
        let token = self.token(identity, true);
        format!("/rtc?access_token={token}&auto_subscribe=1&sdk=swift&protocol=16")
    }

    pub(super) fn path_without_grant(&self, path: &str) -> String {
        format!("{path}?access_token={}", self.token("eve", false))
    }

    pub(super) async fn join_v0(&self, identity: &str) -> Client {
        self.connect(&self.v0_path(identity)).await.unwrap()
    }

    pub(super) async fn join_v1(&self, identity: &str) -> Client {
        use base64::Engine as _;
        let client_info = wire::ClientInfo {
            protocol: 17,
            ..wire::ClientInfo::default()
        };
        let request = wire::JoinRequest {
            client_info: Some(client_info),
            ..wire::JoinRequest::default()
        };
        let wrapped = wire::WrappedJoinRequest {
            join_request: request.encode_to_vec(),
            ..wire::WrappedJoinRequest::default()
        };
        let base64 = base64::engine::general_purpose::URL_SAFE;
        let join_request = base64.encode(wrapped.encode_to_vec()).replace('=', "%3D");
        let token = self.token(identity, true);
        let path = format!("/rtc/v1?access_token={token}&join_request={join_request}");
        self.connect(&path).await.unwrap()
    }

    pub(super) async fn connect(&self, path: &str) -> Result<Client, String> {
        let url = format!("ws://{}{path}", self.address);
        let connected = connect_async(url)
            .await
            .map_err(|error| error.to_string())?;
        Ok(Client {
            socket: connected.0,
        })
    }

    /// A plain request, as a WebSocket client makes it: the refusal is in the answer's body.
    pub(super) async fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
    }

    /// The worker does nothing until what is returned is dropped.
    pub(super) fn keep_the_worker_busy(&self) -> std::sync::mpsc::Sender<()> {
        let (free, freed) = std::sync::mpsc::channel();
        let (begin, began) = std::sync::mpsc::channel();
        let worker = Arc::clone(&self.worker);
        std::thread::spawn(move || {
            let _busy = worker.lock().unwrap();
            begin.send(()).unwrap();
            let _ = freed.recv();
        });
        began.recv().unwrap();
        free
    }

    pub(super) async fn eventually_lost(&self, count: usize) {
        self.eventually(|worker| worker.lost >= count).await;
        assert_eq!(self.worker.lock().unwrap().lost, count);
    }

    pub(super) async fn eventually_present(&self, identity: &str) {
        self.eventually(|worker| worker.connection_of(identity).is_some())
            .await;
    }

    /// The meeting goes on talking to somebody who does not listen.
    pub(super) async fn talk_until_slow(&self, identity: &str) {
        let mut room = self.worker.lock().unwrap().meeting.room_view();
        room.metadata = "x".repeat(60_000);
        self.eventually(|worker| {
            let Some(connection) = worker.connection_of(identity) else {
                return true;
            };
            worker.tell(connection, Notice::Room(room.clone()));
            !worker.senders.contains_key(&connection)
        })
        .await;
    }

    async fn eventually(&self, mut holds: impl FnMut(&mut ScriptedWorker) -> bool) {
        let wait = async {
            while !holds(&mut self.worker.lock().unwrap()) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(TIMEOUT, wait)
            .await
            .expect("it never came to that");
    }
}

impl Client {
    pub(super) async fn say(&mut self, message: Request) {
        let request = wire::SignalRequest {
            message: Some(message),
        };
        self.send_bytes(request.encode_to_vec()).await;
    }

    pub(super) async fn send_bytes(&mut self, bytes: Vec<u8>) {
        // The server may close while a large frame is on its way.
        let _ = self.socket.send(Frame::Binary(bytes.into())).await;
    }

    /// Closes the page and waits until the server knows.
    pub(super) async fn leave(mut self) {
        self.socket.close(None).await.unwrap();
        while let Some(Ok(_)) = self.socket.next().await {}
    }

    pub(super) async fn send_text(&mut self, text: &str) {
        self.socket.send(Frame::Text(text.into())).await.unwrap();
    }

    /// The next message; pings of the WebSocket are answered on the way.
    pub(super) async fn hear(&mut self) -> Message {
        loop {
            let frame = tokio::time::timeout(TIMEOUT, self.socket.next())
                .await
                .unwrap();
            match frame.unwrap().unwrap() {
                Frame::Binary(bytes) => {
                    return wire::SignalResponse::decode(bytes)
                        .unwrap()
                        .message
                        .unwrap();
                }
                Frame::Ping(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The first message of a join, and the token behind it.
    pub(super) async fn welcome(&mut self) -> wire::JoinResponse {
        let Message::Join(join) = self.hear().await else {
            panic!("not a welcome")
        };
        assert!(matches!(self.hear().await, Message::RefreshToken(_)));
        join
    }

    pub(super) async fn assert_alive(&mut self) {
        self.say(Request::Ping(0)).await;
        while !matches!(self.hear().await, Message::Pong(_)) {}
    }
}

/// Code and reason of the close frame; `None` where the connection just broke.
pub(super) async fn next_close(client: &mut Client) -> Option<(u16, String)> {
    loop {
        match tokio::time::timeout(TIMEOUT, client.socket.next())
            .await
            .unwrap()?
        {
            Ok(Frame::Close(close)) => {
                return close.map(|close| (close.code.into(), close.reason.as_str().to_owned()));
            }
            Ok(_) => {}
            Err(_) => return None,
        }
    }
}
