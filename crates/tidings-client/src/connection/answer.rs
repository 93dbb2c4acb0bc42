//! What comes from APNs: answers to their requests, and everything that moves or ends requests.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tidings_apns::{
    ApnsId, ConnectionFate, ErrorBody, Fault, GoAwayReason, Reason, Response, RetryAfter, UnixSeconds,
};
use tidings_http2::hpack::FieldList;
use tidings_http2::{ErrorCode, Event, ResetBy, StreamId};

use super::{Connection, Phase, REFUSED_PAUSE};
use crate::batch::{BatchOutcome, Via};
use crate::credential::Renewal;
use crate::exchange::RawAnswer;
use crate::job::{Job, Recipient, Work};
use crate::send_error::{Cause, SendError};
use crate::watch::ConnectionEvent;

use super::in_flight::InFlight;

/// Bytes of a rejection's body that are kept. Those of APNs have fewer than a hundred; what a middlebox sends instead
/// may be of any size, and its beginning tells enough.
const REJECTION_BODY: usize = 8 * 1024;

/// Bytes of any other answer's body: a list of 10,000 channels is the largest.
const EXCHANGE_BODY: usize = 1024 * 1024;

/// A request is given up when this many connections in a row ended under it without ever answering anything.
const FRUITLESS: u8 = 3;

/// What an event leaves to be done once it is no longer borrowed.
enum Then {
    Nothing,
    Finish(u64, Option<RawAnswer>),
    Overflow(u64, StreamId),
    Reset(u64, ErrorCode, ResetBy),
    Settings,
    Pong,
    GoAway(StreamId, ErrorCode, GoAwayReason),
}

impl Connection {
    /// Decrypts the first `received` bytes of what was read, and deals with all that they hold.
    pub(super) fn take_in(&mut self, received: usize) -> Result<(), Cause> {
        if received > 0 {
            self.liveness.heard(self.now);
            // What came before a failure of TLS counts: it may be the GOAWAY that explains it.
            let decrypted = self.transport.decrypt(received, &mut self.http2);
            self.take_in_events()?;
            return decrypted;
        }
        self.take_in_events()
    }

    fn take_in_events(&mut self) -> Result<(), Cause> {
        while let Some(then) = self.next_event()? {
            match then {
                Then::Nothing => {}
                Then::Finish(tag, answer) => self.finish(tag, answer),
                Then::Overflow(tag, stream) => self.overflow(tag, stream),
                Then::Reset(tag, code, by) => self.on_reset(tag, code, by),
                Then::Settings => self.on_settings(),
                Then::Pong => self.on_pong(),
                Then::GoAway(last, code, reason) => self.on_go_away(last, code, reason),
            }
        }
        Ok(())
    }

    fn next_event(&mut self) -> Result<Option<Then>, Cause> {
        let Some(event) = self.http2.poll(self.now).map_err(Cause::Protocol)? else {
            return Ok(None);
        };
        Ok(Some(match event {
            Event::Headers {
                tag,
                fields,
                end_stream,
                ..
            } => match self.in_flight.get_mut(tag) {
                Some(entry) => on_headers(entry, tag, fields, end_stream),
                None => Then::Nothing,
            },
            Event::Data {
                stream,
                tag,
                data,
                end_stream,
            } => match self.in_flight.get_mut(tag) {
                Some(entry) => on_data(entry, tag, stream, data, end_stream),
                None => Then::Nothing,
            },
            Event::Reset { tag, code, by, .. } => Then::Reset(tag, code, by),
            Event::Settings => Then::Settings,
            Event::Pong { .. } => Then::Pong,
            Event::GoAway {
                last_stream,
                code,
                debug,
            } => Then::GoAway(last_stream, code, GoAwayReason::parse(debug)),
            _settings_acked => Then::Nothing,
        }))
    }

    fn finish(&mut self, tag: u64, answer: Option<RawAnswer>) {
        let Some(mut entry) = self.in_flight.remove(tag) else {
            return;
        };
        if self.http2.queued_bytes() > 0 {
            // It may have been answered before its body was sent: then that is not needed any more, and what still
            // comes on the stream must not be taken for another request's.
            self.http2.reset(entry.stream, ErrorCode::NO_ERROR);
        }
        let Some(answer) = answer.or_else(|| entry.answer.take().map(|answer| *answer)) else {
            entry.job.fail(SendError::Unknown(Arc::new(Cause::Answer)));
            return;
        };
        self.answered_at = self.now;
        let elapsed = entry.elapsed(self.now);
        self.turn.answers += 1;
        self.turn.round_trip = Some(elapsed);
        self.blocked_until = None;
        if !self.was_useful {
            self.was_useful = true;
            self.shared.enter(Phase::Proven);
        }
        match entry.job.work {
            Work::Push(_, recipient) => {
                let response = answer.into_response();
                if let Some(rejected) = response.rejected() {
                    self.heed(&rejected.reason);
                }
                self.tell(recipient, Ok(response), elapsed, entry.stream);
            }
            Work::Exchange(_, waiting) => {
                if answer.status >= 400 {
                    self.heed(&ErrorBody::parse(&answer.body).reason);
                }
                // Whoever asked may have gone away since.
                let _waiting = waiting.send(Ok(answer));
            }
        }
    }

    /// Outcomes for batches are gathered and told together at the end of the turn.
    fn tell(
        &mut self,
        recipient: Recipient,
        result: Result<Response, SendError>,
        elapsed: Duration,
        stream: StreamId,
    ) {
        match recipient {
            Recipient::Batch(inbox, index) => self.outcomes.push((
                inbox,
                BatchOutcome {
                    index,
                    result,
                    elapsed,
                    via: Some(Via {
                        connection: self.shared.id,
                        stream: stream.value(),
                    }),
                },
            )),
            one @ Recipient::One(_) => one.tell(result, elapsed),
        }
    }

    /// Does to the connection and to the provider token what a reason asks for.
    fn heed(&mut self, reason: &Reason) {
        if let (Reason::ExpiredProviderToken, Some(key), Some(token)) =
            (reason, &self.context.signing_key, &self.token)
            && key.report_expired(token) == Renewal::TooSoon
        {
            // This machine's clock is wrong: a new connection would carry the same token to the same end.
            return;
        }
        if reason.guidance().connection == ConnectionFate::Replace {
            self.retire();
        }
    }

    fn overflow(&mut self, tag: u64, stream: StreamId) {
        self.http2.reset(stream, ErrorCode::CANCEL);
        if let Some(entry) = self.in_flight.remove(tag) {
            entry.job.fail(SendError::Unknown(Arc::new(Cause::Answer)));
        }
    }

    fn on_settings(&mut self) {
        self.shared.enter(Phase::Open);
        self.blocked_until = None;
    }

    fn on_pong(&mut self) {
        if let Some(at) = self.pinged_at.take() {
            self.shared.ping_answered(self.now.saturating_duration_since(at));
        }
    }

    fn on_reset(&mut self, tag: u64, code: ErrorCode, by: ResetBy) {
        let Some(entry) = self.in_flight.remove(tag) else {
            return;
        };
        if code == ErrorCode::REFUSED_STREAM {
            self.blocked_until = Some(self.now + REFUSED_PAUSE);
            self.context.queue.give_back(vec![unsent(entry)]);
            return;
        }
        let cause = match by {
            ResetBy::Peer => Cause::Reset(code),
            ResetBy::Us => Cause::Answer,
        };
        entry.job.fail(SendError::Unknown(Arc::new(cause)));
    }

    /// Streams above `last` were not processed: their requests travel on another connection, unless no connection with
    /// this credential would be served.
    fn on_go_away(&mut self, last: StreamId, code: ErrorCode, reason: GoAwayReason) {
        self.is_refusal |= reason
            .reason()
            .is_some_and(|reason| reason.guidance().fault == Fault::Credential);
        let unprocessed = self.in_flight.extract(|entry| entry.stream > last);
        let event = ConnectionEvent::go_away(last, code, &reason, unprocessed.len());
        self.context.ledger.note(&self.shared, event);
        let cause = Arc::new(Cause::GoAway { code, reason });
        self.farewell = Some(Arc::clone(&cause));
        self.retire();
        self.move_on(unprocessed, &cause);
    }

    /// Gives requests back that were surely not processed; those that never get anywhere are ended.
    pub(super) fn move_on(&mut self, unprocessed: Vec<InFlight>, cause: &Arc<Cause>) {
        let mut jobs = Vec::with_capacity(unprocessed.len());
        for entry in unprocessed {
            let mut job = unsent(entry);
            job.fruitless += u8::from(!self.was_useful);
            if self.is_refusal || job.fruitless > FRUITLESS {
                job.fail_unsent(cause);
            } else {
                jobs.push(job);
            }
        }
        self.context.queue.give_back(jobs);
    }
}

/// The job of a request that was surely not processed; its time runs on.
fn unsent(entry: InFlight) -> Job {
    let mut job = entry.job;
    job.deadline.get_or_insert(entry.deadline);
    job
}

fn on_headers(entry: &mut InFlight, tag: u64, fields: &FieldList, end_stream: bool) -> Then {
    let mut head = entry.answer.is_none().then(|| read_head(fields));
    if let (Some(head), Work::Exchange(..)) = (&mut head, &entry.job.work) {
        head.date = date(fields);
    }
    match head {
        Some(head) if end_stream => Then::Finish(tag, Some(head)),
        Some(head) => {
            entry.answer = Some(Box::new(head));
            Then::Nothing
        }
        None if end_stream => Then::Finish(tag, None),
        None => Then::Nothing,
    }
}

fn on_data(entry: &mut InFlight, tag: u64, stream: StreamId, data: &[u8], end_stream: bool) -> Then {
    let (limit, cuts) = match entry.job.work {
        Work::Push(..) => (REJECTION_BODY, true),
        Work::Exchange(..) => (EXCHANGE_BODY, false),
    };
    let answer = entry.answer.get_or_insert_default();
    let room = limit.saturating_sub(answer.body.len());
    if data.len() > room && !cuts {
        return Then::Overflow(tag, stream);
    }
    answer.body.extend(data.iter().take(room));
    if end_stream {
        Then::Finish(tag, None)
    } else {
        Then::Nothing
    }
}

/// The head of an answer. HTTP/2 has made sure that there is a status of three digits.
fn read_head(fields: &FieldList) -> RawAnswer {
    let mut answer = RawAnswer::default();
    for (name, value) in fields.iter() {
        match name {
            b":status" => {
                answer.status = value
                    .iter()
                    .fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
            }
            b"apns-id" | b"apns-request-id" => answer.headers.apns_id = ApnsId::try_from_header(value).ok(),
            b"apns-unique-id" => answer.headers.apns_unique_id = text(value),
            b"apns-channel-id" => answer.channel_id = text(value),
            b"retry-after" => {
                answer.headers.retry_after =
                    RetryAfter::parse(value).map(|after| after.delay(SystemTime::now()));
            }
            _other => {}
        }
    }
    answer
}

/// Kept out of the way of notifications, of which nobody asks it.
fn date(fields: &FieldList) -> Option<UnixSeconds> {
    let mut fields = fields.iter();
    fields.find_map(|(name, value)| (name == b"date").then(|| UnixSeconds::from_http_date(value))?)
}

fn text(value: &[u8]) -> Option<Box<str>> {
    str::from_utf8(value).ok().map(Into::into)
}
