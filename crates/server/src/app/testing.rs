//! A whole server on a port of its own for the stories of the API, and a client without a library
//! between the story and the bytes.

use super::router::router;
use super::state::{AppState, Stopping};
use crate::calls::{self, lifecycle};
use crate::config::{self, MediaPlan, Settings};
use crate::features::transcripts::Switches;
use crate::http::challenges::Challenges;
use crate::http::connections::Connections;
use crate::http::listen;
use crate::http::rate_limit::RateLimits;
use crate::media::{self, tap_queue};
use crate::signalling::Signalling;
use crate::storage::{lines, meetings, testing, transcripts};
use crate::transcription::CaptionsStatus;
use crate::turn::Turn;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use visio_protocol::names::{Identity, SegmentId};
use visio_protocol::token::{self, ApiKeys, Claims};

pub(crate) const API_KEY: &str = "test";
const API_SECRET: &str = "a secret for tests of forty-one characters";

/// A server that stops when the story ends.
pub(crate) struct Server {
    pub(crate) app: AppState,
    pub(crate) address: SocketAddr,
    _folder: TempDir,
    _stop: watch::Sender<bool>,
}

/// The signal connection of somebody in a meeting.
pub(crate) type Entered = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::default();
        change(&mut settings);
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let reason = "There is no speech model on this server.".to_owned();
        let (_, captions) = watch::channel(CaptionsStatus::Unavailable { reason });
        let keys = Arc::new(ApiKeys::new([(API_KEY.to_owned(), API_SECRET.to_owned())]).unwrap());
        let database = testing::sqlite_in(folder.path()).await;
        let plan = config::plan(settings).unwrap();
        // A port that nobody else has: the stories run side by side.
        let media_plan = MediaPlan {
            udp_port: 0,
            tcp_port: None,
            workers: 1,
            ..plan.media
        };
        let (taps, _) = tap_queue();
        let calls = calls::start(
            &media_plan,
            database.clone(),
            plan.transcripts.default,
            &taps,
        )
        .unwrap();
        let turn = Turn::new(&plan.turn, calls.media_addresses(), &media::own_addresses());
        let http = Arc::new(plan.http);
        let app = AppState {
            signalling: Signalling::new(
                Arc::clone(&keys),
                calls.clone(),
                turn.clone(),
                Arc::clone(&http),
            ),
            database,
            calls,
            keys,
            captions,
            http,
            challenges: Challenges::default(),
            certificate: None,
            data_folder: Arc::new(folder.path().to_owned()),
            limits: Arc::new(RateLimits::default()),
            transcript: plan.transcripts.default,
            stopping: Stopping::default(),
            switches: Switches::default(),
        };
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(lifecycle::keep(
            app.database.clone(),
            app.calls.clone(),
            stopped.clone(),
        ));
        tokio::spawn(listen::serve(
            listener,
            None,
            listen::Services {
                router: router(app.clone()),
                turn: Some(turn),
            },
            Connections::new(&app.http.trusted_proxies),
            stopped,
        ));
        Self {
            app,
            address,
            _folder: folder,
            _stop: stop,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let json = &[("content-type", "application/json")];
        self.send("POST", path, json, &body.to_string()).await
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        self.send_bytes(method, path, headers, body.as_bytes())
            .await
    }

    pub(crate) async fn send_bytes(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n",
            self.address,
            body.len()
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        self.raw(&[request.as_bytes(), body].concat()).await
    }

    /// Sends bytes that need not be HTTP and reads until the server closes.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // The server may close before it has read all of what is too large.
        let _ = stream.write_all(bytes).await;
        let mut read = Vec::new();
        let _ = stream.read_to_end(&mut read).await;
        Answer::read(&read)
    }

    pub(crate) async fn make_room(&self, name: &str) -> String {
        let made = self.post("/api/v1/rooms", &json!({"name": name})).await;
        made.body["code"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn join(&self, code: &str, body: &Value) -> Answer {
        self.post(&format!("/api/v1/rooms/{code}/join"), body).await
    }

    pub(crate) async fn join_as(&self, code: &str, body: &Value, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("content-type", "application/json"),
            ("authorization", bearer.as_str()),
        ];
        let path = format!("/api/v1/rooms/{code}/join");
        self.send("POST", &path, &headers, &body.to_string()).await
    }

    pub(crate) fn claims(&self, token: &Value) -> Claims {
        let now = crate::clock::now_unix_s();
        token::verify(token.as_str().unwrap(), &self.app.keys, now).unwrap()
    }

    pub(crate) fn sign(&self, claims: &Claims) -> String {
        let exp = Some(crate::clock::now_unix_s() + 60);
        token::sign(
            &Claims {
                exp,
                ..claims.clone()
            },
            &self.app.keys,
            API_KEY,
        )
        .unwrap()
    }

    /// Goes into the meeting over the WebSocket; the participant is there until it is dropped.
    pub(crate) async fn enter(&self, token: &str) -> Entered {
        let url = format!(
            "{}/rtc?access_token={token}&protocol=15&auto_subscribe=1",
            self.url().replace("http", "ws")
        );
        let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        let first = socket.next().await.unwrap().unwrap();
        assert!(first.is_binary(), "{first:?}");
        socket
    }

    /// Asks something about the meeting that the token's participant is in.
    pub(crate) async fn ask_as(&self, method: &str, path: &str, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        self.send(method, path, &[("authorization", &bearer)], "")
            .await
    }

    /// Bob's code for the transcript of a meeting in which Alice and Bob said three lines and
    /// which is over.
    pub(crate) async fn held_meeting(&self) -> String {
        let now_ms = 1_793_491_200_000;
        let (room, _) = crate::storage::rooms::create(&self.app.database, "Team *A*", None, now_ms)
            .await
            .unwrap();
        let database = &self.app.database;
        let meeting = meetings::open_or_find(database, &room.id, now_ms)
            .await
            .unwrap();
        let line = |at: i64, who: &str, text: &str| lines::NewLine {
            meeting: meeting.id.clone(),
            segment: SegmentId::new(format!("SG_{at}")),
            identity: Identity::new(format!("id-of-{who}")),
            name: who.to_owned(),
            track: "TR_1".to_owned(),
            started_at_ms: now_ms + at,
            ended_at_ms: now_ms + at + 1_500,
            language: "en".to_owned(),
            text: text.to_owned(),
        };
        let said = [
            line(1_000, "Alice", "Good morning, Bob."),
            line(3_000, "Alice", "Is 1 < 2 & true?"),
            line(65_250, "Bob", "It is."),
        ];
        transcripts::start(database, &meeting.id, Some(&Identity::new("alice")), now_ms)
            .await
            .unwrap();
        lines::insert(database, &said).await.unwrap();
        let bobs = transcripts::grant(database, &meeting.id, &Identity::new("id-of-Bob"), 0).await;
        meetings::end(database, &meeting.id, now_ms + 90_000)
            .await
            .unwrap();
        bobs.unwrap().unwrap().to_string()
    }
}

impl Answer {
    fn read(bytes: &[u8]) -> Self {
        let split = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let head = String::from_utf8_lossy(&bytes[..split.unwrap_or(0)]).into_owned();
        let mut lines = head.lines();
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let bytes = split.map_or(Vec::new(), |at| bytes[at + 4..].to_vec());
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self {
            status: status.unwrap_or(0),
            headers,
            bytes,
            text,
            body,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    /// The token of who was let in.
    pub(crate) fn token(&self) -> &str {
        self.body["token"].as_str().unwrap_or_default()
    }

    pub(crate) fn error_code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn json_text(&self) -> String {
        serde_json::to_string_pretty(&self.body).unwrap()
    }
}
