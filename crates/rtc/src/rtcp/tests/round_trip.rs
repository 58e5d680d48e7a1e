//! What the writer of RTCP writes, the reader reads; and whatever bytes it gets, it comes to an end.

use super::super::*;
use proptest::prelude::*;

fn block() -> impl Strategy<Value = ReportBlock> {
    let lost = -0x80_0000..=0x7f_ffff;
    let words = any::<[u32; 5]>();
    (any::<u8>(), lost, words).prop_map(|(fraction_lost, cumulative_lost, words)| {
        let [ssrc, highest_sequence, jitter, last_sr, delay_since_last_sr] = words;
        ReportBlock {
            ssrc,
            fraction_lost,
            cumulative_lost,
            highest_sequence,
            jitter,
            last_sr,
            delay_since_last_sr,
        }
    })
}

fn written(write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut buffer = vec![0xee; 9_000];
    let mut writer = Writer::new(&mut buffer);
    write(&mut writer);
    let len = writer.len();
    buffer.truncate(len);
    buffer
}

/// Everything that can be asked of a packet, counted.
fn walk(packet: Packet<'_>) -> usize {
    match packet {
        Packet::SenderReport { blocks, .. } | Packet::ReceiverReport { blocks, .. } => {
            blocks.count()
        }
        Packet::Descriptions(names) => names.count(),
        Packet::Goodbye(sources) | Packet::Remb { sources, .. } => sources.count(),
        Packet::Nack { lost, .. } => lost.count(),
        Packet::TransportFeedback(feedback) => {
            let count = feedback.statuses().count();
            assert_eq!(count, usize::from(feedback.status_count));
            count
        }
        Packet::PictureLoss { .. } => 0,
        Packet::FullIntra { requests, .. } => requests.count(),
        Packet::ExtendedReport { blocks, .. } => blocks
            .map(|block| match block {
                ExtendedBlock::ReferenceTime(_) => 1,
                ExtendedBlock::Delays(delays) => delays.count(),
            })
            .sum(),
    }
}

proptest! {
    #[test]
    fn reports_are_read_as_they_were_written(
        words in any::<[u32; 4]>(),
        ntp in any::<u64>(),
        blocks in prop::collection::vec(block(), 0..100),
    ) {
        let [ssrc, rtp_time, packet_count, octets] = words;
        let info = SenderInfo { ssrc, ntp, rtp_time, packets: packet_count, octets };
        let bytes = written(|writer| {
            assert_eq!(writer.sender_report(&info, &blocks), Ok(&[][..]));
        });
        let mut read = Vec::new();
        for packet in packets(&bytes) {
            match packet {
                Packet::SenderReport { info: own, blocks } => {
                    prop_assert_eq!(own, info);
                    read.extend(blocks);
                }
                Packet::ReceiverReport { sender_ssrc, blocks } => {
                    prop_assert_eq!(sender_ssrc, ssrc);
                    read.extend(blocks);
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
        prop_assert_eq!(read, blocks);
    }

    #[test]
    fn every_number_of_a_nack_arrives_once(
        first in any::<u16>(),
        steps in prop::collection::vec(1_u16..40, 0..300),
        room in 0_usize..200,
    ) {
        let lost: Vec<u16> = steps
            .iter()
            .scan(first, |number, step| {
                *number = number.wrapping_add(*step);
                Some(*number)
            })
            .collect();
        let mut rest = &lost[..];
        let mut read = Vec::new();
        while !rest.is_empty() {
            let mut buffer = vec![0; 16 + room];
            let mut writer = Writer::new(&mut buffer);
            rest = writer.nack(1, 2, rest).unwrap();
            let len = writer.len();
            for packet in packets(&buffer[..len]) {
                let Packet::Nack { lost, .. } = packet else {
                    panic!("no NACK");
                };
                read.extend(lost);
            }
        }
        prop_assert_eq!(read, lost);
    }

    #[test]
    fn a_name_is_read_as_it_was_written(
        ssrc in any::<u32>(),
        name in prop::collection::vec(any::<u8>(), 0..=255),
    ) {
        let bytes = written(|writer| writer.canonical_name(ssrc, &name).unwrap());
        let Some(Packet::Descriptions(mut names)) = packets(&bytes).next() else {
            panic!("no SDES");
        };
        prop_assert_eq!(names.next(), Some((ssrc, &name[..])));
        prop_assert_eq!(names.next(), None);
    }

    #[test]
    fn any_bytes_come_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(packets(&bytes).map(walk).sum::<usize>() <= 8_192 * bytes.len());
    }

    /// Random bytes are hardly ever framed: here all are, and only their content is hostile.
    #[test]
    fn any_content_comes_to_an_end(
        content in prop::collection::vec((0x80_u8..0xc0, 200_u8..208, prop::collection::vec(any::<[u8; 4]>(), 0..20)), 0..6),
    ) {
        let mut bytes = Vec::new();
        for (flags, kind, words) in &content {
            bytes.extend([*flags, *kind, 0, u8::try_from(words.len()).unwrap()]);
            bytes.extend(words.as_flattened());
        }
        prop_assert!(packets(&bytes).map(walk).sum::<usize>() <= 8_192 * bytes.len());
    }
}
