//! Which addresses of this machine clients are advertised, and which of them are its own.

use crate::config::MediaPlan;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The addresses for candidates: those of the settings, else all of the machine.
///
/// Loopback is among them so that a browser on this machine connects without any network.
pub fn candidate_addresses(plan: &MediaPlan) -> Vec<IpAddr> {
    if !plan.addresses.is_empty() {
        return plan.addresses.clone();
    }
    let mut addresses: Vec<IpAddr> = own_addresses()
        .into_iter()
        .filter(|address| match address {
            IpAddr::V4(address) => !address.is_link_local(),
            IpAddr::V6(address) => !address.is_unicast_link_local(),
        })
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

/// All addresses of this machine.
pub fn own_addresses() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    interfaces.iter().map(if_addrs::Interface::ip).collect()
}

/// The addresses clients are advertised. Behind NAT none of them is on this machine: what is sent to the
/// public address arrives at a private one.
#[derive(Debug)]
pub(super) struct Addresses {
    advertised: Vec<IpAddr>,
    /// Those that something arrived at, which proves that the machine has them.
    own: BTreeSet<IpAddr>,
}

impl Addresses {
    pub(super) fn new(advertised: &[IpAddr]) -> Self {
        Self {
            advertised: advertised.to_vec(),
            own: BTreeSet::new(),
        }
    }

    /// The advertised address by which a packet found `local`: ICE knows no other.
    pub(super) fn advertised(&self, local: IpAddr) -> IpAddr {
        let same_family = |address: &&IpAddr| address.is_ipv4() == local.is_ipv4();
        if self.advertised.contains(&local) {
            return local;
        }
        self.advertised
            .iter()
            .find(same_family)
            .copied()
            .unwrap_or(local)
    }

    /// As [`Self::advertised`], for a packet that has arrived just now.
    pub(super) fn arrived_at(&mut self, local: IpAddr) -> IpAddr {
        let advertised = self.advertised(local);
        if advertised == local {
            self.own.insert(local);
        }
        advertised
    }

    /// The address to send from, where the machine has `source`; else the kernel chooses, since it
    /// sends from no address that is another's.
    pub(super) fn to_send_from(&self, source: IpAddr) -> Option<IpAddr> {
        self.own.contains(&source).then_some(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 5));
    const PRIVATE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 5));

    #[test]
    fn behind_nat_packets_are_for_the_public_address_and_the_kernel_chooses_whence_to_send() {
        let mut addresses = Addresses::new(&[PUBLIC]);
        assert_eq!(addresses.arrived_at(PRIVATE), PUBLIC);
        assert_eq!(addresses.to_send_from(PUBLIC), None);
    }

    #[test]
    fn a_machine_of_many_addresses_answers_from_the_one_that_was_asked() {
        let mut addresses = Addresses::new(&[PUBLIC, PRIVATE]);
        assert_eq!(addresses.arrived_at(PRIVATE), PRIVATE);
        assert_eq!(addresses.to_send_from(PRIVATE), Some(PRIVATE));
        assert_eq!(
            addresses.to_send_from(PUBLIC),
            None,
            "nothing arrived at it"
        );
    }
}
