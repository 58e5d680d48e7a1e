//! Whether a client is connected: ICE and DTLS with each address that clients are told, over UDP and TCP.
//!
//! Where a visio runs, it is visited as its clients do; else its workers are started for a moment with
//! the same settings. Either way nobody else is in the meeting that is looked at.

mod own_workers;

use super::Finding;
use super::reach::{self, Line};
use super::visit::{self, Visit};
use crate::api_keys;
use crate::config::{Plan, generated_key_file};
use crate::media;
use std::any::Any;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;
use visio_protocol::token::ApiKeys;
use visio_sfu::Protocol;
use visio_sfu::probe::{Probe, ProbeError, Reached, advertised};

/// A server that is asked on its own machine answers within this.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// Where the first offer pretends to come from: only its answer is wanted.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9);

const WHAT: &str = "Media";

/// The answer to an offer, and what keeps its connection until it is dropped.
type Answered = (String, Box<dyn Any>);

/// Somebody who answers offers of clients in a room.
type Answers<'a> = &'a mut dyn FnMut(&str, &str) -> Result<Answered, String>;

pub(super) fn look(plan: &Plan, running: bool) -> Vec<Finding> {
    match running {
        true => of_running(plan),
        false => own_workers::look(plan),
    }
}

fn of_running(plan: &Plan) -> Vec<Finding> {
    let keys = match keys(plan) {
        Ok(keys) => keys,
        Err(problem) => {
            let remedy = "run this as the user that runs visio, with the same settings";
            return vec![Finding::warning(WHAT, problem, remedy)];
        }
    };
    let listen = super::network::reachable(plan.http.listen);
    let mut answers = |room: &str, offer: &str| -> Result<Answered, String> {
        let token = visit::token(&keys, room).ok_or("there is no API key")?;
        let mut visit = Visit::begin(stream(listen)?, &listen.to_string(), &token)?;
        let answer = visit.answer(offer)?;
        Ok((answer, Box::new(visit)))
    };
    try_all(plan.media.workers, &mut answers)
}

/// To a visio of this machine.
pub(super) fn stream(listen: SocketAddr) -> Result<TcpStream, String> {
    let opened = TcpStream::connect_timeout(&listen, ANSWER_TIMEOUT).and_then(|stream| {
        stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        Ok(stream)
    });
    opened.map_err(|error| error.to_string())
}

/// Those of the settings or of the data folder; none is made here.
pub(super) fn keys(plan: &Plan) -> Result<ApiKeys, String> {
    if plan.api_keys.is_none() && !generated_key_file(&plan.data_folder).exists() {
        return Err("a visio runs here, and its API key is not in the data folder".to_owned());
    }
    api_keys::load_or_create(plan.api_keys.clone(), &plan.data_folder)
        .map_err(|error| error.to_string())
}

/// All addresses of one worker; of each other only its ports, at the first address. Which worker a room
/// is given is said by the ports in its answer.
fn try_all(workers: u16, answers: Answers<'_>) -> Vec<Finding> {
    let mut tried = BTreeSet::new();
    let mut findings = Vec::new();
    for worker in 0..workers {
        let room = visit::new_room();
        let told = match told(&room, answers) {
            Ok(told) => told,
            Err(problem) => {
                let remedy = "look into the log of visio, then try again";
                findings.push(Finding::failure(WHAT, problem, remedy));
                return findings;
            }
        };
        let is_first_of = |protocol, address| {
            let first = told.iter().find(|(one, _)| *one == protocol);
            first.is_some_and(|(_, first)| *first == address)
        };
        for &(protocol, address) in &told {
            let is_wanted = worker == 0 || is_first_of(protocol, address);
            if is_wanted && tried.insert((protocol, address)) {
                findings.push(one(&room, protocol, address, answers));
            }
        }
    }
    findings
}

/// The addresses that clients in a room are told.
fn told(room: &str, answers: Answers<'_>) -> Result<Vec<(Protocol, SocketAddr)>, String> {
    let probe = Probe::new(crate::clock::now(), NOWHERE);
    let (_, offer) = probe.map_err(|error| error.to_string())?;
    let (answer, _visit) = answers(room, &offer)?;
    let told = advertised(&answer);
    match told.is_empty() {
        true => Err("clients are told no address".to_owned()),
        false => Ok(told),
    }
}

fn one(room: &str, protocol: Protocol, address: SocketAddr, answers: Answers<'_>) -> Finding {
    let reached = match Line::open(protocol, address) {
        Ok(line) => connected(room, line, address, answers),
        Err(_) => Ok(Reached::Nothing),
    };
    let is_own = address.ip().is_loopback() || media::own_addresses().contains(&address.ip());
    match reached {
        Ok(reached) => finding(protocol, address, reached, is_own),
        Err(problem) => Finding::failure(
            named(protocol, address),
            problem,
            "look into the log of visio, then try again",
        ),
    }
}

fn connected(
    room: &str,
    mut line: Line,
    address: SocketAddr,
    answers: Answers<'_>,
) -> Result<Reached, String> {
    let local = line.local().map_err(|error| error.to_string())?;
    let failed = |error: ProbeError| error.to_string();
    let (mut probe, offer) = Probe::new(crate::clock::now(), local).map_err(failed)?;
    let (answer, _visit) = answers(room, &offer)?;
    probe.accept(&answer, address).map_err(failed)?;
    Ok(reach::connect(probe, &mut line, address))
}

fn named(protocol: Protocol, address: SocketAddr) -> String {
    format!("{WHAT} over {} at {address}", word(protocol))
}

fn word(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Udp => "UDP",
        Protocol::Tcp => "TCP",
    }
}

/// What it means that a connection from this very machine came so far.
fn finding(protocol: Protocol, address: SocketAddr, reached: Reached, is_own: bool) -> Finding {
    let what = named(protocol, address);
    let (word, port) = (word(protocol), address.port());
    match reached {
        Reached::Dtls if address.ip().is_loopback() => {
            Finding::ok(what, "ICE answers and DTLS is complete")
        }
        Reached::Dtls => Finding::ok(
            what,
            format!(
                "ICE answers and DTLS is complete from this machine; others need {word} port {port} \
                 open in its firewall"
            ),
        ),
        Reached::Ice => Finding::failure(
            what,
            "ICE answers, DTLS does not get through",
            format!(
                "something drops large packets or looks into them: let {word} port {port} pass"
            ),
        ),
        Reached::Nothing if is_own => Finding::failure(
            what,
            "ICE gets no answer on this very machine",
            format!("open {word} port {port} in its firewall"),
        ),
        Reached::Nothing => Finding::warning(
            what,
            "ICE gets no answer from here, and this machine does not have the address itself",
            format!(
                "forward {word} port {port} of that address to this machine and open it in the \
                 firewall; not every router lets a machine reach itself so: try a call from elsewhere"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::quiet_plan;
    use super::super::text;
    use super::*;
    use std::net::UdpSocket;

    fn plan_of(folder: &std::path::Path, media_port: u16, address: &str) -> Plan {
        quiet_plan(folder, |settings| {
            (settings.media.udp_port, settings.media.tcp_port) = (media_port, media_port);
            settings.media.addresses = vec![address.to_owned()];
            settings.media.workers = 2;
        })
    }

    #[test]
    fn the_server_to_be_answers_on_each_port_over_udp_and_tcp() {
        let folder = tempfile::tempdir().unwrap();
        let findings = look(&plan_of(folder.path(), 18_190, "127.0.0.1"), false);
        let ports = [
            ("UDP", 18_190),
            ("TCP", 18_190),
            ("UDP", 18_191),
            ("TCP", 18_191),
        ];
        let said = ports.map(|(protocol, port)| {
            format!("ok    Media over {protocol} at 127.0.0.1:{port}: ICE answers and DTLS is complete\n")
        });
        assert_eq!(text(&findings), said.concat());
        assert!(
            UdpSocket::bind(("0.0.0.0", 18_190)).is_ok(),
            "nothing is left"
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_server_that_runs_answers_its_visitor_and_keeps_nothing_of_the_visit() {
        let server = crate::app::testing::Server::start().await;
        let folder = tempfile::tempdir().unwrap();
        let mut plan = plan_of(folder.path(), 18_390, "127.0.0.1");
        plan.http.listen = server.address;
        plan.api_keys = Some((*server.app.keys).clone());
        plan.media.workers = 1;
        let findings = tokio::task::spawn_blocking(move || look(&plan, true)).await;
        let text = text(&findings.unwrap());
        let at_loopback = "ok    Media over UDP at 127.0.0.1:";
        assert!(
            text.contains(at_loopback) && !text.contains("FAIL"),
            "{text}"
        );
        let newest_ms = crate::storage::meetings::newest_open_time_ms(&server.app.database).await;
        assert_eq!(newest_ms.unwrap(), None, "no meeting has a row");
    }

    #[test]
    fn an_address_that_leads_nowhere_is_told_with_what_to_open() {
        let folder = tempfile::tempdir().unwrap();
        // TEST-NET-3 (RFC 5737): no machine has it.
        let mut plan = plan_of(folder.path(), 18_290, "203.0.113.77");
        plan.media.workers = 1;
        let text = text(&look(&plan, false));
        assert!(
            text.contains("warn  Media over UDP at 203.0.113.77:18290"),
            "{text}"
        );
        assert!(text.contains("forward TCP port 18290"), "{text}");
    }

    #[test]
    fn each_end_of_a_connection_has_its_words() {
        let address = |ip: &str| SocketAddr::new(ip.parse().unwrap(), 7882);
        for (ip, reached, is_own, said) in [
            (
                "127.0.0.1",
                Reached::Dtls,
                true,
                "ok    Media over UDP at 127.0.0.1:7882: ICE answers and DTLS is complete\n",
            ),
            (
                "10.0.0.5",
                Reached::Dtls,
                true,
                "others need UDP port 7882 open in its firewall",
            ),
            (
                "10.0.0.5",
                Reached::Ice,
                true,
                "FAIL  Media over UDP at 10.0.0.5:7882: ICE answers, DTLS does not",
            ),
            (
                "10.0.0.5",
                Reached::Nothing,
                true,
                "→ open UDP port 7882 in its firewall",
            ),
            (
                "203.0.113.5",
                Reached::Nothing,
                false,
                "→ forward UDP port 7882 of that address",
            ),
        ] {
            let text = text(&[finding(Protocol::Udp, address(ip), reached, is_own)]);
            assert!(text.contains(said), "{said}: {text}");
        }
    }
}
