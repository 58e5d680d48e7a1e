//! Which stream is what, and what of it goes on.

use super::*;

fn at(mid: &str) -> Option<(String, Option<String>)> {
    Some((mid.to_owned(), None))
}

/// A packet of the screen.
fn screen(ssrc: u32, rid: &'static str) -> Packed<'static> {
    Packed {
        mid: SCREEN,
        rid,
        ..camera(ssrc, 1)
    }
}

fn layer(rid: &str) -> Option<(String, Option<String>)> {
    Some((SCREEN.to_owned(), Some(rid.to_owned())))
}

#[test]
fn a_stream_is_known_by_what_its_first_packets_say() {
    let mut alice = Publisher::new();
    assert_eq!(alice.place(on(CAMERA, camera(1, 1))), at(CAMERA));
    assert_eq!(alice.place(camera(1, 2)), at(CAMERA), "by its number");
    assert_eq!(alice.place(screen(2, "h")), layer("h"));
    assert_eq!(alice.place(screen(3, "f")), layer("f"));
    assert_eq!(alice.place(camera(2, 2)), layer("h"));
}

#[test]
fn a_stream_is_known_by_its_description_or_a_payload_type_that_one_section_has() {
    let mut alice = Publisher::declaring(&[(1, None)]);
    assert_eq!(alice.place(camera(1, 1)), at(CAMERA));
    let sound = Packed {
        payload_type: OPUS,
        ..camera(2, 1)
    };
    assert_eq!(alice.place(sound), at(MICROPHONE));
    assert_eq!(alice.place(camera(3, 1)), None, "two sections have VP8");
}

#[test]
fn what_names_no_section_or_layer_that_is_there_goes_nowhere() {
    let mut alice = Publisher::new();
    assert_eq!(alice.place(on("7", camera(1, 1))), None);
    assert_eq!(
        alice.place(on("a name longer than any", camera(1, 1))),
        None
    );
    assert_eq!(alice.place(screen(1, "x")), None);
    assert_eq!(alice.place(screen(1, "")), None, "it may be any layer");
    let unknown = Packed {
        payload_type: 50,
        ..screen(1, "q")
    };
    assert_eq!(alice.place(unknown), None);
    assert_eq!(alice.place(screen(1, "q")), layer("q"));
}

#[test]
fn a_stream_that_is_known_moves_to_no_other_section() {
    let mut alice = Publisher::new();
    alice.send(screen(2, "h"));
    alice.send(on(CAMERA, camera(1, 1)));
    assert_eq!(alice.place(on(CAMERA, camera(2, 2))), layer("h"));
    assert_eq!(alice.place(camera(1, 2)), at(CAMERA));
}

#[test]
fn another_stream_takes_the_place_of_the_one_before_which_returns_after_silence() {
    let mut alice = Publisher::new();
    alice.send(on(CAMERA, camera(1, 1)));
    assert_eq!(alice.place(on(CAMERA, camera(2, 1))), at(CAMERA));
    let late = on(CAMERA, camera(1, 2));
    assert_eq!(alice.place(late), None, "it is late");
    assert_eq!(alice.place(camera(2, 2)), at(CAMERA));
    alice.pass(1_000);
    assert_eq!(alice.place(on(CAMERA, camera(1, 3))), at(CAMERA));
    assert_eq!(alice.place(on(CAMERA, camera(2, 3))), None);
}

#[test]
fn streams_are_bounded() {
    let mut eve = Publisher::new();
    for ssrc in 1..500 {
        eve.send(on(CAMERA, camera(ssrc, 1)));
        eve.send(resend(1_000 + ssrc, 1, &[0, 1, 5]));
    }
    let (streams, resends) = (&eve.receiving.streams, &eve.receiving.resends);
    assert_eq!((streams.len(), resends.len()), (1, 1));
    let mut many = sections(&[]);
    for mid in 100..300 {
        many.insert(described(&mid.to_string(), &[VP8], &[]), Vec::new());
    }
    eve.receiving.learn(many);
    for mid in 100..300 {
        let name = mid.to_string();
        let packed = Packed {
            mid: &name,
            ..camera(mid, 1)
        };
        assert!(eve.send(packed).is_some());
        eve.pass(1);
    }
    assert_eq!(eve.receiving.streams.len(), STREAMS_MAX);
    assert!(eve.send(camera(299, 2)).is_some(), "the newest are kept");
}

#[test]
fn streams_stay_as_long_as_their_section_does() {
    let mut alice = Publisher::new();
    alice.send(on(CAMERA, camera(1, 1)));
    alice.send(screen(2, "h"));
    alice.send(resend(3, 1, &[0, 0, 5]));
    alice.receiving.learn(sections(&[]));
    assert!(alice.send(camera(1, 2)).is_some());
    let mut fewer = Sections::default();
    fewer.insert(described(SCREEN, &[VP8], &[]), vec![Rid::new("h")]);
    alice.receiving.learn(fewer);
    assert!(alice.send(camera(1, 3)).is_none());
    assert!(alice.send(camera(2, 2)).is_some());
    assert!(alice.receiving.resends.is_empty());
}

#[test]
fn what_is_sent_again_takes_the_place_of_what_was_lost() {
    let mut alice = Publisher::new();
    alice.send(on(CAMERA, camera(1, 10)));
    alice.send(camera(1, 12));
    let again = alice.send(resend(2, 500, &[0, 11, 1, 2])).unwrap();
    assert_eq!((again.ssrc, again.sequence), (Ssrc(1), 11));
    assert_eq!(again.payload_type, PayloadType(VP8));
    assert_eq!(*again.payload, [1, 2]);
    let twice = alice.send(resend(2, 501, &[0, 11, 1, 2]));
    assert!(twice.is_none(), "it is there");
    assert!(alice.send(camera(1, 11)).is_none(), "late, and there");
    assert!(alice.send(resend(2, 502, &[0, 10, 1])).is_none());
    assert!(alice.send(resend(2, 503, &[0x70, 0, 1])).is_none());
    assert!(alice.send(camera(1, 13)).is_some());
}

#[test]
fn a_packet_that_was_overtaken_goes_on() {
    let mut alice = Publisher::new();
    alice.send(on(CAMERA, camera(1, 10)));
    let key = Packed {
        payload: KEYFRAME,
        ..camera(1, 12)
    };
    alice.send(key);
    alice.pass(20);
    assert!(alice.asked().is_empty(), "a decoder begins behind it");
    assert!(alice.send(camera(1, 11)).is_some());
}

#[test]
fn resends_are_known_by_their_layer_or_by_the_description() {
    let mut alice = Publisher::declaring(&[(1, Some(5))]);
    alice.send(camera(1, 1));
    alice.send(camera(1, 3));
    let declared = Packed {
        mid: "",
        ..resend(5, 1, &[0, 2, 7])
    };
    assert_eq!(alice.send(declared).unwrap().ssrc, Ssrc(1));
    alice.send(screen(2, "h"));
    alice.send(screen(3, "f"));
    alice.send(camera(3, 3));
    let layer = Packed {
        mid: SCREEN,
        repaired: "f",
        ..resend(6, 1, &[0, 2, 7])
    };
    assert_eq!(alice.send(layer).unwrap().ssrc, Ssrc(3));
    let early = Packed {
        mid: SCREEN,
        repaired: "q",
        ..resend(7, 1, &[0, 2, 7])
    };
    assert!(alice.send(early).is_none(), "nothing came of that layer");
}

#[test]
fn padding_makes_no_stream_and_no_packet() {
    let mut alice = Publisher::new();
    let padding = Packed {
        payload: &[],
        padding: 50,
        ..on(CAMERA, camera(0, 1))
    };
    assert!(alice.send(padding).is_none());
    assert!(alice.receiving.streams.is_empty());
    alice.send(on(CAMERA, camera(1, 1)));
    let among_resends = Packed {
        payload: &[],
        padding: 50,
        ..resend(2, 1, &[])
    };
    assert!(alice.send(among_resends).is_none());
    let as_the_codec = Packed {
        payload_type: VP8,
        ..among_resends
    };
    assert!(alice.send(as_the_codec).is_none());
    assert!(alice.send(camera(1, 2)).is_some());
    let mut wrong = camera(1, 3).written();
    wrong[0] |= 0x20;
    assert_eq!(wrong.last(), Some(&7), "more than there is");
    let opened = OpenedRtp {
        header: Header::parse(&wrong).unwrap(),
        index: 3,
        end: wrong.len(),
        order: Order::Newest,
    };
    let (now, formats) = (alice.now, &alice.formats);
    let read = alice.receiving.receive(now, &opened, &wrong, formats);
    assert!(read.is_none());
}
