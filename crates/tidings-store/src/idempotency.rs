//! The same request twice is one request.

/// Under which key a request was made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Idempotency {
    /// By which API key.
    pub api_key_id: String,
    /// On which path.
    pub path: String,
    /// The value of `Idempotency-Key`.
    pub key: String,
    /// SHA-256 of the body, to tell another request under the same key.
    pub body_hash: [u8; 32],
}

/// Whether a request is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remembered {
    /// It is not; it is in flight from now on, until `Store::answered` or `Store::unanswered`.
    New,
    /// It was answered so.
    Answered(String),
}
