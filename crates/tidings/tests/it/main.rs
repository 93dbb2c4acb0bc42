//! The command as its users meet it: the built binary, its output and its exit status.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and its helpers too"
)]

mod book;
mod canaries;
mod channels;
mod configuration;
mod contract;
mod dashboard;
mod demo;
mod devices;
mod doctor;
mod failing;
mod help;
mod log;
mod readme;
mod sdks;
mod sending;
mod server;
mod servers;
mod service_bench;
mod serving;
mod simulate;
mod support;
mod traces;
mod truth_bench;
mod webhooks;
