//! Many synthetic participants driven by one thread, so that their own cost stays small and known.

use std::os::fd::AsRawFd as _;
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use crate::participant::{Counters, Participant, Role};

/// Between two arrivals, as a server would see people come rather than a flood.
const ARRIVAL_INTERVAL: Duration = Duration::from_millis(40);
/// A crowd that does not get its media within this time is a failed run.
const READY_TIMEOUT: Duration = Duration::from_secs(60);
/// Goodbyes arrive within this.
const GOODBYE: Duration = Duration::from_millis(300);
/// Events taken from the kernel at once.
const EVENTS_MAX: usize = 256;

/// The participants of one meeting.
#[derive(Debug)]
pub struct Crowd {
    poll: Poll,
    participants: Vec<Participant>,
}

impl Crowd {
    pub fn new() -> crate::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            participants: Vec::new(),
        })
    }

    /// Lets somebody in, while those who are there go on.
    pub fn join(&mut self, host: &str, token: &str, role: Role) -> crate::Result<()> {
        let participant = Participant::join(host, token, role)?;
        let index = self.participants.len();
        let registry = self.poll.registry();
        let socket = participant.socket.as_raw_fd();
        let stream = participant.signal.stream().as_raw_fd();
        registry.register(&mut SourceFd(&socket), Token(2 * index), Interest::READABLE)?;
        registry.register(
            &mut SourceFd(&stream),
            Token(2 * index + 1),
            Interest::READABLE,
        )?;
        self.participants.push(participant);
        // What arrived together with the handshake raises no event.
        self.participants[index].handle_signal()?;
        self.run_for(ARRIVAL_INTERVAL)
    }

    /// Runs until everybody is connected and publishes what they should.
    pub fn run_until_ready(&mut self) -> crate::Result<()> {
        let give_up = Instant::now() + READY_TIMEOUT;
        while !self.participants.iter().all(Participant::is_ready) {
            if Instant::now() > give_up {
                let ready = self
                    .participants
                    .iter()
                    .filter(|participant| participant.is_ready())
                    .count();
                return Err(format!(
                    "only {ready} of {} participants got their media",
                    self.participants.len()
                )
                .into());
            }
            self.run_for(Duration::from_millis(100))?;
        }
        Ok(())
    }

    pub fn run_for(&mut self, duration: Duration) -> crate::Result<()> {
        let end = Instant::now() + duration;
        let mut events = Events::with_capacity(EVENTS_MAX);
        loop {
            let now = Instant::now();
            if now >= end {
                return Ok(());
            }
            for participant in self
                .participants
                .iter_mut()
                .filter(|participant| participant.deadline() <= now)
            {
                participant.handle_timeout(now)?;
            }
            let wake = self
                .participants
                .iter()
                .map(Participant::deadline)
                .chain([end])
                .min()
                .unwrap_or(end);
            match self.poll.poll(
                &mut events,
                Some(wake.saturating_duration_since(Instant::now())),
            ) {
                Err(error) if error.kind() != std::io::ErrorKind::Interrupted => {
                    return Err(error.into());
                }
                _ => {}
            }
            for event in &events {
                let participant = &mut self.participants[event.token().0 / 2];
                if event.token().0.is_multiple_of(2) {
                    participant.handle_datagrams()?;
                } else {
                    participant.handle_signal()?;
                }
            }
        }
    }

    pub fn counters(&self) -> Vec<Counters> {
        self.participants
            .iter()
            .map(|participant| participant.counters)
            .collect()
    }

    /// Says goodbye, so that the next crowd finds an empty room.
    pub fn leave(mut self) -> crate::Result<()> {
        self.participants
            .iter_mut()
            .try_for_each(Participant::leave)?;
        // The server closes each connection in answer; there is nothing left to read in them.
        std::thread::sleep(GOODBYE);
        Ok(())
    }
}
