//! Stories over real WebSockets, with a real meeting behind the door and no media.

mod house;

use super::limits::{BURST_MESSAGES_MAX, DESCRIPTION_COST, FRAME_BYTES_MAX};
use house::{House, next_close};
use std::time::Duration;
use visio_protocol::limits::SIGNAL_MESSAGE_BYTES_MAX;
use visio_protocol::wire;
use visio_protocol::wire::signal_request::Message as Request;
use visio_protocol::wire::signal_response::Message;

#[tokio::test]
async fn alice_and_bob_meet_each_with_a_client_of_their_own_generation() {
    let house = House::open().await;
    let mut alice = house.join_v1("alice").await;
    let welcome = alice.welcome().await;
    assert_eq!(welcome.participant.unwrap().identity, "alice");
    assert!(!welcome.subscriber_primary);
    let mut bob = house.join_v0("bob").await;
    let welcome = bob.welcome().await;
    assert!(welcome.subscriber_primary);
    assert_eq!(welcome.other_participants[0].identity, "alice");
    let Message::Update(update) = alice.hear().await else {
        panic!()
    };
    assert_eq!(update.participants[0].identity, "bob");
}

#[tokio::test]
async fn a_new_token_follows_the_welcome_and_opens_the_same_door() {
    let house = House::open().await;
    let mut alice = house.join_v1("alice").await;
    assert!(matches!(alice.hear().await, Message::Join(_)));
    let Message::RefreshToken(token) = alice.hear().await else {
        panic!()
    };
    drop(alice);
    let mut again = house
        .connect(&format!("/rtc?access_token={token}"))
        .await
        .unwrap();
    assert_eq!(again.welcome().await.participant.unwrap().identity, "alice");
}

#[tokio::test]
async fn both_kinds_of_ping_are_answered() {
    let house = House::open().await;
    let mut alice = house.join_v0("alice").await;
    alice.welcome().await;
    alice.say(Request::Ping(1)).await;
    assert!(matches!(alice.hear().await, Message::Pong(at) if at > 1_700_000_000_000));
    alice
        .say(Request::PingReq(wire::Ping {
            timestamp: 42,
            rtt: 7,
        }))
        .await;
    let Message::PongResp(pong) = alice.hear().await else {
        panic!()
    };
    assert_eq!(pong.last_ping_timestamp, 42);
}

/// Could pass for nothing if Eve's frames never arrived: each end is the one they must cause.
#[tokio::test]
async fn eve_sends_garbage_and_only_eve_is_cut_off() {
    let house = House::open().await;
    let mut alice = house.join_v1("alice").await;
    alice.welcome().await;
    for (frame, code, reason) in [
        (vec![0xff; 64], 1002, "SignalRequest"),
        (vec![0x0a, 0x05, 1], 1002, "SignalRequest"),
        (vec![0; SIGNAL_MESSAGE_BYTES_MAX + 1], 1009, "512 KiB"),
    ] {
        let mut eve = house.join_v1("eve").await;
        eve.welcome().await;
        eve.send_bytes(frame).await;
        let close = next_close(&mut eve).await.unwrap();
        assert_eq!(close.0, code);
        assert!(close.1.contains(reason), "{close:?}");
        alice.assert_alive().await;
    }
    house.eventually_lost(3).await;
}

#[tokio::test]
async fn eve_sends_more_than_is_ever_read() {
    let house = House::open().await;
    let mut alice = house.join_v1("alice").await;
    alice.welcome().await;
    let mut eve = house.join_v1("eve").await;
    eve.welcome().await;
    eve.send_bytes(vec![0; FRAME_BYTES_MAX + 1]).await;
    next_close(&mut eve).await;
    house.eventually_lost(1).await;
    alice.assert_alive().await;
}

#[tokio::test]
async fn eve_floods_and_is_told_to_stop() {
    let house = House::open().await;
    let mut eve = house.join_v0("eve").await;
    eve.welcome().await;
    let unknown = vec![0xfa, 0x3f, 0x00];
    for _ in 0..=BURST_MESSAGES_MAX {
        eve.send_bytes(unknown.clone()).await;
    }
    assert_eq!(next_close(&mut eve).await.map(|close| close.0), Some(1008));
}

/// What a busy worker has not read stays with its sender: it would fill the server's memory.
#[tokio::test(flavor = "multi_thread")]
async fn eves_long_messages_wait_in_the_network_and_are_not_lost() {
    let house = House::open().await;
    let mut eve = house.join_v0("eve").await;
    eve.welcome().await;
    let free = house.keep_the_worker_busy();
    let metadata = wire::UpdateParticipantMetadata {
        metadata: "x".repeat(60_000),
        ..wire::UpdateParticipantMetadata::default()
    };
    // More than the kernel keeps for a connection.
    let saying = tokio::spawn(async move {
        for _ in 0..600 {
            eve.say(Request::UpdateMetadata(metadata.clone())).await;
        }
        eve
    });
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!saying.is_finished(), "all of it was read");
    drop(free);
    let mut eve = saying.await.unwrap();
    eve.say(Request::Ping(1)).await;
    while !matches!(eve.hear().await, Message::Pong(_)) {}
}

/// Each offer keeps a worker busy far longer than a ping.
#[tokio::test]
async fn eves_flood_of_offers_ends_sooner() {
    let house = House::open().await;
    let mut eve = house.join_v0("eve").await;
    eve.welcome().await;
    for _ in 0..=BURST_MESSAGES_MAX / DESCRIPTION_COST {
        eve.say(Request::Offer(wire::SessionDescription::default()))
            .await;
    }
    assert_eq!(next_close(&mut eve).await.map(|close| close.0), Some(1008));
}

#[tokio::test]
async fn what_a_newer_client_says_is_passed_over() {
    let house = House::open().await;
    let mut alice = house.join_v1("alice").await;
    alice.welcome().await;
    alice.send_bytes(vec![0xfa, 0x3f, 0x02, 0x08, 0x01]).await;
    alice.send_text("{\"ping\": 1}").await;
    alice
        .say(Request::GetDataBlobRequest(
            wire::GetDataBlobRequest::default(),
        ))
        .await;
    alice.assert_alive().await;
}

#[tokio::test]
async fn a_client_that_never_reads_is_given_up_alone() {
    let house = House::open().await;
    let mut alice = house.join_v1("alice").await;
    alice.welcome().await;
    let _eve = house.join_v1("eve").await;
    house.eventually_present("eve").await;
    house.talk_until_slow("eve").await;
    house.eventually_lost(1).await;
    alice.assert_alive().await;
}

#[tokio::test]
async fn dave_leaves_and_is_told_goodbye() {
    let house = House::open().await;
    let mut dave = house.join_v1("dave").await;
    dave.welcome().await;
    dave.say(Request::Leave(wire::LeaveRequest::default()))
        .await;
    let Message::Leave(leave) = dave.hear().await else {
        panic!()
    };
    assert_eq!(leave.reason(), wire::DisconnectReason::ClientInitiated);
    assert_eq!(next_close(&mut dave).await.map(|close| close.0), Some(1000));
}

#[tokio::test]
async fn dave_who_closes_the_page_before_the_database_answers_is_never_there() {
    let house = House::open().await;
    let waiting = house.keep_the_database_waiting().await;
    let dave = house.join_v1("dave").await;
    let mut carol = house.join_v1("carol").await;
    dave.leave().await;
    assert!(!house.is_present("carol"), "she waits as well");
    drop(waiting);
    assert!(carol.welcome().await.other_participants.is_empty());
    assert!(!house.is_present("dave"));
}

#[tokio::test]
async fn alice_loses_her_line_and_resumes() {
    let house = House::open().await;
    let mut alice = house.join_v0("alice").await;
    let welcome = alice.welcome().await;
    let sid = welcome.participant.unwrap().sid;
    let [relay] = &welcome.ice_servers[..] else {
        panic!("{:?}", welcome.ice_servers)
    };
    assert!(relay.urls.iter().any(|url| url.ends_with("?transport=tcp")));
    drop(alice);
    house.eventually_lost(1).await;
    let resume = format!("{}&reconnect=1&sid={sid}", house.v0_path("alice"));
    let mut alice = house.connect(&resume).await.unwrap();
    let Message::Reconnect(resumed) = alice.hear().await else {
        panic!()
    };
    // Her connections to the relay go on.
    assert_eq!(resumed.ice_servers, welcome.ice_servers);
}

#[tokio::test]
async fn a_session_that_never_was_is_joined_anew() {
    let house = House::open().await;
    let resume = format!("{}&reconnect=1&sid=nobody", house.v0_path("alice"));
    let mut alice = house.connect(&resume).await.unwrap();
    let Message::Leave(leave) = alice.hear().await else {
        panic!()
    };
    assert_eq!(leave.reason(), wire::DisconnectReason::StateMismatch);
    assert_eq!(leave.action(), wire::leave_request::Action::Reconnect);
}

#[tokio::test]
async fn who_is_not_let_in_is_told_why() {
    let house = House::open().await;
    let open = house.v0_path("alice");
    for (path, status, text) in [
        ("/rtc/validate".to_owned(), 401, "no access token"),
        (
            "/rtc/validate?access_token=x".to_owned(),
            401,
            "three parts",
        ),
        (house.path_without_grant("/rtc/validate"), 403, "roomJoin"),
        (
            format!("{open}&room=other").replace("/rtc", "/rtc/validate"),
            403,
            "another room",
        ),
        (
            open.replace("/rtc", "/rtc/v1/validate"),
            400,
            "join_request",
        ),
        (open.replace("/rtc", "/rtc/validate"), 200, "success"),
        (open.replace("/rtc", "/rtc/v1"), 400, "join_request"),
        (house.path_without_grant("/rtc"), 403, "roomJoin"),
    ] {
        let (got, body) = house.get(&path).await;
        assert_eq!(got, status, "{body}");
        assert!(body.contains(text), "{body}");
        assert!(!body.contains("requested room does not exist"));
    }
    assert!(house.connect("/rtc?access_token=x").await.is_err());
}
