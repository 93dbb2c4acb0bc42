//! Payloads: what is written is JSON, what is read is kept.
