//! Requests other than notifications for devices: rare, so they are plain.

use tidings_apns::{AnswerHeaders, Response};

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
    pub(crate) body: Vec<u8>,
}

impl RawAnswer {
    pub(crate) fn into_response(self) -> Response {
        Response::new(self.status, self.headers, &self.body)
    }
}
