//! What happened to a connection: the lines of a log that is kept in memory.

use std::error::Error;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::SystemTime;

use tidings_apns::GoAwayReason;
use tidings_http2::{ErrorCode, StreamId};

use super::{ConnectionId, Purpose};

/// Characters of foreign text that are kept.
const MOST_TEXT: usize = 160;

/// Something that happened to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionRecord {
    /// When.
    pub at: SystemTime,
    /// Which connection.
    pub connection: ConnectionId,
    /// What it was for.
    pub purpose: Purpose,
    /// The address at the other end, if it came so far.
    pub remote: Option<SocketAddr>,
    /// Requests that it had answered by then.
    pub answers: u64,
    /// What.
    pub event: ConnectionEvent,
}

/// What can happen to a connection. All text is one line, without characters that do something instead of being read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionEvent {
    /// It could not be opened.
    NotOpened {
        /// Why.
        cause: Box<str>,
    },
    /// APNs said by GOAWAY that it takes no more.
    GoAway {
        /// The last stream that was, or may have been, processed.
        last_stream: u32,
        /// The HTTP/2 code.
        code: ErrorCode,
        /// What the debug data said, often the true cause; empty if nothing.
        text: Box<str>,
        /// Requests above the last stream, which travel again on another connection.
        given_back: usize,
    },
    /// It is over.
    Closed {
        /// Why; `None` when it retired in peace.
        cause: Option<Box<str>>,
        /// Requests that had not left this machine, and travel again on another connection.
        given_back: usize,
        /// Requests of which it is not known whether APNs has them.
        unknown: usize,
    },
}

impl ConnectionEvent {
    pub(crate) fn not_opened(error: &dyn Error) -> Self {
        let cause = in_words(error);
        Self::NotOpened { cause }
    }

    pub(crate) fn go_away(last: StreamId, code: ErrorCode, reason: &GoAwayReason, given_back: usize) -> Self {
        Self::GoAway {
            last_stream: last.value(),
            code,
            text: readable(reason.as_str()),
            given_back,
        }
    }

    pub(crate) fn closed(cause: Option<&dyn Error>, given_back: usize, unknown: usize) -> Self {
        Self::Closed {
            cause: cause.map(in_words),
            given_back,
            unknown,
        }
    }
}

/// An error with all its sources.
fn in_words(error: &dyn Error) -> Box<str> {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let text = error.to_string();
        if !words.ends_with(&text) {
            // Writing to a string cannot fail.
            let _written = write!(words, ": {text}");
        }
        source = error.source();
    }
    readable(&words)
}

/// The beginning of a text, with what would do something instead of being read written as escapes.
fn readable(text: &str) -> Box<str> {
    let mut out = String::with_capacity(text.len().min(MOST_TEXT));
    let mut characters = text.chars();
    for character in characters.by_ref().take(MOST_TEXT) {
        if does_something(character) {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    if characters.next().is_some() {
        out.push('…');
    }
    out.into()
}

/// Controls, and what turns the direction of text or hides in it.
fn does_something(character: char) -> bool {
    let turns_or_hides = matches!(
        character,
        '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
    );
    character.is_control() || turns_or_hides
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_one_line_that_does_nothing() {
        let said = readable("a\u{1b}[31m\nb\u{202E}c");
        assert_eq!(&*said, "a\\u{1b}[31m\\u{a}b\\u{202e}c");
    }

    #[test]
    fn a_long_text_is_cut_off() {
        assert_eq!(readable(&"é".repeat(500)).chars().count(), MOST_TEXT + 1);
    }

    #[test]
    fn an_error_is_told_with_its_sources() {
        let source = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        let words = in_words(&crate::send_error::Cause::Lost(source));
        assert_eq!(&*words, "the connection was lost: connection reset");
    }
}
