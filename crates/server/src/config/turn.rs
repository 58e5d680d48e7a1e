//! The settings of the relay, checked.

use super::ConfigError;
use super::host::is_host;
use super::settings;
use std::net::IpAddr;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnPlan {
    pub udp_port: Option<u16>,
    /// Where media goes, if the settings say so: where the page is need not be here.
    pub udp_host: Option<String>,
    /// Told to clients as they are.
    pub urls: Vec<String>,
    /// Whether browsers believe the certificate without asking anybody.
    pub is_certificate_known: bool,
}

pub(super) fn turn(
    turn: &settings::Turn,
    media_address: Option<IpAddr>,
    is_certificate_known: bool,
) -> Result<TurnPlan, ConfigError> {
    if let Some(wrong) = turn.urls.iter().find(|url| !is_turn_url(url)) {
        return Err(ConfigError(format!(
            "turn.urls holds \"{wrong}\": write turn: or turns:, a host and a port, such as \
             turns:turn.example.org:443?transport=tcp"
        )));
    }
    Ok(TurnPlan {
        udp_port: Some(turn.udp_port).filter(|port| *port != 0),
        udp_host: media_address.map(|address| match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        }),
        urls: turn.urls.clone(),
        is_certificate_known,
    })
}

/// RFC 7065 section 3.1. Browsers refuse all of a list with one wrong address in it.
fn is_turn_url(url: &str) -> bool {
    let rest = url
        .strip_prefix("turn:")
        .or_else(|| url.strip_prefix("turns:"));
    let Some(rest) = rest else { return false };
    let (host, transport) = rest.split_once('?').unwrap_or((rest, "transport=tcp"));
    is_host(host) && matches!(transport, "transport=udp" | "transport=tcp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_browsers_refuse_are_refused() {
        for good in [
            "turn:192.0.2.1",
            "turns:a.example:443?transport=tcp",
            "turn:[2001:db8::1]:3478?transport=udp",
        ] {
            assert!(is_turn_url(good), "{good}");
        }
        for wrong in [
            "",
            "turn:",
            "turns://a.example",
            "stun:a.example",
            "turn:a?transport=tls",
            "turn:a?x",
        ] {
            assert!(!is_turn_url(wrong), "{wrong}");
        }
    }
}
