//! What counts as one address when connections and requests are limited.

use std::net::IpAddr;

/// The network of one subscriber: one IPv4 address, or at least a /64 of IPv6 (RFC 6177) to choose
/// from.
pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::from((u128::from(v6) & !u128::from(u64::MAX)).to_be_bytes()),
        v4 @ IpAddr::V4(_) => v4,
    }
}
