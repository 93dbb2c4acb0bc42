//! The crate as others see it: every value by table, every parser by property.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod answers;
mod payloads;
mod values;
