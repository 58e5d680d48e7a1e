//! Synthetic participants for a server that runs already: `visio-load --room … --key … --secret …`.

use std::time::Duration;

use clap::Parser;
use visio_bench::crowd::Crowd;
use visio_bench::participant::Role;
use visio_bench::server::token;
use visio_bench::shape::Shape;
use visio_protocol::token::ApiKeys;

/// People for pictures of a full room: short, long, accented, from right to left.
const NAMES: [&str; 12] = [
    "Alice",
    "Bob",
    "Carol",
    "Dave",
    "Eve",
    "Zoë Müller",
    "Jean-Baptiste de la Fontaine-Montmorency",
    "Åsa",
    "محمد",
    "Nguyễn Thị Minh Khai",
    "Li",
    "Kateřina",
];

/// Joins people to a room and lets them send packets that no decoder shows.
#[derive(Debug, Parser)]
struct Arguments {
    #[arg(long, default_value = "127.0.0.1:8080")]
    host: String,
    #[arg(long)]
    room: String,
    /// An API key of the server and its secret.
    #[arg(long)]
    key: String,
    #[arg(long)]
    secret: String,
    #[arg(long, default_value_t = 5)]
    participants: usize,
    /// How many of them have a microphone, and how many a camera.
    #[arg(long, default_value_t = 2)]
    microphones: usize,
    #[arg(long, default_value_t = 0)]
    cameras: usize,
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

#[expect(clippy::print_stdout, reason = "a script waits for these lines")]
fn main() -> visio_bench::Result<()> {
    let arguments = Arguments::parse();
    let keys = ApiKeys::parse(&format!("{}: {}", arguments.key, arguments.secret))?;
    let mut crowd = Crowd::new()?;
    for number in 0..arguments.participants {
        let token = token(&keys, &arguments.key, &arguments.room, &name(number))?;
        crowd.join(&arguments.host, &token, role(&arguments, number))?;
    }
    crowd.run_until_ready()?;
    println!("ready");
    crowd.run_for(Duration::from_secs(arguments.seconds))?;
    for (number, counters) in crowd.counters().iter().enumerate() {
        println!(
            "{}: sent {}, received {}",
            name(number),
            counters.sent,
            counters.received()
        );
    }
    crowd.leave()
}

fn role(arguments: &Arguments, number: usize) -> Role {
    let microphone = number < arguments.microphones;
    let frames_per_second = if number < arguments.cameras { 15 } else { 0 };
    let publishes = microphone || frames_per_second > 0;
    let shape = Shape {
        frames_per_second,
        packets_per_frame: 2,
        microphone,
    };
    Role {
        shape: publishes.then_some(shape),
        ..Role::default()
    }
}

fn name(number: usize) -> String {
    let name = NAMES[number % NAMES.len()];
    if number < NAMES.len() {
        name.to_owned()
    } else {
        format!("{name} {}", number / NAMES.len() + 1)
    }
}
