//! By which addresses a client is told to reach the relay (RFC 7065).

use crate::config::TurnPlan;

/// What lies between a client's request and this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// TLS of our own, at the end of nothing but lines.
    Tls,
    Tcp,
    /// Something that passes HTTP and nothing else.
    Proxy,
}

/// How a client has come to this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// A name or an address, that of IPv6 in brackets.
    pub host: String,
    pub port: u16,
    pub over: Over,
}

/// The web port first takes the place of the one over UDP only where that does not answer: clients try
/// all, and prefer UDP.
pub(super) fn urls(plan: &TurnPlan, way: &Way) -> Vec<String> {
    let Way { host, port, over } = way;
    // The proxy's host need not be this one; where media goes is.
    let udp_host = match (over, &plan.udp_host) {
        (Over::Proxy, Some(media)) => media,
        _ => host,
    };
    let udp = plan.udp_port;
    let udp = udp.map(|port| format!("turn:{udp_host}:{port}?transport=udp"));
    let web = match over {
        // Browsers let nobody vouch for a certificate here that they do not know.
        Over::Tls if plan.is_certificate_known => {
            Some(format!("turns:{host}:{port}?transport=tcp"))
        }
        Over::Tls | Over::Tcp => Some(format!("turn:{host}:{port}?transport=tcp")),
        Over::Proxy => None,
    };
    udp.into_iter()
        .chain(web)
        .chain(plan.urls.iter().cloned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> TurnPlan {
        TurnPlan {
            udp_port: Some(3478),
            udp_host: Some("192.0.2.5".to_owned()),
            urls: Vec::new(),
            is_certificate_known: true,
        }
    }

    fn told(plan: &TurnPlan, over: Over) -> Vec<String> {
        let host = "meet.example.org".to_owned();
        urls(
            plan,
            &Way {
                host,
                port: 443,
                over,
            },
        )
    }

    #[test]
    fn the_web_port_is_a_way_as_the_browser_came() {
        let udp = "turn:meet.example.org:3478?transport=udp";
        let tls = "turns:meet.example.org:443?transport=tcp";
        let tcp = "turn:meet.example.org:443?transport=tcp";
        assert_eq!(told(&plan(), Over::Tls), [udp, tls]);
        assert_eq!(told(&plan(), Over::Tcp), [udp, tcp]);
        let self_signed = TurnPlan {
            is_certificate_known: false,
            ..plan()
        };
        assert_eq!(told(&self_signed, Over::Tls), [udp, tcp]);
    }

    #[test]
    fn behind_a_proxy_there_is_what_the_operator_names() {
        assert_eq!(
            told(&plan(), Over::Proxy),
            ["turn:192.0.2.5:3478?transport=udp"]
        );
        let second = "turns:turn.example.org:443?transport=tcp".to_owned();
        let without_udp = TurnPlan {
            udp_port: None,
            urls: vec![second.clone()],
            ..plan()
        };
        assert_eq!(told(&without_udp, Over::Proxy), [second]);
    }
}
