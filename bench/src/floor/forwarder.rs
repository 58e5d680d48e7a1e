//! The forwarder itself: one thread, one socket, one send for each subscriber and run of packets.

use std::io::IoSliceMut;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd as _;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};

use super::cipher::{Cipher, HEADER_BYTES, TAG_BYTES};
use super::load::{AUDIO_SSRC, PUBLISHER_KEY, SUBSCRIBER_KEY};

/// A datagram of the kernel's, with receive coalescing several packets in one.
const RECEIVE_BYTES_MAX: usize = 65_535;
/// A run ends before it outgrows one UDP send.
const RUN_BYTES_MAX: usize = 60_000;

/// Where one subscriber is and how far its streams have counted.
#[derive(Debug)]
struct Subscriber {
    cipher: Cipher,
    address: SocketAddr,
    number: u32,
    sequences: [u16; 2],
}

/// A packet that was opened: where it lies in the receive buffers.
#[derive(Debug, Clone, Copy)]
struct Opened {
    buffer: usize,
    start: usize,
    payload_bytes: usize,
    is_audio: bool,
}

/// Packets of equal size, only the last shorter, that leave in one send.
#[derive(Debug, Default, Clone, Copy)]
struct Run {
    start: usize,
    segment_bytes: usize,
    packets: usize,
}

/// Forwards until the process is ended.
#[derive(Debug)]
pub struct Forwarder {
    socket: UdpSocket,
    state: UdpSocketState,
    inbound: Cipher,
    subscribers: Vec<Subscriber>,
    buffers: Vec<Vec<u8>>,
    arena: Vec<u8>,
}

impl Forwarder {
    pub fn new(socket: UdpSocket, subscribers: &[SocketAddr]) -> crate::Result<Self> {
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        let subscriber = |(number, address): (u32, &SocketAddr)| -> crate::Result<Subscriber> {
            Ok(Subscriber {
                cipher: Cipher::new(SUBSCRIBER_KEY)?,
                address: *address,
                number,
                sequences: [0; 2],
            })
        };
        Ok(Self {
            state,
            socket,
            inbound: Cipher::new(PUBLISHER_KEY)?,
            subscribers: (0..)
                .zip(subscribers)
                .map(subscriber)
                .collect::<crate::Result<_>>()?,
            buffers: vec![vec![0; RECEIVE_BYTES_MAX]; BATCH_SIZE],
            arena: Vec::with_capacity(RECEIVE_BYTES_MAX),
        })
    }

    pub fn run(&mut self) -> crate::Result<()> {
        let mut poll = Poll::new()?;
        let mut events = Events::with_capacity(1);
        poll.registry().register(
            &mut SourceFd(&self.socket.as_raw_fd()),
            Token(0),
            Interest::READABLE,
        )?;
        loop {
            poll.poll(&mut events, None)?;
            while let Some(opened) = self.receive()? {
                self.forward(&opened)?;
            }
        }
    }

    /// One batch, opened in place; `None` when the socket is empty.
    fn receive(&mut self) -> crate::Result<Option<Vec<Opened>>> {
        let mut slices: Vec<IoSliceMut<'_>> = self
            .buffers
            .iter_mut()
            .map(|buffer| IoSliceMut::new(buffer))
            .collect();
        let mut metas = vec![RecvMeta::default(); slices.len()];
        let received =
            match self
                .state
                .recv(UdpSockRef::from(&self.socket), &mut slices, &mut metas)
            {
                Ok(received) => received,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error.into()),
            };
        let mut opened = Vec::new();
        for (buffer, meta) in metas.iter().enumerate().take(received) {
            for start in (0..meta.len).step_by(meta.stride.max(1)) {
                let end = (start + meta.stride).min(meta.len);
                let packet = &mut self.buffers[buffer][start..end];
                if let Some(payload_bytes) = self.inbound.open(packet) {
                    let is_audio = packet[8..12] == AUDIO_SSRC.to_be_bytes();
                    opened.push(Opened {
                        buffer,
                        start,
                        payload_bytes,
                        is_audio,
                    });
                }
            }
        }
        Ok(Some(opened))
    }

    fn forward(&mut self, opened: &[Opened]) -> crate::Result<()> {
        for subscriber in &mut self.subscribers {
            self.arena.clear();
            let mut run = Run::default();
            for packet in opened {
                let start = self.arena.len();
                subscriber.seal(packet, &self.buffers, &mut self.arena)?;
                let bytes = packet.payload_bytes + HEADER_BYTES + TAG_BYTES;
                if run.takes(start, bytes, self.state.max_gso_segments()) {
                    run.packets += 1;
                } else {
                    send(
                        &self.state,
                        &self.socket,
                        subscriber.address,
                        run,
                        &self.arena[run.start..start],
                    );
                    run = Run {
                        start,
                        segment_bytes: bytes,
                        packets: 1,
                    };
                }
            }
            send(
                &self.state,
                &self.socket,
                subscriber.address,
                run,
                &self.arena[run.start..],
            );
        }
        Ok(())
    }
}

impl Subscriber {
    fn seal(
        &mut self,
        packet: &Opened,
        buffers: &[Vec<u8>],
        arena: &mut Vec<u8>,
    ) -> crate::Result<()> {
        let kind = usize::from(packet.is_audio);
        let sequence = self.sequences[kind];
        self.sequences[kind] = sequence.wrapping_add(1);
        let ssrc = if packet.is_audio { 2000 } else { 1000 } + self.number;
        let (head, body) = buffers[packet.buffer][packet.start..].split_at(HEADER_BYTES);
        self.cipher
            .seal(head, ssrc, sequence, &body[..packet.payload_bytes], arena)
    }
}

impl Run {
    /// A shorter packet may only be the last: after it every start would be off.
    fn takes(&self, start: usize, bytes: usize, segments_max: usize) -> bool {
        let all_full = start - self.start == self.packets * self.segment_bytes;
        self.packets > 0
            && self.packets < segments_max
            && bytes <= self.segment_bytes
            && all_full
            && start - self.start + bytes <= RUN_BYTES_MAX
    }
}

/// What the kernel does not take is lost, as on a full line.
fn send(
    state: &UdpSocketState,
    socket: &UdpSocket,
    destination: SocketAddr,
    run: Run,
    contents: &[u8],
) {
    if run.packets == 0 {
        return;
    }
    let segment_size = (run.packets > 1).then_some(run.segment_bytes);
    let transmit = Transmit {
        destination,
        ecn: None,
        contents,
        segment_size,
        src_ip: None,
    };
    drop(state.send(UdpSockRef::from(socket), &transmit));
}
