//! Memory that a crowd takes which does not read, with and without a flood of changes, and what is
//! given back when all have left.

use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::Duration;

use serde::Serialize;
use visio_protocol::wire;

use crate::meeting::mib;
use crate::process::Memory;
use crate::report;
use crate::server::{Server, Setup};
use crate::signal::{Request, Signal};

/// People who join and read nothing.
const CROWD: usize = 250;
/// People who change their metadata and attributes as fast as they can, and read.
const SENDERS: usize = 5;
const CHANGES: usize = 100;
/// Just below LiveKit's limit.
const METADATA_BYTES: usize = 64_000;
/// What a change leads to has been sent, or is waiting, by then.
const SPREAD: Duration = Duration::from_secs(10);
/// Longer than a session may be resumed and an empty meeting lasts.
const REST: Duration = Duration::from_secs(45);
const ROUND_PEOPLE: usize = 50;
/// All of a round have left, its meeting has ended, and the allocator has given back by then.
const ROUND_REST: Duration = Duration::from_secs(5);
const SAMPLE_INTERVAL: Duration = Duration::from_millis(50);

/// One line of the table.
#[derive(Debug, Serialize)]
pub struct Row {
    pub what: String,
    pub before_mib: f64,
    pub peak_mib: f64,
    pub rest_mib: f64,
}

/// Measures a crowd alone, the same crowd under a flood, and rounds of joins and leaves.
pub fn run(setup: &Setup, count: usize) -> crate::Result<()> {
    let rows = [
        crowd(setup, "250 who do not read", 0)?,
        crowd(setup, "the same, and 5 who flood", SENDERS)?,
        rounds(setup, count, "a room for each", |round| {
            format!("room-{round}")
        })?,
        rounds(setup, count, "one room that goes on", |_| "room".to_owned())?,
    ];
    report::publish(
        "flood",
        &["crowd", "before", "peak", "all gone"],
        &rows,
        |row| {
            let mib = |mib: f64| format!("{mib:.1} MiB");
            vec![
                row.what.clone(),
                mib(row.before_mib),
                mib(row.peak_mib),
                mib(row.rest_mib),
            ]
        },
    )
}

fn crowd(setup: &Setup, what: &str, senders: usize) -> crate::Result<Row> {
    let server = Server::start(setup)?;
    let before = server.memory()?.resident_kib;
    let peak = Peak::watch(server.pid());
    let mut deaf = Vec::new();
    for index in 0..CROWD {
        deaf.push(join(&server, "room", &format!("deaf-{index}"))?);
    }
    let floods: Vec<JoinHandle<Result<(), String>>> = (0..senders)
        .map(|index| {
            let sender = join(&server, "room", &format!("sender-{index}"));
            let sender = sender.map_err(|error| error.to_string());
            std::thread::spawn(move || flood(sender?).map_err(|error| error.to_string()))
        })
        .collect();
    for flood in floods {
        flood.join().map_err(|_| "a sender panicked")??;
    }
    sleep(SPREAD);
    drop(deaf);
    sleep(REST);
    Ok(Row {
        what: what.to_owned(),
        before_mib: mib(before),
        peak_mib: mib(peak.end()),
        rest_mib: mib(server.memory()?.resident_kib),
    })
}

/// Sends all changes and reads whatever comes; ends when the server closes or all are sent.
fn flood(mut sender: Signal) -> crate::Result<()> {
    let text = "x".repeat(METADATA_BYTES);
    let mut buffer = vec![0; 1 << 20];
    for number in 0..CHANGES {
        let change = wire::UpdateParticipantMetadata {
            metadata: format!("{text}{number}"),
            attributes: [("a".to_owned(), text.clone())].into(),
            ..wire::UpdateParticipantMetadata::default()
        };
        if sender.send(Request::UpdateMetadata(change)).is_err() {
            return Ok(());
        }
        sleep(Duration::from_millis(10));
        read_all(&mut sender, &mut buffer);
    }
    Ok(())
}

/// What the server says does not matter, only that it is read.
fn read_all(signal: &mut Signal, buffer: &mut [u8]) {
    while signal.stream().read(buffer).is_ok_and(|bytes| bytes > 0) {}
}

/// Joins and leaves, while one person stays in a room called "room".
fn rounds(
    setup: &Setup,
    count: usize,
    what: &str,
    room: impl Fn(usize) -> String,
) -> crate::Result<Row> {
    let server = Server::start(setup)?;
    let mut stays = join(&server, "room", "stays")?;
    let mut buffer = vec![0; 1 << 16];
    let mut after = Vec::new();
    let peak = Peak::watch(server.pid());
    for round in 0..count {
        let mut people = Vec::new();
        for index in 0..ROUND_PEOPLE {
            people.push(join(&server, &room(round), &format!("{round}-{index}"))?);
        }
        for person in &mut people {
            person.send(Request::Leave(wire::LeaveRequest::default()))?;
        }
        drop(people);
        sleep(ROUND_REST);
        read_all(&mut stays, &mut buffer);
        stays.send(Request::Ping(0))?;
        after.push(server.memory()?.resident_kib);
    }
    drop(stays);
    Ok(Row {
        what: format!(
            "{count} rounds of 50, {what}: {}, after the last",
            course(&after)
        ),
        before_mib: mib(after.get(2).copied().unwrap_or_default()),
        peak_mib: mib(peak.end()),
        rest_mib: mib(after.last().copied().unwrap_or_default()),
    })
}

/// Memory after the third round and after each quarter of the way: does growth end?
fn course(after: &[u64]) -> String {
    let quarters = (1..4).map(|quarter| after.len() * quarter / 4);
    let said = [3].into_iter().chain(quarters).filter_map(|round| {
        let kib = after.get(round.checked_sub(1)?)?;
        Some(format!("after {round} {:.1} MiB", mib(*kib)))
    });
    said.collect::<Vec<_>>().join(", ")
}

fn join(server: &Server, room: &str, identity: &str) -> crate::Result<Signal> {
    Signal::connect(server.host(), &server.token(room, identity)?, None)
}

/// The most resident memory that a process had.
struct Peak {
    is_over: Arc<AtomicBool>,
    peak_kib: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl Peak {
    fn watch(pid: u32) -> Self {
        let (is_over, peak_kib) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU64::new(0)),
        );
        let (end, peak) = (Arc::clone(&is_over), Arc::clone(&peak_kib));
        let thread = std::thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                if let Ok(memory) = Memory::of(pid) {
                    peak.fetch_max(memory.resident_kib, Ordering::Relaxed);
                }
                sleep(SAMPLE_INTERVAL);
            }
        });
        Self {
            is_over,
            peak_kib,
            thread,
        }
    }

    fn end(self) -> u64 {
        self.is_over.store(true, Ordering::Relaxed);
        // It cannot panic, and its figure is kept outside.
        drop(self.thread.join());
        self.peak_kib.load(Ordering::Relaxed)
    }
}
