//! The reverse proxies that the operator runs: single addresses and whole networks.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Who is believed when it says from where and by which address somebody came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

/// Addresses that begin alike (RFC 4632, RFC 4291 section 2.3), kept as those of IPv6: IPv4 is under
/// `::ffff:0:0/96`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: u128,
    mask: u128,
}

/// Why a text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANetwork;

impl TrustedProxies {
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = mapped(address);
        let mut networks = self.0.iter();
        networks.any(|network| address & network.mask == network.first)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Network> for TrustedProxies {
    fn from_iter<T: IntoIterator<Item = Network>>(networks: T) -> Self {
        Self(networks.into_iter().collect())
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    /// Reads `192.0.2.1`, `10.0.0.0/8`, `2001:db8::/32` or `[::1]`.
    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, length) = match text.trim().split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text.trim(), None),
        };
        let bare = address.strip_prefix('[').and_then(|a| a.strip_suffix(']'));
        let address: IpAddr = bare.unwrap_or(address).parse().map_err(|_| NotANetwork)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let length: u32 = match length {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().map_err(|_| NotANetwork)?
            }
            Some(_) => return Err(NotANetwork),
            None => longest,
        };
        let free = longest.checked_sub(length).ok_or(NotANetwork)?;
        let mask = u128::MAX.checked_shl(free).unwrap_or(0);
        let first = mapped(address) & mask;
        Ok(Self { first, mask })
    }
}

impl fmt::Display for NotANetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no address such as 192.0.2.1 and no network such as 10.0.0.0/8")
    }
}

fn mapped(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_ipv6_mapped()),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusted(texts: &[&str]) -> TrustedProxies {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn addresses_and_networks_of_both_families_are_known() {
        let proxies = trusted(&["192.0.2.1", "10.0.0.0/8", "2001:db8::/32", "[::1]"]);
        for (address, expected) in [
            ("192.0.2.1", true),
            ("::ffff:192.0.2.1", true),
            ("192.0.2.2", false),
            ("10.0.0.0", true),
            ("10.255.255.255", true),
            ("11.0.0.0", false),
            ("2001:db8::1", true),
            ("2001:db8:ffff::", true),
            ("2001:db9::1", false),
            ("::1", true),
            ("::2", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(
                proxies.contains(address.parse().unwrap()),
                expected,
                "{address}"
            );
        }
        assert!(trusted(&["0.0.0.0/0"]).contains("8.8.8.8".parse().unwrap()));
        assert!(!trusted(&["0.0.0.0/0"]).contains("2001:db8::1".parse().unwrap()));
        assert!(trusted(&["::/0"]).contains("2001:db8::1".parse().unwrap()));
        let host_part = trusted(&["172.18.5.7/16"]);
        assert!(host_part.contains("172.18.200.1".parse().unwrap()));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "proxy",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "10.0.0.0/255.0.0.0",
            "10.0.0/8",
            "/8",
            "10.0.0.1:80",
        ] {
            assert_eq!(text.parse::<Network>(), Err(NotANetwork), "{text}");
        }
    }
}
