//! `tidings simulate` and programs that nobody here wrote: clients of APNs, which must get the right answer to
//! everything, and clients that mean no good, which must not get it down. And receivers of webhooks for `tidings serve`,
//! and clients at its door that is shaped like APNs.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and its helpers too"
)]

mod answers;
mod case;
mod check;
mod client;
mod documents;
mod door;
mod errand;
mod hostile;
mod scene;
mod server;
mod simulation;
mod webhooks;
