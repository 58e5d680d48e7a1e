//! RoomService as server SDKs see it: forms, rights and refusals.

use crate::app::testing::{Answer, Server};
use prost::Message as _;
use visio_protocol::token::{Claims, VideoGrant};
use visio_protocol::wire::{ListRoomsRequest, ListRoomsResponse, Room};

const JSON: (&str, &str) = ("content-type", "application/json");

fn with(grant: VideoGrant) -> Claims {
    Claims {
        sub: "a server".to_owned(),
        video: Some(grant),
        ..Claims::default()
    }
}

async fn call(server: &Server, operation: &str, claims: &Claims, body: &str) -> Answer {
    let bearer = format!("Bearer {}", server.sign(claims));
    let path = format!("/twirp/livekit.RoomService/{operation}");
    server
        .send("POST", &path, &[JSON, ("authorization", &bearer)], body)
        .await
}

fn code(answer: &Answer) -> (u16, &str) {
    (
        answer.status,
        answer.body["code"].as_str().unwrap_or_default(),
    )
}

#[tokio::test]
async fn rooms_are_listed_in_the_form_that_was_asked_in() {
    let server = Server::start().await;
    let claims = with(VideoGrant {
        room_list: true,
        ..VideoGrant::default()
    });
    let listed = call(&server, "ListRooms", &claims, "{}").await;
    assert_eq!(
        (listed.status, listed.header("content-type")),
        (200, Some("application/json"))
    );

    let bearer = format!("Bearer {}", server.sign(&claims));
    let headers = [
        ("content-type", "application/protobuf"),
        ("authorization", bearer.as_str()),
    ];
    let body = ListRoomsRequest::default().encode_to_vec();
    let path = "/twirp/livekit.RoomService/ListRooms";
    let listed = server.send_bytes("POST", path, &headers, &body).await;
    assert_eq!(listed.header("content-type"), Some("application/protobuf"));
    assert_eq!(
        ListRoomsResponse::decode(listed.bytes.as_slice())
            .unwrap()
            .rooms,
        []
    );
}

#[tokio::test]
async fn a_room_is_made_by_name() {
    let server = Server::start().await;
    let claims = with(VideoGrant {
        room_create: true,
        ..VideoGrant::default()
    });
    let made = call(&server, "CreateRoom", &claims, "{\"name\":\"demo\"}").await;
    assert_eq!(made.status, 200);
    let room: Room = serde_json::from_value(made.body).unwrap();
    assert!(room.name == "demo" && room.creation_time > 1_700_000_000);
    let asked =
        "{\"name\":\"small\",\"maxParticipants\":3,\"emptyTimeout\":60,\"departureTimeout\":5}";
    let made = call(&server, "CreateRoom", &claims, asked).await;
    let room: Room = serde_json::from_value(made.body).unwrap();
    let limits = (
        room.max_participants,
        room.empty_timeout,
        room.departure_timeout,
    );
    assert_eq!(limits, (3, 60, 5));
    assert_eq!(
        code(&call(&server, "CreateRoom", &claims, "{}").await),
        (400, "invalid_argument")
    );
}

#[tokio::test]
async fn answers_in_json_are_written_like_livekits() {
    let server = Server::start().await;
    let claims = with(VideoGrant {
        room_create: true,
        room_list: true,
        room_admin: true,
        room: "demo".to_owned(),
        ..VideoGrant::default()
    });
    let listed = call(&server, "ListParticipants", &claims, "{\"room\":\"demo\"}").await;
    assert_eq!(listed.text, "{\"participants\":[]}");
    let made = call(
        &server,
        "CreateRoom",
        &claims,
        "{\"name\":\"demo\",\"agents\":null}",
    )
    .await;
    assert_eq!(made.body["num_participants"], 0);
    assert_eq!(made.body["enabled_codecs"][0]["fmtp_line"], "");
    let at: i64 = made.body["creation_time"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(at > 1_700_000_000);
    let deleted = call(&server, "DeleteRoom", &claims, "{\"room\":\"demo\"}").await;
    assert_eq!(deleted.text, "{}");
}

#[tokio::test]
async fn each_operation_wants_its_own_grant() {
    let server = Server::start().await;
    let admin_elsewhere = VideoGrant {
        room_admin: true,
        room: "other".to_owned(),
        ..VideoGrant::default()
    };
    let strangers = [
        Claims::default(),
        with(VideoGrant {
            room_join: true,
            room: "demo".to_owned(),
            ..VideoGrant::default()
        }),
        with(admin_elsewhere),
    ];
    let operations = [
        "ListRooms",
        "CreateRoom",
        "DeleteRoom",
        "ListParticipants",
        "GetParticipant",
        "RemoveParticipant",
        "MutePublishedTrack",
        "UpdateParticipant",
        "UpdateSubscriptions",
        "UpdateRoomMetadata",
        "SendData",
    ];
    for operation in operations {
        for claims in &strangers {
            let refused = call(&server, operation, claims, "{}").await;
            assert_eq!(code(&refused), (403, "permission_denied"), "{operation}");
        }
    }
}

#[tokio::test]
async fn who_may_moderate_is_told_when_nobody_is_there() {
    let server = Server::start().await;
    let claims = with(VideoGrant {
        room_admin: true,
        room: "demo".to_owned(),
        ..VideoGrant::default()
    });
    let body = "{\"room\":\"demo\",\"identity\":\"dave\",\"trackSid\":\"TR_AMabc\"}";
    let listed = call(&server, "ListParticipants", &claims, "{\"room\":\"demo\"}").await;
    assert_eq!(listed.status, 200);
    let identity = "{\"room\":\"demo\",\"identity\":\"dave\"}";
    for (operation, body) in [
        ("GetParticipant", identity),
        ("RemoveParticipant", identity),
        ("UpdateParticipant", identity),
        ("MutePublishedTrack", body),
        ("SendData", "{\"room\":\"demo\",\"data\":\"aGk=\"}"),
    ] {
        let refused = call(&server, operation, &claims, body).await;
        assert_eq!(code(&refused), (404, "not_found"), "{operation}");
    }
}

#[tokio::test]
async fn cve_03_forged_tokens_are_refused_with_a_reason() {
    let server = Server::start().await;
    let path = "/twirp/livekit.RoomService/ListRooms";
    let none = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJ0ZXN0IiwidmlkZW8iOnsicm9vbUxpc3QiOnRydWV9fQ.";
    for bearer in ["", "Bearer", "Bearer x.y.z", &format!("Bearer {none}")] {
        let headers = [JSON, ("authorization", bearer)];
        let refused = server.send("POST", path, &headers, "{}").await;
        assert_eq!(code(&refused), (401, "unauthenticated"), "{bearer}");
        assert!(refused.body["msg"].as_str().unwrap().contains("token"));
    }
}

#[tokio::test]
async fn bodies_that_are_none() {
    let server = Server::start().await;
    let claims = with(VideoGrant {
        room_list: true,
        ..VideoGrant::default()
    });
    assert_eq!(
        code(&call(&server, "ListRooms", &claims, "{").await),
        (400, "malformed")
    );
    let large = format!("{{\"names\":[\"{}\"]}}", "x".repeat(70_000));
    let refused = call(&server, "ListRooms", &claims, &large).await;
    assert_eq!(code(&refused), (413, "resource_exhausted"));
    let path = "/twirp/livekit.RoomService/ListRooms";
    let form = [("content-type", "text/plain")];
    assert_eq!(
        code(&server.send("POST", path, &form, "{}").await),
        (400, "malformed")
    );
}

#[tokio::test]
async fn what_only_livekits_server_does_is_named() {
    let server = Server::start().await;
    for operation in [
        "livekit.RoomService/MoveParticipant",
        "livekit.AgentDispatchService/ListDispatch",
        "livekit.Egress/StartRoomCompositeEgress",
        "livekit.Ingress/ListIngress",
        "livekit.SIP/CreateSIPParticipant",
    ] {
        let path = format!("/twirp/{operation}");
        let refused = server.send("POST", &path, &[JSON], "{}").await;
        assert_eq!(code(&refused), (501, "unimplemented"), "{operation}");
        assert!(refused.body["msg"].as_str().unwrap().ends_with(operation));
    }
}

#[tokio::test]
async fn a_wrong_address_is_no_operation() {
    let server = Server::start().await;
    for (method, path) in [
        ("POST", "/twirp/livekit.Nothing/ListRooms"),
        ("POST", "/twirp/livekit.Egress"),
        ("POST", "/twirp/livekit.Egress/"),
        ("POST", "/twirp/livekit.Egress/a/b"),
        ("POST", "/twirp/livekit.Egress/%ff%22"),
        ("POST", "/twirp/ListRooms"),
        ("GET", "/twirp/livekit.RoomService/ListRooms"),
        ("GET", "/twirp/livekit.Egress/ListEgress"),
    ] {
        let refused = server.send(method, path, &[JSON], "{}").await;
        assert_eq!(code(&refused), (404, "bad_route"), "{method} {path}");
    }
}

#[tokio::test]
async fn pages_of_other_origins_may_call_with_a_token() {
    let server = Server::start().await;
    let headers = [
        ("origin", "https://elsewhere.example"),
        ("access-control-request-method", "POST"),
        (
            "access-control-request-headers",
            "authorization,content-type",
        ),
    ];
    let path = "/twirp/livekit.RoomService/ListRooms";
    let allowed = server.send("OPTIONS", path, &headers, "").await;
    assert_eq!(allowed.header("access-control-allow-origin"), Some("*"));
    assert!(
        allowed
            .header("access-control-allow-headers")
            .unwrap()
            .contains("authorization")
    );
}
