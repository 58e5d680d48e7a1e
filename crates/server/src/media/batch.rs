//! Runs of packets: what goes to one address in one burst leaves in one system call (UDP GSO).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use visio_sfu::Packet;

/// Linux takes at most 64 segments, and 64 KiB in all, in one call (udp(7), UDP_SEGMENT).
const RUN_BYTES_MAX: usize = 65_000;

/// Packets of one length to one address; only the last may be shorter.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
    pub(super) segment_bytes: usize,
    pub(super) packets: Vec<Vec<u8>>,
    /// Of all its packets.
    bytes: usize,
    closed: bool,
}

/// Packets to be sent, in order for each address.
#[derive(Debug, Default)]
pub(super) struct Batch {
    runs: Vec<Run>,
    /// The newest run by its destination and source.
    open: BTreeMap<(SocketAddr, SocketAddr), usize>,
}

impl Batch {
    pub(super) fn push(&mut self, packet: Packet, segments_max: usize) {
        let Packet {
            source,
            destination,
            bytes,
            ..
        } = packet;
        let length = bytes.len();
        let newest = self.runs.len();
        let place = self.open.entry((destination, source)).or_insert(newest);
        if let Some(run) = self.runs.get_mut(*place)
            && run.takes(length, segments_max)
        {
            run.closed = length < run.segment_bytes;
            run.bytes += length;
            run.packets.push(bytes);
            return;
        }
        *place = newest;
        self.runs.push(Run {
            source,
            destination,
            segment_bytes: length,
            packets: vec![bytes],
            bytes: length,
            closed: false,
        });
    }

    /// Takes all runs, oldest first.
    pub(super) fn take(&mut self) -> Vec<Run> {
        self.open.clear();
        std::mem::take(&mut self.runs)
    }
}

impl Run {
    fn takes(&self, bytes: usize, segments_max: usize) -> bool {
        !self.closed
            && bytes <= self.segment_bytes
            && self.packets.len() < segments_max
            && self.bytes + bytes <= RUN_BYTES_MAX
    }

    /// Its packets one behind the other, as the kernel takes them: in `joined` if they are several.
    pub(super) fn joined<'a>(&'a self, joined: &'a mut Vec<u8>) -> &'a [u8] {
        if let [only] = &self.packets[..] {
            return only;
        }
        joined.clear();
        for packet in &self.packets {
            joined.extend_from_slice(packet);
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use visio_sfu::Protocol;

    fn packet(port: u16, bytes: usize) -> Packet {
        Packet {
            protocol: Protocol::Udp,
            source: SocketAddr::from(([127, 0, 0, 1], 7882)),
            destination: SocketAddr::from(([127, 0, 0, 1], port)),
            bytes: vec![0; bytes],
        }
    }

    fn lengths<const N: usize>(packets: [Packet; N]) -> Vec<(u16, usize, usize)> {
        let mut batch = Batch::default();
        for packet in packets {
            batch.push(packet, 3);
        }
        let mut joined = Vec::new();
        let length = |run: &Run| {
            let bytes = run.joined(&mut joined).len();
            (run.destination.port(), run.segment_bytes, bytes)
        };
        batch.take().iter().map(length).collect()
    }

    #[test]
    fn equal_packets_to_one_address_leave_together() {
        let runs = lengths([
            packet(1, 100),
            packet(2, 100),
            packet(1, 100),
            packet(2, 60),
        ]);
        assert_eq!(runs, [(1, 100, 200), (2, 100, 160)]);
    }

    #[test]
    fn a_shorter_packet_ends_its_run_and_a_longer_begins_one() {
        let runs = lengths([packet(1, 100), packet(1, 60), packet(1, 60), packet(1, 90)]);
        assert_eq!(runs, [(1, 100, 160), (1, 60, 60), (1, 90, 90)]);
    }

    #[test]
    fn a_run_is_no_longer_than_the_kernel_takes() {
        let runs = lengths([packet(1, 9), packet(1, 9), packet(1, 9), packet(1, 9)]);
        assert_eq!(runs, [(1, 9, 27), (1, 9, 9)]);
    }
}
