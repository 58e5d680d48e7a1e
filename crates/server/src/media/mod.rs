//! The threads that carry media, and the ways in and out of them.
//!
//! A walk: `port` owns a worker's sockets, `batch` turns runs of packets into single sends,
//! `worker` feeds the pure `visio-sfu` with what arrives and carries out what it says, `workers`
//! starts them all. Into a worker leads its `inbox`; out of it lead, besides the sockets, a
//! `signal_queue` for each client, its `taps` and its `EventSink`.

mod addresses;
mod batch;
mod cpu_load;
mod inbox;
mod port;
mod signal_queue;
pub mod sockets;
mod stream;
mod taps;
#[cfg(test)]
pub(crate) mod testing;
mod worker;
mod workers;

pub use addresses::{candidate_addresses, own_addresses};
pub use inbox::{Incoming, Message, Question, Undelivered, Underway};
pub use signal_queue::{Next, SignalReceiver, SignalSender, Slow, signal_queue};
pub use taps::{TapSender, Taps, tap_queue};
pub use workers::Workers;

use std::io::ErrorKind;
use visio_meeting::Event;
use visio_protocol::names::{MeetingId, RoomName};

/// Learns what happens in a worker's meetings, on the worker's thread and in order. Must not block.
pub trait EventSink: Send {
    /// `meeting` is the row in the database, where the meeting has one.
    fn event(&mut self, room: RoomName, meeting: Option<MeetingId>, event: Event);

    /// Whether a meeting has ended: who asked for it before that comes too late.
    fn is_over(&self, _meeting: &MeetingId) -> bool {
        false
    }
}

/// By these a worker says what happens in it.
pub struct Exits {
    pub events: Box<dyn EventSink>,
    pub taps: TapSender,
}

/// Why the media side does not start.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    #[error(
        "{protocol} port {port} for media cannot be opened: {}. `ss -lnp sport = :{port}` shows who \
         has it; end that program, or set {setting} to a free port, for example {}=7990",
        why(error),
        in_environment(setting)
    )]
    Port {
        protocol: &'static str,
        port: u16,
        setting: &'static str,
        error: std::io::Error,
    },
    #[error("no address of this machine can be told to clients: set media.addresses")]
    NoAddress,
    #[error("a media worker does not start: {0}")]
    Worker(String),
}

fn why(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::AddrInUse => "another program has it, perhaps another visio".to_owned(),
        _ => error.to_string(),
    }
}

/// A setting as its environment variable is called.
fn in_environment(setting: &str) -> String {
    format!("VISIO_{}", setting.replace('.', "__").to_uppercase())
}
