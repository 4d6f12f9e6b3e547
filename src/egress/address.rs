//! Which addresses are public: where a client may have the portal call.
//!
//! IPv6 is open only where addresses are given out to the world (`2000::/3`), so that whatever is invented elsewhere is
//! closed from the start; IPv4 goes by the registry of special-purpose addresses (RFC 6890).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 networks that no client's URL leads to: network and length of its prefix.
const CLOSED_V4: [(Ipv4Addr, u32); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),        // this host (RFC 1122)
    (Ipv4Addr::new(10, 0, 0, 0), 8),       // private (RFC 1918)
    (Ipv4Addr::new(100, 64, 0, 0), 10),    // a carrier's own (RFC 6598); the metadata service of a cloud
    (Ipv4Addr::new(127, 0, 0, 0), 8),      // loopback (RFC 1122)
    (Ipv4Addr::new(168, 63, 129, 16), 32), // the metadata service of a cloud, at a public address
    (Ipv4Addr::new(169, 254, 0, 0), 16),   // link-local (RFC 3927); the metadata service of most clouds
    (Ipv4Addr::new(172, 16, 0, 0), 12),    // private (RFC 1918)
    (Ipv4Addr::new(192, 0, 0, 0), 24),     // protocol assignments (RFC 6890)
    (Ipv4Addr::new(192, 0, 2, 0), 24),     // documentation (RFC 5737)
    (Ipv4Addr::new(192, 88, 99, 0), 24),   // 6to4 relays (RFC 7526)
    (Ipv4Addr::new(192, 168, 0, 0), 16),   // private (RFC 1918)
    (Ipv4Addr::new(198, 18, 0, 0), 15),    // benchmarks (RFC 2544)
    (Ipv4Addr::new(198, 51, 100, 0), 24),  // documentation (RFC 5737)
    (Ipv4Addr::new(203, 0, 113, 0), 24),   // documentation (RFC 5737)
    (Ipv4Addr::new(224, 0, 0, 0), 4),      // multicast (RFC 5771)
    (Ipv4Addr::new(240, 0, 0, 0), 4),      // reserved, and broadcast (RFC 1112, RFC 919)
];

/// Parts of `2000::/3` that are closed too: network and length of its prefix.
const CLOSED_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments, Teredo among them (RFC 2928)
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation (RFC 3849)
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4: an IPv4 address in disguise (RFC 3056)
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation (RFC 9637)
];

/// Whether an address is one of the public network.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let bits = u32::from(address);
            !CLOSED_V4.iter().any(|(network, length)| (bits ^ u32::from(*network)) >> (32 - length) == 0)
        }
        IpAddr::V6(address) => {
            let bits = u128::from(address);
            bits >> 125 == 1
                && !CLOSED_V6.iter().any(|(network, length)| (bits ^ u128::from(*network)) >> (128 - length) == 0)
        }
    }
}
