//! What holds for every answer of the server, told over real sockets.

use super::testing::Server;
use metrics_exporter_prometheus::PrometheusBuilder;
use std::sync::{Arc, Mutex};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tracing_subscriber::fmt::MakeWriter;

/// Method and path of each route, of what is no route and of refusals.
const ANSWERS: [(&str, &str, u16); 42] = [
    ("GET", "/", 0),
    ("GET", "/r/x", 0),
    ("GET", "/nothing.js", 404),
    ("POST", "/", 405),
    ("GET", "/openapi.json", 200),
    ("GET", "/livez", 200),
    ("GET", "/readyz", 200),
    ("GET", "/.well-known/security.txt", 404),
    ("GET", "/.well-known/acme-challenge/x", 404),
    ("GET", "/api/v1/config", 200),
    ("POST", "/api/v1/rooms", 415),
    ("DELETE", "/api/v1/rooms", 405),
    ("GET", "/api/v1/rooms/x", 404),
    ("POST", "/api/v1/rooms/x/join", 415),
    ("GET", "/api/v1/transcripts/x", 404),
    ("DELETE", "/api/v1/transcripts/x", 404),
    ("GET", "/api/v1/meeting/transcript", 401),
    ("POST", "/api/v1/meeting/transcript", 401),
    ("DELETE", "/api/v1/meeting/transcript", 401),
    ("GET", "/api/v1/transcripts/x/export?format=vtt", 404),
    ("GET", "/api/v1/nothing", 404),
    ("GET", "/rtc", 0),
    ("GET", "/rtc/v1", 0),
    ("GET", "/rtc/validate", 401),
    ("OPTIONS", "/rtc/validate", 200),
    ("GET", "/rtc/nothing", 404),
    ("GET", "/agent", 404),
    ("GET", "/settings/regions", 404),
    // Behind a server's address that ends with a slash.
    ("GET", "//rtc/validate", 401),
    ("GET", "//rtc/v1/validate", 401),
    ("POST", "//twirp/livekit.RoomService/ListRooms", 400),
    ("POST", "/twirp/livekit.RoomService/ListRooms", 400),
    ("POST", "/twirp/livekit.RoomService/ListParticipants", 400),
    ("POST", "/twirp/livekit.RoomService/GetParticipant", 400),
    ("POST", "/twirp/livekit.RoomService/CreateRoom", 400),
    ("POST", "/twirp/livekit.RoomService/DeleteRoom", 400),
    ("POST", "/twirp/livekit.RoomService/RemoveParticipant", 400),
    ("POST", "/twirp/livekit.RoomService/UpdateParticipant", 400),
    ("POST", "/twirp/livekit.RoomService/SendData", 400),
    ("GET", "/twirp/livekit.RoomService/SendData", 404),
    ("POST", "/twirp/livekit.Nothing/Nothing", 404),
    ("OPTIONS", "/twirp/livekit.RoomService/SendData", 200),
];

fn binds_the_browser(answer: &super::testing::Answer, what: &str) {
    let policy = answer.header("content-security-policy").expect(what);
    assert!(policy.starts_with("default-src 'none'"), "{what}");
    assert!(
        policy.contains("require-trusted-types-for 'script'"),
        "{what}"
    );
    assert!(!policy.contains("unsafe"), "{what}");
    for (name, value) in [
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{what}");
    }
    let permissions = answer.header("permissions-policy").expect(what);
    assert!(permissions.contains("camera=(self)"), "{what}");
    let stored = answer.header("cache-control").expect(what);
    assert!(["no-store", "no-cache"].contains(&stored), "{what}");
}

#[tokio::test]
async fn every_answer_of_every_route_binds_the_browser() {
    let server = Server::start().await;
    for (method, path, status) in ANSWERS {
        let answer = server.send(method, path, &[], "").await;
        let what = format!("{method} {path}: {}", answer.status);
        assert!(status == 0 || answer.status == status, "{what}");
        binds_the_browser(&answer, &what);
        assert_eq!(answer.header("strict-transport-security"), None, "{what}");
        if path.starts_with("/api") {
            assert_eq!(answer.header("access-control-allow-origin"), None, "{what}");
        }
    }
    let large = "x".repeat(100_000);
    let json = [("content-type", "application/json")];
    let refused = server.send("POST", "/api/v1/rooms", &json, &large).await;
    assert_eq!(refused.status, 413);
    binds_the_browser(&refused, "a large body");
}

#[tokio::test]
async fn an_authority_is_answered_while_its_challenge_is_in_force() {
    let server = Server::start().await;
    let path = "/.well-known/acme-challenge/token";
    assert_eq!(server.get(path).await.status, 404);
    server.app.challenges.answer_http("token", "token.print");
    let answer = server.get(path).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "token.print"));
    server.app.challenges.clear();
    assert_eq!(server.get(path).await.status, 404);
}

#[tokio::test]
async fn no_route_of_the_description_is_left_out() {
    let server = Server::start().await;
    let description = server.get("/openapi.json").await.body;
    for path in description["paths"].as_object().unwrap().keys() {
        let stem = path.split('{').next().unwrap();
        assert!(
            ANSWERS.iter().any(|(_, known, _)| known.starts_with(stem)),
            "{path} is in no test of headers"
        );
    }
}

#[tokio::test]
async fn browsers_that_came_by_tls_come_by_tls_again() {
    let server = Server::start_with(|settings| {
        settings.server.trusted_proxies = vec!["127.0.0.0/8".to_owned()];
    })
    .await;
    for (headers, expected) in [
        (
            &[("x-forwarded-proto", "https")][..],
            Some("max-age=31536000"),
        ),
        (
            &[("forwarded", "for=192.0.2.1;proto=https")],
            Some("max-age=31536000"),
        ),
        (&[("x-forwarded-proto", "http")], None),
        (&[], None),
    ] {
        for path in ["/", "/api/v1/nothing", "/rtc/validate"] {
            let answer = server.send("GET", path, headers, "").await;
            let sent = answer.header("strict-transport-security");
            assert_eq!(sent, expected, "{path} {headers:?}");
        }
    }
    let stranger = Server::start().await;
    let headers = [("x-forwarded-proto", "https")];
    let answer = stranger.send("GET", "/", &headers, "").await;
    assert_eq!(answer.header("strict-transport-security"), None);
}

#[tokio::test]
async fn it_is_ready_until_it_stops_and_then_takes_nobody_in() {
    let server = Server::start().await;
    let ready = server.get("/readyz").await;
    assert_eq!(
        (ready.status, ready.text.as_str()),
        (200, "server: ok\ndatabase: ok\ndisk: ok\nworkers: ok\n")
    );
    server.app.stopping.begin();
    let stopping = server.get("/readyz").await;
    assert_eq!(stopping.status, 503);
    assert!(stopping.text.contains("server: is stopping"));
    assert_eq!(server.get("/livez").await.status, 200);
    for path in ["/api/v1/rooms/x", "/rtc", "/rtc/v1", "/rtc/validate"] {
        let refused = server.get(path).await;
        assert_eq!(
            (refused.status, refused.error_code()),
            (503, "stopping"),
            "{path}"
        );
        assert_eq!(refused.header("retry-after"), Some("5"), "{path}");
    }
    // Who has the page open already gets what it is made of.
    assert_eq!(server.get("/").await.status, 200);
}

#[tokio::test]
async fn a_database_that_is_away_makes_it_unready_and_each_request_says_when_to_try_again() {
    let server = Server::start().await;
    assert_eq!(server.get("/api/v1/rooms/x").await.status, 404);
    server.app.database.close().await;
    let unready = server.get("/readyz").await;
    assert_eq!(unready.status, 503);
    assert!(unready.text.contains("database: does not answer"));
    let failed = server.get("/api/v1/rooms/x").await;
    assert_eq!(
        (failed.status, failed.error_code()),
        (503, "database_unavailable")
    );
    assert_eq!(failed.header("retry-after"), Some("5"));
    assert!(
        !failed.text.to_lowercase().contains("sql"),
        "{}",
        failed.text
    );
}

#[tokio::test]
async fn a_deleted_data_folder_makes_it_unready_and_nobody_is_let_in() {
    let server = Server::start().await;
    let code = server.make_room("Team").await;
    std::fs::remove_dir_all(server.app.data_folder.as_path()).unwrap();
    let unready = server.get("/readyz").await;
    assert_eq!(unready.status, 503);
    assert!(unready.text.contains("database: was deleted or replaced"));
    let refused = server
        .join(&code, &serde_json::json!({"name": "Alice"}))
        .await;
    assert_eq!(
        (refused.status, refused.error_code()),
        (503, "database_unavailable")
    );
}

#[tokio::test]
async fn an_error_inside_has_an_id_in_the_answer_and_in_the_log() {
    let written = Written::default();
    let log = tracing_subscriber::fmt().with_writer(written.clone());
    let _logging = tracing::subscriber::set_default(log.finish());
    let server = Server::start().await;
    server.app.database.drop_table("rooms").await;
    let failed = server.get("/api/v1/rooms/x").await;
    assert_eq!((failed.status, failed.error_code()), (500, "internal"));
    let id = failed.body["error"]["error_id"].as_str().unwrap();
    let message = failed.body["error"]["message"].as_str().unwrap();
    assert!(message.contains(id), "{message}");
    let log = written.text();
    let line = log.lines().find(|line| line.contains(id)).unwrap();
    assert!(line.contains("no such table"), "{line}");
    let unready = server.get("/readyz").await;
    assert!(unready.text.contains("database: refuses"));
}

/// What was logged.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Written {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn eve_sends_what_is_no_request_and_bob_notices_nothing() {
    let server = Server::start().await;
    let long = [
        b"GET /".as_slice(),
        &b"x".repeat(200_000),
        b" HTTP/1.1\r\n\r\n",
    ]
    .concat();
    let attacks: [&[u8]; 5] = [
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        &long,
        b"\x16\x03\x01",
        b"",
    ];
    for attack in attacks {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let _ = stream.write_all(attack).await;
        drop(stream);
    }
    let refused = server.raw(&long).await;
    assert!(
        [0, 400, 414, 431].contains(&refused.status),
        "{}",
        refused.status
    );
    assert_eq!(server.get("/api/v1/config").await.status, 200);
}

#[tokio::test]
async fn what_is_no_operation_is_refused_in_the_same_shape() {
    let server = Server::start().await;
    let unknown = server.get("/api/v1/nothing").await;
    assert_eq!((unknown.status, unknown.error_code()), (404, "not_found"));
    let method = server.send("DELETE", "/api/v1/rooms", &[], "").await;
    assert_eq!(
        (method.status, method.error_code()),
        (405, "method_not_allowed")
    );
    assert!(server.get("/openapi.json").await.body["paths"].is_object());
}

#[tokio::test]
async fn the_operator_is_named_for_security_reports_only_if_they_said_so() {
    let server = Server::start().await;
    assert_eq!(server.get("/.well-known/security.txt").await.status, 404);
}

#[tokio::test]
async fn eve_invents_methods_and_the_metrics_do_not_grow() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let _recording = metrics::set_default_local_recorder(&recorder);
    let server = Server::start().await;
    for method in ["GET", "EVE-ONE", "EVE-TWO"] {
        server.send(method, "/livez", &[], "").await;
    }
    let rendered = metrics.render();
    let counted = rendered.lines();
    let counted: Vec<_> = counted
        .filter(|line| line.starts_with("visio_http_requests_total{"))
        .collect();
    assert_eq!(counted.len(), 2, "{counted:?}");
    assert!(rendered.contains("method=\"GET\""), "{rendered}");
    assert!(rendered.contains("method=\"other\""), "{rendered}");
}

#[tokio::test]
async fn the_page_connects_to_this_server_and_to_nothing_else() {
    for public_url in ["", "https://meet.example.org"] {
        let server =
            Server::start_with(|settings| settings.server.public_url = public_url.to_owned()).await;
        let answer = server.get("/").await;
        let policy = answer.header("content-security-policy").unwrap();
        let mut parts = policy.split("; ");
        let connect = parts.find(|part| part.starts_with("connect-src"));
        assert_eq!(connect, Some("connect-src 'self'"), "{public_url}");
    }
}

#[tokio::test]
async fn codes_that_are_no_text_open_nothing_like_all_others() {
    let server = Server::start().await;
    for path in [
        "/api/v1/rooms/%FF",
        "/api/v1/transcripts/%FF",
        "/api/v1/transcripts/%FF/export?format=vtt",
    ] {
        let unknown = server.get(&path.replace("%FF", "x")).await;
        let malformed = server.get(path).await;
        assert_eq!(
            (malformed.status, &malformed.text),
            (404, &unknown.text),
            "{path}"
        );
    }
    let join = server
        .join("%FF", &serde_json::json!({"name": "Eve"}))
        .await;
    assert_eq!((join.status, join.error_code()), (404, "room_not_found"));
}

/// As many as wait at one office's door, each looking every few seconds, and Eve among them.
const WAITING: usize = 2_000;

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_people_behind_one_address_look_and_all_get_in() {
    let server = Server::start().await;
    let code = server.make_room("Assembly").await;
    let guessed = "00000-00000-00000-00000-00000";
    let mut refused = 0;
    for _ in 0..WAITING {
        let seen = server.get(&format!("/api/v1/rooms/{code}")).await;
        assert_eq!(seen.status, 200);
        let wrong = server.get(&format!("/api/v1/rooms/{guessed}")).await;
        refused += usize::from(wrong.status == 429);
    }
    assert!(refused > WAITING / 2, "Eve is slowed down: {refused}");
    for number in 0..WAITING {
        let name = format!("Guest {number}");
        let joined = server
            .join(&code, &serde_json::json!({ "name": name }))
            .await;
        assert_eq!(joined.status, 200, "{}", joined.text);
    }
}
