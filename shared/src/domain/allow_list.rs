//! Allow lists: the networks that a client may call from.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use crate::error::quoted;
use crate::schema::described;

/// An allow list: one to a hundred networks (contract section 4).
///
/// Host bits are cleared. A bare address is a network of one. Duplicates are kept once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct AllowList(Vec<IpNet>);

described! {
    AllowList: {
        "type": "array",
        "description": "The networks that an API client may call from, in CIDR notation. `0.0.0.0/0` stands for everywhere.",
        "items": { "type": "string", "pattern": "^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$" },
        "examples": [["10.0.0.0/8"]],
        "minItems": 1,
        "maxItems": AllowList::MOST
    }
}

impl AllowList {
    /// Returns whether it admits nobody whom `other` does not admit.
    ///
    /// The answer is no for a network that several of the others cover only together.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        let covers = |network: &IpNet| other.0.iter().any(|wider| wider.contains(network));
        other.0.contains(&everyone()) || self.0.iter().all(covers)
    }

    /// The most networks that one list holds.
    pub const MOST: usize = 100;

    /// Returns whether a caller with this address may come in. The whole of IPv4 stands for everyone,
    /// IPv6 callers too: a client that was never restricted has that list.
    pub fn admits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0
            .iter()
            .any(|network| *network == everyone() || network.contains(&address))
    }
}

impl Default for AllowList {
    /// Returns the list that admits everyone: `["0.0.0.0/0"]`.
    fn default() -> Self {
        Self(vec![everyone()])
    }
}

fn everyone() -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0))
}

impl From<AllowList> for Vec<String> {
    fn from(list: AllowList) -> Self {
        list.0.iter().map(ToString::to_string).collect()
    }
}

impl TryFrom<Vec<String>> for AllowList {
    type Error = String;

    fn try_from(texts: Vec<String>) -> Result<Self, String> {
        if texts.is_empty() {
            return Err("a list needs at least one network; 0.0.0.0/0 admits everyone".to_owned());
        }
        if texts.len() > Self::MOST {
            return Err(format!(
                "a list holds at most {} networks, this one has {}",
                Self::MOST,
                texts.len()
            ));
        }
        let mut networks = Vec::with_capacity(texts.len());
        for text in &texts {
            let network = parse_network(text)?;
            if !networks.contains(&network) {
                networks.push(network);
            }
        }
        Ok(Self(networks))
    }
}

/// Reads `address` or `address/prefix`. The wording of a prefix that is too long is one that
/// integrations match on.
fn parse_network(text: &str) -> Result<IpNet, String> {
    let invalid = |why: &str| format!("invalid cidr address: {}; {why}", quoted(text));
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| {
        invalid("it takes an IPv4 or IPv6 address, then optionally a slash and a prefix length")
    })?;
    let longest: u8 = if address.is_ipv4() { 32 } else { 128 };
    let too_long = || invalid(&format!("value after slash must be {longest} or less"));
    let length = match prefix {
        None => longest,
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits
                .parse()
                .ok()
                .filter(|&length| length <= longest)
                .ok_or_else(too_long)?
        }
        Some(_) => {
            return Err(invalid(&format!(
                "value after slash must be a whole number from 0 to {longest}"
            )));
        }
    };
    match address {
        IpAddr::V4(address) => Ipv4Net::new(address, length).map(IpNet::V4),
        IpAddr::V6(address) => Ipv6Net::new(address, length).map(IpNet::V6),
    }
    .map(|network| as_ipv4(network.trunc()))
    .map_err(|_| too_long())
}

/// Returns a network of IPv4-mapped addresses is the IPv4 network that it stands for.
fn as_ipv4(network: IpNet) -> IpNet {
    if let IpNet::V6(v6) = network
        && let Some(address) = v6.addr().to_ipv4_mapped()
        && let Some(length) = v6.prefix_len().checked_sub(96)
        && let Ok(v4) = Ipv4Net::new(address, length)
    {
        return IpNet::V4(v4);
    }
    network
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(texts: &[&str]) -> Result<AllowList, String> {
        AllowList::try_from(texts.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn host_bits_are_cleared_and_repetitions_dropped() {
        let parsed = list(&["10.1.2.3/8", "10.0.0.0/8", "192.0.2.7", "2001:db8::1/32"]).unwrap();
        assert_eq!(
            Vec::from(parsed),
            ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"]
        );
    }

    #[test]
    fn a_prefix_that_is_too_long_has_the_wording_that_integrations_match_on() {
        assert_eq!(
            list(&["10.0.0.0/33"]).unwrap_err(),
            "invalid cidr address: 10.0.0.0/33; value after slash must be 32 or less"
        );
        assert!(
            list(&["10.0.0.0/4000"])
                .unwrap_err()
                .ends_with("must be 32 or less")
        );
    }

    #[test]
    fn everyone_includes_ipv6_but_a_narrower_list_does_not() {
        let v6: IpAddr = "2001:db8::1".parse().unwrap();
        assert!(AllowList::default().admits(v6));
        assert!(!list(&["10.0.0.0/8"]).unwrap().admits(v6));
    }

    #[test]
    fn an_ipv4_caller_on_an_ipv6_socket_is_an_ipv4_caller() {
        assert!(
            list(&["192.0.2.0/24"])
                .unwrap()
                .admits("::ffff:192.0.2.9".parse().unwrap())
        );
        let mapped = list(&["::ffff:192.0.2.0/120"]).unwrap();
        assert_eq!(Vec::from(mapped), ["192.0.2.0/24"]);
    }

    proptest! {
        #[test]
        fn what_is_parsed_is_rendered_so_that_it_parses_to_itself(address: u32, length in 0u8..=32) {
            let text = format!("{}/{length}", Ipv4Addr::from(address));
            let once = list(&[&text]).unwrap();
            let twice = AllowList::try_from(Vec::from(once.clone())).unwrap();
            prop_assert_eq!(&once, &twice);
            prop_assert!(once.admits(IpAddr::V4(Ipv4Addr::from(address))));
        }

        #[test]
        fn nothing_that_a_stranger_sends_panics(text in ".*") {
            let _ = list(&[&text]);
        }
    }
}
