//! APNs as values. This crate knows what Apple's push service is told and what it answers, and does nothing.
//!
#![doc = include_str!("../README.md")]

mod account;
mod apns_id;
mod broadcast;
mod bundle_id;
mod channel_id;
mod check;
mod civil;
mod collapse_id;
mod device_token;
mod environment;
mod error_body;
mod expiration;
mod goaway;
mod hex;
mod http_date;
mod lint;
mod notification;
mod parse_error;
mod payload;
mod priority;
mod push_type;
mod reason;
mod request;
mod response;
mod retry_after;
mod text_form;
mod timestamp;
mod token_kind;
mod topic;
mod unix_seconds;

pub use account::{KeyId, TeamId};
pub use apns_id::ApnsId;
pub use broadcast::{Broadcast, BroadcastBuilder, StoragePolicy};
pub use bundle_id::BundleId;
pub use channel_id::ChannelId;
pub use check::CheckError;
pub use collapse_id::CollapseId;
pub use device_token::DeviceToken;
pub use environment::Environment;
pub use error_body::ErrorBody;
pub use expiration::Expiration;
pub use goaway::{GoAwayReason, goaway_reason};
pub use lint::{Lint, LintCode, Severity};
pub use notification::{Notification, NotificationBuilder};
pub use parse_error::ParseError;
pub use payload::{
    ActivityAlert, ActivityInput, Alert, AlertOrText, BuildPayloadError, CriticalSound, InterruptionLevel,
    LiveActivity, LiveActivityEnd, LiveActivityStart, LiveActivityUpdate, Payload, PayloadBuilder,
    ReadPayloadError, Sound, Text,
};
pub use priority::Priority;
pub use push_type::PushType;
pub use reason::{ConnectionFate, Fault, Guidance, Reason, Resend, Source};
pub use request::Request;
pub use response::{Accepted, AnswerHeaders, Rejected, Response};
pub use retry_after::RetryAfter;
pub use timestamp::Timestamp;
pub use token_kind::TokenKind;
pub use topic::Topic;
pub use unix_seconds::UnixSeconds;
