//! A client that connects and asks for nothing: by it `visio doctor` learns which address answers.

use crate::output::Protocol;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::net::Receive;
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig};

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    Nothing,
    /// A connectivity check was answered (RFC 8445).
    Ice,
    /// The handshake is complete (RFC 6347): media would flow.
    Dtls,
}

/// What a [`Probe`] wants.
#[derive(Debug)]
pub enum ProbeOutput {
    Send(Vec<u8>),
    /// Nothing more before that moment, unless something arrives.
    Wait(Instant),
}

/// Why no connection can be tried.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    #[error("no offer could be made")]
    Offer,
    #[error("the answer of the server cannot be read")]
    Answer,
}

/// One connection to one address of a server, from one address of this machine. Whether its datagrams
/// travel by UDP or framed by TCP (RFC 4571) is not seen here.
pub struct Probe {
    rtc: Rtc,
    pending: Option<SdpPendingOffer>,
    local: SocketAddr,
    reached: Reached,
}

impl Probe {
    /// A connection that is to begin at `local`, and its offer.
    ///
    /// # Errors
    /// [`ProbeError::Offer`] for an address that nobody can connect from.
    pub fn new(now: Instant, local: SocketAddr) -> Result<(Self, String), ProbeError> {
        let mut rtc = RtcConfig::new().build(now);
        let candidate = Candidate::host(local, "udp").map_err(|_| ProbeError::Offer)?;
        rtc.add_local_candidate(candidate);
        let mut api = rtc.sdp_api();
        api.add_channel("_reliable".to_owned());
        let (offer, pending) = api.apply().ok_or(ProbeError::Offer)?;
        let probe = Self {
            rtc,
            pending: Some(pending),
            local,
            reached: Reached::Nothing,
        };
        Ok((probe, offer.to_sdp_string()))
    }

    /// Takes the answer, of whose addresses only `remote` is tried.
    ///
    /// # Errors
    /// [`ProbeError::Answer`] if it cannot be read or does not fit the offer.
    pub fn accept(&mut self, answer: &str, remote: SocketAddr) -> Result<(), ProbeError> {
        let without: String = answer
            .split_inclusive('\n')
            .filter(|line| !line.starts_with("a=candidate:"))
            .collect();
        let answer = SdpAnswer::from_sdp_string(&without).map_err(|_| ProbeError::Answer)?;
        let pending = self.pending.take().ok_or(ProbeError::Answer)?;
        let api = self.rtc.sdp_api();
        api.accept_answer(pending, answer)
            .map_err(|_| ProbeError::Answer)?;
        let candidate = Candidate::host(remote, "udp").map_err(|_| ProbeError::Answer)?;
        self.rtc.add_remote_candidate(candidate);
        Ok(())
    }

    /// Takes a datagram that came from `remote`; what cannot be read is passed over.
    pub fn receive(&mut self, now: Instant, remote: SocketAddr, bytes: &[u8]) {
        let Ok(contents) = bytes.try_into() else {
            return;
        };
        let receive = Receive {
            proto: str0m::net::Protocol::Udp,
            source: remote,
            destination: self.local,
            contents,
        };
        drop(self.rtc.handle_input(Input::Receive(now, receive)));
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Instant) {
        drop(self.rtc.handle_input(Input::Timeout(now)));
    }

    /// What to do next; to be asked until it says to wait. `None` when the connection has failed.
    pub fn poll(&mut self) -> Option<ProbeOutput> {
        loop {
            match self.rtc.poll_output().ok()? {
                Output::Timeout(until) => return Some(ProbeOutput::Wait(until)),
                Output::Transmit(transmit) => {
                    return Some(ProbeOutput::Send(transmit.contents.into()));
                }
                Output::Event(event) => self.reached = self.reached.max(reached(&event)),
            }
        }
    }

    #[must_use]
    pub fn reached(&self) -> Reached {
        self.reached
    }
}

fn reached(event: &Event) -> Reached {
    match event {
        Event::Connected => Reached::Dtls,
        Event::IceConnectionStateChange(
            IceConnectionState::Connected | IceConnectionState::Completed,
        ) => Reached::Ice,
        _ => Reached::Nothing,
    }
}

/// The addresses that a description tells (RFC 8839 section 5.1), each once.
#[must_use]
pub fn advertised(description: &str) -> Vec<(Protocol, SocketAddr)> {
    let mut found = Vec::new();
    let lines = description.lines();
    for candidate in lines.filter_map(|line| line.strip_prefix("a=candidate:")) {
        let mut words = candidate.split(' ').skip(2);
        let (protocol, ip, port) = (words.next(), words.nth(1), words.next());
        let protocol = match protocol.map(str::to_ascii_lowercase).as_deref() {
            Some("udp") => Protocol::Udp,
            Some("tcp") => Protocol::Tcp,
            _ => continue,
        };
        let ip = ip.and_then(|ip| ip.parse::<IpAddr>().ok());
        let port = port.and_then(|port| port.parse().ok());
        let Some((ip, port)) = ip.zip(port) else {
            continue;
        };
        let address = (protocol, SocketAddr::new(ip, port));
        if !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_of_a_description_are_found_once_each() {
        let description = "v=0\r\n\
            a=candidate:1 1 udp 2130706175 192.0.2.1 7881 typ host\r\n\
            a=candidate:1 1 udp 2130706175 192.0.2.1 7881 typ host ufrag x\r\n\
            a=candidate:2 1 TCP 1 2001:db8::1 7882 typ host tcptype passive\r\n\
            a=candidate:3 1 sctp 1 192.0.2.1 7883 typ host\r\n\
            a=candidate:4 1 udp 1 nowhere.local 7884 typ host\r\n\
            a=candidate:5 1 udp\r\n\
            a=end-of-candidates\r\n";
        let found = advertised(description);
        let expected = [
            (Protocol::Udp, "192.0.2.1:7881".parse().unwrap()),
            (Protocol::Tcp, "[2001:db8::1]:7882".parse().unwrap()),
        ];
        assert_eq!(found, expected);
    }
}
