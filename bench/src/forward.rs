//! CPU of the server for each forwarded packet, beside the floor forwarder in the same run.
//!
//! One publisher of the anchor's shape, N subscribers, each on a socket of its own with real ICE,
//! DTLS and SRTP. What counts is the ratio: the floor lacks everything but forwarding.

use std::time::Duration;

use serde::Serialize;

use crate::crowd::Crowd;
use crate::floor::{self, load::Outcome};
use crate::participant::Role;
use crate::process::CpuTime;
use crate::report;
use crate::server::{Program, Server, Setup};
use crate::shape::Shape;

/// Joins, bitrate probing and first key frames are over by then.
const WARM_UP: Duration = Duration::from_secs(4);

/// One line of the table.
#[derive(Debug, Serialize)]
pub struct Row {
    pub server: &'static str,
    pub subscribers: usize,
    pub floor_ns: f64,
    pub server_ns: f64,
    pub server_user_ns: f64,
    pub server_system_ns: f64,
    pub ratio: f64,
    /// Share of the packets that should have arrived and did, at the server and at the floor.
    pub server_delivered: f64,
    pub floor_delivered: f64,
    /// The same for the subscriber that got least.
    pub server_delivered_least: f64,
}

/// Measures floor and servers in turn for each number of subscribers.
pub fn run(
    setup: &Setup,
    programs: &[Program],
    subscribers: &[usize],
    duration: Duration,
) -> crate::Result<()> {
    let mut rows = Vec::new();
    for subscribers in subscribers {
        let floor = floor::load::run(*subscribers, duration)?;
        if floor.forged > 0 {
            return Err(format!("{} packets of the floor did not open", floor.forged).into());
        }
        for program in programs {
            let setup = Setup {
                program: program.clone(),
                ..setup.clone()
            };
            rows.push(measure(&setup, &floor, *subscribers, duration)?);
        }
    }
    let columns = [
        "server",
        "subscribers",
        "floor ns",
        "server ns (user + system)",
        "× floor",
        "delivered (server: all, least; floor)",
    ];
    report::publish("forward", &columns, &rows, |row| {
        vec![
            row.server.to_owned(),
            row.subscribers.to_string(),
            format!("{:.0}", row.floor_ns),
            format!(
                "{:.0} ({:.0} + {:.0})",
                row.server_ns, row.server_user_ns, row.server_system_ns
            ),
            format!("{:.2}", row.ratio),
            format!(
                "{:.1} %, {:.1} %; {:.1} %",
                row.server_delivered * 100.0,
                row.server_delivered_least * 100.0,
                row.floor_delivered * 100.0
            ),
        ]
    })
}

/// One line of the floor's own table.
#[derive(Debug, Serialize)]
pub struct FloorRow {
    pub subscribers: usize,
    pub floor_ns: f64,
    pub delivered: f64,
}

/// Measures the floor alone.
pub fn run_floor(subscribers: &[usize], duration: Duration) -> crate::Result<()> {
    let measure = |n: &usize| -> crate::Result<FloorRow> {
        let floor = floor::load::run(*n, duration)?;
        Ok(FloorRow {
            subscribers: *n,
            floor_ns: per_packet(floor.cpu.total(), floor.received),
            delivered: share(floor.received, floor.expected),
        })
    };
    let rows = subscribers
        .iter()
        .map(measure)
        .collect::<crate::Result<Vec<_>>>()?;
    report::publish(
        "floor",
        &["subscribers", "floor ns", "delivered"],
        &rows,
        |row| {
            let delivered = format!("{:.1} %", row.delivered * 100.0);
            vec![
                row.subscribers.to_string(),
                format!("{:.0}", row.floor_ns),
                delivered,
            ]
        },
    )
}

fn measure(
    setup: &Setup,
    floor: &Outcome,
    subscribers: usize,
    duration: Duration,
) -> crate::Result<Row> {
    let server = Server::start(setup)?;
    let mut crowd = gather(&server, subscribers)?;
    crowd.run_for(WARM_UP)?;
    let (cpu, before) = (server.cpu()?, crowd.counters());
    crowd.run_for(duration)?;
    let (cpu, after) = (server.cpu()?.since(&cpu), crowd.counters());
    crowd.leave()?;

    let each: Vec<u64> = before
        .iter()
        .zip(&after)
        .map(|(before, after)| after.received() - before.received())
        .collect();
    let sent: u64 = before
        .iter()
        .zip(&after)
        .map(|(before, after)| after.sent - before.sent)
        .sum();
    let received: u64 = each.iter().sum();
    if received == 0 {
        return Err("nothing was forwarded".into());
    }
    // The publisher, who came first, receives nothing.
    let least = each.iter().skip(1).min().copied().unwrap_or_default();
    let floor_ns = per_packet(floor.cpu.total(), floor.received);
    let CpuTime { user, system } = cpu;
    let server_ns = per_packet(cpu.total(), received);
    Ok(Row {
        server: setup.program.name(),
        subscribers,
        floor_ns,
        server_ns,
        server_user_ns: per_packet(user, received),
        server_system_ns: per_packet(system, received),
        ratio: server_ns / floor_ns,
        server_delivered: share(received, sent * u64::try_from(subscribers)?),
        server_delivered_least: share(least, sent),
        floor_delivered: share(floor.received, floor.expected),
    })
}

fn gather(server: &Server, subscribers: usize) -> crate::Result<Crowd> {
    let mut crowd = Crowd::new()?;
    let publisher = Role {
        shape: Some(Shape::ANCHOR),
        ..Role::default()
    };
    crowd.join(
        server.host(),
        &server.token("forward", "publisher")?,
        publisher,
    )?;
    crowd.run_until_ready()?;
    for number in 0..subscribers {
        let token = server.token("forward", &format!("subscriber-{number}"))?;
        crowd.join(server.host(), &token, Role::default())?;
    }
    crowd.run_until_ready()?;
    Ok(crowd)
}

#[expect(clippy::cast_precision_loss, reason = "no run has 2^52 packets")]
fn per_packet(cpu: Duration, packets: u64) -> f64 {
    cpu.as_nanos() as f64 / packets.max(1) as f64
}

#[expect(clippy::cast_precision_loss, reason = "no run has 2^52 packets")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}
