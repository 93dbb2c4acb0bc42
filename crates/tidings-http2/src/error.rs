//! What ends a connection, and what refuses an operation.

use crate::error_code::ErrorCode;
use crate::hpack::DecodeError;

/// The connection cannot go on: the peer broke the protocol, or asked for more than is allowed.
///
/// By the time it is returned a GOAWAY that names it is in the output. Write that out, then close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the peer broke HTTP/2 ({code}): {}", violation.description())]
pub struct ConnectionError {
    /// The code that the GOAWAY carries.
    pub code: ErrorCode,
    /// What the peer did.
    pub violation: Violation,
}

/// What a peer did that no connection survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// The first bytes are not HTTP/2's connection preface.
    Preface,
    /// The first frame is not SETTINGS.
    FirstFrame,
    /// A frame is longer than allowed, or its length does not fit its type.
    FrameSize,
    /// The padding is longer than the frame.
    Padding,
    /// A frame is on stream 0 that belongs on a stream, or the other way round.
    WrongStream,
    /// A frame names a stream that nobody has opened.
    IdleStream,
    /// A stream was opened with an id that is not the opener's, or lower than one before.
    StreamId,
    /// The frame is not allowed for this role (`PUSH_PROMISE`, or a request sent to a client).
    Role,
    /// A header block was interrupted, or a CONTINUATION has no block to continue.
    HeaderBlock,
    /// The header block cannot be decompressed.
    Compression(DecodeError),
    /// A setting has a value that its definition forbids.
    Setting,
    /// A SETTINGS acknowledgement for nothing.
    UnexpectedAck,
    /// A window grew beyond 2^31-1, or more data came than it allowed.
    FlowControl,
    /// A `WINDOW_UPDATE` for the connection by nothing.
    WindowIncrement,
    /// Too many frames that do no work, or too large a header block.
    Flood,
}

impl Violation {
    /// The violation as the error that ends the connection.
    pub(crate) fn error(self) -> ConnectionError {
        ConnectionError {
            code: self.code(),
            violation: self,
        }
    }

    /// What the peer did, in words.
    pub fn description(self) -> &'static str {
        match self {
            Self::Preface => "the connection preface is missing",
            Self::FirstFrame => "the first frame is not SETTINGS",
            Self::FrameSize => "a frame has a wrong length",
            Self::Padding => "a frame has more padding than payload",
            Self::WrongStream => "a frame is on a stream its type does not allow",
            Self::IdleStream => "a frame names a stream that was never opened",
            Self::StreamId => "a stream was opened with a wrong id",
            Self::Role => "a frame is not allowed for the peer's role",
            Self::HeaderBlock => "a header block was interrupted",
            Self::Compression(_) => "a header block cannot be decompressed",
            Self::Setting => "a setting has a forbidden value",
            Self::UnexpectedAck => "settings were acknowledged that were never sent",
            Self::FlowControl => "flow control was violated",
            Self::WindowIncrement => "the connection's window was widened by nothing",
            Self::Flood => "too many frames that do no work",
        }
    }

    fn code(self) -> ErrorCode {
        match self {
            Self::FrameSize => ErrorCode::FRAME_SIZE_ERROR,
            Self::Compression(_) => ErrorCode::COMPRESSION_ERROR,
            Self::FlowControl => ErrorCode::FLOW_CONTROL_ERROR,
            Self::Flood => ErrorCode::ENHANCE_YOUR_CALM,
            Self::Preface
            | Self::FirstFrame
            | Self::Padding
            | Self::WrongStream
            | Self::IdleStream
            | Self::StreamId
            | Self::Role
            | Self::HeaderBlock
            | Self::Setting
            | Self::UnexpectedAck
            | Self::WindowIncrement => ErrorCode::PROTOCOL_ERROR,
        }
    }
}

/// Why no stream can be opened now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// As many streams are open as the peer allows at the moment.
    #[error("the peer allows no further stream at the moment")]
    StreamLimit,
    /// A GOAWAY was sent or received, or the connection has failed.
    #[error("the connection is closing")]
    Closing,
    /// All 2^30 stream ids of this connection are used up.
    #[error("the connection has no stream id left")]
    NoStreamId,
}

/// The stream is closed, was reset, or never existed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stream is closed")]
pub struct StreamGone;
