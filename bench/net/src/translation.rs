//! A router that translates the source ports of UDP over IPv4 (NAT, RFC 4787), and may forget how it did.

use std::collections::BTreeMap;

const PROTOCOL_UDP: u8 = 17;
const HEADER_BYTES_MIN: usize = 20;
const UDP_HEADER_BYTES: usize = 8;
/// Ports below are not given to anybody.
const FIRST_PORT: u16 = 1024;
/// How far each time of forgetting moves all ports; prime to their number, so that none comes back soon.
const STEP: u16 = 7919;

/// Translates nothing until it forgets for the first time.
#[derive(Debug, Default)]
pub(crate) struct Translation {
    shift: u16,
    /// Port outside to port inside, for those who have sent since it forgot; at most one for each port.
    inside: BTreeMap<u16, u16>,
}

impl Translation {
    /// Every flow gets another port with its next packet; what still comes to the old one is nobody's.
    pub(crate) fn forget(&mut self) {
        self.shift = self.shift.wrapping_add(STEP) % ports();
        self.inside.clear();
    }

    /// A packet from inside leaves.
    pub(crate) fn outgoing(&mut self, packet: &mut [u8]) {
        if self.shift == 0 {
            return;
        }
        if let Some(udp) = udp_header(packet) {
            let port = read(packet, udp);
            if port >= FIRST_PORT {
                let other = moved(port, self.shift);
                self.inside.insert(other, port);
                replace_port(packet, udp, udp, other);
            }
        }
    }

    /// A packet from outside comes in; whether anybody inside is meant.
    pub(crate) fn incoming(&self, packet: &mut [u8]) -> bool {
        if self.shift == 0 {
            return true;
        }
        let Some(udp) = udp_header(packet) else {
            return true;
        };
        let Some(port) = self.inside.get(&read(packet, udp + 2)) else {
            return false;
        };
        replace_port(packet, udp, udp + 2, *port);
        true
    }
}

fn ports() -> u16 {
    u16::MAX - FIRST_PORT + 1
}

fn moved(port: u16, shift: u16) -> u16 {
    let place = (u32::from(port - FIRST_PORT) + u32::from(shift)) % u32::from(ports());
    FIRST_PORT + u16::try_from(place).unwrap_or(0)
}

/// Where the UDP header of an IPv4 packet begins, if it has one.
fn udp_header(packet: &[u8]) -> Option<usize> {
    let first = *packet.first()?;
    let header = usize::from(first & 0x0f) * 4;
    let is_udp = first >> 4 == 4 && packet.get(9) == Some(&PROTOCOL_UDP);
    // A later fragment has no ports.
    let is_first = packet.len() >= HEADER_BYTES_MIN && read(packet, 6) & 0x1fff == 0;
    let is_whole = header >= HEADER_BYTES_MIN && packet.len() >= header + UDP_HEADER_BYTES;
    (is_udp && is_first && is_whole).then_some(header)
}

fn read(packet: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([packet[at], packet[at + 1]])
}

/// Writes a port and mends the checksum by what changed (RFC 1624 section 3); 0 is none (RFC 768).
fn replace_port(packet: &mut [u8], udp: usize, at: usize, port: u16) {
    let former = read(packet, at);
    packet[at..at + 2].copy_from_slice(&port.to_be_bytes());
    let checksum = read(packet, udp + 6);
    if checksum != 0 {
        let mut sum = u32::from(!checksum) + u32::from(!former) + u32::from(port);
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        let mended = !u16::try_from(sum).unwrap_or(0);
        let written = if mended == 0 { 0xffff } else { mended };
        packet[udp + 6..udp + 8].copy_from_slice(&written.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An IPv4 packet with a UDP datagram and its true checksum.
    fn datagram(from: u16, to: u16, payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0; 20];
        packet[0] = 0x45;
        packet[9] = PROTOCOL_UDP;
        packet[12..20].copy_from_slice(&[10, 78, 1, 2, 10, 77, 0, 1]);
        packet.extend(from.to_be_bytes());
        packet.extend(to.to_be_bytes());
        packet.extend(u16::try_from(8 + payload.len()).unwrap().to_be_bytes());
        packet.extend([0, 0]);
        packet.extend(payload);
        let checksum = !sum(&packet);
        packet[26..28].copy_from_slice(&checksum.to_be_bytes());
        packet
    }

    /// One's complement sum over pseudo header and datagram: `0xffff` where the checksum in it is right.
    fn sum(packet: &[u8]) -> u16 {
        let mut bytes = packet[12..20].to_vec();
        bytes.extend([0, PROTOCOL_UDP]);
        bytes.extend(u16::try_from(packet.len() - 20).unwrap().to_be_bytes());
        bytes.extend(&packet[20..]);
        if bytes.len() % 2 == 1 {
            bytes.push(0);
        }
        let mut sum: u32 = bytes
            .chunks(2)
            .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])))
            .sum();
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        u16::try_from(sum).unwrap()
    }

    #[test]
    fn before_it_forgets_it_changes_nothing() {
        let mut translation = Translation::default();
        let original = datagram(40_000, 7882, b"hello");
        let mut packet = original.clone();
        translation.outgoing(&mut packet);
        assert!(translation.incoming(&mut packet));
        assert_eq!(packet, original);
    }

    #[test]
    fn afterwards_the_port_is_another_and_answers_find_the_old_one() {
        let mut translation = Translation::default();
        translation.forget();
        let mut packet = datagram(60_000, 7882, b"odd");
        translation.outgoing(&mut packet);
        let outside = read(&packet, 20);
        assert!(outside != 60_000 && outside >= FIRST_PORT);
        assert_eq!((read(&packet, 22), sum(&packet)), (7882, 0xffff));
        let mut answer = datagram(7882, outside, b"answer");
        assert!(translation.incoming(&mut answer));
        assert_eq!((read(&answer, 22), sum(&answer)), (60_000, 0xffff));
    }

    #[test]
    fn what_comes_to_a_forgotten_port_is_nobodys() {
        let mut translation = Translation::default();
        translation.forget();
        let mut packet = datagram(40_000, 7882, b"");
        translation.outgoing(&mut packet);
        let outside = read(&packet, 20);
        assert!(translation.incoming(&mut datagram(7882, outside, b"")));
        translation.forget();
        assert!(!translation.incoming(&mut datagram(7882, outside, b"")));
        assert!(!translation.incoming(&mut datagram(7882, 40_000, b"")));
    }

    #[test]
    fn what_is_no_udp_passes_as_it_is() {
        let mut translation = Translation::default();
        translation.forget();
        let mut tcp = datagram(40_000, 443, b"");
        tcp[9] = 6;
        let mut fragment = datagram(40_000, 443, b"");
        fragment[7] = 1;
        for packet in [
            tcp,
            fragment,
            vec![0x60; 48],
            vec![0x45; 9],
            vec![0x4f; 30],
            vec![],
        ] {
            let mut same = packet.clone();
            translation.outgoing(&mut same);
            assert!(translation.incoming(&mut same));
            assert_eq!(same, packet);
        }
    }
}
