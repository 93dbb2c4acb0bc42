//! The HTTP/2 machine from outside: against the tables of RFC 9113, against itself over cut and delayed bytes, against
//! peers that mean harm, and against a foreign implementation.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking too, as tests do"
)]
#![allow(
    clippy::wildcard_imports,
    reason = "the scripted peer is the language of these tests"
)]

mod bounds;
mod endings;
mod flow_control;
mod foreign;
mod messages;
mod peer;
mod pieces;
mod violations;
mod windows;
