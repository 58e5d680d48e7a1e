//! Stories with a claim each, and how the claim could hold for nothing.

use visio_meeting::{Command, LayerQuality, LeaveReason, Refusal};
use visio_protocol::names::Identity;
use visio_sim::{Guest, Kind, Weather, World, model::Stream};

/// Ends the story and demands that no oracle complained.
fn ends_well(mut world: World) {
    world.finish();
    let story = world.story().join("\n");
    assert!(
        world.complaints().is_empty(),
        "\n{story}\n\n{}\n",
        world.complaints().join("\n")
    );
}

fn tells(world: &World, what: &str) {
    let story = world.story().join("\n");
    assert!(
        story.contains(what),
        "{what:?} is not in\n{story}\n{}",
        world.complaints().join("\n")
    );
}

/// Alice with microphone and camera, and Bob who watches.
fn alice_and_bob(seed: u64) -> (World, u32, u32) {
    let mut world = World::new(seed);
    let alice = world.join(Guest::new("alice").host());
    let bob = world.join(Guest::new("bob").dual());
    world.publish(alice, Kind::Microphone);
    world.publish(alice, Kind::Camera);
    world.settle();
    tells(&world, "bob receives alice's Microphone, alice's Camera");
    (world, alice, bob)
}

/// Claim: two people of either generation see and hear each other, and data arrives.
/// Could pass for nothing if nobody demanded anything: the log names what was received.
#[test]
fn alice_and_bob_meet_whatever_their_clients() {
    for (alice, bob) in [
        (Guest::new("alice"), Guest::new("bob")),
        (Guest::new("alice").dual(), Guest::new("bob").dual()),
        (Guest::new("alice").dual(), Guest::new("bob")),
    ] {
        let mut world = World::new(1);
        let alice = world.join(alice);
        let bob = world.join(bob);
        for number in [alice, bob] {
            world.publish(number, Kind::Microphone);
            world.publish(number, Kind::Camera);
        }
        world.say(alice, None);
        world.settle();
        tells(&world, "bob receives alice's Microphone, alice's Camera");
        tells(&world, "alice receives bob's Microphone, bob's Camera");
        assert_eq!(world.delivery.arrived(bob), 1);
        ends_well(world);
    }
}

/// Claim: Bob gets the layer he asks for, switched at keyframes only.
/// Could pass for nothing if he had it already: each layer is asked for in turn.
#[test]
fn bob_chooses_how_well_he_sees_alice() {
    let (mut world, alice, bob) = alice_and_bob(2);
    let stream = Stream {
        client: alice,
        track: 1,
    };
    for (quality, layer) in [
        (LayerQuality::Low, 0),
        (LayerQuality::High, 2),
        (LayerQuality::Medium, 1),
    ] {
        assert!(world.look(bob, stream, Some(quality)));
        world.settle();
        assert_eq!(world.continuity.layer(bob, stream), Some(layer));
    }
    assert!(world.continuity.switches(bob) >= 3);
    ends_well(world);
}

/// Claim: the host removes Dave, who hears nothing more; Dave could remove nobody.
/// Could pass for nothing if Dave had heard nothing before: he is told to have received.
#[test]
fn dave_is_removed_and_could_remove_nobody() {
    let (mut world, alice, _) = alice_and_bob(3);
    let dave = world.join(Guest::new("dave"));
    world.publish(dave, Kind::Microphone);
    world.attempt(
        dave,
        Command::Remove {
            identity: Identity::new("bob"),
            tokens_before_unix_s: None,
        },
    );
    world.attempt(dave, Command::End);
    world.settle();
    tells(&world, "dave receives alice's Microphone, alice's Camera");
    tells(
        &world,
        "bob receives alice's Microphone, alice's Camera, dave's Microphone",
    );
    world.remove(Some(alice), dave);
    world.settle();
    ends_well(world);
}

/// Claim: Carol, who may not subscribe yet, receives nothing until she may.
/// Could pass for nothing if she never could: she receives once she is let.
#[test]
fn carol_waits_and_is_let_in() {
    let (mut world, ..) = alice_and_bob(4);
    let mut waiting = Guest::new("carol");
    waiting.permissions.can_subscribe = false;
    let carol = world.join(waiting);
    world.settle();
    tells(&world, "carol receives nothing");
    world.permit(carol, Guest::new("carol").permissions);
    world.settle();
    tells(&world, "carol receives alice's Microphone, alice's Camera");
    ends_well(world);
}

/// Claim: Alice's tracks reach those whom she names, and everybody again when she says so.
#[test]
fn alice_chooses_who_may_receive_her() {
    let (mut world, alice, _) = alice_and_bob(5);
    world.join(Guest::new("carol"));
    world.let_receive(alice, Some(&["bob"]));
    world.settle();
    tells(&world, "carol receives nothing");
    world.let_receive(alice, None);
    world.settle();
    tells(&world, "carol receives alice's Microphone, alice's Camera");
    ends_well(world);
}

/// Claim: whom the host mutes is heard no more, even if their client goes on sending.
/// Could pass for nothing if Dave sent nothing: his deaf client is heard before.
#[test]
fn dave_is_silenced_though_he_goes_on_talking() {
    let (mut world, ..) = alice_and_bob(6);
    let dave = world.join(Guest {
        deaf: true,
        ..Guest::new("dave")
    });
    let track = world.publish(dave, Kind::Microphone);
    world.settle();
    tells(&world, "dave's Microphone");
    world.silence(dave, track);
    world.settle();
    world.mute(dave, track, false);
    world.settle();
    ends_well(world);
}

/// Claim: a recorder that is hidden hears everybody and is seen by nobody.
#[test]
fn a_hidden_recorder_hears_and_is_not_seen() {
    let (mut world, ..) = alice_and_bob(7);
    world.join(Guest::new("recorder").hidden());
    world.settle();
    tells(
        &world,
        "recorder receives alice's Microphone, alice's Camera",
    );
    ends_well(world);
}

/// Claim: while the WebSocket is away media flows without a gap, and a participant who left meanwhile is
/// not seen as a ghost afterwards.
#[test]
fn bob_resumes_and_nothing_is_missing() {
    let (mut world, alice, bob) = alice_and_bob(8);
    let carol = world.join(Guest::new("carol"));
    world.settle();
    world.cut(bob);
    world.run(1.0);
    world.leave(carol);
    world.say(alice, None);
    world.run(2.0);
    assert_eq!(world.resume(bob), Ok(()));
    world.settle();
    tells(&world, "bob receives alice's Microphone, alice's Camera");
    assert_eq!(world.delivery.arrived(bob), 1);
    ends_well(world);
}

/// Claim: the farewell to a former stay deletes nobody who is present. Alice's WebSocket is away
/// just after Bob reloaded his page.
#[test]
fn alice_resumes_and_still_sees_bob_who_reloaded() {
    let (mut world, alice, bob) = alice_and_bob(11);
    world.leave(bob);
    world.join(Guest::new("bob"));
    world.settle();
    world.cut(alice);
    world.run(1.0);
    assert_eq!(world.resume(alice), Ok(()));
    world.settle();
    ends_well(world);
}

/// Claim: a participant who does not come back in time is gone for the others, and may not resume.
#[test]
fn dave_vanishes_and_is_missed_after_the_resume_window() {
    let (mut world, ..) = alice_and_bob(9);
    let dave = world.join(Guest::new("dave"));
    world.publish(dave, Kind::Camera);
    world.settle();
    world.vanish(dave);
    world.run(10.0);
    world.settle();
    assert!(world.resume(dave).is_err());
    ends_well(world);
}

/// Claim: a participant who was removed while their WebSocket was away is told so when they come back, also
/// when the meeting is long over. Could pass for nothing if nobody could resume: Bob does.
#[test]
fn dave_wakes_up_and_learns_that_he_was_removed() {
    let (mut world, alice, bob) = alice_and_bob(12);
    let dave = world.join(Guest::new("dave"));
    world.settle();
    world.cut(dave);
    world.cut(bob);
    world.remove(Some(alice), dave);
    world.run(1.0);
    assert_eq!(world.resume(bob), Ok(()));
    let removed = Err(Refusal::Revoked(LeaveReason::Removed));
    assert_eq!(world.resume(dave), removed);
    world.settle();
    world.leave(bob);
    world.leave(alice);
    world.run(60.0);
    ends_well(world);
}

/// Claim: the same identity again takes the place of the former, with its media.
#[test]
fn bob_comes_in_twice_and_is_there_once() {
    let (mut world, ..) = alice_and_bob(10);
    let again = world.join(Guest::new("bob"));
    world.publish(again, Kind::Camera);
    world.settle();
    tells(&world, "alice receives bob's Camera");
    ends_well(world);
}

/// Claim: an outage of five seconds costs those seconds and nothing else.
#[test]
fn bobs_line_breaks_and_comes_back() {
    let (mut world, alice, bob) = alice_and_bob(11);
    world.set_weather(bob, Weather::OUTAGE);
    world.say(alice, None);
    world.run(5.0);
    world.set_weather(bob, Weather::default());
    world.settle();
    assert_eq!(world.delivery.arrived(bob), 1);
    ends_well(world);
}

/// The longest time without a packet of a stream, while `seconds` pass.
fn longest_gap(world: &mut World, listener: u32, stream: Stream, seconds: u32) -> f64 {
    const STEP: f64 = 0.05;
    let (mut longest, mut current, mut before) = (0_u32, 0, world.heard(listener, stream));
    for _ in 0..seconds * 20 {
        world.run(STEP);
        let heard = world.heard(listener, stream);
        current = if heard == before { current + 1 } else { 0 };
        (longest, before) = (longest.max(current), heard);
    }
    f64::from(longest) * STEP
}

/// Claim: who is given another port by a NAT in mid-call is followed there within a second, who
/// speaks at once. Could pass for nothing if the old port went on: the NAT passes nothing to it.
#[test]
fn a_nat_changes_the_port_and_the_call_goes_on() {
    for alice in [Guest::new("alice"), Guest::new("alice").dual()] {
        for bob in [Guest::new("bob"), Guest::new("bob").dual()] {
            let mut world = World::new(31);
            let alice = world.join(alice.clone());
            let bob = world.join(bob);
            let track = world.publish(alice, Kind::Microphone);
            world.publish(alice, Kind::Camera);
            world.settle();
            let microphone = Stream {
                client: alice,
                track,
            };
            world.rebind(alice);
            let speaker = longest_gap(&mut world, bob, microphone, 5);
            assert!(
                speaker <= 0.2,
                "{speaker} s when the speaker's port changed"
            );
            world.rebind(bob);
            let listener = longest_gap(&mut world, bob, microphone, 5);
            assert!(
                listener <= 0.4,
                "{listener} s when the listener's port changed"
            );
            world.settle();
            ends_well(world);
        }
    }
}

/// Claim: a track that has sent nothing yet is offered, so that its first words are heard.
/// Could pass for nothing if packets of Alice's had come: her link lets none through.
#[test]
fn bob_is_offered_what_alice_has_not_sent_yet() {
    for bob in [Guest::new("bob"), Guest::new("bob").dual()] {
        let mut world = World::new(22);
        let alice = world.join(Guest::new("alice"));
        world.set_weather(alice, Weather::OUTAGE);
        let bob = world.join(bob);
        let track = world.publish(alice, Kind::Microphone);
        let microphone = Stream {
            client: alice,
            track,
        };
        world.run(5.0);
        assert!(world.is_offered(bob, microphone));
        assert_eq!(world.heard(bob, microphone), 0);
        world.set_weather(alice, Weather::default());
        world.settle();
        tells(&world, "bob receives alice's Microphone");
        ends_well(world);
    }
}

/// Claim: on a link that loses a tenth, doubles and reorders, data still arrives once and in
/// order, and every missing packet was lost by the link.
#[test]
fn a_bad_line_is_a_bad_line_and_no_more() {
    let (mut world, alice, bob) = alice_and_bob(12);
    let bad = Weather {
        jitter_ms: 30,
        loss_permille: 100,
        duplicate_permille: 50,
        ..Weather::default()
    };
    world.set_weather(bob, bad);
    for _ in 0..20 {
        world.say(alice, None);
        world.run(0.25);
    }
    world.settle();
    assert_eq!(world.delivery.arrived(bob), 20);
    ends_well(world);
}

/// Claim: what strangers throw at the port changes nothing for anybody, and they learn nothing.
/// Could pass for nothing if Eve's datagrams were all noise: two in three copy real traffic.
#[test]
fn eve_throws_thousands_of_datagrams() {
    let (mut world, alice, _) = alice_and_bob(13);
    world.say(alice, None);
    for _ in 0..50 {
        world.attack(60, None);
        world.run(0.05);
    }
    world.settle();
    ends_well(world);
}

/// Claim: datagrams that bear Dave's address harm nobody, Dave neither: he is heard and hears on.
/// Could pass for nothing if none were of his streams: hers are what she saw on his line, bent.
#[test]
fn eve_forges_daves_address_and_nobody_notices() {
    let (mut world, alice, bob) = alice_and_bob(14);
    let dave = world.join(Guest::new("dave"));
    let track = world.publish(dave, Kind::Microphone);
    world.settle();
    let voice = Stream {
        client: dave,
        track,
    };
    let alices = Stream {
        client: alice,
        track: 0,
    };
    for _ in 0..20 {
        world.attack(30, Some(dave));
        for (listener, stream) in [(bob, voice), (dave, alices)] {
            let gap = longest_gap(&mut world, listener, stream, 1);
            assert!(gap <= 0.1, "{gap} s of {stream:?} are missing");
        }
    }
    world.settle();
    ends_well(world);
}

/// Claim: what Eve, who is in the meeting herself, sends as if from Dave's address costs Dave nothing.
/// Could pass for nothing if the server knew it for nobody's: her packets are her own, and authentic.
#[test]
fn eve_sends_her_own_voice_from_daves_address_and_dave_notices_nothing() {
    for dave in [Guest::new("dave"), Guest::new("dave").dual()] {
        let (mut world, alice, _) = alice_and_bob(16);
        let dave = world.join(dave);
        let eve = world.join(Guest::new("eve"));
        world.publish(eve, Kind::Microphone);
        world.settle();
        let alices = Stream {
            client: alice,
            track: 0,
        };
        world.impersonate(eve, Some(dave));
        let gap = longest_gap(&mut world, dave, alices, 5);
        assert!(gap <= 0.1, "{gap} s of Alice's voice are missing");
        world.impersonate(eve, None);
        world.settle();
        ends_well(world);
    }
}

/// Claim: a description that makes no sense sends its author away, and nobody else. Somebody who was
/// connected by then may come again, a stranger need not.
#[test]
fn eve_babbles_and_is_sent_away_alone() {
    let (mut world, ..) = alice_and_bob(15);
    let eve = world.join(Guest::new("eve"));
    world.publish(eve, Kind::Camera);
    world.run(2.0);
    world.babble(eve);
    let stranger = world.join(Guest::new("a stranger"));
    world.babble(stranger);
    world.settle();
    tells(&world, "eve is told to go: StateMismatch, Reconnect");
    tells(&world, "a stranger is told to go: JoinFailure, Disconnect");
    ends_well(world);
}

/// Claim: what is said is put down to the one who said it, and a muted microphone says nothing.
#[test]
fn words_are_put_down_to_the_right_name() {
    let (mut world, alice, bob) = alice_and_bob(16);
    world.publish(bob, Kind::Microphone);
    world.settle();
    let before = world.tapped();
    world.mute(alice, 0, true);
    world.settle();
    assert!(
        before > 100 && world.tapped() > before,
        "{before} packets, then {}",
        world.tapped()
    );
    ends_well(world);
}

/// Claim: who takes redundant audio is sent it whatever connections they have and whether it came
/// so, and who does not is sent the frames alone.
/// Could pass for nothing if nobody heard anything: all are told to have received.
#[test]
fn redundant_audio_reaches_who_takes_it() {
    for sends_it in [true, false] {
        let mut world = World::new(23);
        let alice = Guest::new("alice");
        let alice = world.join(if sends_it { alice.redundant() } else { alice });
        let bob = world.join(Guest::new("bob").redundant());
        let carol = world.join(Guest::new("carol").dual().redundant());
        let dave = world.join(Guest::new("dave"));
        world.publish(alice, Kind::Microphone);
        world.settle();
        for (number, name) in [(bob, "bob"), (carol, "carol")] {
            tells(&world, &format!("{name} receives alice's Microphone"));
            let copies = world.copies(number);
            assert!(copies > 50, "{name} takes it: {copies} copies");
        }
        tells(&world, "dave receives alice's Microphone");
        assert_eq!(world.copies(dave), 0);
        ends_well(world);
    }
}

/// Claim: what Alice's line loses is filled in from the copies, for who takes them and who does not.
/// Could pass for nothing if the line lost nothing: without copies a tenth is missing.
#[test]
fn what_alices_line_loses_is_filled_in() {
    let missing = |alice: Guest| {
        let mut world = World::new(24);
        let alice = world.join(alice);
        let (bob, carol) = (
            world.join(Guest::new("bob")),
            world.join(Guest::new("carol").redundant()),
        );
        world.publish(alice, Kind::Microphone);
        world.settle();
        let lossy = Weather {
            loss_permille: 100,
            jitter_ms: 10,
            ..Weather::default()
        };
        world.set_weather(alice, lossy);
        world.run(60.0);
        world.set_weather(alice, Weather::default());
        world.settle();
        let missing = |of| {
            world
                .continuity
                .missing(of)
                .iter()
                .map(|(_, one)| one)
                .sum()
        };
        let missing: [u64; 2] = [missing(bob), missing(carol)];
        ends_well(world);
        missing
    };
    let frames = 1_000;
    for without in missing(Guest::new("alice")) {
        assert!(without > frames * 7 / 100, "{without} missing without");
    }
    for with in missing(Guest::new("alice").redundant()) {
        assert!(with <= frames * 3 / 100, "{with} missing");
    }
}

/// Claim: whose browser names tracks at random in its offers may share a screen and stay visible.
/// Could pass for nothing if the camera had never been found: it is received before.
#[test]
fn alice_shares_her_screen_from_firefox_and_keeps_her_camera() {
    let mut world = World::new(17);
    let firefox = Guest {
        renames: true,
        ..Guest::new("alice")
    };
    let alice = world.join(firefox);
    world.join(Guest::new("bob"));
    world.publish(alice, Kind::Microphone);
    world.publish(alice, Kind::Camera);
    world.settle();
    tells(&world, "bob receives alice's Microphone, alice's Camera");
    world.publish(alice, Kind::Screen);
    world.settle();
    tells(
        &world,
        "bob receives alice's Microphone, alice's Camera, alice's Screen",
    );
    ends_well(world);
}

/// Claim: a screen with one picture in three seconds arrives whole.
/// Could pass for nothing if no picture was sent: nine are counted.
#[test]
fn bob_follows_alices_slides() {
    let (mut world, alice, bob) = alice_and_bob(18);
    let track = world.publish(alice, Kind::Screen);
    let slides = Stream {
        client: alice,
        track,
    };
    world.settle();
    world.set_frame_interval(alice, 3.0);
    world.run(1.0);
    let before = world.heard(bob, slides);
    assert!(before > 5);
    world.run(28.0);
    assert_eq!(world.heard(bob, slides), before + 9);
    world.set_frame_interval(alice, 0.2);
    world.settle();
    ends_well(world);
}

/// Claim: the keyframe with which a camera begins after it was off is shown at once.
/// Could pass for nothing if Bob had seen Alice all the time: while she is muted he does not.
#[test]
fn alices_camera_is_seen_from_its_first_frame_on() {
    let (mut world, alice, bob) = alice_and_bob(19);
    let camera = Stream {
        client: alice,
        track: 1,
    };
    world.mute(alice, camera.track, true);
    world.settle();
    assert_eq!(world.heard(bob, camera), 0);
    world.begin_anew(alice, camera.track);
    world.mute(alice, camera.track, false);
    world.run(0.26);
    assert!(world.heard(bob, camera) > 0);
    world.settle();
    ends_well(world);
}

/// Claim: where nobody shows anything, a link carries the voices and little besides.
/// Could pass for nothing if Bob heard nothing: he is told to have received.
#[test]
fn bob_who_only_listens_is_sent_no_padding_for_pictures() {
    let mut world = World::new(20);
    let alice = world.join(Guest::new("alice").host());
    let bob = world.join(Guest::new("bob"));
    world.publish(alice, Kind::Microphone);
    world.settle();
    tells(&world, "bob receives alice's Microphone");
    let before = world.sent_bytes(bob);
    world.run(10.0);
    let kbps = (world.sent_bytes(bob) - before) * 8 / 10_000;
    assert!(kbps < 20, "{kbps} kbit/s");
    ends_well(world);
}

/// Claim: a link that became wide again carries the best picture within ten seconds.
/// Could pass for nothing if Bob had seen it all the time: on the thin link he does not.
#[test]
fn bob_sees_alice_well_again_when_his_line_recovers() {
    let (mut world, alice, bob) = alice_and_bob(21);
    let camera = Stream {
        client: alice,
        track: 1,
    };
    world.set_frame_interval(alice, 0.01);
    world.run(8.0);
    assert_eq!(world.continuity.layer(bob, camera), Some(2));
    let thin = Weather {
        rate_kbps: 130,
        ..Weather::default()
    };
    world.set_weather(bob, thin);
    world.run(30.0);
    assert_eq!(world.continuity.layer(bob, camera), Some(0));
    world.set_weather(bob, Weather::default());
    world.run(10.0);
    assert_eq!(world.continuity.layer(bob, camera), Some(2));
    world.set_frame_interval(alice, 0.2);
    world.settle();
    ends_well(world);
}
