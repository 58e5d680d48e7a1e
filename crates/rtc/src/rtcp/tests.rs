//! RTCP packets written by hand after the figures of their RFCs, and what hostile bytes make of them.

mod round_trip;

use super::*;

/// The only packet of a compound.
fn only(bytes: &[u8]) -> Packet<'_> {
    let mut read = packets(bytes);
    let first = read.next().unwrap();
    assert!(read.next().is_none(), "one packet, not two");
    first
}

/// RFC 3550 section 6.4.1: a sender that also receives one stream.
#[rustfmt::skip]
const SENDER_REPORT_OF_ALICE: [u8; 52] = [
    0x81, 200, 0, 12,
    0x0a, 0x11, 0xce, 0x01, // SSRC of sender
    0xe8, 0x00, 0x00, 0x01, 0x80, 0x00, 0x00, 0x00, // NTP timestamp, ends in half a second
    0x00, 0x01, 0x5f, 0x90, // RTP timestamp
    0x00, 0x00, 0x01, 0x00, // sender's packet count
    0x00, 0x01, 0x00, 0x02, // sender's octet count
    0x0b, 0x0b, 0x00, 0x02, // SSRC_1
    0x40, 0xff, 0xff, 0xfe, // a quarter lost, -2 lost in all
    0x00, 0x02, 0xff, 0xff, // two wraps, then 65535
    0x00, 0x00, 0x00, 0x5a, // jitter
    0x00, 0x01, 0x80, 0x00, // LSR
    0x00, 0x00, 0x80, 0x00, // DLSR: half a second
];

const BLOCK_ON_BOB: ReportBlock = ReportBlock {
    ssrc: 0x0b0b_0002,
    fraction_lost: 64,
    cumulative_lost: -2,
    highest_sequence: 0x2_ffff,
    jitter: 90,
    last_sr: 0x0001_8000,
    delay_since_last_sr: 0x8000,
};

#[test]
fn a_sender_report_is_read_and_written() {
    let Packet::SenderReport { info, blocks } = only(&SENDER_REPORT_OF_ALICE) else {
        panic!("no SR");
    };
    let expected = SenderInfo {
        ssrc: 0x0a11_ce01,
        ntp: 0xe800_0001_8000_0000,
        rtp_time: 90_000,
        packets: 256,
        octets: 65_538,
    };
    assert_eq!(info, expected);
    assert_eq!(blocks.collect::<Vec<_>>(), [BLOCK_ON_BOB]);
    let mut buffer = [0xee; 52];
    let mut writer = Writer::new(&mut buffer);
    assert_eq!(writer.sender_report(&info, &[BLOCK_ON_BOB]), Ok(&[][..]));
    assert_eq!(writer.len(), 52);
    assert_eq!(buffer, SENDER_REPORT_OF_ALICE);
}

#[test]
fn a_compound_is_read_in_order_and_what_is_unknown_passed_over() {
    let receiver_report = [0x80, 201, 0, 1, 0, 0, 0, 7];
    let application = [0x80, 204, 0, 2, 0, 0, 0, 7, b'n', b'a', b'm', b'e'];
    let goodbye = [0x82, 203, 0, 3, 0, 0, 0, 7, 0, 0, 0, 8, 3, b'b', b'y', b'e'];
    let bytes = [&receiver_report[..], &application, &goodbye].concat();
    let mut read = packets(&bytes);
    assert!(matches!(
        read.next(),
        Some(Packet::ReceiverReport { sender_ssrc: 7, .. })
    ));
    let Some(Packet::Goodbye(sources)) = read.next() else {
        panic!("no BYE");
    };
    assert_eq!(sources.collect::<Vec<_>>(), [7, 8]);
    assert!(read.next().is_none());
}

#[test]
fn descriptions_give_the_canonical_name_of_each_source() {
    #[rustfmt::skip]
    let bytes = [
        0x83, 202, 0, 10,
        0, 0, 0, 1, 2, 3, b'B', b'o', b'b', 1, 1, b'b', 0, 0, 0, 0, // NAME, then CNAME
        0, 0, 0, 2, 2, 1, b'x', 0, // no CNAME
        0, 0, 0, 3, 1, 5, b'c', b'a', b'r', b'o', b'l', 1, 1, b'c', 0, 0,
    ];
    let Packet::Descriptions(names) = only(&bytes) else {
        panic!("no SDES");
    };
    let names: Vec<(u32, &[u8])> = names.collect();
    assert_eq!(names, [(1, &b"b"[..]), (3, &b"carol"[..])]);
}

#[test]
fn a_nack_names_up_to_17_packets_in_each_entry() {
    #[rustfmt::skip]
    let bytes = [
        0x81, 205, 0, 4,
        0, 0, 0, 1, 0, 0, 0, 2,
        0xff, 0xfe, 0x80, 0x05, // 65534, and the 1st, 3rd and 16th behind it
        0x01, 0x00, 0x00, 0x00,
    ];
    let Packet::Nack {
        sender_ssrc: 1,
        media_ssrc: 2,
        lost,
    } = only(&bytes)
    else {
        panic!("no NACK");
    };
    let lost: Vec<u16> = lost.collect();
    assert_eq!(lost, [65_534, 65_535, 1, 14, 256]);
    let mut buffer = [0; 20];
    assert_eq!(Writer::new(&mut buffer).nack(1, 2, &lost), Ok(&[][..]));
    assert_eq!(buffer, bytes);
}

#[test]
fn keyframe_requests_are_read_and_written() {
    let picture_loss = [0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2];
    #[rustfmt::skip]
    let full_intra = [
        0x84, 206, 0, 4,
        0, 0, 0, 1, 0, 0, 0, 0, // media source is unused
        0, 0, 0, 2, 9, 0, 0, 0,
    ];
    let mut buffer = [0xee; 32];
    let mut writer = Writer::new(&mut buffer);
    writer.picture_loss(1, 2).unwrap();
    writer.full_intra(1, 2, 9).unwrap();
    assert_eq!(buffer, *[&picture_loss[..], &full_intra].concat());
    assert!(matches!(
        only(&picture_loss),
        Packet::PictureLoss {
            sender_ssrc: 1,
            media_ssrc: 2
        }
    ));
    let Packet::FullIntra { requests, .. } = only(&full_intra) else {
        panic!("no FIR");
    };
    assert_eq!(requests.collect::<Vec<_>>(), [(2, 9)]);
}

#[test]
fn remb_says_a_bitrate_for_some_sources() {
    #[rustfmt::skip]
    let mut bytes = [
        0x8f, 206, 0, 5,
        0, 0, 0, 1, 0, 0, 0, 0,
        b'R', b'E', b'M', b'B',
        1, 0x0b, 0xd0, 0x90, // exponent 2, mantissa 0x3d090
        0, 0, 0, 2,
    ];
    let Packet::Remb {
        bitrate_bps: 1_000_000,
        sources,
        ..
    } = only(&bytes)
    else {
        panic!("no REMB of 1 Mbit/s");
    };
    assert_eq!(sources.collect::<Vec<_>>(), [2]);
    bytes[17] = 0xff;
    let Packet::Remb { bitrate_bps, .. } = only(&bytes) else {
        panic!("no REMB");
    };
    assert_eq!(bitrate_bps, u64::MAX, "more than a number holds");
    bytes[16] = 2;
    assert!(packets(&bytes).next().is_none(), "it has one source, not 2");
}

#[test]
fn extended_reports_carry_reference_times_and_delays() {
    #[rustfmt::skip]
    let bytes = [
        0x80, 207, 0, 10,
        0, 0, 0, 1,
        1, 0, 0, 1, 9, 9, 9, 9, // a block that is unknown here
        4, 0, 0, 2, 0, 0, 0, 5, 0x80, 0, 0, 0,
        5, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4,
    ];
    let Packet::ExtendedReport { blocks, .. } = only(&bytes) else {
        panic!("no XR");
    };
    let blocks: Vec<ExtendedBlock<'_>> = blocks.collect();
    let [
        ExtendedBlock::ReferenceTime(0x5_8000_0000),
        ExtendedBlock::Delays(delays),
    ] = &blocks[..]
    else {
        panic!("{blocks:?}");
    };
    let expected = ReceiverDelay {
        ssrc: 2,
        last_rr: 3,
        delay_since_last_rr: 4,
    };
    assert_eq!(delays.clone().collect::<Vec<_>>(), [expected]);
}

#[test]
fn a_receiver_asks_for_the_round_trip_with_its_reference_time() {
    #[rustfmt::skip]
    let bytes = [
        0x80, 207, 0, 4,
        0, 0, 0, 1,
        4, 0, 0, 2, 0, 0, 0, 5, 0x80, 0, 0, 0,
    ];
    let mut buffer = [0xee; 20];
    let mut writer = Writer::new(&mut buffer);
    writer.reference_time(1, 0x5_8000_0000).unwrap();
    assert_eq!(buffer, bytes);
}

#[test]
fn padding_is_no_content() {
    let padded = [0xa0, 203, 0, 1, 0, 0, 0, 4];
    assert!(matches!(only(&padded), Packet::Goodbye(none) if none.clone().count() == 0));
    for wrong in [0, 5, 255] {
        let padded = [0xa0, 203, 0, 1, 0, 0, 0, wrong];
        assert!(
            packets(&padded).next().is_none(),
            "{wrong} octets of padding"
        );
    }
}

#[test]
fn what_contradicts_itself_is_passed_over_and_what_is_cut_short_ends_the_compound() {
    let picture_loss = [0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2];
    let too_few_blocks = [0x81, 201, 0, 1, 0, 0, 0, 7];
    let bytes = [&too_few_blocks[..], &picture_loss].concat();
    assert!(matches!(only(&bytes), Packet::PictureLoss { .. }));
    let cut = [0x81, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2];
    let mut read = packets(&cut);
    assert!(read.next().is_none() && read.next().is_none());
    let other_version = [&[0x41, 206, 0, 0][..], &picture_loss].concat();
    let mut read = packets(&other_version);
    assert!(read.next().is_none() && read.next().is_none());
}

#[test]
fn reports_on_more_than_31_streams_go_on_in_further_packets() {
    let blocks = [BLOCK_ON_BOB; 70];
    let mut buffer = [0; 2_000];
    let mut writer = Writer::new(&mut buffer);
    assert_eq!(writer.receiver_report(7, &blocks), Ok(&[][..]));
    let len = writer.len();
    let counts: Vec<usize> = packets(&buffer[..len])
        .map(|packet| match packet {
            Packet::ReceiverReport { blocks, .. } => blocks.count(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(counts, [31, 31, 8]);
}

#[test]
fn a_loss_that_24_bits_do_not_hold_is_written_as_the_most_they_do() {
    for (lost, written) in [(1 << 30, 0x7f_ffff), (-1 << 30, -0x80_0000)] {
        let block = ReportBlock {
            cumulative_lost: lost,
            ..BLOCK_ON_BOB
        };
        let mut buffer = [0; 32];
        let mut writer = Writer::new(&mut buffer);
        writer.receiver_report(7, &[block]).unwrap();
        let Packet::ReceiverReport { mut blocks, .. } = only(&buffer) else {
            panic!("no RR");
        };
        let read = blocks.next().map(|block| block.cumulative_lost);
        assert_eq!(read, Some(written));
    }
}

#[test]
fn what_finds_no_room_is_given_back() {
    let blocks = [BLOCK_ON_BOB; 3];
    let mut buffer = [0xee; 62];
    let mut writer = Writer::new(&mut buffer);
    assert_eq!(writer.receiver_report(7, &blocks), Ok(&blocks[..1]));
    assert_eq!(writer.len(), 56);
    assert_eq!(writer.picture_loss(1, 2), Err(Full));
    assert_eq!(writer.canonical_name(1, b"x"), Err(Full));
    assert_eq!(writer.nack(1, 2, &[3]), Err(Full));
    assert_eq!(writer.nack(1, 2, &[]), Ok(&[][..]), "nothing fits anywhere");
    assert_eq!(writer.goodbye(&[1]), Err(Full));
    assert_eq!(writer.goodbye(&[]), Ok(&[][..]));
    assert_eq!(writer.len(), 60);
    assert_eq!(buffer[60..], [0xee; 2]);
}

#[test]
fn a_nack_that_is_too_long_goes_on_in_the_next_datagram() {
    let lost: Vec<u16> = (0..100).map(|number| number * 20).collect();
    let mut buffer = [0; 4 + 8 + 4 * 60 + 3];
    let mut writer = Writer::new(&mut buffer);
    assert_eq!(writer.nack(1, 2, &lost), Ok(&lost[60..]));
}

#[test]
fn a_long_name_is_cut() {
    let mut buffer = [0; 400];
    let mut writer = Writer::new(&mut buffer);
    writer.canonical_name(1, &[b'x'; 300]).unwrap();
    let len = writer.len();
    let Packet::Descriptions(mut names) = only(&buffer[..len]) else {
        panic!("no SDES");
    };
    assert_eq!(names.next(), Some((1, &[b'x'; 255][..])));
}
