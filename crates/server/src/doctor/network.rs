//! The ports and the addresses.

use super::Finding;
use crate::config::Plan;
use crate::media::{self, sockets};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// This very machine answers in well under a millisecond.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) fn look(plan: &Plan, running: bool) -> Vec<Finding> {
    let listeners = [
        Some(("server.listen", plan.http.listen)),
        plan.tls.listen().map(|listen| ("tls.listen", listen)),
        plan.metrics.map(|listen| ("metrics.listen", listen)),
    ];
    let workers = 0..plan.media.workers;
    let ports = listeners.into_iter().flatten();
    let mut findings: Vec<_> = ports
        .map(|(setting, address)| tcp(setting, address, running))
        .collect();
    for worker in workers {
        if let Some(first) = plan.media.tcp_port {
            findings.push(port_everywhere(
                "TCP",
                "media.tcp_port",
                first + worker,
                running,
            ));
        }
        findings.push(port_everywhere(
            "UDP",
            "media.udp_port",
            plan.media.udp_port + worker,
            running,
        ));
    }
    if let Some(port) = plan.turn.udp_port {
        findings.push(port_everywhere("UDP", "turn.udp_port", port, running));
    }
    findings.push(addresses(plan));
    findings
}

fn tcp(setting: &str, address: SocketAddr, running: bool) -> Finding {
    let what = format!("TCP {address} ({setting})");
    match TcpListener::bind(address) {
        Ok(_) => Finding::ok(what, "free"),
        Err(error) => refused(what, setting, running, &error),
    }
}

fn port_everywhere(protocol: &str, setting: &str, port: u16, running: bool) -> Finding {
    let what = format!("{protocol} port {port} ({setting})");
    let opened = match protocol {
        "UDP" => sockets::udp(port).map(drop),
        _ => sockets::tcp(port).map(drop),
    };
    match opened {
        Ok(()) => Finding::ok(what, "free"),
        Err(error) => refused(what, setting, running, &error),
    }
}

fn refused(what: String, setting: &str, running: bool, error: &std::io::Error) -> Finding {
    if running && error.kind() == ErrorKind::AddrInUse {
        return Finding::ok(what, "in use, and a visio runs here");
    }
    let remedy = match error.kind() {
        ErrorKind::AddrInUse => format!("end the program that has it, or change {setting}"),
        ErrorKind::PermissionDenied => format!("choose a port from 1024 on by {setting}"),
        _ => format!("change {setting}"),
    };
    Finding::failure(what, error.to_string(), remedy)
}

/// By which address this machine itself reaches a listener.
pub(super) fn reachable(listen: SocketAddr) -> SocketAddr {
    match listen.ip().is_unspecified() {
        true => SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), listen.port()),
        false => listen,
    }
}

/// Whether what has the port says of itself that it lives, as visio does.
pub(super) fn is_visio(listen: SocketAddr) -> bool {
    let target = reachable(listen);
    let asked = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&target, ANSWER_TIMEOUT)?;
        stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        stream.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.take(4096).read_to_string(&mut answer)?;
        Ok(answer)
    };
    asked().is_ok_and(|answer| answer.contains(" 200 ") && answer.ends_with("ok\n"))
}

fn addresses(plan: &Plan) -> Finding {
    let addresses = media::candidate_addresses(&plan.media);
    let told: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    let what = "Addresses for media";
    match addresses.iter().all(IpAddr::is_loopback) {
        true => Finding::warning(
            what,
            "only this machine itself can reach them",
            "connect it to a network, or set media.addresses",
        ),
        false => Finding::ok(what, told.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_somebody_has_is_a_failure_that_names_its_setting() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let finding = tcp("server.listen", address, false);
        assert!(finding.is_failure());
        assert!(format!("{finding:?}").contains("change server.listen"));
        drop(taken);
        assert!(!tcp("server.listen", address, false).is_failure());
    }

    #[test]
    fn a_udp_port_is_free_unless_somebody_has_it() {
        let taken = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let udp = |running| port_everywhere("UDP", "media.udp_port", port, running);
        assert!(udp(false).is_failure());
        assert!(!udp(true).is_failure(), "it is ours");
        drop(taken);
        assert!(!udp(false).is_failure());
    }
}
