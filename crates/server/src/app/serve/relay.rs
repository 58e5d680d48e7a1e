//! The relay for people whom no direct way reaches, and its UDP port.

use crate::calls::Calls;
use crate::config::TurnPlan;
use crate::media::{self, MediaError};
use crate::start_error::StartError;
use crate::turn::Turn;
use std::io::{self, ErrorKind};
use std::net::UdpSocket;
use tokio::sync::watch;

/// The relay, and what serves its UDP port, if there is one.
pub(super) fn start(
    plan: &TurnPlan,
    calls: &Calls,
    stopped: &watch::Receiver<bool>,
) -> Result<(Turn, Option<impl Future<Output = ()> + use<>>), StartError> {
    let refused = |error| MediaError::Port {
        protocol: "UDP",
        port: plan.udp_port.unwrap_or_default(),
        setting: "turn.udp_port",
        error,
    };
    let socket = plan.udp_port.map(bind).transpose().map_err(refused)?;
    let socket = socket.flatten();
    let offered = TurnPlan {
        udp_port: plan.udp_port.filter(|_| socket.is_some()),
        ..plan.clone()
    };
    let turn = Turn::new(&offered, calls.media_addresses(), &media::own_addresses());
    let datagrams = socket.map(|socket| turn.datagrams(socket, stopped.clone()));
    let datagrams = datagrams.transpose().map_err(refused)?;
    Ok((turn, datagrams))
}

/// Where another program has the port, as a TURN server of before does, the web port remains: that stops no
/// start.
fn bind(port: u16) -> io::Result<Option<UdpSocket>> {
    match media::sockets::udp(port) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            tracing::warn!(
                port,
                "another program has the relay's UDP port (turn.udp_port): who needs the relay reaches it over the web port"
            );
            Ok(None)
        }
        bound => bound.map(Some),
    }
}
