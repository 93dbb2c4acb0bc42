//! The public face of the client, as an application sees it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as loudly as the tests themselves"
)]

mod certificates;
mod connecting;
mod fixtures;
mod provider_tokens;
mod proxies;
mod servers;
mod signing_keys;
