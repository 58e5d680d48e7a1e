//! RTCP after SRTCP was opened: each packet comes to an end, and what is written of it reads the same.

use visio_rtc::rtcp::{FeedbackHead, Packet, TransportFeedback, Writer, packets};

use crate::Target;

pub(super) const TARGET: Target = Target {
    name: "rtcp",
    seeds,
    check,
    share: 1,
};

/// More than one packet of an input, written again, can take.
const BUFFER_OCTETS: usize = 64 * 1024;
/// A chunk of feedback is two octets and speaks of up to 8191 packets.
const ENTRIES_PER_OCTET: usize = 8_192;

fn seeds() -> Vec<Vec<u8>> {
    // RFC 3550 sections 6.4.1, 6.4.2, 6.5 and 6.6.
    let mut sender_report = vec![0x81, 200, 0, 12];
    sender_report.extend([7; 48]);
    let receiver_report = [0x80, 201, 0, 1, 0, 0, 0, 1];
    let description = [0x81, 202, 0, 2, 0, 0, 0, 1, 1, 1, b'a', 0];
    let goodbye = [0xa1, 203, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4];
    // RFC 4585 section 6.2.1, and transport-wide feedback with all kinds of chunks.
    let nack = [0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xfe, 0x80, 5];
    #[rustfmt::skip]
    let feedback = [
        0x8f, 205, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2,
        0xff, 0xfe, 0, 24, 0xff, 0xff, 0xff, 7,
        0, 2, 0x98, 0, 0xe4, 0, 0x20, 2, 4, 0, 0xff, 0xfe, 255, 1, 0, 0,
    ];
    // PLI, FIR (RFC 5104 section 4.3.1), REMB and XR (RFC 3611).
    let picture_loss = [0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2];
    #[rustfmt::skip]
    let full_intra = [0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 9, 0, 0, 0];
    let mut remb = vec![0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0];
    remb.extend(b"REMB\x01\x0b\xd0\x90\0\0\0\x02");
    #[rustfmt::skip]
    let extended = [
        0x80, 207, 0, 8, 0, 0, 0, 1,
        4, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0, 0,
        5, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4,
    ];
    vec![
        [&sender_report[..], &description, &nack].concat(),
        [&receiver_report[..], &feedback].concat(),
        [&picture_loss[..], &full_intra, &remb, &goodbye].concat(),
        extended.to_vec(),
    ]
}

fn check(input: &[u8]) {
    let mut buffer = vec![0; BUFFER_OCTETS];
    for packet in packets(input) {
        assert!(entries(packet.clone()) <= input.len() * ENTRIES_PER_OCTET);
        let mut writer = Writer::new(&mut buffer);
        if write(&packet, &mut writer) {
            let len = writer.len();
            let again = packets(&buffer[..len]).map(|packet| unfolded(&packet));
            let again: String = again.collect::<Vec<_>>().concat();
            assert_eq!(again, unfolded(&packet), "it reads otherwise");
        }
    }
}

/// Walks through everything that repeats in a packet.
fn entries(packet: Packet<'_>) -> usize {
    match packet {
        Packet::SenderReport { blocks, .. } | Packet::ReceiverReport { blocks, .. } => {
            blocks.count()
        }
        Packet::Descriptions(names) => names.count(),
        Packet::Goodbye(sources) | Packet::Remb { sources, .. } => sources.count(),
        Packet::Nack { lost, .. } => lost.count(),
        Packet::TransportFeedback(feedback) => {
            let statuses = feedback.statuses().count();
            assert_eq!(statuses, usize::from(feedback.status_count));
            statuses
        }
        Packet::PictureLoss { .. } => 0,
        Packet::FullIntra { requests, .. } => requests.count(),
        Packet::ExtendedReport { blocks, .. } => blocks.count(),
    }
}

/// Whether it is of a kind that the writer writes whole.
fn write(packet: &Packet<'_>, writer: &mut Writer<'_>) -> bool {
    match packet.clone() {
        Packet::SenderReport { info, blocks } => {
            let blocks: Vec<_> = blocks.collect();
            writer.sender_report(&info, &blocks).is_ok()
        }
        Packet::ReceiverReport {
            sender_ssrc,
            blocks,
        } => {
            let blocks: Vec<_> = blocks.collect();
            writer.receiver_report(sender_ssrc, &blocks).is_ok()
        }
        Packet::Goodbye(sources) => writer.goodbye(&sources.collect::<Vec<_>>()).is_ok(),
        Packet::PictureLoss {
            sender_ssrc,
            media_ssrc,
        } => writer.picture_loss(sender_ssrc, media_ssrc).is_ok(),
        Packet::TransportFeedback(feedback) => write_feedback(&feedback, writer),
        _ => false,
    }
}

/// Not whole where no packet came, or two that follow are too far apart.
fn write_feedback(feedback: &TransportFeedback<'_>, writer: &mut Writer<'_>) -> bool {
    let head = FeedbackHead {
        sender_ssrc: feedback.sender_ssrc,
        media_ssrc: feedback.media_ssrc,
        base_sequence: feedback.base_sequence,
        feedback_count: feedback.feedback_count,
    };
    let arrivals = feedback.statuses().map(|(_, arrival)| arrival);
    writer.transport_feedback(&head, arrivals) == Ok(feedback.status_count)
}

/// What a packet says, its entries one by one.
fn unfolded(packet: &Packet<'_>) -> String {
    match packet.clone() {
        Packet::SenderReport { info, blocks } => {
            format!("{info:?} {:?}", blocks.collect::<Vec<_>>())
        }
        Packet::ReceiverReport {
            sender_ssrc,
            blocks,
        } => format!("{sender_ssrc} {:?}", blocks.collect::<Vec<_>>()),
        Packet::Goodbye(sources) => format!("{:?}", sources.collect::<Vec<_>>()),
        Packet::TransportFeedback(feedback) => {
            let statuses: Vec<_> = feedback.statuses().collect();
            format!("{} {statuses:?}", feedback.feedback_count)
        }
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_packet_of_the_seeds_is_read() {
        let counts = seeds().into_iter().map(|seed| packets(&seed).count());
        assert_eq!(counts.collect::<Vec<_>>(), [3, 2, 4, 1]);
    }
}
