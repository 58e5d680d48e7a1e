//! A client's TCP connection for media: packets framed by their length (RFC 4571 section 2).

use super::sockets;
use crate::connection_limit::ConnectionNumber;
use mio::net::TcpStream;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Longest packet taken; ours stay under the MTU, browsers' too.
const FRAME_BYTES_MAX: usize = 4096;

/// What may wait to be sent. Reaching it closes the connection: media that late is worthless.
const WAITING_BYTES_MAX: usize = 1 << 20;

/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;

/// Reads in one go before the worker looks at anything else.
const READ_ROUNDS_MAX: usize = 16;

/// Who proves in that time that they belong to a meeting keeps the connection.
const PROOF_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection in use is checked every few seconds (consent, RFC 7675) and answered: one on which
/// nothing was sent for so long is not used any more.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Stream {
    pub(super) socket: TcpStream,
    pub(super) remote: SocketAddr,
    pub(super) local: SocketAddr,
    pub(super) slot: ConnectionNumber,
    opened: Instant,
    /// When anything was sent last: the server answers only checks that hold.
    proven: Option<Instant>,
    arrived: Vec<u8>,
    waiting: VecDeque<u8>,
}

/// The connection is of no more use.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finished;

impl Stream {
    pub(super) fn new(
        now: Instant,
        socket: TcpStream,
        remote: SocketAddr,
        slot: ConnectionNumber,
    ) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        let local = sockets::canonical(socket.local_addr()?);
        Ok(Self {
            socket,
            remote,
            local,
            slot,
            opened: now,
            proven: None,
            arrived: Vec::new(),
            waiting: VecDeque::new(),
        })
    }

    /// Whether nobody of a meeting is at the other end, as far as can be told by now.
    pub(super) fn is_idle(&self, now: Instant) -> bool {
        let (since, limit) = match self.proven {
            None => (self.opened, PROOF_TIMEOUT),
            Some(last) => (last, SILENCE_TIMEOUT),
        };
        now.saturating_duration_since(since) > limit
    }

    /// Reads what is there and hands each whole packet to `take`, until it is somebody else's
    /// turn; returns whether something may be left.
    pub(super) fn read(&mut self, take: impl FnMut(&[u8])) -> Result<bool, Finished> {
        read(&mut self.socket, &mut self.arrived, take)
    }

    /// Sends one packet, as far as the line takes it; the rest waits.
    pub(super) fn send(&mut self, now: Instant, packet: &[u8]) -> Result<(), Finished> {
        let length = u16::try_from(packet.len()).map_err(|_| Finished)?;
        if self.waiting.len() + packet.len() > WAITING_BYTES_MAX {
            return Err(Finished);
        }
        self.proven = Some(now);
        self.waiting.extend(length.to_be_bytes());
        self.waiting.extend(packet);
        self.flush()
    }

    /// Sends what waits.
    pub(super) fn flush(&mut self) -> Result<(), Finished> {
        while !self.waiting.is_empty() {
            let (front, _) = self.waiting.as_slices();
            match self.socket.write(front) {
                Ok(0) => return Err(Finished),
                Ok(written) => drop(self.waiting.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Finished),
            }
        }
        Ok(())
    }
}

fn read(
    socket: &mut impl Read,
    arrived: &mut Vec<u8>,
    mut take: impl FnMut(&[u8]),
) -> Result<bool, Finished> {
    let mut chunk = [0; READ_BYTES];
    for _ in 0..READ_ROUNDS_MAX {
        match socket.read(&mut chunk) {
            Ok(0) => return Err(Finished),
            Ok(read) => {
                arrived.extend_from_slice(chunk.get(..read).unwrap_or_default());
                let used = frames(arrived, &mut take)?;
                arrived.drain(..used);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Err(Finished),
        }
    }
    Ok(true)
}

/// Hands on each whole frame; returns how many bytes they took.
fn frames(bytes: &[u8], take: &mut impl FnMut(&[u8])) -> Result<usize, Finished> {
    let mut used = 0;
    while let Some((head, rest)) = bytes.get(used..).and_then(<[u8]>::split_first_chunk::<2>) {
        let length = usize::from(u16::from_be_bytes(*head));
        if length > FRAME_BYTES_MAX {
            return Err(Finished);
        }
        let Some(frame) = rest.get(..length) else {
            break;
        };
        take(frame);
        used += 2 + length;
    }
    Ok(used)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(bytes: &[u8]) -> (Result<usize, Finished>, Vec<Vec<u8>>) {
        let mut taken = Vec::new();
        let used = frames(bytes, &mut |frame| taken.push(frame.to_vec()));
        (used, taken)
    }

    #[test]
    fn whole_frames_are_taken_and_the_rest_waits() {
        let (used, taken) = framed(&[0, 2, 7, 8, 0, 0, 0, 3, 1]);
        assert_eq!(used, Ok(6));
        assert_eq!(taken, [vec![7, 8], vec![]]);
    }

    #[test]
    fn eve_announces_a_huge_frame_and_is_cut_off() {
        assert_eq!(framed(&[0xff, 0xff]).0, Err(Finished));
    }

    #[test]
    fn eve_sends_without_end_and_others_have_their_turn() {
        let (mut endless, mut arrived, mut taken) = (io::repeat(0), Vec::new(), 0);
        let more = read(&mut endless, &mut arrived, |_| taken += 1);
        assert_eq!(more, Ok(true));
        assert_eq!(taken, READ_ROUNDS_MAX * READ_BYTES / 2);
    }
}
