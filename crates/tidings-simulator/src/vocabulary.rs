//! The protocol's words, written down a second time on purpose.
//!
//! The simulator shares no table of names with the rest of the workspace: one typing error there would otherwise be
//! made on both sides, and every test would pass.

mod build;
mod environment;
mod push_type;
mod rejection;
mod token_kind;

pub use build::Build;
pub use environment::Environment;
pub use token_kind::TokenKind;

pub(crate) use push_type::PushType;
pub(crate) use rejection::Rejection;
pub(crate) use token_kind::split_topic;
