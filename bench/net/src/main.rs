//! `visio-line`: a bad network line between two TUN devices, one in the namespace it is started in (the
//! client's) and one in another (the server's). It hears changes on its standard input and ends with it.

mod control;
mod direction;
mod shape;
mod translation;
mod tunnel;

use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::control::Line;
use crate::tunnel::Tunnel;

/// The largest packet of IPv4.
const PACKET_BYTES_MAX: usize = 65_535;
/// Packets read from one device before the other has its turn.
const READS_MAX: usize = 64;

#[derive(Debug, Parser)]
struct Arguments {
    /// The server's network namespace, such as `/proc/PID/ns/net`.
    #[arg(long)]
    far_namespace: PathBuf,
    /// Name of the device in the client's namespace.
    #[arg(long, default_value = "line")]
    near: String,
    /// Name of the device in the server's namespace.
    #[arg(long)]
    far: String,
    /// The same seed loses the same packets.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[expect(clippy::print_stderr, reason = "a person reads why the line ended")]
fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("visio-line: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let near = Tunnel::open(&arguments.near)?;
    let far = Tunnel::open_in(&arguments.far_namespace, &arguments.far)?;
    let mut line = Line::new(arguments.seed);
    let mut spoken = Spoken::default();
    let mut buffer = vec![0; PACKET_BYTES_MAX];
    let start = Instant::now();
    print(&["ready".to_owned()])?;
    loop {
        let deadline = line.deadline();
        let heard = wait(
            &near,
            &far,
            deadline.map(|at| at.saturating_sub(start.elapsed())),
        )?;
        if heard {
            let Some(lines) = spoken.read()? else {
                return Ok(());
            };
            for text in lines {
                line.hear(start.elapsed(), &text)?;
            }
        }
        print(&line.due(start.elapsed())?)?;
        carry(&mut line, &near, &far, start, &mut buffer)?;
    }
}

/// Waits until a packet comes, something is said or the time is over; answers whether something was said.
fn wait(near: &Tunnel, far: &Tunnel, timeout: Option<Duration>) -> std::io::Result<bool> {
    let timeout = timeout
        .map(Timespec::try_from)
        .transpose()
        .map_err(std::io::Error::other)?;
    let stdin = std::io::stdin();
    let mut sources = [
        PollFd::new(near, PollFlags::IN),
        PollFd::new(far, PollFlags::IN),
        PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN),
    ];
    poll(&mut sources, timeout.as_ref())?;
    Ok(!sources[2].revents().is_empty())
}

/// Takes packets from both devices and hands over those that have passed the line.
fn carry(
    line: &mut Line,
    near: &Tunnel,
    far: &Tunnel,
    start: Instant,
    buffer: &mut [u8],
) -> std::io::Result<()> {
    for _ in 0..READS_MAX {
        let Some(packet) = near.read(buffer)? else {
            break;
        };
        line.router.outgoing(packet);
        line.up.accept(start.elapsed(), packet);
    }
    for _ in 0..READS_MAX {
        let Some(packet) = far.read(buffer)? else {
            break;
        };
        line.down.accept(start.elapsed(), packet);
    }
    while let Some(packet) = line.up.deliver(start.elapsed()) {
        far.write(&packet);
    }
    while let Some(mut packet) = line.down.deliver(start.elapsed()) {
        if line.router.incoming(&mut packet) {
            near.write(&packet);
        }
    }
    Ok(())
}

fn print(lines: &[String]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    out.flush()
}

/// What was said on the standard input and is not a whole line yet.
#[derive(Debug, Default)]
struct Spoken {
    unfinished: Vec<u8>,
}

impl Spoken {
    /// The lines that came; none at the end of the input.
    fn read(&mut self) -> std::io::Result<Option<Vec<String>>> {
        let mut buffer = [0; 4096];
        let count = rustix::io::read(std::io::stdin().as_fd(), &mut buffer)?;
        if count == 0 {
            return Ok(None);
        }
        self.unfinished.extend(&buffer[..count]);
        let whole = self
            .unfinished
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let lines: Vec<u8> = self.unfinished.drain(..whole).collect();
        Ok(Some(
            String::from_utf8_lossy(&lines)
                .lines()
                .map(str::to_owned)
                .collect(),
        ))
    }
}
