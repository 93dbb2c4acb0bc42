//! What is known of a lane and how much may be sent on it: decisions with time as an argument.

use std::time::Duration;

use tidings_apns::{Reason, Timestamp};
use tidings_truth::{Detector, DetectorRules, Incident, IncidentCause, IncidentRules, Vote};
use uuid::Uuid;

use crate::consequence::{LaneNews, REST};
use crate::throttle::Throttle;

/// So many refusals of the credential in a row open an incident.
const REFUSALS: u32 = 3;

/// The times of an instant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    /// The date.
    pub(crate) wall: Timestamp,
    /// The date that never jumps.
    pub(crate) steady: Timestamp,
    /// Monotonic time.
    pub(crate) monotonic: Duration,
}

/// How much may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// So many.
    Send(usize),
    /// Nothing before so long.
    Wait(Duration),
    /// Nothing but canaries: there is an incident.
    Park,
}

/// What is known of a lane.
#[derive(Debug)]
pub(crate) struct LaneState {
    pub(crate) throttle: Throttle,
    detector: Detector,
    refusals: u32,
    last_well_at: Option<Timestamp>,
    started_at: Timestamp,
    incident: Option<OpenIncident>,
}

/// An incident that has not ended.
#[derive(Clone, Debug)]
pub(crate) struct OpenIncident {
    pub(crate) incident: Incident,
    /// It is in the store, and what was answered before is doubted.
    pub(crate) is_kept: bool,
}

impl LaneState {
    /// A lane that starts now.
    pub(crate) fn new(rules: DetectorRules, now: Timestamp) -> Self {
        Self {
            throttle: Throttle::new(),
            detector: Detector::new(rules).starting_at(now),
            refusals: 0,
            last_well_at: None,
            started_at: now,
            incident: None,
        }
    }

    /// How many of so many requests may be sent.
    pub(crate) fn admit(&mut self, wanted: usize, now: Now) -> Admission {
        if self.incident.is_some() {
            return Admission::Park;
        }
        match self.throttle.admit(wanted, now.monotonic) {
            0 => Admission::Wait(self.throttle.until_next(now.monotonic)),
            granted => Admission::Send(granted),
        }
    }

    /// Whether anything would be admitted.
    pub(crate) fn would_admit(&self, now: Now) -> bool {
        self.incident.is_none() && self.throttle.would_admit(now.monotonic)
    }

    /// Counts requests that were accepted, of which so many were to proven tokens.
    pub(crate) fn accepted(&mut self, count: u64, proven: u32, sent_at: Timestamp) {
        self.throttle.answered(count);
        self.refusals = 0;
        self.last_well_at = self.last_well_at.max(Some(sent_at));
        if proven > 0 {
            self.detector.good(sent_at, proven);
        }
    }

    /// Hears what one request says; whether an incident opens by it.
    pub(crate) fn hear(
        &mut self,
        news: &LaneNews,
        device: u64,
        sent_at: Timestamp,
        now: Now,
        rules: &IncidentRules,
    ) -> bool {
        match news {
            LaneNews::Accepts | LaneNews::Nothing => false,
            LaneNews::Answers => {
                self.throttle.answered(1);
                false
            }
            LaneNews::RefusesProven(reason) => self.refused_proven(reason, device, sent_at, now, rules),
            LaneNews::RefusesUs(status, reason) => self.refused_us(*status, reason, now, rules),
            LaneNews::Fails => {
                self.throttle.failed(1, now.monotonic);
                false
            }
            LaneNews::WantsRest => {
                self.throttle.rest(now.monotonic + REST);
                false
            }
        }
    }

    /// Whether it does well by others, so that what it says against a token is about the token.
    pub(crate) fn is_credible(&self, now: Timestamp, within: Duration) -> bool {
        self.incident.is_none() && self.detector.is_credible(now, within)
    }

    pub(crate) const fn incident(&self) -> Option<&OpenIncident> {
        self.incident.as_ref()
    }

    pub(crate) const fn incident_mut(&mut self) -> Option<&mut OpenIncident> {
        self.incident.as_mut()
    }

    /// An incident of before the start goes on.
    pub(crate) fn resume(&mut self, incident: Incident) {
        let is_kept = true;
        self.incident = Some(OpenIncident { incident, is_kept });
    }

    /// The incident is over; whatever follows is sent carefully.
    pub(crate) fn recover(&mut self) {
        self.incident = None;
        self.refusals = 0;
        self.detector.begin_anew();
        self.throttle = Throttle::new();
    }

    /// Another credential is used from now on: what is known of the old one does not count.
    pub(crate) fn begin_anew(&mut self, rules: DetectorRules, now: Now) {
        let mut incident = self.incident.take();
        if let Some(open) = &mut incident {
            open.incident.mended(now.steady);
        }
        *self = Self {
            incident,
            last_well_at: self.last_well_at,
            ..Self::new(rules, now.wall)
        };
    }

    fn refused_proven(
        &mut self,
        reason: &Reason,
        device: u64,
        sent_at: Timestamp,
        now: Now,
        rules: &IncidentRules,
    ) -> bool {
        // As long as it is open whether the tokens or we are wrong, no more is sent than others' answers allow.
        self.throttle.failed(1, now.monotonic);
        if self.incident.is_some() {
            return false;
        }
        let Some(alarm) = self.detector.vote(sent_at, Vote::Bad(device)) else {
            return false;
        };
        let cause = IncidentCause::ProvenTokensRefused {
            reason: reason.as_str().into(),
            against: u32::try_from(alarm.against).unwrap_or(u32::MAX),
        };
        self.open(cause, alarm.since, now, rules);
        true
    }

    fn refused_us(&mut self, status: u16, reason: &Reason, now: Now, rules: &IncidentRules) -> bool {
        self.refusals += 1;
        self.throttle.rest(now.monotonic + Duration::from_secs(1));
        if self.incident.is_some() || self.refusals < REFUSALS {
            return false;
        }
        let cause = IncidentCause::CredentialRefused {
            status,
            reason: reason.as_str().into(),
        };
        let since = self.last_well_at.unwrap_or(self.started_at);
        self.open(cause, since, now, rules);
        true
    }

    fn open(&mut self, cause: IncidentCause, since: Timestamp, now: Now, rules: &IncidentRules) {
        let id = Uuid::new_v7(uuid_time(now.wall));
        self.incident = Some(OpenIncident {
            incident: Incident::open(id, cause, since, now.steady, rules),
            is_kept: false,
        });
    }
}

fn uuid_time(at: Timestamp) -> uuid::Timestamp {
    let millis = at.as_unix_millis();
    let nanos = u32::try_from(millis % 1000).unwrap_or_default() * 1_000_000;
    uuid::Timestamp::from_unix(uuid::NoContext, millis / 1000, nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(secs: u64) -> Now {
        let wall = Timestamp::from_unix_millis(1_000_000_000 + secs * 1000);
        Now {
            wall,
            steady: wall,
            monotonic: Duration::from_secs(secs),
        }
    }

    fn lane() -> LaneState {
        LaneState::new(DetectorRules::default(), now(0).wall)
    }

    fn hear(lane: &mut LaneState, news: &LaneNews, device: u64, at: Now) -> bool {
        lane.hear(news, device, at.wall, at, &IncidentRules::default())
    }

    #[test]
    fn three_refusals_of_the_credential_in_a_row_open_an_incident() {
        let refused = LaneNews::RefusesUs(403, Reason::InvalidProviderToken);
        let mut lane = lane();
        assert!(!hear(&mut lane, &refused, 1, now(1)));
        assert!(!hear(&mut lane, &refused, 2, now(1)));
        lane.accepted(1, 0, now(1).wall);
        assert!(!hear(&mut lane, &refused, 1, now(2)));
        assert!(!hear(&mut lane, &refused, 2, now(2)));
        assert!(hear(&mut lane, &refused, 3, now(2)));
        assert_eq!(lane.admit(10, now(3)), Admission::Park);
        let open = lane.incident().unwrap();
        assert!(matches!(
            open.incident.cause,
            IncidentCause::CredentialRefused { status: 403, .. }
        ));
        assert_eq!(open.incident.since, now(1).wall);
    }

    #[test]
    fn a_wrong_credential_costs_fewer_than_ten_requests() {
        let mut lane = lane();
        let Admission::Send(sent) = lane.admit(100_000, now(0)) else {
            unreachable!("a new lane sends something");
        };
        for device in 0..sent as u64 {
            let refused = LaneNews::RefusesUs(403, Reason::BadEnvironmentKeyInToken);
            hear(&mut lane, &refused, device, now(0));
        }
        assert!(sent < 10);
        assert_eq!(lane.admit(100_000, now(60)), Admission::Park);
    }

    #[test]
    fn a_handful_of_proven_tokens_that_are_refused_open_an_incident() {
        let mut lane = lane();
        lane.accepted(1_000, 1_000, now(1).wall);
        let refused = LaneNews::RefusesProven(Reason::BadDeviceToken);
        let votes = (0..20).find(|device| hear(&mut lane, &refused, *device, now(2)));
        assert!(votes.is_some_and(|votes| votes < 6), "{votes:?}");
        let open = lane.incident().unwrap();
        assert!(!open.is_kept);
        assert_eq!(open.incident.since, now(1).wall);
        assert!(!lane.is_credible(now(2).wall, Duration::from_hours(1)));
    }

    #[test]
    fn another_credential_begins_anew_and_is_probed_at_once() {
        let refused = LaneNews::RefusesUs(403, Reason::InvalidProviderToken);
        let mut lane = lane();
        (0..3).for_each(|device| {
            hear(&mut lane, &refused, device, now(1));
        });
        lane.begin_anew(DetectorRules::default(), now(2));
        let open = lane.incident().unwrap();
        assert_eq!(open.incident.next_canary_at, now(2).steady);
        lane.recover();
        assert_eq!(lane.admit(100, now(2)), Admission::Send(8));
    }

    #[test]
    fn a_lane_rests_when_its_provider_token_changed_too_often() {
        let mut lane = lane();
        lane.accepted(1_000, 0, now(1).wall);
        hear(&mut lane, &LaneNews::WantsRest, 1, now(1));
        assert!(matches!(lane.admit(1, now(299)), Admission::Wait(_)));
        assert_eq!(lane.admit(10, now(302)), Admission::Send(1));
    }
}
