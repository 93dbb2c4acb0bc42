//! One connection without its socket: HTTP/2 events in, answers and ends out.

mod ending;
mod receive;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tidings_http2::hpack::Indexing;
use tidings_http2::{Config, Connection, Credit, Enforce, ErrorCode, StreamId};

use crate::answer::Answer;
use crate::authentication::client_certificate::ClientCertificate;
use crate::authentication::presenter::Presenter;
use crate::authentication::session::{Service, Session};
use crate::faults::StatusFault;
use crate::serving::Served;
use crate::state::Shared;
use crate::validation::request::Request;
use crate::vocabulary::Environment;

use super::exchange::Exchange;
use super::governor::Governor;
use super::timer::Timers;

/// The largest header list, as observed of APNs.
const HEADER_LIST_LIMIT: u32 = 8000;

/// Output that may wait for a client before nothing more is read from it.
const OUTPUT_LIMIT: usize = 1 << 20;

/// How long the requests that are under way may take once GOAWAY was sent.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);

/// A connection of a provider.
pub(super) struct Driver {
    shared: Arc<Shared>,
    session: Session,
    presenter: Presenter,
    connection: Connection,
    exchanges: HashMap<StreamId, Exchange>,
    /// Answers that a fault holds back.
    delayed: usize,
    governor: Governor,
    enforce: Enforce,
    timers: Timers<Action>,
    phase: Phase,
    idle_timeout: Duration,
    last_input: Instant,
}

/// Where a connection is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    /// It hears and says nothing any more.
    Silent,
    /// GOAWAY was sent; what is under way is finished until then.
    Draining(Instant),
    /// It is to be closed as soon as the output is written.
    Closing,
    /// It is to be dropped without TLS's close alert.
    Cut,
    /// It is to be reset.
    Reset,
}

/// Something to do later.
#[derive(Debug)]
enum Action {
    Answer(StreamId, Served),
    Credit(StreamId, u32),
}

impl Driver {
    /// A connection whose TLS handshake is done. Its SETTINGS are in the output, and so is, for a certificate of the
    /// wrong environment, the GOAWAY that is all such a client ever gets (observed in the field).
    pub(super) fn new(
        shared: &Arc<Shared>,
        environment: Environment,
        service: Service,
        address: IpAddr,
        certificate: Option<ClientCertificate>,
    ) -> Self {
        let mut state = shared.lock();
        let counts = state.stats.connections(environment);
        counts.accepted += 1;
        counts.open += 1;
        let behaviour = &state.world.behaviour;
        let governor = Governor::new(behaviour, certificate.is_some());
        let enforce = if behaviour.streams.refuse_overshoot {
            Enforce::AtOnce
        } else {
            Enforce::OnceAcknowledged
        };
        let idle_timeout = behaviour.limits.idle_timeout();
        let is_misplaced = certificate.as_ref().is_some_and(|certificate| {
            state.world.accounts.knows_certificate(&certificate.fingerprint)
                && !certificate.environments.contains(&environment)
        });
        drop(state);
        let mut driver = Self {
            connection: Connection::server(config(governor.announced())),
            session: Session::new(environment, service, address, certificate),
            shared: Arc::clone(shared),
            presenter: Presenter::default(),
            exchanges: HashMap::new(),
            delayed: 0,
            governor,
            enforce,
            timers: Timers::default(),
            phase: Phase::Open,
            idle_timeout,
            last_input: Instant::now(),
        };
        if is_misplaced {
            driver.go_away(
                StreamId::CONNECTION,
                ErrorCode::NO_ERROR,
                br#"{"reason":"BadCertificateEnvironment"}"#,
            );
        }
        driver.strike_connection();
        driver
    }

    /// Takes bytes from the client.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.last_input = Instant::now();
        if self.phase != Phase::Silent {
            self.connection.feed(bytes);
        }
    }

    /// Works through what has arrived and what is due.
    pub(super) fn advance(&mut self, now: Instant) {
        while self.is_alive() {
            let Ok(Some(happening)) = self.poll(now) else {
                break;
            };
            self.happen(happening);
        }
        while let Some(action) = self.timers.take_due(now) {
            self.act(action);
        }
        self.age(now);
    }

    /// Bytes for the client.
    pub(super) fn output(&self) -> &[u8] {
        match self.phase {
            Phase::Silent | Phase::Cut | Phase::Reset => &[],
            Phase::Open | Phase::Draining(_) | Phase::Closing => self.connection.output(),
        }
    }

    pub(super) fn consume_output(&mut self, bytes: usize) {
        self.connection.consume_output(bytes);
    }

    /// Whether the client reads fast enough for more of its requests to be read.
    pub(super) fn wants_input(&self) -> bool {
        self.output().len() + self.connection.queued_bytes() < OUTPUT_LIMIT
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    /// When [`Self::advance`] has something to do even if nothing arrives.
    pub(super) fn next_due(&self) -> Instant {
        let limit = match self.phase {
            Phase::Draining(limit) => limit,
            Phase::Open | Phase::Silent | Phase::Closing | Phase::Cut | Phase::Reset => {
                self.last_input + self.idle_timeout
            }
        };
        self.timers.next_due().map_or(limit, |due| due.min(limit))
    }

    /// Begins the orderly end: the simulator ends.
    pub(super) fn shut_down(&mut self) {
        match self.phase {
            Phase::Open => self.go_away_now(br#"{"reason":"Shutdown"}"#),
            Phase::Silent => self.phase = Phase::Cut,
            Phase::Draining(_) | Phase::Closing | Phase::Cut | Phase::Reset => {}
        }
    }

    fn is_alive(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::Draining(_))
    }

    fn serve(&mut self, request: Request, fault: Option<&StatusFault>) -> Served {
        let presentation = self.presenter.present(&request, &self.session, &self.shared);
        self.shared
            .lock()
            .serve(&mut self.session, request, &presentation, fault)
    }

    fn answer_after(&mut self, delay: Duration, stream: StreamId, served: Served) {
        if delay.is_zero() {
            self.answer(stream, &served);
        } else {
            self.delayed += 1;
            self.timers
                .add(Instant::now() + delay, Action::Answer(stream, served));
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Answer(stream, served) => {
                self.delayed -= 1;
                self.answer(stream, &served);
            }
            Action::Credit(stream, bytes) => self.connection.release(Some(stream), bytes),
        }
    }

    fn answer(&mut self, stream: StreamId, served: &Served) {
        let answer = &served.answer;
        let sent = self
            .connection
            .send_headers(stream, answer.body.is_empty(), |encoder, block| {
                encoder.encode(
                    b":status",
                    answer.status.to_string().as_bytes(),
                    Indexing::Incremental,
                    block,
                );
                for (name, value) in &answer.headers {
                    encoder.encode(name.as_bytes(), value.as_bytes(), indexing(name), block);
                }
            });
        if sent.is_err() {
            return;
        }
        if !answer.body.is_empty() {
            // The stream was open a moment ago; a reset in between leaves nobody to tell.
            let _ = self.connection.send_body(stream, &answer.body, true);
        }
        self.shared
            .lock()
            .stats
            .connections(self.session.environment)
            .answered += 1;
        self.govern(answer, served.authenticated);
    }

    fn govern(&mut self, answer: &Answer, authenticated: bool) {
        self.governor.answered(answer, authenticated);
        self.announce_limit();
        if self.governor.is_exhausted() && self.phase == Phase::Open {
            self.go_away_now(br#"{"reason":"Shutdown"}"#);
        }
    }

    fn announce_limit(&mut self) {
        if let Some(limit) = self.governor.change() {
            self.connection.set_max_concurrent_streams(limit, self.enforce);
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.shared
            .lock()
            .stats
            .connections(self.session.environment)
            .open -= 1;
    }
}

/// SETTINGS as observed of APNs.
fn config(streams: u32) -> Config {
    Config {
        header_table_size: 4096,
        max_concurrent_streams: streams,
        initial_window_size: 65_535,
        max_frame_size: 16_384,
        max_header_list_size: HEADER_LIST_LIMIT,
        connection_window: 65_535,
        credit: Credit::Manual,
        ..Config::default()
    }
}

/// Ids are never the same again; what else there is repeats.
fn indexing(name: &str) -> Indexing {
    match name {
        "content-type" => Indexing::Incremental,
        _ => Indexing::Without,
    }
}
