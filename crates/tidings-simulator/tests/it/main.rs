//! The simulator as strangers see it: over TLS with a foreign HTTP/2 client, and its control API over a socket.

#![expect(
    clippy::unwrap_used,
    reason = "whatever is unexpected here fails the test, as it should"
)]

mod certificates;
mod channels;
mod control;
mod delivery;
mod faults;
mod provider;
mod push;
mod scene;
mod world;
