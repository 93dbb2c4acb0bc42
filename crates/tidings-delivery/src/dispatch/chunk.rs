//! Requests that go out together on one lane, and what their answers say.

use std::time::Duration;

use tidings_apns::{Environment, Request, Response, Timestamp};
use tidings_client::{BatchOutcome, SendError};
use tidings_store::{Decision, OnUnknown};
use tidings_truth::{Circumstances, NextStep, Verdict, judge};

use super::desk::{Acceptance, Desk, Question};
use crate::consequence::{self, Consequence, LaneNews};
use crate::counters::Tally;
use crate::jitter::jitter;
use crate::lane::{InFlight, Lane};
use crate::ledger::Fate;
use crate::letter::Speed;
use crate::parcel::Parcel;
use crate::trace::Attempt;

/// So many acceptances are told to the lane at once.
const GATHERED: u64 = 64;

/// Requests that go out together.
pub(super) struct Chunk<'a> {
    desk: &'a Desk<'a>,
    lane: &'a Lane,
    parcels: Vec<Option<Parcel>>,
    in_flight: InFlight<'a>,
    tally: Tally,
    gathered: Gathered,
    /// The lane held something back when this began.
    was_cautious: bool,
}

/// Acceptances that the lane has not been told of.
#[derive(Default)]
struct Gathered {
    count: u64,
    proven: u32,
    last_sent_at: Option<Timestamp>,
}

impl<'a> Chunk<'a> {
    pub(super) fn new(desk: &'a Desk<'a>, lane: &'a Lane, parcels: Vec<Parcel>) -> Self {
        Self {
            desk,
            lane,
            in_flight: lane.begin(parcels.len()),
            parcels: parcels.into_iter().map(Some).collect(),
            tally: Tally::default(),
            gathered: Gathered::default(),
            was_cautious: !lane.state().throttle.is_open(),
        }
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.parcels.iter().flatten().map(Parcel::request).collect()
    }

    /// One of them has ended.
    pub(super) fn answered(&mut self, outcome: BatchOutcome) {
        let slot = usize::try_from(outcome.index)
            .ok()
            .and_then(|index| self.parcels.get_mut(index));
        let Some(mut parcel) = slot.and_then(Option::take) else {
            return;
        };
        self.in_flight.end_one();
        let now = self.desk.shared.clock.now();
        let sent_at = now.saturating_sub(outcome.elapsed);
        parcel.attempted(self.environment(), sent_at, &outcome);
        self.trace(&parcel, &outcome, now);
        match outcome.result {
            Ok(Response::Accepted(_)) => self.accepted(parcel, sent_at, now, outcome.elapsed),
            Ok(answer) => self.refused(parcel, &answer, sent_at, now, outcome.elapsed),
            Err(error) => self.silent(parcel, &error, sent_at, now),
        }
    }

    fn trace(&self, parcel: &Parcel, outcome: &BatchOutcome, now: Timestamp) {
        if let Some(tracer) = &self.desk.shared.config.tracer {
            tracer.attempt(&Attempt {
                letter: &parcel.letter,
                environment: self.environment(),
                number: parcel.attempts,
                now,
                elapsed: outcome.elapsed,
                result: &outcome.result,
            });
        }
    }

    /// Adds up what is left. Whatever was not told is as it was.
    pub(super) fn finish(mut self) {
        self.tell_lane();
        self.desk
            .shared
            .counters
            .add(self.desk.app, std::mem::take(&mut self.tally));
        if self.was_cautious {
            self.desk.shared.waiting_wake.notify_one();
        }
        let environment = self.environment();
        let untold = std::mem::take(&mut self.parcels).into_iter().flatten();
        self.desk.settle_all(untold.collect(), Fate::PutOff(environment));
    }

    fn accepted(&mut self, mut parcel: Parcel, sent_at: Timestamp, now: Timestamp, elapsed: Duration) {
        let environment = self.environment();
        parcel.last.status = Some(200);
        self.gathered.count += 1;
        self.gathered.proven += u32::from(parcel.is_proven_in(environment));
        self.gathered.last_sent_at = self.gathered.last_sent_at.max(Some(sent_at));
        if self.gathered.count >= GATHERED {
            self.tell_lane();
        }
        self.tally.accepted(environment, parcel.letter.push_type);
        self.tally.answer_latency.add(elapsed);
        if parcel.letter.speed == Speed::Express && parcel.attempts == 1 {
            let since = now.saturating_since(parcel.letter.due_at);
            self.tally.delivery_latency.add(since);
        }
        if !parcel.is_settled_in(environment) {
            self.desk.accepted(Acceptance {
                environment,
                device: parcel.addressee.device_id,
                generation: parcel.addressee.generation,
                sent_at,
            });
        }
        self.desk.settle(parcel, Fate::Delivered);
    }

    fn refused(
        &mut self,
        mut parcel: Parcel,
        answer: &Response,
        sent_at: Timestamp,
        now: Timestamp,
        elapsed: Duration,
    ) {
        let Some(rejected) = answer.rejected() else {
            return;
        };
        parcel.last.status = Some(rejected.status);
        parcel.last.reason = Some(rejected.reason.as_str().into());
        self.tally.answer_latency.add(elapsed);
        self.tally.other(
            self.environment(),
            parcel.letter.push_type,
            rejected.status,
            rejected.reason.as_str(),
        );
        let verdict = judge(answer, &self.circumstances(&parcel, sent_at, now));
        let news = news(&verdict, &parcel, rejected.status, &rejected.reason);
        self.tell_news(&news, &parcel, sent_at);
        let moment = self.desk.moment(now, jitter());
        match consequence::after_answer(verdict.next, &parcel, rejected.retry_after, &moment) {
            Consequence::AskTheToken => self.desk.ask(Question {
                parcel,
                environment: self.environment(),
                speaks_against_lane: verdict.vote == Some(false),
                evidence: verdict.evidence,
            }),
            Consequence::AgainAtOnce => {
                parcel.is_renewed = true;
                parcel.decided(Decision::Renewed);
                self.desk.send_again(parcel);
            }
            consequence => self.desk.carry_out(parcel, &consequence, self.lane),
        }
    }

    fn silent(&mut self, mut parcel: Parcel, error: &SendError, sent_at: Timestamp, now: Timestamp) {
        let name = if error.is_unsent() { "not_sent" } else { "unknown" };
        parcel.last.reason = Some(name.into());
        parcel.last.error = Some(error.cause().to_string().into());
        self.tally
            .other(self.environment(), parcel.letter.push_type, 0, name);
        if !error.is_unsent() {
            self.tally.unknown += 1;
            self.tally.possible_duplicates += u64::from(parcel.letter.on_unknown == OnUnknown::Retry);
        }
        tracing::debug!(environment = %self.environment(), error = %error.cause(), "no answer");
        self.tell_news(&consequence::news_of_silence(error), &parcel, sent_at);
        let moment = self.desk.moment(now, jitter());
        let consequence = consequence::after_silence(error, &parcel, &moment);
        self.desk.carry_out(parcel, &consequence, self.lane);
    }

    fn circumstances(&self, parcel: &Parcel, sent_at: Timestamp, now: Timestamp) -> Circumstances {
        let environment = self.environment();
        Circumstances {
            generation: parcel.addressee.generation,
            sent_at,
            answered_at: now,
            environment,
            proven: parcel.is_proven_in(environment),
            lane_is_credible: self
                .lane
                .is_credible(now, self.desk.shared.config.credible_within),
        }
    }

    /// Acceptances that came before count before.
    fn tell_news(&mut self, news: &LaneNews, parcel: &Parcel, sent_at: Timestamp) {
        self.tell_lane();
        let shared = self.desk.shared;
        let device = parcel.addressee.device_id.0.cast_unsigned();
        let rules = &shared.config.incidents;
        if self.lane.hear(news, device, sent_at, shared.now(), rules) {
            shared.keeper_wake.notify_one();
        }
    }

    fn tell_lane(&mut self) {
        let gathered = std::mem::take(&mut self.gathered);
        if let Some(sent_at) = gathered.last_sent_at {
            self.lane.accepted(gathered.count, gathered.proven, sent_at);
        }
    }

    const fn environment(&self) -> Environment {
        self.lane.environment
    }
}

/// What an answer says of the lane.
fn news(verdict: &Verdict, parcel: &Parcel, status: u16, reason: &tidings_apns::Reason) -> LaneNews {
    match verdict.next {
        NextStep::Done => LaneNews::Accepts,
        NextStep::LaterForTheLane => LaneNews::Fails,
        NextStep::KeepProviderToken => LaneNews::WantsRest,
        NextStep::LanePauses => LaneNews::RefusesUs(status, reason.clone()),
        NextStep::RenewProviderToken if parcel.is_renewed => LaneNews::RefusesUs(status, reason.clone()),
        NextStep::RenewProviderToken => LaneNews::Nothing,
        _ if verdict.vote == Some(false) => LaneNews::RefusesProven(reason.clone()),
        NextStep::AsTheTokenStands | NextStep::Failed | NextStep::Later => LaneNews::Answers,
    }
}
