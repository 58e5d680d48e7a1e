//! SRTP by the vectors of RFC 3711 and RFC 7714, and what a peer's sender and our receiver make of
//! each other's packets over loss, reordering, replays and roll-over.

use super::tests_hex::hex;
use super::*;
use proptest::prelude::*;

const PROFILES: [Profile; 3] = [
    Profile::Aes128CmHmacSha1_80,
    Profile::AeadAes128Gcm,
    Profile::AeadAes256Gcm,
];

fn master(profile: Profile) -> MasterKey {
    let material: Vec<u8> = (1..=88).collect();
    MasterKey::of_dtls(profile, &material).unwrap().0
}

fn pair(profile: Profile) -> (Sender, Receiver) {
    let key = master(profile);
    (Sender::new(&key).unwrap(), Receiver::new(&key).unwrap())
}

/// A packet of SSRC 7, in clear and with room for the tag.
fn packet(index: u64, payload: &[u8], tag_bytes: usize) -> Vec<u8> {
    let sequence = u16::try_from(index & 0xffff).unwrap();
    let mut packet = vec![0x80, 96];
    packet.extend(sequence.to_be_bytes());
    packet.extend([0, 0, 0, 9, 0, 0, 0, 7]);
    packet.extend(payload);
    packet.extend(vec![0; tag_bytes]);
    packet
}

fn sealed(sender: &mut Sender, index: u64, payload: &[u8]) -> Vec<u8> {
    let mut packet = packet(index, payload, sender.rtp_overhead_bytes());
    sender.seal_rtp(&mut packet).unwrap();
    packet
}

#[test]
fn keys_come_before_salts_and_the_clients_before_the_servers() {
    let material: Vec<u8> = (0..60).collect();
    let (client, server) = MasterKey::of_dtls(Profile::Aes128CmHmacSha1_80, &material).unwrap();
    assert_eq!((client.key[0], client.salt[0]), (0, 32));
    assert_eq!((server.key[0], server.salt[0]), (16, 46));
    assert!(MasterKey::of_dtls(Profile::AeadAes256Gcm, &material).is_none());
    assert!(MasterKey::new(Profile::AeadAes128Gcm, &[0; 16], &[0; 14]).is_none());
}

/// The keystream of RFC 3711 appendix B.2, whose session salt is f0f1…fd.
#[test]
fn the_keystream_is_that_of_rfc_3711_appendix_b_2() {
    let key = derive::counter_mode(&hex("2b7e151628aed2a6abf7158809cf4f3c")).unwrap();
    let iv: [u8; 16] = hex("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000").try_into().unwrap();
    let mut stream = [0; 48];
    let iv = aws_lc_rs::iv::FixedLength::from(iv);
    key.less_safe_encrypt(&mut stream, aws_lc_rs::cipher::EncryptionContext::Iv128(iv))
        .unwrap();
    let expected = "e03ead0935c95e80e166b16dd92b4eb4 d23513162b02d0f72a43a2fe4a5f97ab
                    41e95b3bb0a2e8dd477901e4fca894c0";
    assert_eq!(stream[..], hex(expected));
}

/// RFC 7714 gives session keys, not a master key: the ciphers are keyed with them.
fn gcm_of_rfc_7714(key: &str) -> cipher::Gcm {
    cipher::Gcm::with_session_key(
        &hex(key),
        hex("517569642070726f2071756f").try_into().unwrap(),
    )
}

const KEY_128: &str = "000102030405060708090a0b0c0d0e0f";
const KEY_256: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const CLEAR_RTP: &str = "47616c6c696120657374206f6d6e697320646976697361
                         20696e207061727465732074726573";

#[test]
fn packets_are_those_of_rfc_7714_section_16() {
    let expected = [
        (
            KEY_128,
            "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833
             899d7f27beb16a9152cf765ee4390cce",
        ),
        (
            KEY_256,
            "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b
             7aa3db36dfffd6b0f9bb7878d7a76c13",
        ),
    ];
    let header = hex("8040f17b8041f8d35501a0b2");
    for (key, expected) in expected {
        let gcm = gcm_of_rfc_7714(key);
        let (mut text, mut tag) = (hex(CLEAR_RTP), [0; 16]);
        let number = (0x5501_a0b2, 0xf17b);
        gcm.seal(number, &header, &mut text, &mut tag).unwrap();
        assert_eq!([&text[..], &tag[..]].concat(), hex(expected));
        gcm.open(number, &header, &mut text, &tag).unwrap();
        assert_eq!(text, hex(CLEAR_RTP));
    }
}

#[test]
fn packets_are_those_of_rfc_7714_section_17() {
    let gcm = gcm_of_rfc_7714(KEY_128);
    let clear = "4e5450314e545032 52545020 0000042a 0000e930 4c756e61
                 deadbeef deadbeef deadbeef deadbeef deadbeef";
    let (mut text, mut tag) = (hex(clear), [0; 16]);
    let associated = hex("81c8000d 4d617273 800005d4");
    gcm.seal((0x4d61_7273, 0x5d4), &associated, &mut text, &mut tag)
        .unwrap();
    let expected = "63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda
                    4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade";
    assert_eq!([&text[..], &tag[..]].concat(), hex(expected));
}

#[test]
fn what_is_sealed_is_opened_once() {
    for profile in PROFILES {
        let (mut sender, mut receiver) = pair(profile);
        let first = sealed(&mut sender, 1_000, b"hello");
        let mut copy = first.clone();
        let opened = receiver.open_rtp(&mut copy).unwrap();
        assert_eq!(
            &copy[opened.header.length..opened.end],
            b"hello",
            "{profile:?}"
        );
        assert_eq!(opened.index, 1_000);
        let replayed = receiver.open_rtp(&mut first.clone());
        assert_eq!(replayed, Err(OpenError::Replayed));
    }
}

#[test]
fn a_changed_bit_anywhere_is_a_forgery_and_leaves_no_trace() {
    for profile in PROFILES {
        let (mut sender, mut receiver) = pair(profile);
        let good = sealed(&mut sender, 1_000, b"hello");
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(
                receiver.open_rtp(&mut bad).is_err(),
                "{profile:?} bit {bit}"
            );
        }
        assert!(receiver.open_rtp(&mut good.clone()).is_ok(), "{profile:?}");
    }
}

#[test]
fn a_forged_number_far_ahead_does_not_move_the_receiver() {
    let (mut sender, mut receiver) = pair(Profile::AeadAes128Gcm);
    receiver
        .open_rtp(&mut sealed(&mut sender, 1_000, b"a"))
        .unwrap();
    let mut forged = packet(30_000, b"evil", 16);
    assert_eq!(receiver.open_rtp(&mut forged), Err(OpenError::Forged));
    assert!(
        receiver
            .open_rtp(&mut sealed(&mut sender, 1_001, b"b"))
            .is_ok()
    );
}

#[test]
fn the_sequence_number_rolls_over() {
    for profile in PROFILES {
        let (mut sender, mut receiver) = pair(profile);
        for index in (65_000..200_000).step_by(11) {
            let mut packet = sealed(&mut sender, index, b"x");
            let opened = receiver.open_rtp(&mut packet).unwrap();
            assert_eq!(opened.index, index, "{profile:?}");
        }
    }
}

#[test]
fn no_number_is_sealed_twice() {
    let (mut sender, _) = pair(Profile::AeadAes128Gcm);
    for index in [1_000, 1_002, 1_001, 5_000] {
        assert!(sender.seal_rtp(&mut packet(index, b"x", 16)).is_ok());
    }
    for index in [1_000, 1_001, 5_000, 1_003] {
        let again = sender.seal_rtp(&mut packet(index, b"y", 16));
        assert_eq!(again, Err(SealError::Used), "{index}");
    }
    let cut = sender.seal_rtp(&mut packet(6_000, b"", 0));
    assert_eq!(cut, Err(SealError::Malformed), "no room for the tag");
}

#[test]
fn a_packet_is_first_newest_or_late() {
    let (mut sender, mut receiver) = pair(Profile::AeadAes128Gcm);
    let packets: Vec<Vec<u8>> = (10..13)
        .map(|index| sealed(&mut sender, index, b"x"))
        .collect();
    let mut order = |at: usize| receiver.open_rtp(&mut packets[at].clone()).unwrap().order;
    assert_eq!(
        (order(0), order(2), order(1)),
        (Order::First, Order::Newest, Order::Late)
    );
}

#[test]
fn rtcp_is_opened_once_and_refused_when_forged() {
    let clear = hex("80c90001 00000007 81ca0002 00000007 01020304");
    for profile in PROFILES {
        let (mut sender, mut receiver) = pair(profile);
        let mut good = clear.clone();
        sender.seal_rtcp(&mut good).unwrap();
        assert_ne!(good[8..20], clear[8..], "{profile:?}");
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(
                receiver.open_rtcp(&mut bad).is_err(),
                "{profile:?} bit {bit}"
            );
        }
        let mut copy = good.clone();
        let opened = receiver.open_rtcp(&mut copy).unwrap();
        assert_eq!(copy[..opened.end], clear, "{profile:?}");
        assert_eq!(
            (opened.ssrc, opened.index, opened.order),
            (7, 1, Order::First)
        );
        assert_eq!(receiver.open_rtcp(&mut good), Err(OpenError::Replayed));
    }
}

#[test]
fn streams_are_bounded() {
    let (mut sender, mut receiver) = pair(Profile::AeadAes128Gcm);
    let results: Vec<bool> = (0..2_100_u32)
        .map(|ssrc| {
            let mut packet = packet(1, b"x", 16);
            packet[8..12].copy_from_slice(&ssrc.to_be_bytes());
            let sealed = sender.seal_rtp(&mut packet);
            assert_eq!(sealed.is_ok(), ssrc < 2_048);
            sealed.is_ok() && receiver.open_rtp(&mut packet).is_ok()
        })
        .collect();
    assert_eq!(results.iter().filter(|opened| **opened).count(), 2_048);
}

proptest! {
    /// Whatever arrives, nothing panics and nothing is taken.
    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        for profile in PROFILES {
            let (_, mut receiver) = pair(profile);
            prop_assert!(receiver.open_rtp(&mut bytes.clone()).is_err());
            prop_assert!(receiver.open_rtcp(&mut bytes.clone()).is_err());
        }
    }

    /// Packets that are lost, swapped and repeated are opened once each, with their own index.
    #[test]
    fn loss_and_reordering_are_no_trouble(
        order in prop::collection::vec((0_u64..600, 0_u64..300), 1..300),
        start in 0_u64..65_000,
    ) {
        let (mut sender, mut receiver) = pair(Profile::AeadAes128Gcm);
        let mut arrivals: Vec<(u64, u64)> = order
            .iter()
            .enumerate()
            .map(|(at, &(_, delay))| (u64::try_from(at).unwrap() + delay / 10, start + u64::try_from(at).unwrap()))
            .collect();
        let packets: Vec<Vec<u8>> = (0..order.len())
            .map(|at| sealed(&mut sender, start + u64::try_from(at).unwrap(), b"x"))
            .collect();
        arrivals.sort_unstable();
        // A stream whose first packet to arrive is of after a roll-over would begin a round too low.
        prop_assume!(arrivals[0].1 < 65_536);
        for (_, index) in arrivals {
            let packet = &packets[usize::try_from(index - start).unwrap()];
            let opened = receiver.open_rtp(&mut packet.clone());
            prop_assert_eq!(opened.map(|one| one.index), Ok(index));
        }
    }
}
