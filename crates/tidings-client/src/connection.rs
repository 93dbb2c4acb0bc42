//! One connection to APNs, driven by one task: it pulls work from its pool's queue when the peer's limits leave room,
//! writes it in batches, and hands answers out in batches.

mod answer;
pub(crate) mod encode;
mod end;
mod in_flight;
mod liveness;
mod pace;
mod shared;
mod transport;

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tidings_http2::{Config, Connection as Http2, ErrorCode, OpenError};
use tokio::time::{Sleep, sleep_until};

use crate::batch::{BatchInbox, BatchOutcome};
use crate::connect::Established;
use crate::credential::SigningKey;
use crate::job::{Job, Work};
use crate::pool::queue::Queue;
use crate::provider_token::ProviderToken;
use crate::send_error::{Cause, SendError};
use crate::watch::ledger::Ledger;

use self::encode::RequestEncoder;
use self::in_flight::{InFlight, InFlights};
use self::liveness::{Action, Liveness};
use self::pace::{Mode, Pace, TICK, Turn};
use self::transport::Transport;

pub use self::liveness::KeepAlive;
pub(crate) use self::shared::{Phase, Shared};

use self::shared::Published;

/// Output that is gathered before it is written: one write of a few TLS records.
const WRITE_SIZE: usize = 64 * 1024;

/// Jobs taken from the queue under one lock.
const PULL: usize = 256;

/// How often requests in flight are looked through for those that are late.
const SWEEP: Duration = Duration::from_millis(100);

/// After a refused stream, none is opened for this long unless the peer says something that changes the matter.
const REFUSED_PAUSE: Duration = Duration::from_millis(20);

/// What all connections of a pool have in common.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) queue: Arc<Queue>,
    pub(crate) authority: Box<str>,
    pub(crate) signing_key: Option<SigningKey>,
    pub(crate) request_timeout: Duration,
    pub(crate) keep_alive: KeepAlive,
    /// A connection is replaced after this many requests.
    pub(crate) requests_per_connection: u32,
    /// What others may see of the connections.
    pub(crate) ledger: Arc<Ledger>,
}

/// How a connection ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Why; `None` when it retired in peace.
    pub(crate) cause: Option<Arc<Cause>>,
    /// It has answered at least one request.
    pub(crate) was_useful: bool,
    /// The cause lies in the credential: another connection would end the same way.
    pub(crate) is_refusal: bool,
}

/// The task of one connection.
#[derive(Debug)]
pub(crate) struct Connection {
    context: Arc<Context>,
    shared: Arc<Shared>,
    transport: Transport,
    http2: Http2,
    encoder: RequestEncoder,
    token: Option<Arc<ProviderToken>>,
    pulled: VecDeque<Job>,
    in_flight: InFlights,
    /// Outcomes of this turn for batches, told together.
    outcomes: Vec<(Arc<BatchInbox>, BatchOutcome)>,
    now: Instant,
    liveness: Liveness,
    pinged_at: Option<Instant>,
    pace: Pace,
    swept_at: Instant,
    blocked_until: Option<Instant>,
    last_body: usize,
    requests_left: u32,
    retiring: bool,
    was_useful: bool,
    answered_at: Instant,
    /// What GOAWAY said, the cause of whatever follows.
    farewell: Option<Arc<Cause>>,
    is_refusal: bool,
    turn: TurnCounts,
}

/// What this turn did so far.
#[derive(Debug, Default)]
struct TurnCounts {
    opened: usize,
    answers: usize,
    round_trip: Option<Duration>,
    stalled: bool,
}

impl Connection {
    pub(crate) fn new(
        context: Arc<Context>,
        shared: Arc<Shared>,
        established: Established,
    ) -> Result<Self, Cause> {
        let now = Instant::now();
        let config = Config {
            assumed_peer_streams: 1,
            connection_window: 1 << 20,
            ..Config::default()
        };
        let mut http2 = Http2::client(config);
        shared.reached(established.peer);
        Ok(Self {
            transport: Transport::new(established, &mut http2)?,
            http2,
            encoder: RequestEncoder::new(&context.authority),
            token: None,
            pulled: VecDeque::new(),
            in_flight: InFlights::default(),
            outcomes: Vec::new(),
            now,
            liveness: Liveness::new(context.keep_alive, now),
            pinged_at: None,
            pace: Pace::new(now),
            swept_at: now,
            blocked_until: None,
            last_body: 0,
            requests_left: context.requests_per_connection,
            retiring: false,
            was_useful: false,
            answered_at: now,
            farewell: None,
            is_refusal: false,
            turn: TurnCounts::default(),
            context,
            shared,
        })
    }

    /// Serves until the connection ends, and leaves no request without an outcome.
    pub(crate) async fn run(mut self) -> Ended {
        self.context.ledger.opened();
        let mut timer = Box::pin(sleep_until(self.now.into()));
        let mut received = 0;
        loop {
            let written = match self.turn(received) {
                Ok(Some(written)) => written,
                Ok(None) => return self.end(None),
                Err(cause) => return self.break_off(cause),
            };
            let waited = match self.next_mode() {
                Mode::Events => self.wait_for_events(written, timer.as_mut()).await,
                Mode::Ticks => self.wait_for_tick(timer.as_mut()).await,
            };
            received = match waited {
                Ok(received) => received,
                Err(cause) => return self.break_off(cause),
            };
        }
    }

    /// Reads, answers, opens, writes. Answers whether everything was written, or `None` when the connection is done.
    fn turn(&mut self, mut received: usize) -> Result<Option<bool>, Cause> {
        self.now = Instant::now();
        self.turn = TurnCounts::default();
        if self.shared.is_to_retire() {
            self.retire();
        }
        loop {
            self.take_in(received)?;
            if self.transport.has_ended() {
                return Err(Cause::Lost(std::io::ErrorKind::UnexpectedEof.into()));
            }
            self.look_after_time()?;
            let has_more = self.open_streams();
            let written = self.transport.flush(&mut self.http2)?;
            if has_more && written {
                received = self.transport.read_now().map_err(Cause::Lost)?;
                continue;
            }
            self.context.queue.give_back(self.pulled.drain(..).collect());
            self.tell_outcomes();
            self.publish();
            return Ok(self.is_needed().then_some(written));
        }
    }

    fn next_mode(&mut self) -> Mode {
        let done = self.turn.opened + self.turn.answers;
        self.pace.after(
            Turn {
                done,
                in_flight: self.in_flight.len(),
            },
            self.now,
        )
    }

    async fn wait_for_tick(&mut self, mut timer: Pin<&mut Sleep>) -> Result<usize, Cause> {
        self.transport.watch(false).map_err(Cause::Lost)?;
        timer.as_mut().reset((self.now + TICK).into());
        timer.await;
        self.transport.read_now().map_err(Cause::Lost)
    }

    async fn wait_for_events(&mut self, written: bool, mut timer: Pin<&mut Sleep>) -> Result<usize, Cause> {
        self.transport.watch(true).map_err(Cause::Lost)?;
        let due = self.due_at();
        if timer.deadline().into_std() != due {
            timer.as_mut().reset(due.into());
        }
        let wants_work = !self.retiring;
        let received = tokio::select! {
            biased;
            received = self.transport.read_or(written) => received.map_err(Cause::Lost)?,
            () = self.shared.waker.notified(), if wants_work => None,
            () = timer => None,
        };
        Ok(received.unwrap_or(0))
    }

    /// When the time calls for a turn even if nothing happens.
    fn due_at(&self) -> Instant {
        let silence = match self.liveness.action(!self.in_flight.is_empty(), self.now) {
            Action::WaitUntil(at) => at,
            Action::Ping | Action::GiveUp(_) => self.now,
        };
        let sweep = (!self.in_flight.is_empty()).then(|| self.swept_at + SWEEP);
        [sweep, self.blocked_until]
            .into_iter()
            .flatten()
            .fold(silence, Instant::min)
    }

    /// Pings, gives up, and ends what is late.
    fn look_after_time(&mut self) -> Result<(), Cause> {
        match self.liveness.action(!self.in_flight.is_empty(), self.now) {
            Action::WaitUntil(_) => {}
            Action::Ping => {
                self.http2.ping(*b"tidings?");
                self.liveness.pinged(self.now);
                self.pinged_at = Some(self.now);
            }
            Action::GiveUp(silence) => return Err(Cause::Silent(silence)),
        }
        if self.blocked_until.is_some_and(|until| self.now >= until) {
            self.blocked_until = None;
        }
        if self.now >= self.swept_at + SWEEP {
            self.swept_at = self.now;
            self.end_late_requests();
        }
        Ok(())
    }

    fn end_late_requests(&mut self) {
        let now = self.now;
        let late = self.in_flight.extract(|entry| now >= entry.deadline);
        if late.is_empty() {
            return;
        }
        if late.iter().any(|entry| entry.sent_at >= self.answered_at) {
            // APNs has been seen to accept requests and never answer again, until the connection was replaced.
            self.retire();
        }
        let cause = Arc::new(Cause::Deadline(self.context.request_timeout));
        for entry in late {
            self.http2.reset(entry.stream, ErrorCode::CANCEL);
            entry.job.fail(SendError::Unknown(Arc::clone(&cause)));
        }
    }

    /// Opens streams while there is work and room for it, up to one write; answers whether that was the end of it.
    fn open_streams(&mut self) -> bool {
        while !self.retiring && self.blocked_until.is_none() {
            if self.http2.output().len() >= WRITE_SIZE {
                return true;
            }
            let room = self.http2.available_streams();
            if room == 0 || !self.window_is_open() {
                self.turn.stalled = true;
                return false;
            }
            if self.pulled.is_empty() {
                self.context
                    .queue
                    .take(self.appetite(room), &mut self.pulled, &self.shared.waker);
            }
            let Some(job) = self.pulled.pop_front() else {
                return false;
            };
            if job.is_late(self.now) {
                job.fail_unsent(&Arc::new(Cause::Deadline(self.context.request_timeout)));
            } else if !job.is_abandoned() {
                self.open(job);
            }
        }
        false
    }

    /// How many jobs to take: what the streams and, judging by the last body, the window have room for.
    fn appetite(&self, streams: usize) -> usize {
        let window = usize::try_from(self.http2.send_window()).unwrap_or(0);
        streams.min(window / self.last_body.max(1) + 1).min(PULL)
    }

    /// A body that only partly fits the connection's window may go, but not two: what waits stays movable.
    fn window_is_open(&self) -> bool {
        let next = self.pulled.front().map_or(1, Job::body_len);
        let window = usize::try_from(self.http2.send_window()).unwrap_or(0);
        window >= next.max(1) || (window > 0 && self.http2.queued_bytes() == 0)
    }

    fn open(&mut self, job: Job) {
        if self.in_flight.is_empty() {
            self.liveness.loaded(self.now);
        }
        if self.turn.opened == 0 {
            self.token = self.context.signing_key.as_ref().map(SigningKey::provider_token);
        }
        let body_len = job.body_len();
        let written_at = self.transport.next_byte_at(&self.http2);
        let tag = self.in_flight.next_tag();
        let token = self.token.as_deref();
        let opened = match &job.work {
            Work::Push(request, _) => self.encoder.push(&mut self.http2, tag, request, token),
            Work::Exchange(exchange, _) => self.encoder.exchange(&mut self.http2, tag, exchange, token),
        };
        match opened {
            Ok(stream) => {
                let deadline = job.deadline.unwrap_or(self.now + self.context.request_timeout);
                let sent_at = self.now;
                self.in_flight.insert(InFlight {
                    job,
                    stream,
                    sent_at,
                    deadline,
                    written_at,
                    answer: None,
                });
                self.turn.opened += 1;
                self.last_body = body_len;
                self.requests_left -= 1;
                if self.requests_left == 0 {
                    self.retire();
                }
            }
            Err(refused) => {
                self.pulled.push_front(job);
                if refused != OpenError::StreamLimit {
                    self.retire();
                }
            }
        }
    }

    /// Takes no more work; what was pulled and not written goes back.
    fn retire(&mut self) {
        self.retiring = true;
        self.shared.enter(Phase::Retiring);
        self.context.queue.forget(&self.shared.waker);
        self.context.queue.give_back(self.pulled.drain(..).collect());
    }

    fn is_needed(&self) -> bool {
        !self.retiring || !self.in_flight.is_empty()
    }

    fn tell_outcomes(&mut self) {
        let mut outcomes = self.outcomes.drain(..).peekable();
        while let Some((inbox, first)) = outcomes.next() {
            let same = std::iter::from_fn(|| outcomes.next_if(|(next, _)| Arc::ptr_eq(next, &inbox)));
            inbox.tell(std::iter::once(first).chain(same.map(|(_, outcome)| outcome)));
        }
    }

    fn publish(&self) {
        let TurnCounts {
            answers,
            round_trip,
            stalled,
            ..
        } = self.turn;
        self.shared.publish(Published {
            answers,
            in_flight: self.in_flight.len(),
            stalled,
            round_trip,
            streams_allowed: self.http2.peer_settings().max_concurrent_streams,
            send_window: self.http2.send_window(),
        });
    }
}
