//! How much one client may ask: the generic cell rate algorithm, one number per client.
//!
//! ITU-T I.371, annex A: each request moves the client's theoretical arrival time on by one
//! interval, and who is ahead of the clock by more than the burst is turned away.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderName};

use crate::limits::ServerLimits;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Parts of the book of clients, so that workers seldom wait for each other.
const SHARDS: usize = 16;

/// Clients that a part remembers. Beyond it those who are at rest are forgotten, and if none is,
/// all: an attacker with that many addresses is not stopped by counting them.
const SHARD_LEN_MAX: usize = 8_192;

/// Counts what clients ask.
pub(super) struct Rate {
    /// How far a request moves its client's time on; zero: nobody is limited.
    interval: Duration,
    /// How far ahead of the clock a client may be.
    tolerance: Duration,
    hops: usize,
    hasher: RandomState,
    shards: [Mutex<HashMap<IpAddr, Instant>>; SHARDS],
}

impl Rate {
    pub(super) fn new(limits: &ServerLimits) -> Self {
        let interval = match limits.client_requests_per_sec {
            0 => Duration::ZERO,
            per_sec => Duration::from_secs(1) / per_sec,
        };
        Self {
            interval,
            tolerance: interval * limits.client_burst_requests.saturating_sub(1),
            hops: limits.forwarded_hops as usize,
            hasher: RandomState::new(),
            shards: Default::default(),
        }
    }

    /// Whether a request that came from `peer` with these headers is within its client's rate.
    pub(super) fn admits(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        if self.interval.is_zero() || (self.hops == 0 && is_ours(peer)) {
            return true;
        }
        let client = match self.hops {
            0 => peer,
            hops => forwarded(headers, hops).unwrap_or(peer),
        };
        is_ours(client) || self.counts(network(client), Instant::now())
    }

    fn counts(&self, client: IpAddr, now: Instant) -> bool {
        let hash = self.hasher.hash_one(client);
        let shard = &self.shards[usize::try_from(hash).unwrap_or(0) % SHARDS];
        let mut times = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if times.len() >= SHARD_LEN_MAX && !times.contains_key(&client) {
            times.retain(|_, time| *time > now);
            if times.len() >= SHARD_LEN_MAX {
                times.clear();
            }
        }
        let time = times.entry(client).or_insert(now);
        if *time > now + self.tolerance {
            return false;
        }
        *time = (*time).max(now) + self.interval;
        true
    }
}

/// Whether the address is of this machine or of a private network: a proxy, a probe, a test.
fn is_ours(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_ours(IpAddr::V4(v4)),
            None => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
        },
    }
}

/// What counts as one client: an address, or the network that a provider gives to one subscriber.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !(u128::MAX >> 64))),
        },
    }
}

/// The address that the outermost of our own proxies saw: what stands further left is the client's
/// own word.
fn forwarded(headers: &HeaderMap, hops: usize) -> Option<IpAddr> {
    let lines = headers.get_all(X_FORWARDED_FOR);
    let mut lines: Vec<_> = lines.iter().filter_map(|line| line.to_str().ok()).collect();
    lines.reverse();
    let mut items = lines.iter().flat_map(|line| line.rsplit(','));
    items.nth(hops - 1)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(per_sec: u32, burst: u32, hops: u32) -> Rate {
        Rate::new(&ServerLimits {
            client_requests_per_sec: per_sec,
            client_burst_requests: burst,
            forwarded_hops: hops,
            ..ServerLimits::default()
        })
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_client_has_its_burst_and_then_its_rate() {
        let (rate, client, start) = (rate(10, 3, 0), address("203.0.113.7"), Instant::now());
        let at = |ms| rate.counts(client, start + Duration::from_millis(ms));
        assert_eq!([at(0), at(0), at(0), at(0)], [true, true, true, false]);
        assert_eq!([at(100), at(100)], [true, false]);
        assert_eq!(
            [at(5_000), at(5_000), at(5_000), at(5_000)],
            [true, true, true, false]
        );
        assert!(rate.counts(address("203.0.113.8"), start));
    }

    #[test]
    fn a_subscriber_does_not_become_many_by_the_addresses_of_her_network() {
        let (rate, none) = (rate(1, 1, 0), HeaderMap::new());
        assert!(rate.admits(address("2001:db8:1:2::1"), &none));
        assert!(!rate.admits(address("2001:db8:1:2:ffff::2"), &none));
        assert!(rate.admits(address("2001:db8:1:3::1"), &none));
    }

    #[test]
    fn this_machine_and_its_networks_are_not_limited() {
        let (rate, none) = (rate(1, 1, 0), HeaderMap::new());
        for ours in [
            "127.0.0.1",
            "::1",
            "10.0.1.2",
            "::ffff:192.168.0.1",
            "fd00::1",
        ] {
            for _ in 0..3 {
                assert!(rate.admits(address(ours), &none), "{ours}");
            }
        }
    }

    #[test]
    fn behind_a_proxy_the_address_that_it_saw_counts_and_not_what_the_client_says() {
        let rate = rate(1, 1, 1);
        let asks = |line: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(X_FORWARDED_FOR, line.parse().expect("a value"));
            rate.admits(address("10.0.0.9"), &headers)
        };
        assert!(asks("203.0.113.7"));
        assert!(!asks("198.51.100.1, 203.0.113.7"));
        assert!(asks("203.0.113.7, 198.51.100.1"));
    }

    #[test]
    fn the_book_of_clients_does_not_grow_without_end() {
        let (rate, now) = (rate(1, 1_000, 0), Instant::now());
        for bits in 0..400_000 {
            rate.counts(IpAddr::V4(bits.into()), now);
        }
        for shard in &rate.shards {
            assert!(shard.lock().expect("a shard").len() <= SHARD_LEN_MAX);
        }
    }
}
