//! One HTTP/2 connection, either side, without I/O: bytes in by [`Connection::feed`], events out by
//! [`Connection::poll`], bytes out by [`Connection::output`].

mod receive;
mod send;

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Instant;

use crate::backlog::Backlog;
use crate::budget::Budget;
use crate::config::Config;
use crate::error::{ConnectionError, StreamGone};
use crate::error_code::ErrorCode;
use crate::event::{Event, ResetBy};
use crate::frame;
use crate::hpack::{Decoder, Encoder, FieldList};
use crate::settings::{self, DEFAULT_WINDOW, PeerSettings, id};
use crate::stream::Streams;
use crate::stream_id::StreamId;

/// A connection in the role of a client or of a server.
///
/// Feed it what the socket gave, poll it until it has nothing more to say, and write out its output:
///
/// ```
/// use std::time::Instant;
/// use tidings_http2::{Config, Connection, Event, hpack::Indexing};
///
/// let mut client = Connection::client(Config::default());
/// let mut server = Connection::server(Config::default());
/// let stream = client.open(7, true, |encoder, block| {
///     encoder.encode(b":method", b"GET", Indexing::Incremental, block);
///     encoder.encode(b":scheme", b"https", Indexing::Incremental, block);
///     encoder.encode(b":path", b"/", Indexing::Incremental, block);
/// })?;
///
/// server.feed(client.output());
/// let sent = client.output().len();
/// client.consume_output(sent);
/// let now = Instant::now();
/// assert!(matches!(server.poll(now)?, Some(Event::Settings)));
/// assert!(matches!(server.poll(now)?, Some(Event::Headers { stream: s, end_stream: true, .. }) if s == stream));
/// assert!(server.poll(now)?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Connection {
    role: Role,
    config: Config,
    peer: PeerSettings,
    streams: Streams,
    encoder: Encoder,
    decoder: Decoder,

    inbound: Vec<u8>,
    parsed: usize,
    fields: FieldList,
    partial_block: Option<PartialBlock>,
    preface_pending: bool,
    settings_received: bool,

    outbound: Vec<u8>,
    written: usize,

    send_window: i64,
    receive_window: i64,
    uncredited: u32,
    /// The initial window that the peer has acknowledged.
    acknowledged_window: u32,
    /// The initial window that the windows of streams are counted from: the largest that the peer may still go by.
    stream_window: u32,
    /// Streams whose own window is open but that wait for the connection's.
    waiting: VecDeque<StreamId>,
    queued_bytes: usize,

    next_stream: Option<StreamId>,
    /// The highest stream that the peer opened.
    last_peer_stream: StreamId,
    /// Streams above it, opened by the peer, are not processed: we sent GOAWAY.
    accept_up_to: StreamId,
    going_away: bool,
    /// What each of our unacknowledged SETTINGS changes once it is acknowledged.
    unacknowledged: VecDeque<Acknowledgement>,
    /// The number of streams that the peer may open; enforced once acknowledged.
    stream_limit: u32,
    pings_unanswered: u32,
    budget: Budget,
    backlog: Backlog,
    failure: Option<ConnectionError>,
}

/// What was written of the output is kept until it is so much, and half of all: then the rest moves to the front.
const MOVED_AT: usize = 64 * 1024;

/// Which side of the connection this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Client,
    Server,
}

/// What takes effect when the peer acknowledges one SETTINGS frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Acknowledgement {
    /// The first SETTINGS: the header table size, and this initial window.
    Initial(u32),
    StreamLimit(u32),
    InitialWindow(u32),
}

impl Acknowledgement {
    fn initial_window(self) -> Option<u32> {
        match self {
            Self::Initial(size) | Self::InitialWindow(size) => Some(size),
            Self::StreamLimit(_) => None,
        }
    }
}

/// A header block that has begun and whose end has not arrived.
#[derive(Debug)]
struct PartialBlock {
    stream: StreamId,
    end_stream: bool,
    bytes: Vec<u8>,
}

/// When a new limit on the peer's streams is enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforce {
    /// Once the peer has acknowledged it, as RFC 9113, section 6.5.3 intends.
    OnceAcknowledged,
    /// At once: streams that the peer opened before it learnt of the limit are refused, as APNs was observed to do.
    AtOnce,
}

impl Connection {
    /// The client's side. The preface and SETTINGS are in the output at once.
    pub fn client(config: Config) -> Self {
        let mut connection = Self::new(Role::Client, config);
        connection.outbound.extend_from_slice(frame::PREFACE);
        connection.peer = PeerSettings::of_server(connection.config.assumed_peer_streams);
        connection.announce(&[(id::ENABLE_PUSH, 0)]);
        connection
    }

    /// The server's side. SETTINGS are in the output at once.
    pub fn server(config: Config) -> Self {
        let mut connection = Self::new(Role::Server, config);
        connection.announce(&[(
            id::MAX_CONCURRENT_STREAMS,
            connection.config.max_concurrent_streams,
        )]);
        connection
    }

    fn new(role: Role, config: Config) -> Self {
        let config = config.clamped();
        Self {
            role,
            peer: PeerSettings::default(),
            streams: Streams::default(),
            encoder: Encoder::new(4096),
            decoder: Decoder::new(
                config.header_table_size.max(4096) as usize,
                config.max_header_list_size as usize,
            ),
            inbound: Vec::new(),
            parsed: 0,
            fields: FieldList::default(),
            partial_block: None,
            preface_pending: role == Role::Server,
            settings_received: false,
            outbound: Vec::new(),
            written: 0,
            send_window: i64::from(DEFAULT_WINDOW),
            receive_window: i64::from(config.connection_window),
            uncredited: 0,
            acknowledged_window: DEFAULT_WINDOW,
            stream_window: DEFAULT_WINDOW,
            waiting: VecDeque::new(),
            queued_bytes: 0,
            next_stream: (role == Role::Client).then_some(StreamId::from_wire(config.first_stream)),
            last_peer_stream: StreamId::CONNECTION,
            accept_up_to: StreamId::MAX,
            going_away: false,
            unacknowledged: VecDeque::new(),
            stream_limit: config.max_concurrent_streams,
            pings_unanswered: 0,
            budget: Budget::new(config.idle_frame_burst),
            backlog: Backlog::default(),
            failure: None,
            config,
        }
    }

    /// Sends the first SETTINGS, and widens the connection's receive window where it is to be larger than the default.
    fn announce(&mut self, of_role: &[(u16, u32)]) {
        let mut values = vec![
            (id::HEADER_TABLE_SIZE, self.config.header_table_size),
            (id::INITIAL_WINDOW_SIZE, self.config.initial_window_size),
            (id::MAX_FRAME_SIZE, self.config.max_frame_size),
            (id::MAX_HEADER_LIST_SIZE, self.config.max_header_list_size),
        ];
        values.extend_from_slice(of_role);
        settings::write(&mut self.outbound, &values);
        self.await_acknowledgement(Acknowledgement::Initial(self.config.initial_window_size));
        let extra = self.config.connection_window - DEFAULT_WINDOW;
        if extra > 0 {
            frame::write_window_update(&mut self.outbound, StreamId::CONNECTION, extra);
        }
    }

    /// Takes bytes that came from the peer. Nothing is done with them before [`Self::poll`], and nothing at all once
    /// the connection has failed.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.failure.is_some() {
            return;
        }
        if self.parsed == self.inbound.len() {
            self.inbound.clear();
            self.parsed = 0;
        }
        self.inbound.extend_from_slice(bytes);
    }

    /// Works through what was fed until there is something to tell. Call it until it answers `None`, and write out
    /// [`Self::output`] afterwards. `now` only serves to forgive idle frames.
    ///
    /// # Errors
    ///
    /// The peer broke the protocol. A GOAWAY that says so is in the output; write it out and close. All streams are
    /// forgotten, and the same error is returned ever after.
    pub fn poll(&mut self, now: Instant) -> Result<Option<Event<'_>>, ConnectionError> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        match self.advance(now) {
            Ok(happening) => Ok(happening.map(|happening| self.event(happening))),
            Err(failure) => {
                self.fail(failure);
                Err(failure)
            }
        }
    }

    /// Bytes to be written to the peer.
    pub fn output(&self) -> &[u8] {
        &self.outbound[self.written..]
    }

    /// Forgets the first `n` bytes of the output, because they were written.
    pub fn consume_output(&mut self, n: usize) {
        self.backlog.taken(n);
        self.written = self.outbound.len().min(self.written.saturating_add(n));
        if self.written == self.outbound.len() {
            self.outbound.clear();
            self.written = 0;
        } else if self.written >= MOVED_AT && self.written >= self.outbound.len() / 2 {
            self.outbound.drain(..self.written);
            self.written = 0;
        }
    }

    /// How many more streams can be opened now.
    pub fn available_streams(&self) -> usize {
        if self.is_closing() {
            return 0;
        }
        let limit = self
            .peer
            .max_concurrent_streams
            .map_or(usize::MAX, |limit| limit as usize);
        let ids = self.next_stream.map_or(0, |next| {
            ((StreamId::MAX.value() - next.value()) / 2 + 1) as usize
        });
        limit.saturating_sub(self.streams.len()).min(ids)
    }

    /// How many streams are open, in either direction.
    pub fn open_streams(&self) -> usize {
        self.streams.len()
    }

    /// Bytes of body that the peer takes now on the whole connection; negative is possible after it shrank windows.
    pub fn send_window(&self) -> i64 {
        self.send_window
    }

    /// Bytes of body that were accepted by [`Self::send_body`] and wait for a window.
    pub fn queued_bytes(&self) -> usize {
        self.queued_bytes
    }

    /// What the peer's newest SETTINGS say. Before the first ones, the defaults, and for a client
    /// [`Config::assumed_peer_streams`].
    pub fn peer_settings(&self) -> &PeerSettings {
        &self.peer
    }

    /// Whether the peer's first SETTINGS have arrived.
    pub fn is_established(&self) -> bool {
        self.settings_received
    }

    /// No stream can be opened any more: a GOAWAY was sent or received, or the connection failed.
    pub fn is_closing(&self) -> bool {
        self.going_away || self.failure.is_some()
    }

    /// Puts the owner's mark on a stream; later events of the stream carry it.
    ///
    /// # Errors
    ///
    /// The stream is closed.
    pub fn set_tag(&mut self, stream: StreamId, tag: u64) -> Result<(), StreamGone> {
        self.streams.get_mut(&stream).ok_or(StreamGone)?.tag = tag;
        Ok(())
    }

    fn fail(&mut self, failure: ConnectionError) {
        self.failure = Some(failure);
        let debug = failure.violation.description().as_bytes();
        let last = self.last_processed();
        frame::write_go_away(&mut self.outbound, last, failure.code, debug);
        self.streams.clear();
        self.waiting.clear();
        self.queued_bytes = 0;
        self.inbound = Vec::new();
        self.parsed = 0;
    }

    /// The highest stream of the peer that was or may still be processed; what a GOAWAY says never rises.
    fn last_processed(&self) -> StreamId {
        self.last_peer_stream.min(self.accept_up_to)
    }

    fn event(&self, happening: Happening) -> Event<'_> {
        match happening {
            Happening::Headers {
                stream,
                tag,
                end_stream,
            } => Event::Headers {
                stream,
                tag,
                fields: &self.fields,
                end_stream,
            },
            Happening::Data {
                stream,
                tag,
                data,
                end_stream,
            } => Event::Data {
                stream,
                tag,
                data: &self.inbound[data],
                end_stream,
            },
            Happening::Reset {
                stream,
                tag,
                code,
                by,
            } => Event::Reset {
                stream,
                tag,
                code,
                by,
            },
            Happening::Settings => Event::Settings,
            Happening::SettingsAcked => Event::SettingsAcked,
            Happening::Pong { payload } => Event::Pong { payload },
            Happening::GoAway {
                last_stream,
                code,
                debug,
            } => Event::GoAway {
                last_stream,
                code,
                debug: &self.inbound[debug],
            },
        }
    }
}

/// An [`Event`] before it borrows: byte ranges are of the inbound buffer.
enum Happening {
    Headers {
        stream: StreamId,
        tag: u64,
        end_stream: bool,
    },
    Data {
        stream: StreamId,
        tag: u64,
        data: Range<usize>,
        end_stream: bool,
    },
    Reset {
        stream: StreamId,
        tag: u64,
        code: ErrorCode,
        by: ResetBy,
    },
    Settings,
    SettingsAcked,
    Pong {
        payload: [u8; 8],
    },
    GoAway {
        last_stream: StreamId,
        code: ErrorCode,
        debug: Range<usize>,
    },
}
