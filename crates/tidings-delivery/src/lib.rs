//! The durable delivery of notifications: fan-out, attempts, backoff, reroute, incidents.
//!
#![doc = include_str!("../README.md")]

mod apns_id;
mod backoff;
mod campaign;
mod clock;
mod committer;
mod config;
mod connections;
mod consequence;
mod counters;
mod direct;
mod dispatch;
mod engine;
mod engine_error;
mod histogram;
mod jitter;
mod keeper;
mod lane;
mod lane_state;
mod lanes;
mod ledger;
mod letter;
mod manual_clock;
mod parcel;
mod route;
mod schedule;
mod secret;
mod shared;
mod status;
mod steady;
mod throttle;
mod trace;
mod waiting;
mod watching;
mod wire;

pub use apns_id::apns_id;
pub use backoff::BackoffRules;
pub use clock::{Clock, SystemClock};
pub use config::{Endpoint, Endpoints, EngineConfig};
pub use connections::{ConnectionReport, LaneConnection, LaneCounts, LaneRecord};
pub use counters::{AnswerClass, AttemptCount, CountersSnapshot};
pub use engine::Engine;
pub use engine_error::{NoClient, StartEngineError};
pub use histogram::Histogram;
pub use manual_clock::ManualClock;
pub use secret::{ReadSecretError, read_signing_key};
pub use status::{DrainReport, EngineHealth, LaneHealth, LaneStatus, StopCause};
pub use trace::{Span, SpanCounts, SpanKind, SpanSink, SpanValue, TraceContext, TraceParent, Tracer};
pub use watching::{NotificationNews, NotificationWatch};
pub use wire::{Line, Road, Wire};
