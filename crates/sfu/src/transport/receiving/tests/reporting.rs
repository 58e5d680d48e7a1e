//! What is reported and asked for.

use super::*;

/// The blocks of all reports, and how many compounds name who reports.
fn reported(compounds: &[Vec<u8>]) -> (Vec<ReportBlock>, usize) {
    let (mut all, mut names) = (Vec::new(), 0);
    for packet in compounds.iter().flat_map(|one| rtcp::packets(one)) {
        match packet {
            Packet::ReceiverReport {
                sender_ssrc,
                blocks,
            } => {
                assert_eq!(sender_ssrc, OWN);
                all.extend(blocks);
            }
            Packet::Descriptions(_) => names += 1,
            _ => {}
        }
    }
    (all, names)
}

fn keyframes_asked(compounds: &[Vec<u8>]) -> Vec<u32> {
    let packets = compounds.iter().flat_map(|one| rtcp::packets(one));
    let asked = packets.filter_map(|packet| match packet {
        Packet::PictureLoss { media_ssrc, .. } => Some(media_ssrc),
        _ => None,
    });
    asked.collect()
}

#[test]
fn what_came_is_reported_and_silence_is_not() {
    let mut alice = Publisher::new();
    assert_eq!(alice.receiving.deadline(), None, "nothing came");
    alice.send(on(CAMERA, camera(1, 1)));
    alice.send(camera(1, 2));
    alice.send(camera(1, 4));
    alice.send(resend(2, 9, &[0, 3, 5]));
    alice.pass(500);
    assert_eq!(alice.receiving.deadline(), Some(alice.now));
    let (blocks, names) = reported(&alice.hear());
    let of: Vec<u32> = blocks.iter().map(|block| block.ssrc).collect();
    assert_eq!((of, names), (vec![1, 2], 1));
    assert_eq!(blocks[0].fraction_lost, 64, "as the network lost it");
    assert_eq!(alice.receiving.take_loss(), Some(0.25));
    assert_eq!(alice.receiving.take_loss(), None);
    alice.pass(1_000);
    assert_eq!(reported(&alice.hear()), (vec![], 0));
    assert_eq!(alice.receiving.deadline(), None);
}

#[test]
fn sound_alone_is_reported_less_often() {
    let mut alice = Publisher::new();
    let sound = |sequence| Packed {
        payload_type: OPUS,
        ..camera(1, sequence)
    };
    let mut reports = 0;
    for sequence in 0..500 {
        alice.send(sound(sequence));
        alice.pass(20);
        reports += reported(&alice.hear()).0.len();
    }
    assert_eq!(reports, 2, "in 10 s");
}

#[test]
fn a_report_says_when_the_last_one_of_the_sender_came() {
    let mut alice = Publisher::new();
    alice.send(on(CAMERA, camera(1, 1)));
    let info = SenderInfo {
        ssrc: 1,
        ntp: 0x1234_5678_9abc_def0,
        rtp_time: 0,
        packets: 1,
        octets: 1,
    };
    let mut buffer = [0; 100];
    let mut writer = Writer::new(&mut buffer);
    writer.sender_report(&info, &[]).unwrap();
    let length = writer.len();
    alice.receiving.hear(alice.now, 0, &buffer[..length]);
    alice.pass(500);
    let (blocks, _) = reported(&alice.hear());
    assert_eq!(blocks[0].last_sr, 0x5678_9abc);
    assert_eq!(blocks[0].delay_since_last_sr, 1 << 15);
    let captured = alice.send(camera(1, 2)).unwrap().captured;
    assert!(captured.is_some(), "the sender's clock is known");
}

#[test]
fn the_round_trip_is_what_the_answer_to_a_report_says() {
    let mut alice = Publisher::new();
    // DLRR (RFC 3611 section 4.5): of a report at 1 s, half a second ago.
    let answer = |ssrc: u32| {
        let mut packet = vec![0x80, 207, 0, 5, 0, 0, 0, 1, 5, 0, 0, 3];
        packet.extend(ssrc.to_be_bytes());
        packet.extend([0, 1, 0, 0, 0, 0, 0x80, 0]);
        packet
    };
    let ntp = (1_u64 << 32) + (3 << 30);
    alice.receiving.hear(alice.now, ntp, &answer(OWN + 1));
    assert_eq!(alice.receiving.round_trip(), None, "of somebody else");
    alice.receiving.hear(alice.now, ntp, &answer(OWN));
    let quarter = Duration::from_millis(250);
    assert_eq!(alice.receiving.round_trip(), Some(quarter));
}

#[test]
fn lost_pictures_are_asked_for_and_lost_sound_is_not() {
    let mut alice = Publisher::new();
    let sound = |sequence| Packed {
        payload_type: OPUS,
        ..camera(2, sequence)
    };
    alice.send(on(CAMERA, camera(1, 10)));
    alice.send(sound(10));
    alice.send(camera(1, 13));
    alice.send(sound(13));
    assert!(alice.asked().is_empty(), "they may be late");
    alice.pass(10);
    assert_eq!(alice.asked(), [(1, 11), (1, 12)]);
    alice.send(resend(3, 1, &[0, 11, 5]));
    alice.pass(100);
    assert_eq!(alice.asked(), [(1, 12)], "once more after a round trip");
}

#[test]
fn nothing_is_asked_of_a_stream_that_has_ended() {
    let mut alice = Publisher::new();
    alice.send(on(CAMERA, camera(1, 10)));
    alice.send(camera(1, 13));
    let goodbye = [0x81, 203, 0, 1, 0, 0, 0, 1];
    alice.receiving.hear(alice.now, 0, &goodbye);
    alice.pass(10);
    assert!(alice.asked().is_empty());
    assert!(alice.send(camera(1, 14)).is_some(), "it goes on");
}

#[test]
fn many_requests_fill_several_packets() {
    let mut alice = Publisher::new();
    for (ssrc, rid) in [(1, "q"), (2, "h"), (3, "f")] {
        for sequence in (0..=1_000).map(|number| number * 2) {
            let packed = camera(ssrc, sequence);
            alice.send(Packed {
                rid,
                ..on(SCREEN, packed)
            });
        }
    }
    alice.pass(10);
    let compounds = alice.hear();
    assert!(compounds.len() > 1, "{}", compounds.len());
    assert!(compounds.iter().all(|one| one.len() <= 1_180));
    let lost = compounds.iter().flat_map(|one| rtcp::packets(one));
    let lost = lost.filter_map(|packet| match packet {
        Packet::Nack { lost, .. } => Some(lost.count()),
        _ => None,
    });
    assert_eq!(lost.sum::<usize>(), 3_000);
}

#[test]
fn a_keyframe_is_asked_for_once_and_of_streams_that_are_there() {
    let mut alice = Publisher::new();
    alice.receiving.request_keyframe(Ssrc(1));
    assert!(keyframes_asked(&alice.hear()).is_empty());
    alice.send(on(CAMERA, camera(1, 1)));
    alice.receiving.request_keyframe(Ssrc(1));
    alice.receiving.request_keyframe(Ssrc(1));
    assert_eq!(keyframes_asked(&alice.hear()), [1]);
    assert!(keyframes_asked(&alice.hear()).is_empty());
}

#[test]
fn a_stream_that_lacks_too_much_begins_with_a_keyframe() {
    let mut alice = Publisher::new();
    alice.send(on(CAMERA, camera(1, 1)));
    assert!(alice.send(camera(1, 5_000)).is_some());
    assert_eq!(keyframes_asked(&alice.hear()), [1]);
}

#[test]
fn every_packet_of_the_connection_is_told_of() {
    let mut alice = Publisher::new();
    let numbered = |number, packed| Packed {
        number: Some(number),
        ..packed
    };
    alice.send(numbered(5, on(CAMERA, camera(1, 1))));
    alice.send(numbered(6, camera(0, 1)));
    alice.send(numbered(8, resend(2, 1, &[])));
    alice.pass(250);
    let compounds = alice.hear();
    let told = compounds.iter().flat_map(|one| rtcp::packets(one));
    let told: Vec<(u16, bool)> = told
        .filter_map(|packet| match packet {
            Packet::TransportFeedback(feedback) => Some(feedback),
            _ => None,
        })
        .flat_map(|feedback| feedback.statuses())
        .map(|(number, came)| (number, came.is_some()))
        .collect();
    assert_eq!(told, [(5, true), (6, true), (7, false), (8, true)]);
}
