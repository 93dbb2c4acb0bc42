//! The command as its users meet it: the built binary, its output and its exit status.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and its helpers too"
)]

mod channels;
mod demo;
mod failing;
mod help;
mod sending;
mod servers;
mod simulate;
mod support;
