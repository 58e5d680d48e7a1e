//! What holds for every answer of the server, told over real sockets.

use super::testing::Server;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

#[tokio::test]
async fn every_answer_binds_the_browser() {
    let server = Server::start().await;
    for path in [
        "/",
        "/r/x",
        "/api/v1/config",
        "/api/v1/rooms/x",
        "/nothing.js",
        "/livez",
    ] {
        let answer = server.get(path).await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(
            answer.header("referrer-policy"),
            Some("no-referrer"),
            "{path}"
        );
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        assert!(
            answer
                .header("permissions-policy")
                .unwrap()
                .contains("camera=(self)")
        );
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
        assert!(["no-store", "no-cache"].contains(&answer.header("cache-control").unwrap()));
    }
}

#[tokio::test]
async fn it_is_ready_until_it_stops() {
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
}

#[tokio::test]
async fn a_database_that_is_gone_makes_it_unready_and_each_request_fails_kindly() {
    let server = Server::start().await;
    server.app.database.close().await;
    assert_eq!(server.get("/readyz").await.status, 503);
    let failed = server.get("/api/v1/rooms/x").await;
    assert_eq!((failed.status, failed.error_code()), (500, "internal"));
    assert!(
        !failed.text.to_lowercase().contains("sql"),
        "{}",
        failed.text
    );
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
    let connect = async |server: &Server| {
        let answer = server.get("/").await;
        let policy = answer.header("content-security-policy").unwrap();
        let mut parts = policy.split("; ");
        let connect = parts.find(|part| part.starts_with("connect-src"));
        connect.unwrap().to_owned()
    };
    let server = Server::start().await;
    assert_eq!(connect(&server).await, "connect-src 'self'");
    let server = Server::start_with(|settings| {
        settings.server.public_url = "https://meet.example.org".to_owned();
    })
    .await;
    let named = connect(&server).await;
    assert_eq!(named, "connect-src 'self' wss://meet.example.org");
    let bare = |source: &str| source.ends_with(':') || source.contains('*');
    assert!(!named.split(' ').any(bare), "{named}");
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
