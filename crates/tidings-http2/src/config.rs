//! How a connection is set up: what is announced to the peer, and the bounds on what it may do.

use crate::frame::{DEFAULT_MAX_FRAME_SIZE, LARGEST_MAX_FRAME_SIZE};
use crate::settings::{DEFAULT_WINDOW, MAX_WINDOW};
use crate::stream_id::StreamId;

/// What one side of a connection announces and enforces. Values out of range are clamped to the nearest legal one.
#[derive(Clone, Debug)]
pub struct Config {
    /// Bytes of dynamic table that our header decoder keeps. Default 4096.
    pub header_table_size: u32,
    /// How many streams the peer may have open at a time; servers only. Default: 100.
    pub max_concurrent_streams: u32,
    /// The receive window of each stream, in bytes. Default 65,535.
    pub initial_window_size: u32,
    /// The largest frame payload we accept, in bytes. Default 16,384.
    pub max_frame_size: u32,
    /// The largest header list we accept, in bytes as RFC 9113 counts them. Default 16 KiB.
    pub max_header_list_size: u32,
    /// The receive window of the whole connection, in bytes. Default 65,535, below which it cannot go.
    pub connection_window: u32,
    /// How many streams a client assumes it may open until the server's SETTINGS say. Default 100.
    pub assumed_peer_streams: u32,
    /// The first stream id that a client opens; for tests of what happens when ids run out. Default 1; even numbers
    /// become the next odd one.
    pub first_stream: u32,
    /// Who gives receive windows back. Default [`Credit::Automatic`].
    pub credit: Credit,
    /// How many frames without work (pings, settings, resets, empty frames, …) the peer may send in one burst. Such
    /// frames are forgiven at [`FORGIVEN_PER_SECOND`](crate::FORGIVEN_PER_SECOND). Default 1000.
    pub idle_frame_burst: u32,
}

/// Who returns receive credit for the data that has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credit {
    /// The connection, as soon as half a window was used: whoever reads the events has the data.
    Automatic,
    /// The caller, by [`Connection::release`](crate::Connection::release).
    Manual,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            header_table_size: 4096,
            max_concurrent_streams: 100,
            initial_window_size: DEFAULT_WINDOW,
            max_frame_size: DEFAULT_MAX_FRAME_SIZE,
            max_header_list_size: 16 * 1024,
            connection_window: DEFAULT_WINDOW,
            assumed_peer_streams: 100,
            first_stream: 1,
            credit: Credit::Automatic,
            idle_frame_burst: 1000,
        }
    }
}

impl Config {
    pub(crate) fn clamped(mut self) -> Self {
        self.max_frame_size = self
            .max_frame_size
            .clamp(DEFAULT_MAX_FRAME_SIZE, LARGEST_MAX_FRAME_SIZE);
        self.initial_window_size = self.initial_window_size.min(MAX_WINDOW);
        self.first_stream = self.first_stream.min(StreamId::MAX.value()) | 1;
        self.connection_window = self.connection_window.clamp(DEFAULT_WINDOW, MAX_WINDOW);
        self
    }
}
