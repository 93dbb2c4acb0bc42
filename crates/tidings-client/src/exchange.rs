//! Requests other than notifications for devices: rare, so they are plain.

use tidings_apns::{AnswerHeaders, Response, UnixSeconds};

/// A whole request.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// A whole answer.
#[derive(Debug, Default)]
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    pub(crate) headers: AnswerHeaders,
    /// `apns-channel-id`.
    pub(crate) channel_id: Option<Box<str>>,
    /// `date`.
    pub(crate) date: Option<UnixSeconds>,
    pub(crate) body: Vec<u8>,
}

/// An answer with the time at which it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatedResponse {
    /// The answer.
    pub response: Response,
    /// The server's clock, if it told it (`date`).
    pub date: Option<UnixSeconds>,
}

impl RawAnswer {
    pub(crate) fn into_response(self) -> Response {
        Response::new(self.status, self.headers, &self.body)
    }
}
