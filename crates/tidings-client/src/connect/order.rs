//! In which order addresses are tried: families taking turns (RFC 8305, section 4), and every connection starting at
//! another address, so that several connections spread over several servers.

use std::net::SocketAddr;

/// The most addresses one connection tries. With 250 ms between them all have had a fair chance within two seconds.
const LIMIT: usize = 8;

/// The addresses in the order in which connection number `turn` tries them. The family that the resolver put first
/// stays first.
pub(super) fn ordered(addresses: &[SocketAddr], turn: usize) -> Vec<SocketAddr> {
    let prefers_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut preferred, mut other) = addresses
        .iter()
        .copied()
        .partition::<Vec<_>, _>(|address| address.is_ipv6() == prefers_v6);
    for family in [&mut preferred, &mut other] {
        let start = turn % family.len().max(1);
        family.rotate_left(start);
    }
    interleaved(preferred, other).take(LIMIT).collect()
}

fn interleaved(first: Vec<SocketAddr>, second: Vec<SocketAddr>) -> impl Iterator<Item = SocketAddr> {
    let pairs = first.len().max(second.len());
    let mut families = [first.into_iter(), second.into_iter()];
    (0..pairs)
        .flat_map(move |_| families.each_mut().map(Iterator::next))
        .flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn families_take_turns_and_the_resolvers_favourite_begins() {
        let v6_first = list(&["[::1]:1", "[::2]:1", "[::3]:1", "10.0.0.1:1", "10.0.0.2:1"]);
        assert_eq!(
            ordered(&v6_first, 0),
            list(&["[::1]:1", "10.0.0.1:1", "[::2]:1", "10.0.0.2:1", "[::3]:1"])
        );
        let v4_first = list(&["10.0.0.1:1", "10.0.0.2:1", "[::1]:1"]);
        assert_eq!(
            ordered(&v4_first, 0),
            list(&["10.0.0.1:1", "[::1]:1", "10.0.0.2:1"])
        );
    }

    #[test]
    fn every_turn_starts_at_the_next_address() {
        let addresses = list(&["10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"]);
        let firsts = (0..4)
            .map(|turn| ordered(&addresses, turn)[0])
            .collect::<Vec<_>>();
        assert_eq!(
            firsts,
            list(&["10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1", "10.0.0.1:1"])
        );
    }

    proptest! {
        #[test]
        fn no_address_is_lost_or_doubled_below_the_limit(v6 in 0u16..4, v4 in 0u8..5, turn: usize) {
            let six = (0..v6).map(|n| SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, n], 443)));
            let four = (0..v4).map(|n| SocketAddr::from(([10, 0, 0, n], 443)));
            let mut addresses = six.chain(four).collect::<Vec<_>>();
            let mut tried = ordered(&addresses, turn);
            addresses.sort();
            tried.sort();
            prop_assert_eq!(tried, addresses);
        }

        #[test]
        fn no_more_than_the_limit_is_tried(count in 0u16..300, turn: usize) {
            let addresses = (0..count).map(|n| SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, n], 443))).collect::<Vec<_>>();
            prop_assert_eq!(ordered(&addresses, turn).len(), LIMIT.min(addresses.len()));
        }
    }
}
