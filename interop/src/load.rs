//! The load of the benchmark peers: the same for all, and the same as that of `tidings bench send`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;

#[derive(Args, Debug, Clone)]
pub struct Load {
    /// `https://HOST:PORT` of the sink
    #[arg(long)]
    pub target: http::Uri,
    /// A PEM file with its certificate authority
    #[arg(long)]
    pub ca: PathBuf,
    #[arg(long, default_value_t = 1)]
    pub connections: usize,
    /// Requests in flight on each connection
    #[arg(long, default_value_t = 1000)]
    pub streams: usize,
    /// Notifications in all
    #[arg(long, default_value_t = 1_000_000)]
    pub count: u64,
    #[arg(long, default_value_t = 200)]
    pub payload_bytes: usize,
    /// Before waiting for the network, gather for so long what it brings; 0 is not at all
    #[arg(long, default_value_t = 0)]
    pub tick_us: u64,
}

impl Load {
    /// `HOST:PORT` of the target.
    pub fn authority(&self) -> Result<&http::uri::Authority> {
        match self.target.authority() {
            Some(authority) if authority.port().is_some() => Ok(authority),
            _ => bail!("{} is not of the form https://HOST:PORT", self.target),
        }
    }

    /// The number of notifications that this connection sends.
    pub fn share(&self, connection: usize) -> u64 {
        let connections = self.connections as u64;
        self.count / connections + u64::from((connection as u64) < self.count % connections)
    }

    /// A single-threaded runtime that ticks as asked: when there is nothing left to do it sleeps for a tick before it
    /// looks at the network, so that one wake-up serves all that arrived meanwhile.
    pub fn runtime(&self) -> Result<tokio::runtime::Runtime> {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all();
        if self.tick_us > 0 {
            let tick = Duration::from_micros(self.tick_us);
            builder.on_thread_park(move || std::thread::sleep(tick));
        }
        Ok(builder.build()?)
    }

    /// A payload of about the wanted length.
    pub fn payload(&self) -> String {
        let frame = r#"{"aps":{"alert":""}}"#.len();
        format!(
            r#"{{"aps":{{"alert":"{}"}}}}"#,
            "x".repeat(self.payload_bytes.saturating_sub(frame))
        )
    }
}

/// A device token as 64 hexadecimal digits; never twice the same.
pub fn device_token(number: u64) -> String {
    let [a, b, c, d] = [0, 1, 2, 3].map(|part| scattered(number ^ (part << 62)));
    format!("{a:016x}{b:016x}{c:016x}{d:016x}")
}

/// A canonical UUID; never twice the same.
pub fn apns_id(number: u64) -> String {
    let [high, low] = [scattered(number), scattered(!number)];
    let (a, b, c) = (high >> 32, (high >> 16) & 0xffff, high & 0xfff);
    format!(
        "{a:08x}-{b:04x}-4{c:03x}-{:04x}-{:012x}",
        0x8000 | (low >> 50),
        low & 0xffff_ffff_ffff
    )
}

/// Spreads a counter over all bits, one to one (SplitMix64).
fn scattered(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_ids_have_their_form_and_differ() {
        assert_eq!(device_token(1).len(), 64);
        assert_eq!(apns_id(1).len(), 36);
        assert_ne!(device_token(1), device_token(2));
        assert_ne!(apns_id(1), apns_id(2));
    }

    #[test]
    fn the_shares_of_the_connections_are_all_of_it() {
        let load = Load {
            target: http::Uri::from_static("https://localhost:1"),
            ca: PathBuf::new(),
            connections: 3,
            streams: 1,
            count: 10,
            payload_bytes: 200,
            tick_us: 0,
        };
        assert_eq!(
            (0..3)
                .map(|connection| load.share(connection))
                .collect::<Vec<_>>(),
            [4, 3, 3]
        );
        assert_eq!(load.payload().len(), 200);
    }
}
