//! HTTP/2 (RFC 9113) as a machine without I/O, for clients and for servers.
//!
//! A [`Connection`] takes bytes and answers with [`Event`]s and bytes. It has no socket, no clock, no task and no lock:
//! whoever owns it decides when to read, when to write and what time it is. That makes batching a matter of the owner,
//! and every rule of the protocol testable by a table.
//!
//! It is built for the traffic of a push service: a great many small requests on few connections, whose header fields
//! are nearly all the same. What it leaves out on purpose: server push (refused), priorities (ignored, as RFC 9113
//! deprecates them), and extended CONNECT.
//!
//! Everything a peer can make grow is bounded: the header list, the compressed header block, frames that do no work
//! (pings, settings, resets, empty frames, continuations), answers that it does not read, and streams.

mod backlog;
mod budget;
mod config;
mod connection;
mod error;
mod error_code;
mod event;
mod frame;
pub mod hpack;
mod message;
mod settings;
mod stream;
mod stream_id;

pub use budget::FORGIVEN_PER_SECOND;
pub use config::{Config, Credit};
pub use connection::{Connection, Enforce};
pub use error::{ConnectionError, OpenError, StreamGone, Violation};
pub use error_code::ErrorCode;
pub use event::{Event, ResetBy};
pub use settings::PeerSettings;
pub use stream_id::StreamId;

/// Its example is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
