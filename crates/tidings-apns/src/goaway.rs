//! Why APNs closes a connection: the debug data of HTTP/2's GOAWAY frame.

use std::fmt;

use crate::error_body::ErrorBody;
use crate::reason::{Reason, printable};

/// What APNs said when it closed a connection.
///
/// Some mistakes, such as a certificate of the wrong environment, are named nowhere else: no request gets an
/// answer (observed in the field).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GoAwayReason {
    /// Nothing.
    Silent,
    /// A reason of the same table as for answers.
    Reason(Reason),
    /// Something else, such as `Maximum active streams violated for this endpoint.`; shortened when long.
    Text(Box<str>),
}

impl GoAwayReason {
    /// Reads debug data; all debug data is readable.
    ///
    /// ```
    /// use tidings_apns::{GoAwayReason, Reason};
    ///
    /// let reason = GoAwayReason::parse(br#"{"reason":"BadCertificateEnvironment"}"#);
    /// assert_eq!(reason.reason(), Some(&Reason::BadCertificateEnvironment));
    /// ```
    pub fn parse(debug: &[u8]) -> Self {
        if debug.is_empty() {
            return Self::Silent;
        }
        match ErrorBody::parse(debug).reason {
            Reason::Unknown(text) if text.is_empty() => Self::Silent,
            Reason::Unknown(text) => Self::Text(text),
            reason => Self::Reason(reason),
        }
    }

    /// The reason, if it is one that Apple documents.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Reason(reason) => Some(reason),
            Self::Silent | Self::Text(_) => None,
        }
    }

    /// What was said, in Apple's words; empty when nothing was.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Silent => "",
            Self::Reason(reason) => reason.as_str(),
            Self::Text(text) => text,
        }
    }
}

impl fmt::Display for GoAwayReason {
    /// What was said, with control characters as escapes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent => f.pad("no reason given"),
            Self::Reason(reason) => reason.fmt(f),
            Self::Text(text) => f.pad(&printable(text)),
        }
    }
}

/// [`GoAwayReason::parse`].
pub fn goaway_reason(debug: &[u8]) -> GoAwayReason {
    GoAwayReason::parse(debug)
}
