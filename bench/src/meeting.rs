//! CPU and memory of the server with a meeting of 2, 10, 50 and 150 synthetic participants.

use std::time::Duration;

use serde::Serialize;

use crate::crowd::Crowd;
use crate::participant::Role;
use crate::report;
use crate::server::{Program, Server, Setup};
use crate::shape::{AUDIO_PACKETS_PER_SECOND, Shape};

const WARM_UP: Duration = Duration::from_secs(5);

/// A meeting as people hold it: the larger, the smaller the pictures, and few talk.
#[derive(Debug, Clone, Copy)]
struct Scenario {
    participants: usize,
    microphones: usize,
    frames_per_second: u32,
    packets_per_frame: u32,
    /// Pictures on a screen; the others are turned off, as a client does that pages its grid.
    tiles: usize,
}

const SCENARIOS: [Scenario; 4] = [
    // 720p each way.
    Scenario {
        participants: 2,
        microphones: 2,
        frames_per_second: 30,
        packets_per_frame: 8,
        tiles: 1,
    },
    // A grid of 360p.
    Scenario {
        participants: 10,
        microphones: 3,
        frames_per_second: 20,
        packets_per_frame: 3,
        tiles: 9,
    },
    // Two pages of 180p.
    Scenario {
        participants: 50,
        microphones: 3,
        frames_per_second: 15,
        packets_per_frame: 1,
        tiles: 25,
    },
    // Many pages of small pictures.
    Scenario {
        participants: 150,
        microphones: 3,
        frames_per_second: 10,
        packets_per_frame: 1,
        tiles: 9,
    },
];

impl Scenario {
    /// Packets that all together are to be sent in a second.
    fn wanted_per_second(&self) -> f64 {
        let others = self.participants - 1;
        let pictures = self.participants * self.tiles.min(others);
        let picture_rate = f64::from(self.frames_per_second * self.packets_per_frame);
        let voices = self.microphones * others;
        count(pictures) * picture_rate + count(voices) * f64::from(AUDIO_PACKETS_PER_SECOND)
    }
}

/// One line of the table.
#[derive(Debug, Serialize)]
pub struct Row {
    pub server: &'static str,
    pub participants: usize,
    pub packets_in_per_second: f64,
    pub packets_out_per_second: f64,
    /// Who received least: without a picture of anybody it is the voices alone.
    pub packets_out_least_per_second: f64,
    /// Of the packets that everybody is to get.
    pub delivered: f64,
    /// Of one core.
    pub cpu_percent: f64,
    pub cpu_ns_per_packet: f64,
    pub resident_mib: f64,
    pub resident_idle_mib: f64,
}

/// Measures meetings of these sizes, each on fresh servers.
pub fn run(
    setup: &Setup,
    programs: &[Program],
    participants: &[usize],
    duration: Duration,
) -> crate::Result<()> {
    let mut rows = Vec::new();
    let wanted = |scenario: &&Scenario| participants.contains(&scenario.participants);
    for scenario in SCENARIOS.iter().filter(wanted) {
        for program in programs {
            let setup = Setup {
                program: program.clone(),
                ..setup.clone()
            };
            rows.push(measure(&setup, scenario, duration)?);
        }
    }
    let columns = [
        "server",
        "participants",
        "packets in /s",
        "packets out /s (least)",
        "delivered",
        "CPU (of one core)",
        "CPU a packet",
        "memory (idle before)",
    ];
    report::publish("meeting", &columns, &rows, |row| {
        vec![
            row.server.to_owned(),
            row.participants.to_string(),
            format!("{:.0}", row.packets_in_per_second),
            format!(
                "{:.0} ({:.0})",
                row.packets_out_per_second, row.packets_out_least_per_second
            ),
            format!("{:.1} %", row.delivered * 100.0),
            format!("{:.1} %", row.cpu_percent),
            format!("{:.1} µs", row.cpu_ns_per_packet / 1000.0),
            format!("{:.1} MiB ({:.1})", row.resident_mib, row.resident_idle_mib),
        ]
    })
}

fn measure(setup: &Setup, scenario: &Scenario, duration: Duration) -> crate::Result<Row> {
    let server = Server::start(setup)?;
    let idle = server.memory()?;
    let mut crowd = gather(&server, scenario)?;
    crowd.run_for(WARM_UP)?;
    let (cpu, before) = (server.cpu()?, crowd.counters());
    crowd.run_for(duration)?;
    let (cpu, after) = (server.cpu()?.since(&cpu), crowd.counters());
    let memory = server.memory()?;
    crowd.leave()?;

    let sum = |count: fn(&crate::participant::Counters) -> u64| {
        after.iter().map(count).sum::<u64>() - before.iter().map(count).sum::<u64>()
    };
    let each = before
        .iter()
        .zip(&after)
        .map(|(before, after)| after.received() - before.received());
    let least = each.min().unwrap_or_default();
    let out = sum(crate::participant::Counters::received);
    Ok(Row {
        server: setup.program.name(),
        delivered: rate(out, duration) / scenario.wanted_per_second(),
        cpu_ns_per_packet: cpu.total().as_secs_f64() * 1e9 / rate(out, Duration::from_secs(1)),
        packets_out_least_per_second: rate(least, duration),
        participants: scenario.participants,
        packets_in_per_second: rate(sum(|counters| counters.sent), duration),
        packets_out_per_second: rate(out, duration),
        cpu_percent: cpu.total().as_secs_f64() / duration.as_secs_f64() * 100.0,
        resident_mib: mib(memory.resident_kib),
        resident_idle_mib: mib(idle.resident_kib),
    })
}

fn gather(server: &Server, scenario: &Scenario) -> crate::Result<Crowd> {
    let mut crowd = Crowd::new()?;
    for number in 0..scenario.participants {
        let shape = Shape {
            frames_per_second: scenario.frames_per_second,
            packets_per_frame: scenario.packets_per_frame,
            microphone: number < scenario.microphones,
        };
        let role = Role {
            shape: Some(shape),
            tiles: scenario.tiles,
            // Spread over a frame, as independent cameras are.
            phase: Duration::from_millis(u64::try_from(number * 7 % 60)?),
            ..Role::default()
        };
        let token = server.token("meeting", &format!("participant-{number}"))?;
        crowd.join(server.host(), &token, role)?;
    }
    crowd.run_until_ready()?;
    Ok(crowd)
}

#[expect(clippy::cast_precision_loss, reason = "no meeting has 2^52 people")]
fn count(things: usize) -> f64 {
    things as f64
}

#[expect(clippy::cast_precision_loss, reason = "no run has 2^52 packets")]
fn rate(packets: u64, duration: Duration) -> f64 {
    packets as f64 / duration.as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "no machine has 2^52 KiB")]
pub(crate) fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
