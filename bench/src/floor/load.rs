//! The floor's load: one publisher of the anchor's shape and N sockets that count what arrives.

use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use super::cipher::{Cipher, header};
use crate::process::CpuTime;
use crate::shape::{AUDIO_PAYLOAD_BYTES, Due, Schedule, Shape, VIDEO_PAYLOAD_BYTES};

pub const PUBLISHER_KEY: u8 = 1;
pub const SUBSCRIBER_KEY: u8 = 100;
pub const VIDEO_SSRC: u32 = 0x100;
pub const AUDIO_SSRC: u32 = 0x200;
/// Opening every packet would cost the load more than the forwarder; this many show that it works.
const CHECKED_ONE_IN: u64 = 64;
const WARM_UP: Duration = Duration::from_secs(1);

/// What a run of the floor came to.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    pub cpu: CpuTime,
    pub received: u64,
    pub expected: u64,
    pub forged: u64,
}

/// Starts the forwarder as a process of its own and measures it for `duration`.
pub fn run(subscribers: usize, duration: Duration) -> crate::Result<Outcome> {
    let sockets: Vec<UdpSocket> = (0..subscribers)
        .map(|_| socket())
        .collect::<crate::Result<_>>()?;
    let addresses = sockets
        .iter()
        .map(UdpSocket::local_addr)
        .collect::<Result<Vec<_>, _>>()?;
    let process = Process::start(&addresses)?;
    let mut load = Load::new(sockets, process.address)?;
    load.run_for(WARM_UP)?;
    let (cpu, before) = (CpuTime::of(process.child.id())?, load.counts);
    load.run_for(duration)?;
    let cpu = CpuTime::of(process.child.id())?.since(&cpu);
    let sent = load.counts.sent - before.sent;
    Ok(Outcome {
        cpu,
        received: load.counts.received - before.received,
        expected: sent * u64::try_from(subscribers)?,
        forged: load.counts.forged,
    })
}

/// The forwarder's process; dropping it ends it.
#[derive(Debug)]
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    fn start(subscribers: &[SocketAddr]) -> crate::Result<Self> {
        let program = std::env::current_exe()?.with_file_name("visio-floor");
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut input = child.stdin.take().ok_or("no standard input")?;
        writeln!(input, "{}", serde_json::to_string(subscribers)?)?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no standard output")?).read_line(&mut line)?;
        Ok(Self {
            child,
            address: line.trim().parse()?,
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only when the process has gone by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    sent: u64,
    received: u64,
    forged: u64,
}

#[derive(Debug)]
struct Load {
    poll: Poll,
    sockets: Vec<UdpSocket>,
    publisher: UdpSocket,
    forwarder: SocketAddr,
    schedule: Schedule,
    outbound: Cipher,
    inbound: Cipher,
    sequences: [u16; 2],
    counts: Counts,
}

impl Load {
    fn new(sockets: Vec<UdpSocket>, forwarder: SocketAddr) -> crate::Result<Self> {
        let poll = Poll::new()?;
        for (index, socket) in sockets.iter().enumerate() {
            poll.registry().register(
                &mut SourceFd(&socket.as_raw_fd()),
                Token(index),
                Interest::READABLE,
            )?;
        }
        Ok(Self {
            poll,
            sockets,
            publisher: socket()?,
            forwarder,
            schedule: Schedule::new(Shape::ANCHOR, Instant::now(), Duration::ZERO),
            outbound: Cipher::new(PUBLISHER_KEY)?,
            inbound: Cipher::new(SUBSCRIBER_KEY)?,
            sequences: [0; 2],
            counts: Counts::default(),
        })
    }

    fn run_for(&mut self, duration: Duration) -> crate::Result<()> {
        let end = Instant::now() + duration;
        let mut events = Events::with_capacity(self.sockets.len().max(1));
        while Instant::now() < end {
            while let Some(due) = self.schedule.poll(Instant::now()) {
                self.publish(due)?;
            }
            let wake = self.schedule.deadline().unwrap_or(end).min(end);
            self.poll.poll(
                &mut events,
                Some(wake.saturating_duration_since(Instant::now())),
            )?;
            for event in &events {
                self.receive(event.token().0)?;
            }
        }
        Ok(())
    }

    fn publish(&mut self, due: Due) -> crate::Result<()> {
        let (ssrc, payload_type, bytes, packets) = match due {
            Due::Frame { .. } => (
                VIDEO_SSRC,
                96,
                VIDEO_PAYLOAD_BYTES,
                Shape::ANCHOR.packets_per_frame,
            ),
            Due::Audio { .. } => (AUDIO_SSRC, 111, AUDIO_PAYLOAD_BYTES, 1),
        };
        let kind = usize::from(ssrc == AUDIO_SSRC);
        for _ in 0..packets {
            let mut packet = Vec::with_capacity(bytes * 2);
            self.outbound.seal(
                &header(payload_type),
                ssrc,
                self.sequences[kind],
                &vec![7; bytes],
                &mut packet,
            )?;
            self.sequences[kind] = self.sequences[kind].wrapping_add(1);
            self.publisher.send_to(&packet, self.forwarder)?;
            self.counts.sent += 1;
        }
        Ok(())
    }

    fn receive(&mut self, index: usize) -> crate::Result<()> {
        let mut buffer = [0; 2048];
        loop {
            let length = match self.sockets[index].recv(&mut buffer) {
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            self.counts.received += 1;
            if self.counts.received.is_multiple_of(CHECKED_ONE_IN)
                && self.inbound.open(&mut buffer[..length]).is_none()
            {
                self.counts.forged += 1;
            }
        }
    }
}

fn socket() -> crate::Result<UdpSocket> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}
