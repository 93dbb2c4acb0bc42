//! The public face of the client, as an application sees it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as loudly as the tests themselves"
)]

mod answers;
mod batches;
mod certificates;
mod connecting;
mod ends;
mod fixtures;
mod goaways;
mod lifecycle;
mod limits;
mod peer;
mod provider_tokens;
mod proxies;
mod refusals;
mod servers;
mod signing_keys;
mod watching;
