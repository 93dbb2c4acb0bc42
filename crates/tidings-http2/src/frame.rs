//! Frames on the wire (RFC 9113, sections 4 and 6): the nine-byte header, and the payloads that have a
//! structure of their own. Pure functions over bytes; what a frame means is the connection's business.

use std::ops::Range;

use crate::error::{ConnectionError, Violation};
use crate::error_code::ErrorCode;
use crate::stream_id::StreamId;

/// The client's first bytes on a connection (RFC 9113, section 3.4).
pub(crate) const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Bytes of a frame header.
pub(crate) const HEADER_LEN: usize = 9;

/// Bytes of a PRIORITY payload, and of the priority in a HEADERS payload.
pub(crate) const PRIORITY_LEN: usize = 5;

/// Bytes of a whole `RST_STREAM` or `WINDOW_UPDATE` frame.
pub(crate) const SHORT_FRAME_LEN: usize = HEADER_LEN + 4;

/// Bytes of a whole PING frame.
pub(crate) const PING_LEN: usize = HEADER_LEN + 8;

/// The largest payload that every endpoint accepts, and the default of `SETTINGS_MAX_FRAME_SIZE`.
pub(crate) const DEFAULT_MAX_FRAME_SIZE: u32 = 16_384;

/// The largest value of `SETTINGS_MAX_FRAME_SIZE`, and of the length field.
pub(crate) const LARGEST_MAX_FRAME_SIZE: u32 = (1 << 24) - 1;

/// The types of frames. Others are ignored, as RFC 9113, section 5.5 asks.
pub(crate) mod kind {
    pub(crate) const DATA: u8 = 0x0;
    pub(crate) const HEADERS: u8 = 0x1;
    pub(crate) const PRIORITY: u8 = 0x2;
    pub(crate) const RST_STREAM: u8 = 0x3;
    pub(crate) const SETTINGS: u8 = 0x4;
    pub(crate) const PUSH_PROMISE: u8 = 0x5;
    pub(crate) const PING: u8 = 0x6;
    pub(crate) const GOAWAY: u8 = 0x7;
    pub(crate) const WINDOW_UPDATE: u8 = 0x8;
    pub(crate) const CONTINUATION: u8 = 0x9;
}

/// The flags of frames.
pub(crate) mod flag {
    pub(crate) const ACK: u8 = 0x1;
    pub(crate) const END_STREAM: u8 = 0x1;
    pub(crate) const END_HEADERS: u8 = 0x4;
    pub(crate) const PADDED: u8 = 0x8;
    pub(crate) const PRIORITY: u8 = 0x20;
}

/// A frame header, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) length: usize,
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: StreamId,
}

impl Header {
    pub(crate) fn parse(bytes: &[u8; HEADER_LEN]) -> Self {
        let [l0, l1, l2, kind, flags, s0, s1, s2, s3] = *bytes;
        Self {
            length: u32::from_be_bytes([0, l0, l1, l2]) as usize,
            kind,
            flags,
            stream: StreamId::from_wire(u32::from_be_bytes([s0, s1, s2, s3])),
        }
    }

    pub(crate) fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// Appends a frame header for a payload of `length` bytes.
///
/// Callers keep `length` within the peer's `SETTINGS_MAX_FRAME_SIZE`, so it fits the 24-bit field.
pub(crate) fn write_header(out: &mut Vec<u8>, length: usize, kind: u8, flags: u8, stream: StreamId) {
    out.extend_from_slice(&header_bytes(length, kind, flags, stream));
}

/// The nine bytes of a frame header.
pub(crate) fn header_bytes(length: usize, kind: u8, flags: u8, stream: StreamId) -> [u8; HEADER_LEN] {
    debug_assert!(length <= LARGEST_MAX_FRAME_SIZE as usize);
    let [.., l0, l1, l2] = length.to_be_bytes();
    let [s0, s1, s2, s3] = stream.value().to_be_bytes();
    [l0, l1, l2, kind, flags, s0, s1, s2, s3]
}

/// Appends a whole `RST_STREAM` frame.
pub(crate) fn write_reset(out: &mut Vec<u8>, stream: StreamId, code: ErrorCode) {
    write_header(out, 4, kind::RST_STREAM, 0, stream);
    out.extend_from_slice(&code.0.to_be_bytes());
}

/// Appends a whole `WINDOW_UPDATE` frame.
pub(crate) fn write_window_update(out: &mut Vec<u8>, stream: StreamId, increment: u32) {
    write_header(out, 4, kind::WINDOW_UPDATE, 0, stream);
    out.extend_from_slice(&increment.to_be_bytes());
}

/// Appends a whole PING frame.
pub(crate) fn write_ping(out: &mut Vec<u8>, flags: u8, payload: [u8; 8]) {
    write_header(out, 8, kind::PING, flags, StreamId::CONNECTION);
    out.extend_from_slice(&payload);
}

/// Appends a whole GOAWAY frame. Debug data that would not fit the smallest frame is cut.
pub(crate) fn write_go_away(out: &mut Vec<u8>, last: StreamId, code: ErrorCode, debug: &[u8]) {
    let debug = &debug[..debug.len().min(DEFAULT_MAX_FRAME_SIZE as usize - 8)];
    write_header(out, 8 + debug.len(), kind::GOAWAY, 0, StreamId::CONNECTION);
    out.extend_from_slice(&last.value().to_be_bytes());
    out.extend_from_slice(&code.0.to_be_bytes());
    out.extend_from_slice(debug);
}

/// Where the content lies in a payload that may be padded and, for HEADERS, carry a priority.
///
/// # Errors
///
/// `FRAME_SIZE_ERROR` when the payload is too short for the fields that the flags announce (RFC 9113, section 4.2),
/// `PROTOCOL_ERROR` when the padding is longer than what is left (sections 6.1 and 6.2).
pub(crate) fn content_range(header: Header, payload: &[u8]) -> Result<Range<usize>, ConnectionError> {
    let mut start = 0;
    let mut padding = 0;
    if header.has(flag::PADDED) {
        padding = usize::from(*payload.first().ok_or(Violation::FrameSize.error())?);
        start = 1;
    }
    if header.kind == kind::HEADERS && header.has(flag::PRIORITY) {
        start += PRIORITY_LEN;
    }
    let rest = payload
        .len()
        .checked_sub(start)
        .ok_or(Violation::FrameSize.error())?;
    let content = rest.checked_sub(padding).ok_or(Violation::Padding.error())?;
    Ok(start..start + content)
}

/// A payload of exactly four bytes as a number, as `RST_STREAM` and `WINDOW_UPDATE` have it.
pub(crate) fn four_bytes(payload: &[u8]) -> Result<u32, ConnectionError> {
    payload
        .try_into()
        .map(u32::from_be_bytes)
        .map_err(|_wrong_length| Violation::FrameSize.error())
}

/// A GOAWAY payload: last stream, code, and where the debug data begins.
pub(crate) fn parse_go_away(payload: &[u8]) -> Result<(StreamId, ErrorCode), ConnectionError> {
    let (last, rest) = payload
        .split_first_chunk::<4>()
        .ok_or(Violation::FrameSize.error())?;
    let (code, _debug) = rest
        .split_first_chunk::<4>()
        .ok_or(Violation::FrameSize.error())?;
    Ok((
        StreamId::from_wire(u32::from_be_bytes(*last)),
        ErrorCode(u32::from_be_bytes(*code)),
    ))
}

/// Where GOAWAY's debug data begins in its payload.
pub(crate) const GO_AWAY_DEBUG_AT: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_reads_back_as_it_was_written() {
        let stream = StreamId::from_wire(0x7fff_ffff);
        let bytes = header_bytes(
            0x0012_3456,
            kind::HEADERS,
            flag::END_HEADERS | flag::END_STREAM,
            stream,
        );
        assert_eq!(
            Header::parse(&bytes),
            Header {
                length: 0x0012_3456,
                kind: kind::HEADERS,
                flags: 0x5,
                stream
            }
        );
    }

    #[test]
    fn the_reserved_bit_of_a_stream_id_is_ignored() {
        let header = Header::parse(&[0, 0, 0, 0, 0, 0x80, 0, 0, 3]);
        assert_eq!(header.stream.value(), 3);
    }

    #[test]
    fn padding_and_priority_are_stripped_and_checked() {
        let header = |kind, flags| Header {
            length: 0,
            kind,
            flags,
            stream: StreamId::from_wire(1),
        };
        let both = flag::PRIORITY | flag::PADDED;
        let table = [
            (kind::DATA, 0, &b"abc"[..], Ok(0..3)),
            (kind::DATA, flag::PRIORITY, b"abcdefg", Ok(0..7)),
            (kind::DATA, flag::PADDED, &[2, b'a', 0, 0], Ok(1..2)),
            (kind::DATA, flag::PADDED, &[3, 0, 0, 0], Ok(1..1)),
            (kind::DATA, flag::PADDED, &[4, 0, 0, 0], Err(Violation::Padding)),
            (kind::DATA, flag::PADDED, &[], Err(Violation::FrameSize)),
            (kind::HEADERS, flag::PRIORITY, &[0, 0, 0, 0, 9, b'h'], Ok(5..6)),
            (kind::HEADERS, flag::PRIORITY, &[0; 4], Err(Violation::FrameSize)),
            (kind::HEADERS, both, &[1, 0, 0, 0, 0, 9], Err(Violation::Padding)),
            (kind::HEADERS, both, &[0, 0, 0, 0, 0], Err(Violation::FrameSize)),
        ];
        for (kind, flags, payload, want) in table {
            assert_eq!(
                content_range(header(kind, flags), payload),
                want.map_err(Violation::error),
                "{kind} {flags} {payload:?}"
            );
        }
    }

    #[test]
    fn debug_data_is_cut_to_what_every_peer_accepts() {
        let mut out = Vec::new();
        write_go_away(
            &mut out,
            StreamId::from_wire(1),
            ErrorCode::NO_ERROR,
            &vec![b'x'; 20_000],
        );
        assert_eq!(out.len(), HEADER_LEN + DEFAULT_MAX_FRAME_SIZE as usize);
    }
}
