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
    pub(super) bytes: Vec<u8>,
    closed: bool,
}

/// Packets to be sent, in order for each address.
#[derive(Debug, Default)]
pub(super) struct Batch {
    runs: Vec<Run>,
    open: BTreeMap<(SocketAddr, SocketAddr), usize>,
}

impl Batch {
    pub(super) fn push(&mut self, packet: &Packet, segments_max: usize) {
        let key = (packet.source, packet.destination);
        let open = self
            .open
            .get(&key)
            .and_then(|&place| self.runs.get_mut(place));
        if let Some(run) = open
            && run.takes(packet.bytes.len(), segments_max)
        {
            run.closed = packet.bytes.len() < run.segment_bytes;
            run.bytes.extend_from_slice(&packet.bytes);
            return;
        }
        self.open.insert(key, self.runs.len());
        self.runs.push(Run {
            source: packet.source,
            destination: packet.destination,
            segment_bytes: packet.bytes.len(),
            bytes: packet.bytes.clone(),
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
            && self.bytes.len() / self.segment_bytes.max(1) < segments_max
            && self.bytes.len() + bytes <= RUN_BYTES_MAX
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

    fn lengths(packets: &[Packet]) -> Vec<(u16, usize, usize)> {
        let mut batch = Batch::default();
        for packet in packets {
            batch.push(packet, 3);
        }
        let runs = batch.take();
        runs.iter()
            .map(|run| (run.destination.port(), run.segment_bytes, run.bytes.len()))
            .collect()
    }

    #[test]
    fn equal_packets_to_one_address_leave_together() {
        let runs = lengths(&[
            packet(1, 100),
            packet(2, 100),
            packet(1, 100),
            packet(2, 60),
        ]);
        assert_eq!(runs, [(1, 100, 200), (2, 100, 160)]);
    }

    #[test]
    fn a_shorter_packet_ends_its_run_and_a_longer_begins_one() {
        let runs = lengths(&[packet(1, 100), packet(1, 60), packet(1, 60), packet(1, 90)]);
        assert_eq!(runs, [(1, 100, 160), (1, 60, 60), (1, 90, 90)]);
    }

    #[test]
    fn a_run_is_no_longer_than_the_kernel_takes() {
        let runs = lengths(&[packet(1, 9), packet(1, 9), packet(1, 9), packet(1, 9)]);
        assert_eq!(runs, [(1, 9, 27), (1, 9, 9)]);
    }
}
