//! Which addresses of this machine clients are told.

use crate::config::MediaPlan;
use std::net::IpAddr;

/// The addresses for candidates: those of the settings, else all IPv4 addresses of the machine.
///
/// Loopback is among them so that a browser on this machine connects without any network.
pub fn candidate_addresses(plan: &MediaPlan) -> Vec<IpAddr> {
    if !plan.addresses.is_empty() {
        return plan.addresses.clone();
    }
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let mut addresses: Vec<IpAddr> = interfaces
        .iter()
        .map(if_addrs::Interface::ip)
        .filter(|address| match address {
            IpAddr::V4(address) => !address.is_link_local(),
            IpAddr::V6(_) => false,
        })
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}
