//! From a name to addresses: asked anew for every connection, with the last good answer kept for the time when the
//! resolver fails.

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::lookup_host;
use tokio::time::timeout;

use super::config::Resolver;
use super::error::{ConnectError, Stage};
use super::peer::Peer;

/// How long an answer may stand in for a resolver that fails. Apple moves its addresses, but not within the hour,
/// and a wrong address costs one failed attempt.
const STALE_LIMIT: Duration = Duration::from_hours(1);

/// The last good answer.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    last_good: Mutex<Option<Answer>>,
}

#[derive(Debug, Clone)]
struct Answer {
    received_at: Instant,
    addresses: Vec<SocketAddr>,
}

impl Lookup {
    /// The addresses of `peer`, at least one.
    pub(super) async fn addresses(
        &self,
        peer: &Peer,
        resolver: &Resolver,
        limit: Duration,
    ) -> Result<Vec<SocketAddr>, ConnectError> {
        match resolver {
            Resolver::System => self.refreshed(ask(peer, limit).await, Instant::now()),
            Resolver::Fixed(addresses) => {
                let addresses = addresses
                    .iter()
                    .map(|address| SocketAddr::new(*address, peer.port()))
                    .collect();
                at_least_one(addresses, peer)
            }
        }
    }

    /// A good answer is kept; a bad one is replaced by the last good one, if that is not too old.
    fn refreshed(
        &self,
        answer: Result<Vec<SocketAddr>, ConnectError>,
        now: Instant,
    ) -> Result<Vec<SocketAddr>, ConnectError> {
        let mut last_good = self.last_good.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(addresses) => {
                *last_good = Some(Answer {
                    received_at: now,
                    addresses: addresses.clone(),
                });
                Ok(addresses)
            }
            Err(error) => match &*last_good {
                Some(old) if now.duration_since(old.received_at) <= STALE_LIMIT => Ok(old.addresses.clone()),
                _ => Err(error),
            },
        }
    }
}

async fn ask(peer: &Peer, limit: Duration) -> Result<Vec<SocketAddr>, ConnectError> {
    let asked = timeout(limit, lookup_host((peer.host(), peer.port()))).await;
    let answered = asked.map_err(|_elapsed| peer.timed_out(Stage::Lookup, limit))?;
    let addresses = answered.map_err(|source| ConnectError::Lookup {
        peer: peer.clone(),
        source,
    })?;
    at_least_one(addresses.collect(), peer)
}

fn at_least_one(addresses: Vec<SocketAddr>, peer: &Peer) -> Result<Vec<SocketAddr>, ConnectError> {
    if addresses.is_empty() {
        let source = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        return Err(ConnectError::Lookup {
            peer: peer.clone(),
            source,
        });
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> Result<Vec<SocketAddr>, ConnectError> {
        at_least_one(Vec::new(), &Peer::server("api.push.apple.com", 443))
    }

    #[test]
    fn a_failing_resolver_is_bridged_for_an_hour_by_its_last_answer() {
        let (lookup, start) = (Lookup::default(), Instant::now());
        let old = vec!["17.0.0.1:443".parse().unwrap()];
        assert!(lookup.refreshed(failure(), start).is_err());
        assert_eq!(lookup.refreshed(Ok(old.clone()), start).unwrap(), old);
        assert_eq!(lookup.refreshed(failure(), start + STALE_LIMIT).unwrap(), old);
        assert!(
            lookup
                .refreshed(failure(), start + STALE_LIMIT + Duration::from_secs(1))
                .is_err()
        );
    }

    #[test]
    fn a_new_answer_replaces_the_old_one() {
        let (lookup, start) = (Lookup::default(), Instant::now());
        let new = vec!["17.0.0.2:443".parse().unwrap()];
        lookup
            .refreshed(Ok(vec!["17.0.0.1:443".parse().unwrap()]), start)
            .unwrap();
        assert_eq!(lookup.refreshed(Ok(new.clone()), start).unwrap(), new);
        assert_eq!(lookup.refreshed(failure(), start).unwrap(), new);
    }
}
