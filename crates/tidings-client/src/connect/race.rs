//! Happy eyeballs (RFC 8305, section 5): start at the first address, give each a head start over the next, take
//! whichever connects first. An address that fails gives its head start away.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;

type Attempt = io::Result<(TcpStream, SocketAddr)>;

/// Connects to one of `addresses`; when all have failed, says why the most telling of them did. Attempts still
/// under way are dropped with the future or when one has won.
pub(super) async fn connect(addresses: Vec<SocketAddr>, delay: Duration) -> Attempt {
    let mut waiting = addresses.into_iter();
    let mut running = JoinSet::new();
    let mut worst: Option<io::Error> = None;
    loop {
        if let Some(address) = waiting.next() {
            running.spawn(attempt(address));
        }
        match next_result(&mut running, waiting.len() > 0, delay).await {
            Next::Connected(connected) => return Ok(connected),
            Next::Failed(error) => worst = Some(more_telling(worst, error)),
            Next::HeadStartOver => {}
            Next::NothingLeft => return Err(worst.unwrap_or_else(|| ErrorKind::AddrNotAvailable.into())),
        }
    }
}

enum Next {
    Connected((TcpStream, SocketAddr)),
    Failed(io::Error),
    HeadStartOver,
    NothingLeft,
}

/// The next attempt to end, or the end of the head start if others are waiting.
async fn next_result(running: &mut JoinSet<Attempt>, others_wait: bool, delay: Duration) -> Next {
    tokio::select! {
        biased;
        ended = running.join_next() => match ended {
            Some(Ok(Ok(connected))) => Next::Connected(connected),
            Some(Ok(Err(error))) => Next::Failed(error),
            Some(Err(stopped)) => Next::Failed(io::Error::other(stopped)),
            None => Next::NothingLeft,
        },
        () = sleep(delay), if others_wait => Next::HeadStartOver,
    }
}

async fn attempt(address: SocketAddr) -> Attempt {
    let stream = TcpStream::connect(address).await?;
    Ok((stream, address))
}

/// A refusal comes from the other end, everything else from the way there.
fn more_telling(known: Option<io::Error>, new: io::Error) -> io::Error {
    let rank = |error: &io::Error| match error.kind() {
        ErrorKind::ConnectionRefused => 0,
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable => 2,
        _ => 1,
    };
    match known {
        Some(known) if rank(&known) <= rank(&new) => known,
        _ => new,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_tells_more_than_a_missing_route() {
        let kinds = [
            ErrorKind::NetworkUnreachable,
            ErrorKind::ConnectionRefused,
            ErrorKind::PermissionDenied,
        ];
        let told = kinds
            .into_iter()
            .fold(None, |known, kind| Some(more_telling(known, kind.into())));
        assert_eq!(told.unwrap().kind(), ErrorKind::ConnectionRefused);
    }

    #[tokio::test]
    async fn no_address_is_an_error_and_not_a_hang() {
        let error = connect(Vec::new(), Duration::from_secs(1)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
    }
}
