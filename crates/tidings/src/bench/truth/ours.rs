//! Ours: the functions of `tidings-truth`, used as an engine uses them. Answers are evidence, nothing is deleted by one,
//! and what cannot be sent now waits until it can or expires.

mod incidents;
mod lane;
mod row;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use tidings_apns::{Environment, Reason, Response, TokenKind};
use tidings_truth::{
    Circumstances, EnvironmentSet, Evidence, History, IncidentRules, NextStep, Rules, Sending, Standing,
    Verdict, judge,
};

use self::lane::Lane;
use self::row::Row;
use super::nature::{DAY, Nature, PersonId, Second, Sort, TokenId};
use super::notification::Message;
use super::operator::Deed;
use super::policy::Policy;
use super::sender::{Sender, index};

/// Device tokens that nothing is sent to are kept for so long.
const RETENTION: Second = 90 * DAY;

/// Tries of one notification at once: both environments, and once more.
const MOST_TRIES: u32 = 4;

/// The keys and certificates of the world reach both environments when they are in order.
const REACH: EnvironmentSet = EnvironmentSet::BOTH;

pub(super) struct Ours {
    rules: Rules,
    incident_rules: IncidentRules,
    rows: Vec<Option<Row>>,
    newest: HashMap<u32, TokenId>,
    lanes: [Lane; 2],
    timers: BinaryHeap<Reverse<(Second, Timer)>>,
    incidents: u128,
    sender: Sender,
}

/// What is to be done at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    /// Something waits for this token, which may be tried again.
    Row(TokenId),
    /// APNs was not well.
    Resume(usize),
    Canary(usize),
}

impl Ours {
    pub(super) fn new(nature: &Nature) -> Self {
        let started_at = nature.our_clock(super::nature::START);
        Self {
            rules: Rules::default(),
            incident_rules: IncidentRules::default(),
            rows: Vec::new(),
            newest: HashMap::new(),
            lanes: Environment::ALL.map(|environment| Lane::new(environment, started_at)),
            timers: BinaryHeap::new(),
            incidents: 0,
            sender: Sender::default(),
        }
    }

    fn row(&self, token: TokenId) -> Option<&Row> {
        self.rows.get(token as usize)?.as_ref()
    }

    fn row_mut(&mut self, token: TokenId) -> Option<&mut Row> {
        self.rows.get_mut(token as usize)?.as_mut()
    }

    fn at(&mut self, at: Second, timer: Timer) {
        self.timers.push(Reverse((at, timer)));
    }

    fn standing(&self, nature: &Nature, now: Second, token: TokenId) -> Option<Standing> {
        let history = &self.row(token)?.history;
        Some(history.standing(TokenKind::Alert, REACH, &self.rules, nature.our_clock(now)))
    }

    /// Sends a notification to a token, or lets it wait, or gives it up: as the token stands.
    fn offer(&mut self, nature: &Nature, now: Second, token: TokenId, message: Message) {
        for _ in 0..MOST_TRIES {
            let Some(standing) = self.standing(nature, now, token) else {
                return;
            };
            let Some((environment, _)) = standing.send_at(nature.our_clock(now)) else {
                return self.hold(nature, now, token, message, &standing);
            };
            if self.is_closed(environment, now) {
                self.queue(nature, now, token, message, environment);
                return;
            }
            let (_, verdict) = self.attempt(nature, now, token, message, environment);
            match verdict.next {
                NextStep::Done | NextStep::Failed => return,
                NextStep::AsTheTokenStands => {}
                NextStep::Later
                | NextStep::LaterForTheLane
                | NextStep::RenewProviderToken
                | NextStep::KeepProviderToken
                | NextStep::LanePauses => {
                    self.queue(nature, now, token, message, environment);
                    return;
                }
            }
        }
    }

    /// One request and what its answer proves.
    fn attempt(
        &mut self,
        nature: &Nature,
        now: Second,
        token: TokenId,
        message: Message,
        environment: Environment,
    ) -> (Response, Verdict) {
        let answer = self.sender.push(nature, now, token, environment, message);
        let verdict = self.judge(nature, now, token, environment, &answer);
        if let Some(evidence) = verdict.evidence.clone() {
            self.learn(nature, now, token, evidence);
        }
        self.vote(nature, now, token, environment, &answer, &verdict);
        (answer, verdict)
    }

    fn judge(
        &self,
        nature: &Nature,
        now: Second,
        token: TokenId,
        environment: Environment,
        answer: &Response,
    ) -> Verdict {
        let clock = nature.our_clock(now);
        let history = self.row(token).map(|row| &row.history);
        let circumstances = Circumstances {
            generation: history.map(|history| history.generation).unwrap_or_default(),
            sent_at: clock,
            answered_at: clock,
            environment,
            proven: history.is_some_and(|history| history.accepted(environment).is_some()),
            lane_is_credible: self.lanes[index(environment)].is_credible(clock, &self.rules),
        };
        judge(answer, &circumstances)
    }

    /// Adds evidence, and sees whether it costs a living device its place.
    fn learn(&mut self, nature: &Nature, now: Second, token: TokenId, evidence: Evidence) {
        let tells_nothing_new = match (&evidence, self.row(token)) {
            (Evidence::Accepted { .. }, Some(row)) => !row.is_news(&evidence, &self.rules),
            _ => false,
        };
        if tells_nothing_new {
            return;
        }
        if let Some(row) = self.row_mut(token) {
            row.history.record(evidence);
        }
        self.look(nature, now, token);
    }

    /// A token that is given up, or held without an incident that could release it, is lost to whoever lives there.
    fn look(&mut self, nature: &Nature, now: Second, token: TokenId) {
        let Some(standing) = self.standing(nature, now, token) else {
            return;
        };
        let is_lost = match standing.sending {
            Sending::Never => true,
            Sending::Held => !matches!(standing.cause, tidings_truth::Cause::Incident { .. }),
            Sending::To(_) | Sending::OnProbation(_) | Sending::NotBefore(..) => false,
        };
        if let Some(row) = self.row_mut(token) {
            row.is_lost = is_lost;
            row.ended_at = standing.state.is_final().then_some(now);
        }
        if is_lost && nature.is_alive(token) {
            self.sender.lost(nature.token(token).person);
        }
    }

    /// Keeps what cannot be sent to a token that is in doubt; for one that is given up it has failed.
    fn hold(&mut self, nature: &Nature, now: Second, token: TokenId, message: Message, standing: &Standing) {
        let clock = nature.our_clock(now);
        if standing.sending == Sending::Never {
            return;
        }
        let Some(row) = self.row_mut(token) else { return };
        row.keep(message, now);
        if let Some(wait) = standing.wait(clock) {
            let wait = u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
            let wakes_at = now.saturating_add(wait.max(1));
            if row.wakes_at.is_none_or(|already| wakes_at < already) {
                row.wakes_at = Some(wakes_at);
                self.at(wakes_at, Timer::Row(token));
            }
        } else {
            for environment in Environment::ALL {
                self.canary_may_be(nature, now, token, environment);
            }
        }
    }

    /// Keeps what waits for the lane, and not for the token.
    fn queue(
        &mut self,
        nature: &Nature,
        now: Second,
        token: TokenId,
        message: Message,
        environment: Environment,
    ) {
        let Some(row) = self.row_mut(token) else { return };
        row.keep(message, now);
        let lane = &mut self.lanes[index(environment)];
        lane.waiting.push(token);
        if lane.incident.is_some() {
            self.canary_may_be(nature, now, token, environment);
        } else if lane.waiting.len() == 1 {
            let resumes_at = self.sender.patient_until(environment).max(now + 1);
            self.at(resumes_at, Timer::Resume(index(environment)));
        }
    }

    /// A token may be tried again, unless the alarm was set anew.
    fn wake_row(&mut self, nature: &Nature, now: Second, token: TokenId) {
        let Some(row) = self.row_mut(token).filter(|row| row.wakes_at == Some(now)) else {
            return;
        };
        row.wakes_at = None;
        self.offer_again(nature, now, token);
    }

    /// Offers again what waits for a token. One after the other: what the first teaches counts for the second.
    fn offer_again(&mut self, nature: &Nature, now: Second, token: TokenId) {
        let Some(row) = self.row_mut(token) else { return };
        for message in std::mem::take(&mut row.waiting) {
            if !message.is_expired(now) {
                self.offer(nature, now, token, message);
            }
        }
    }

    fn is_closed(&self, environment: Environment, now: Second) -> bool {
        self.lanes[index(environment)].incident.is_some() || self.sender.patient_until(environment) > now
    }

    fn resume(&mut self, nature: &Nature, now: Second, lane: usize) {
        if self.lanes[lane].incident.is_some() {
            return;
        }
        for token in self.lanes[lane].take_waiting() {
            self.offer_again(nature, now, token);
        }
    }

    /// The same installation has another token now.
    fn supersede(&mut self, nature: &Nature, now: Second, installation: Option<u32>, token: TokenId) {
        let Some(older) = installation.and_then(|installation| self.newest.insert(installation, token))
        else {
            return;
        };
        let Some(row) = self.row(older).filter(|_| older != token) else {
            return;
        };
        let evidence = Evidence::Superseded {
            generation: row.history.generation,
            at: nature.our_clock(now),
            by: token.to_string().into(),
        };
        self.learn(nature, now, older, evidence);
    }

    fn put(&mut self, token: TokenId, row: Row) {
        let index = token as usize;
        if self.rows.len() <= index {
            self.rows.resize_with(index + 1, || None);
        }
        self.rows[index] = Some(row);
    }

    fn fire(&mut self, nature: &Nature, now: Second, timer: Timer) {
        match timer {
            Timer::Row(token) => self.wake_row(nature, now, token),
            Timer::Resume(lane) => self.resume(nature, now, lane),
            Timer::Canary(lane) => self.wake_canaries(nature, now, lane),
        }
    }
}

impl Policy for Ours {
    fn name(&self) -> &'static str {
        "tidings"
    }

    fn wake(&mut self, nature: &Nature, now: Second) {
        loop {
            let acts_at = self.sender.operator_acts_at(nature);
            let fires_at = self.timers.peek().map(|Reverse((at, _))| *at);
            if acts_at <= now && fires_at.is_none_or(|at| acts_at <= at) {
                if self.sender.operator_acts(nature, acts_at) == Some(Deed::Mended { credential: true }) {
                    self.credential_changed(nature, acts_at);
                }
            } else if fires_at.is_some_and(|at| at <= now)
                && let Some(Reverse((at, timer))) = self.timers.pop()
            {
                self.fire(nature, at, timer);
            } else {
                return;
            }
        }
    }

    fn register(&mut self, nature: &Nature, now: Second, person: PersonId) {
        let person = nature.person(person);
        let (token, clock) = (person.token, nature.our_clock(now));
        self.supersede(nature, now, person.installation, token);
        match self.row_mut(token).filter(|row| !row.is_purged(now)) {
            Some(row) => row.history.record(Evidence::Registered {
                generation: row.history.generation.next(),
                at: clock,
                claimed: person.claim,
            }),
            None => self.put(token, Row::new(History::new(clock, person.claim))),
        }
        self.look(nature, now, token);
        self.sender.tally.registered(token);
        self.offer_again(nature, now, token);
    }

    fn import(&mut self, nature: &Nature, now: Second, token: TokenId) {
        if nature.token(token).sort != Sort::Malformed {
            self.put(token, Row::new(History::new(nature.our_clock(now), None)));
        }
    }

    fn send_to_all(&mut self, nature: &Nature, now: Second, message: Message) {
        for token in (0..).take(self.rows.len()) {
            self.offer(nature, now, token, message);
        }
    }

    fn send_to(&mut self, nature: &Nature, now: Second, person: PersonId, message: Message) {
        for token in nature.tokens_of(person) {
            self.offer(nature, now, token, message);
        }
    }

    fn has(&self, token: TokenId) -> bool {
        self.row(token).is_some_and(|row| !row.is_lost)
    }

    fn rows(&self, _: &Nature, now: Second) -> usize {
        self.rows
            .iter()
            .flatten()
            .filter(|row| !row.is_purged(now))
            .count()
    }

    fn sender(&self) -> &Sender {
        &self.sender
    }

    fn sender_mut(&mut self) -> &mut Sender {
        &mut self.sender
    }
}

/// The reason of a refusal, by its name.
fn reason_of(answer: &Response) -> (u16, Reason) {
    answer
        .rejected()
        .map_or((200, Reason::from_name("")), |rejected| {
            (rejected.status, rejected.reason.clone())
        })
}

#[cfg(test)]
mod tests;
