//! The floor forwarder as a process: reads its subscribers from standard input, prints its address.

use std::net::{SocketAddr, UdpSocket};

use visio_bench::floor::forwarder::Forwarder;

#[expect(
    clippy::print_stdout,
    reason = "the parent reads the address from here"
)]
fn main() -> visio_bench::Result<()> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let subscribers: Vec<SocketAddr> = serde_json::from_str(&line)?;
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    println!("{}", socket.local_addr()?);
    Forwarder::new(socket, &subscribers)?.run()
}
