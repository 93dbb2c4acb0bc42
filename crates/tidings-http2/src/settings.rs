//! SETTINGS (RFC 9113, section 6.5): what the peer announced, and what we announce.

use crate::error::{ConnectionError, Violation};
use crate::frame::{self, DEFAULT_MAX_FRAME_SIZE, LARGEST_MAX_FRAME_SIZE};
use crate::stream_id::StreamId;

/// The largest flow-control window.
pub(crate) const MAX_WINDOW: u32 = 0x7fff_ffff;

/// The initial flow-control window of streams and of the connection.
pub(crate) const DEFAULT_WINDOW: u32 = 65_535;

/// The identifiers of settings.
pub(crate) mod id {
    pub(crate) const HEADER_TABLE_SIZE: u16 = 0x1;
    pub(crate) const ENABLE_PUSH: u16 = 0x2;
    pub(crate) const MAX_CONCURRENT_STREAMS: u16 = 0x3;
    pub(crate) const INITIAL_WINDOW_SIZE: u16 = 0x4;
    pub(crate) const MAX_FRAME_SIZE: u16 = 0x5;
    pub(crate) const MAX_HEADER_LIST_SIZE: u16 = 0x6;
}

/// What the peer allows us, as its newest SETTINGS say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerSettings {
    /// Bytes of dynamic table that the peer's header decoder keeps.
    pub header_table_size: u32,
    /// How many streams we may have open at a time; `None` while the peer has set no limit.
    pub max_concurrent_streams: Option<u32>,
    /// The send window that a new stream starts with, in bytes.
    pub initial_window_size: u32,
    /// The largest frame payload that the peer accepts, in bytes.
    pub max_frame_size: u32,
    /// The largest header list that the peer accepts, in bytes; advisory.
    pub max_header_list_size: Option<u32>,
    /// A server must not ask for pushes, so from one even 1 is wrong (RFC 9113, section 6.5.2).
    largest_enable_push: u32,
}

impl Default for PeerSettings {
    fn default() -> Self {
        Self {
            header_table_size: 4096,
            max_concurrent_streams: None,
            initial_window_size: DEFAULT_WINDOW,
            max_frame_size: DEFAULT_MAX_FRAME_SIZE,
            max_header_list_size: None,
            largest_enable_push: 1,
        }
    }
}

impl PeerSettings {
    /// What a client believes of a server before its SETTINGS arrive.
    pub(crate) fn of_server(assumed_streams: u32) -> Self {
        Self {
            max_concurrent_streams: Some(assumed_streams),
            largest_enable_push: 0,
            ..Self::default()
        }
    }

    /// Takes over the values of one SETTINGS payload. Unknown settings are ignored.
    ///
    /// Answers the least table size on the way, if the payload has any: the peer may shrink its table and let it grow
    /// again at once, and has evicted entries then (RFC 7541, section 4.2).
    pub(crate) fn apply(&mut self, payload: &[u8]) -> Result<Option<u32>, ConnectionError> {
        let (settings, rest) = payload.as_chunks::<6>();
        if !rest.is_empty() {
            return Err(Violation::FrameSize.error());
        }
        let mut least_table_size = None;
        for [i0, i1, v0, v1, v2, v3] in settings {
            let id = u16::from_be_bytes([*i0, *i1]);
            let value = u32::from_be_bytes([*v0, *v1, *v2, *v3]);
            self.set(id, value)?;
            if id == id::HEADER_TABLE_SIZE {
                least_table_size = Some(least_table_size.map_or(value, |least: u32| least.min(value)));
            }
        }
        Ok(least_table_size)
    }

    fn set(&mut self, id: u16, value: u32) -> Result<(), ConnectionError> {
        match id {
            id::HEADER_TABLE_SIZE => self.header_table_size = value,
            id::ENABLE_PUSH if value > self.largest_enable_push => return Err(Violation::Setting.error()),
            id::MAX_CONCURRENT_STREAMS => self.max_concurrent_streams = Some(value),
            id::INITIAL_WINDOW_SIZE if value > MAX_WINDOW => return Err(Violation::FlowControl.error()),
            id::INITIAL_WINDOW_SIZE => self.initial_window_size = value,
            id::MAX_FRAME_SIZE if !(DEFAULT_MAX_FRAME_SIZE..=LARGEST_MAX_FRAME_SIZE).contains(&value) => {
                return Err(Violation::Setting.error());
            }
            id::MAX_FRAME_SIZE => self.max_frame_size = value,
            id::MAX_HEADER_LIST_SIZE => self.max_header_list_size = Some(value),
            _unknown_or_without_effect => {}
        }
        Ok(())
    }
}

/// Appends a SETTINGS frame with these values.
pub(crate) fn write(out: &mut Vec<u8>, settings: &[(u16, u32)]) {
    frame::write_header(
        out,
        settings.len() * 6,
        frame::kind::SETTINGS,
        0,
        StreamId::CONNECTION,
    );
    for (id, value) in settings {
        out.extend_from_slice(&id.to_be_bytes());
        out.extend_from_slice(&value.to_be_bytes());
    }
}

/// Appends a SETTINGS acknowledgement.
pub(crate) fn write_ack(out: &mut Vec<u8>) {
    frame::write_header(
        out,
        0,
        frame::kind::SETTINGS,
        frame::flag::ACK,
        StreamId::CONNECTION,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(settings: &[(u16, u32)]) -> Result<PeerSettings, ConnectionError> {
        let mut out = Vec::new();
        write(&mut out, settings);
        let mut peer = PeerSettings::default();
        peer.apply(&out[frame::HEADER_LEN..]).map(|_| peer)
    }

    #[test]
    fn each_setting_is_taken_over() {
        let peer = applied(&[
            (1, 0),
            (2, 0),
            (3, 500),
            (4, 10),
            (5, 20_000),
            (6, 8_000),
            (99, 7),
        ])
        .unwrap();
        assert_eq!(
            peer,
            PeerSettings {
                header_table_size: 0,
                max_concurrent_streams: Some(500),
                initial_window_size: 10,
                max_frame_size: 20_000,
                max_header_list_size: Some(8_000),
                largest_enable_push: 1,
            }
        );
    }

    #[test]
    fn a_table_that_shrinks_and_grows_in_one_frame_is_noticed() {
        let mut out = Vec::new();
        write(&mut out, &[(1, 4096), (1, 0), (1, 100)]);
        let mut peer = PeerSettings::default();
        assert_eq!(peer.apply(&out[frame::HEADER_LEN..]), Ok(Some(0)));
        assert_eq!(peer.header_table_size, 100);
        assert_eq!(peer.apply(&[]), Ok(None));
    }

    #[test]
    fn a_server_that_asks_for_pushes_is_wrong() {
        let push = [0, 2, 0, 0, 0, 1];
        assert_eq!(
            PeerSettings::of_server(1).apply(&push),
            Err(Violation::Setting.error())
        );
        assert_eq!(PeerSettings::default().apply(&push), Ok(None));
    }

    #[test]
    fn forbidden_values_end_the_connection() {
        for (id, value, violation) in [
            (id::ENABLE_PUSH, 2, Violation::Setting),
            (id::INITIAL_WINDOW_SIZE, MAX_WINDOW + 1, Violation::FlowControl),
            (id::MAX_FRAME_SIZE, DEFAULT_MAX_FRAME_SIZE - 1, Violation::Setting),
            (id::MAX_FRAME_SIZE, LARGEST_MAX_FRAME_SIZE + 1, Violation::Setting),
        ] {
            assert_eq!(applied(&[(id, value)]), Err(violation.error()), "{id} = {value}");
        }
        assert_eq!(
            PeerSettings::default().apply(&[0; 5]),
            Err(Violation::FrameSize.error())
        );
    }
}
