//! All workers, and the way to each of them.

use super::addresses::candidate_addresses;
use super::inbox::{Inbox, Message, Question, Undelivered, inbox};
use super::port::{Port, WAKER};
use super::worker::Worker;
use super::{Exits, MediaError};
use crate::config::MediaPlan;
use mio::Waker;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::oneshot;
use visio_sfu::{Protocol, Settings};

/// What a link is believed to carry before it has been measured: the least layer of a camera, and sound.
/// What it carries more is found within a second where somebody wants it.
const INITIAL_BITRATE_BPS: u64 = 300_000;

/// The way to all workers. Cheap to clone; the default leads to none.
#[derive(Clone, Default)]
pub struct Workers {
    inboxes: Arc<[Inbox]>,
    /// The addresses of their UDP sockets, as clients are told.
    told: Arc<[SocketAddr]>,
}

impl Workers {
    /// Starts one worker per core, each with its own ports and its own `exits`.
    ///
    /// # Errors
    /// Says which port or address is missing and what to do.
    pub fn start(plan: &MediaPlan, exits: impl Fn(u16) -> Exits) -> Result<Self, MediaError> {
        let ips = candidate_addresses(plan);
        if ips.is_empty() {
            return Err(MediaError::NoAddress);
        }
        let (mut inboxes, mut told) = (Vec::new(), Vec::new());
        for number in 0..plan.workers {
            let (udp_port, tcp_port) = ports(plan, number);
            let port = Port::open(udp_port, tcp_port, &ips)?;
            let (udp_port, tcp_port) = port.numbers();
            told.extend(ips.iter().map(|&ip| SocketAddr::new(ip, udp_port)));
            let udp = ips
                .iter()
                .map(|&ip| (Protocol::Udp, SocketAddr::new(ip, udp_port)));
            let tcp = tcp_port.into_iter().flat_map(|port| {
                ips.iter()
                    .map(move |&ip| (Protocol::Tcp, SocketAddr::new(ip, port)))
            });
            let settings = Settings {
                addresses: udp.chain(tcp).collect(),
                initial_bitrate_bps: INITIAL_BITRATE_BPS,
            };
            inboxes.push(spawn(number, settings, port, exits(number))?);
        }
        Ok(Self {
            inboxes: inboxes.into(),
            told: told.into(),
        })
    }

    pub fn count(&self) -> usize {
        self.inboxes.len()
    }

    /// The addresses of their UDP sockets, as clients are told.
    pub fn told(&self) -> &[SocketAddr] {
        &self.told
    }

    /// Puts a message into a worker's inbox, without waiting.
    ///
    /// # Errors
    /// [`Undelivered`] if that is full or the worker is gone.
    pub fn send(&self, worker: usize, message: Message) -> Result<(), Undelivered> {
        self.inboxes.get(worker).ok_or(Undelivered)?.put(message)
    }

    /// How much of a processor core a worker took in the last seconds, in thousandths.
    pub fn load_permille(&self, worker: usize) -> u32 {
        let inbox = self.inboxes.get(worker);
        inbox.map_or(0, |inbox| inbox.load.permille())
    }

    /// Asks a worker; `None` if it is too busy or gone.
    pub async fn ask<T>(
        &self,
        worker: usize,
        question: impl FnOnce(oneshot::Sender<T>) -> Question,
    ) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.send(worker, Message::Question(question(reply))).ok()?;
        answer.await.ok()
    }

    /// A worker without a thread for each of `loads`: for tests that play their part.
    #[cfg(test)]
    pub(crate) fn without_threads<const COUNT: usize>(
        loads: [u32; COUNT],
    ) -> (Self, [std::sync::mpsc::Receiver<Message>; COUNT]) {
        let mut inboxes = Vec::new();
        let messages = loads.map(|load| {
            let poll = mio::Poll::new().unwrap();
            let (inbox, messages) = inbox(Waker::new(poll.registry(), WAKER).unwrap());
            inbox.load.set(load);
            inboxes.push(inbox);
            messages
        });
        let inboxes = inboxes.into();
        let told = Arc::default();
        (Self { inboxes, told }, messages)
    }
}

fn ports(plan: &MediaPlan, number: u16) -> (u16, Option<u16>) {
    let tcp_port = plan.tcp_port.and_then(|first| first.checked_add(number));
    (plan.udp_port.saturating_add(number), tcp_port)
}

pub(super) fn spawn(
    number: u16,
    settings: Settings,
    port: Port,
    exits: Exits,
) -> Result<Inbox, MediaError> {
    let waker = Waker::new(port.poll.registry(), WAKER);
    let waker = waker.map_err(|error| MediaError::Worker(error.to_string()))?;
    let (inbox, messages) = inbox(waker);
    let (ready, started) = std::sync::mpsc::channel();
    let load = inbox.load.clone();
    let body = move || match Worker::new(settings, port, messages, load, exits) {
        Ok(worker) => {
            let _ = ready.send(Ok(()));
            worker.run();
        }
        Err(error) => drop(ready.send(Err(MediaError::Worker(error.to_owned())))),
    };
    std::thread::Builder::new()
        .name(format!("media-{number}"))
        .spawn(body)
        .map_err(|error| MediaError::Worker(error.to_string()))?;
    started
        .recv()
        .unwrap_or_else(|_| Err(MediaError::Worker("it ended at once".to_owned())))?;
    Ok(inbox)
}
