//! How an incident opens, sends its canaries, and ends.

use std::cmp::Reverse;

use tidings_apns::{Environment, Response, Timestamp};
use tidings_truth::{
    CanaryStep, Cause, Evidence, History, Incident, IncidentCause, IncidentEnd, NextStep, RestoreCause,
    Sending, Standing, Verdict, Vote,
};
use uuid::Uuid;

use super::{Ours, Timer, reason_of};
use crate::bench::truth::nature::{Nature, Second, TokenId};
use crate::bench::truth::notification::Message;
use crate::bench::truth::sender::index;

/// Canaries at one instant; the rest a while later.
const MOST_CANARIES: u32 = 50;
const PAUSE: Second = 30;

impl Ours {
    /// What an answer says of its lane.
    pub(super) fn vote(
        &mut self,
        nature: &Nature,
        now: Second,
        token: TokenId,
        environment: Environment,
        answer: &Response,
        verdict: &Verdict,
    ) {
        let clock = nature.our_clock(now);
        let lane = &mut self.lanes[index(environment)];
        if is_against(verdict.evidence.as_ref()) {
            lane.refusals.push((clock, token));
        }
        if verdict.next == NextStep::LanePauses {
            if lane.incident.is_none() {
                let (status, reason) = reason_of(answer);
                let cause = IncidentCause::CredentialRefused {
                    status,
                    reason: reason.to_string().into(),
                };
                self.open(nature, now, environment, cause, clock);
            }
            return;
        }
        if lane.incident.is_some() {
            return;
        }
        let alarm = match verdict.vote {
            Some(true) => lane.detector.vote(clock, Vote::Good),
            Some(false) => lane.detector.vote(clock, Vote::Bad(u64::from(token))),
            None => None,
        };
        if let Some(alarm) = alarm {
            let cause = IncidentCause::ProvenTokensRefused {
                reason: reason_of(answer).1.to_string().into(),
                against: u32::try_from(alarm.against).unwrap_or(u32::MAX),
            };
            self.open(nature, now, environment, cause, alarm.since);
        }
    }

    fn open(
        &mut self,
        nature: &Nature,
        now: Second,
        environment: Environment,
        cause: IncidentCause,
        since: Timestamp,
    ) {
        self.incidents += 1;
        let id = Uuid::from_u128(self.incidents);
        let incident = Incident::open(id, cause, since, nature.our_clock(now), &self.incident_rules);
        let lane = &mut self.lanes[index(environment)];
        lane.incident = Some(incident);
        lane.canaries.clear();
        for token in lane.refused_since(since) {
            self.doubt(nature, now, token, environment);
        }
        self.sender.operator_is_told(now);
        self.plan_canary(nature, now, environment);
    }

    /// What was answered since the incident's beginning is not believed; a refused credential casts no doubt on a token.
    fn doubt(&mut self, nature: &Nature, now: Second, token: TokenId, environment: Environment) {
        let lane = &mut self.lanes[index(environment)];
        let Some(incident) = &lane.incident else { return };
        if !is_of_tokens(incident) {
            return;
        }
        let (id, since) = (incident.id, incident.since);
        lane.doubted.push(token);
        let Some(row) = self.row(token) else { return };
        let evidence = Evidence::Doubted {
            generation: row.history.generation,
            at: nature.our_clock(now),
            environment,
            since,
            incident: id,
        };
        self.learn(nature, now, token, evidence);
    }

    /// Sends canaries while any are due and there is something to send.
    pub(super) fn canaries(&mut self, nature: &Nature, now: Second, lane: usize) {
        let environment = self.lanes[lane].environment;
        for _ in 0..MOST_CANARIES {
            if !self.canary_is_due(nature, now, environment) {
                return;
            }
            let Some(token) = self.choose_canary(nature, now, environment) else {
                return;
            };
            self.send_canary(nature, now, token, environment);
        }
        self.plan_canaries(now + PAUSE, lane);
    }

    /// Something came to wait for this token: it may be the canary that was missing.
    pub(super) fn canary_may_be(
        &mut self,
        nature: &Nature,
        now: Second,
        token: TokenId,
        environment: Environment,
    ) {
        if self.canary_is_due(nature, now, environment) && self.may_be_canary(nature, now, token, environment)
        {
            self.send_canary(nature, now, token, environment);
        }
    }

    fn canary_is_due(&self, nature: &Nature, now: Second, environment: Environment) -> bool {
        let incident = self.lanes[index(environment)].incident.as_ref();
        incident.is_some_and(|incident| incident.canary(nature.our_clock(now)) == CanaryStep::Send)
    }

    /// The one that was a canary least often; of those, the one that was accepted last.
    fn choose_canary(&self, nature: &Nature, now: Second, environment: Environment) -> Option<TokenId> {
        let lane = &self.lanes[index(environment)];
        let waiting = lane.waiting.iter().chain(&lane.doubted).copied();
        let fit = waiting.filter(|token| self.may_be_canary(nature, now, *token, environment));
        fit.max_by_key(|token| {
            let tried = lane.canaries.get(token).copied().unwrap_or(0);
            let proven = self.row(*token).and_then(|row| row.history.accepted(environment));
            (
                Reverse(tried),
                proven.map(|accepted| accepted.last_at),
                Reverse(*token),
            )
        })
    }

    /// Something waits for it, only the incident holds it up, and it was accepted before (or the credential is in doubt,
    /// for which any token will do).
    fn may_be_canary(&self, nature: &Nature, now: Second, token: TokenId, environment: Environment) -> bool {
        let lane = &self.lanes[index(environment)];
        let (Some(row), Some(incident)) = (self.row(token), &lane.incident) else {
            return false;
        };
        let any_will_do = !is_of_tokens(incident);
        if row.next_waiting(now).is_none() || !(any_will_do || row.history.accepted(environment).is_some()) {
            return false;
        }
        let Some(standing) = self.standing(nature, now, token) else {
            return false;
        };
        let is_held_by_this = standing.cause
            == Cause::Incident {
                incident: incident.id,
            };
        match standing.sending {
            Sending::To(there) | Sending::OnProbation(there) => there == environment,
            Sending::Held => is_held_by_this,
            Sending::NotBefore(..) | Sending::Never => false,
        }
    }

    fn send_canary(&mut self, nature: &Nature, now: Second, token: TokenId, environment: Environment) {
        let Some(message) = self.row(token).and_then(|row| row.next_waiting(now)) else {
            return;
        };
        *self.lanes[index(environment)].canaries.entry(token).or_default() += 1;
        let (_, verdict) = self.attempt(nature, now, token, message, environment);
        if is_against(verdict.evidence.as_ref()) {
            self.doubt(nature, now, token, environment);
        }
        let is_done = matches!(verdict.next, NextStep::Done | NextStep::Failed);
        if is_done
            || self
                .standing(nature, now, token)
                .is_some_and(|standing| standing.sending == Sending::Never)
        {
            self.forget(token, message);
        }
        self.heed(nature, now, environment, &verdict);
    }

    fn forget(&mut self, token: TokenId, message: Message) {
        if let Some(row) = self.row_mut(token) {
            row.waiting.retain(|waiting| *waiting != message);
        }
    }

    /// What the canary's fate says of the incident.
    fn heed(&mut self, nature: &Nature, now: Second, environment: Environment, verdict: &Verdict) {
        let clock = nature.our_clock(now);
        let rules = self.incident_rules.clone();
        let Some(incident) = &mut self.lanes[index(environment)].incident else {
            return;
        };
        let is_of_tokens = is_of_tokens(incident);
        let end = match verdict.next {
            NextStep::Done => incident.canary_accepted(clock, &rules),
            NextStep::LanePauses => {
                incident.canary_refused(clock, &rules);
                None
            }
            NextStep::AsTheTokenStands if is_of_tokens && is_against(verdict.evidence.as_ref()) => {
                incident.canary_refused(clock, &rules);
                None
            }
            // APNs looks at the credential first: who is told something of the token has passed.
            NextStep::AsTheTokenStands if !is_of_tokens => incident.canary_accepted(clock, &rules),
            NextStep::AsTheTokenStands | NextStep::Failed => {
                incident.canary_said_nothing(clock);
                None
            }
            NextStep::Later
            | NextStep::LaterForTheLane
            | NextStep::RenewProviderToken
            | NextStep::KeepProviderToken => {
                incident.canary_unanswered(clock, &rules);
                None
            }
        };
        match end {
            Some(IncidentEnd::Recovered | IncidentEnd::Released | IncidentEnd::Confirmed) => {
                self.close(nature, now, environment);
            }
            None => self.plan_canary(nature, now, environment),
        }
    }

    fn plan_canary(&mut self, nature: &Nature, now: Second, environment: Environment) {
        let lane = index(environment);
        let Some(incident) = &self.lanes[lane].incident else {
            return;
        };
        if let CanaryStep::Wait(at) = incident.canary(nature.our_clock(now)) {
            let wait = at
                .saturating_since(nature.our_clock(now))
                .as_millis()
                .div_ceil(1000);
            let wait = u32::try_from(wait).unwrap_or(u32::MAX);
            self.plan_canaries(now.saturating_add(wait.max(1)), lane);
        }
    }

    /// One alarm at a time: the earliest.
    fn plan_canaries(&mut self, at: Second, lane: usize) {
        let planned = &mut self.lanes[lane].canaries_at;
        if planned.is_none_or(|already| at < already) {
            *planned = Some(at);
            self.at(at, Timer::Canary(lane));
        }
    }

    /// The alarm rings, unless it was set anew.
    pub(super) fn wake_canaries(&mut self, nature: &Nature, now: Second, lane: usize) {
        if self.lanes[lane].canaries_at == Some(now) {
            self.lanes[lane].canaries_at = None;
            self.canaries(nature, now, lane);
        }
    }

    /// The fault was ours and is mended: whom it cast doubt on is restored, and what waited is sent.
    fn close(&mut self, nature: &Nature, now: Second, environment: Environment) {
        let lane = &mut self.lanes[index(environment)];
        let Some(incident) = lane.incident.take() else {
            return;
        };
        lane.detector.begin_anew();
        lane.canaries.clear();
        let mut doubted = std::mem::take(&mut lane.doubted);
        doubted.sort_unstable();
        doubted.dedup();
        let waiting = lane.take_waiting();
        for token in &doubted {
            self.restore(nature, now, *token, incident.id);
        }
        for token in doubted.into_iter().chain(waiting) {
            self.offer_again(nature, now, token);
        }
        self.excuse(nature, now, &incident);
    }

    /// A lane that is too quiet for an incident suffered from the same mistake: what is in doubt there for nothing older is
    /// tried again.
    fn excuse(&mut self, nature: &Nature, now: Second, incident: &Incident) {
        let since = incident.since;
        self.give_a_chance(
            nature,
            now,
            &incident_released(incident.id),
            |history, standing| history.is_excused_by_mistake(standing, since),
        );
    }

    /// Voids what is held against some, and sends what waits for them.
    fn give_a_chance(
        &mut self,
        nature: &Nature,
        now: Second,
        why: &RestoreCause,
        to: impl Fn(&History, &Standing) -> bool,
    ) {
        for token in (0..).take(self.rows.len()) {
            let Some(row) = self.row(token).filter(|row| !row.history.exceptions().is_empty()) else {
                continue;
            };
            let Some(standing) = self.standing(nature, now, token) else {
                continue;
            };
            if to(&row.history, &standing) {
                self.void(nature, now, token, why.clone());
                self.offer_again(nature, now, token);
            }
        }
    }

    fn restore(&mut self, nature: &Nature, now: Second, token: TokenId, incident: Uuid) {
        let standing = self.standing(nature, now, token);
        if standing.is_none_or(|standing| standing.cause != Cause::Incident { incident }) {
            return;
        }
        self.void(nature, now, token, incident_released(incident));
    }

    fn void(&mut self, nature: &Nature, now: Second, token: TokenId, why: RestoreCause) {
        let Some(row) = self.row(token) else { return };
        let evidence = Evidence::Restored {
            generation: row.history.generation.next(),
            at: nature.our_clock(now),
            why,
        };
        self.learn(nature, now, token, evidence);
    }

    /// Another credential: what it may have mended is tried at once.
    pub(super) fn credential_changed(&mut self, nature: &Nature, now: Second) {
        let clock = nature.our_clock(now);
        for lane in 0..self.lanes.len() {
            if let Some(incident) = &mut self.lanes[lane].incident {
                incident.mended(clock);
                self.canaries(nature, now, lane);
            }
        }
        self.give_a_chance(nature, now, &RestoreCause::CredentialChanged, |_, standing| {
            matches!(
                standing.cause,
                Cause::LaneUnproven | Cause::WrongTopic { .. } | Cause::ProvenAndBad { .. }
            )
        });
    }
}

const fn incident_released(incident: Uuid) -> RestoreCause {
    RestoreCause::IncidentReleased { incident }
}

fn is_of_tokens(incident: &Incident) -> bool {
    matches!(incident.cause, IncidentCause::ProvenTokensRefused { .. })
}

/// Whether an answer speaks against a token in a way that may be our mistake.
fn is_against(evidence: Option<&Evidence>) -> bool {
    matches!(
        evidence,
        Some(Evidence::BadToken { .. } | Evidence::WrongTopic { .. })
    )
}
