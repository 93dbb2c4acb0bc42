//! The operator: makes mistakes, and needs time to notice and to mend them, depending on what the policy shows.

use tidings_apns::{Environment, Reason, Response};

use super::apns::{Arrival, refused};
use super::chance::{Chance, Question};
use super::nature::{Mistake, MistakeKind, NEVER, Nature, Second, hours};

/// So many answers are looked at before a share of errors is believed.
const FEWEST_ANSWERS: u32 = 20;

/// The operator of one policy.
#[derive(Default)]
pub(super) struct Operator {
    /// How many of the mistakes of the world were begun.
    begun: usize,
    open: Vec<OpenMistake>,
    noticed_after: Vec<Second>,
    /// Times in which something was wrong, in order; the last may still go on.
    pub(super) episodes: Vec<Episode>,
}

/// From the first mistake until all are mended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Episode {
    pub(super) mended_at: Second,
}

/// A mistake that lasts.
#[derive(Debug)]
struct OpenMistake {
    mistake: Mistake,
    haste: Haste,
    answers: u32,
    errors: u32,
    dashboard_seen_at: Second,
    complained_at: Second,
    incident_seen_at: Second,
}

/// How long everything takes this time; the same for every policy.
#[derive(Clone, Copy, Debug)]
struct Haste {
    incident: Second,
    dashboard: Second,
    complaint: Second,
    repair: Second,
    /// What share of errors is plain.
    error_share: f64,
}

/// What the operator did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Erred,
    /// A mistake was mended; with a new credential, or otherwise.
    Mended {
        credential: bool,
    },
}

impl Operator {
    /// When the operator acts next, as far as is known.
    pub(super) fn next_at(&self, nature: &Nature) -> Second {
        let next = nature
            .mistakes
            .get(self.begun)
            .map_or(NEVER, |mistake| mistake.from);
        let mends = self.open.iter().map(OpenMistake::mended_at);
        mends.fold(next, Second::min)
    }

    /// Acts, if it is time.
    pub(super) fn act(&mut self, nature: &Nature, now: Second) -> Option<Deed> {
        if let Some(done) = self.open.iter().position(|open| open.mended_at() <= now) {
            return Some(self.mend(done, now));
        }
        let mistake = *nature.mistakes.get(self.begun)?;
        (mistake.from <= now).then(|| {
            self.begun += 1;
            if self.open.is_empty() {
                self.episodes.push(Episode { mended_at: NEVER });
            }
            self.open.push(OpenMistake::new(mistake, self.begun, nature));
            Deed::Erred
        })
    }

    fn mend(&mut self, which: usize, now: Second) -> Deed {
        let mended = self.open.swap_remove(which);
        self.noticed_after.push(mended.noticed_at() - mended.mistake.from);
        if self.open.is_empty()
            && let Some(episode) = self.episodes.last_mut()
        {
            episode.mended_at = now;
        }
        let credential = !matches!(
            mended.mistake.kind,
            MistakeKind::WrongEnvironment | MistakeKind::WrongTopic
        );
        Deed::Mended { credential }
    }

    /// The episode that goes on now.
    pub(super) fn episode(&self) -> Option<usize> {
        (!self.open.is_empty()).then(|| self.episodes.len() - 1)
    }

    /// Where a request that is meant for an environment arrives; or the answer, if no device token is looked at.
    pub(super) fn arrival(&self, meant: Environment) -> Result<Arrival, Response> {
        let mut arrival = Arrival {
            environment: meant,
            topic_is_right: true,
        };
        for open in &self.open {
            match open.mistake.kind {
                MistakeKind::WrongEnvironment => arrival.environment = Environment::Sandbox,
                MistakeKind::WrongTopic => arrival.topic_is_right = false,
                MistakeKind::RevokedKey => return Err(refused(403, Reason::InvalidProviderToken, None)),
                MistakeKind::ExpiredCertificate => return Err(refused(403, Reason::BadCertificate, None)),
                MistakeKind::SwappedTeam => return Err(refused(400, Reason::TopicDisallowed, None)),
                MistakeKind::SandboxKeyInProduction if meant == Environment::Production => {
                    return Err(refused(403, Reason::BadEnvironmentKeyInToken, None));
                }
                MistakeKind::SandboxKeyInProduction => {}
            }
        }
        Ok(arrival)
    }

    /// What dashboards show and people complain of.
    pub(super) fn observe(&mut self, now: Second, answer: &Response) {
        if self.open.is_empty() {
            return;
        }
        // Neither a deleted app nor Apple's outage is taken for a mistake of ours.
        let is_error = answer
            .rejected()
            .is_some_and(|rejected| (400..410).contains(&rejected.status));
        for open in &mut self.open {
            open.observe(now, is_error);
        }
    }

    /// An event tells of an incident.
    pub(super) fn incident_opened(&mut self, now: Second) {
        for open in &mut self.open {
            let seen_at = now.saturating_add(open.haste.incident);
            open.incident_seen_at = open.incident_seen_at.min(seen_at);
        }
    }

    /// Hours from each mistake to when it was noticed, on average.
    pub(super) fn hours_to_notice(&self) -> Option<f64> {
        let count = self.noticed_after.len();
        let sum: f64 = self.noticed_after.iter().copied().map(f64::from).sum();
        (count > 0).then(|| sum / count as f64 / 3600.0)
    }
}

impl OpenMistake {
    fn new(mistake: Mistake, number: usize, nature: &Nature) -> Self {
        Self {
            mistake,
            haste: Haste::of(number, nature),
            answers: 0,
            errors: 0,
            dashboard_seen_at: NEVER,
            complained_at: NEVER,
            incident_seen_at: NEVER,
        }
    }

    fn observe(&mut self, now: Second, is_error: bool) {
        self.answers = self.answers.saturating_add(1);
        self.errors = self.errors.saturating_add(u32::from(is_error));
        if is_error && self.complained_at == NEVER {
            self.complained_at = now.saturating_add(self.haste.complaint);
        }
        let is_plain = || f64::from(self.errors) >= self.haste.error_share * f64::from(self.answers);
        if self.dashboard_seen_at == NEVER && self.answers >= FEWEST_ANSWERS && is_plain() {
            self.dashboard_seen_at = now.saturating_add(self.haste.dashboard);
        }
    }

    fn noticed_at(&self) -> Second {
        self.dashboard_seen_at
            .min(self.complained_at)
            .min(self.incident_seen_at)
    }

    fn mended_at(&self) -> Second {
        self.noticed_at().saturating_add(self.haste.repair)
    }
}

impl Haste {
    fn of(mistake: usize, nature: &Nature) -> Self {
        let habits = &nature.world.operator;
        let number = u32::try_from(mistake).unwrap_or(u32::MAX);
        let mut chance = Chance::of(nature.seed, number, Question::People);
        Self {
            incident: hours(chance.between(habits.incident_hours)),
            dashboard: hours(chance.between(habits.dashboard_hours)),
            complaint: hours(chance.between(habits.complaint_hours)),
            repair: hours(chance.between(habits.repair_hours)),
            error_share: habits.dashboard_error_share.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::nature::{DAY, START};
    use super::*;

    fn nature(kind: MistakeKind) -> Nature {
        let mut nature = Nature::of_one();
        nature.mistakes = vec![Mistake { kind, from: START }];
        nature
    }

    fn refusal() -> Response {
        refused(400, Reason::BadDeviceToken, None)
    }

    #[test]
    fn a_mistake_lasts_until_somebody_notices_and_mends_it() {
        let (mut operator, nature) = (Operator::default(), nature(MistakeKind::WrongEnvironment));
        assert_eq!(operator.act(&nature, START), Some(Deed::Erred));
        let arrival = operator.arrival(Environment::Production);
        assert_eq!(
            arrival.map(|arrival| arrival.environment),
            Ok(Environment::Sandbox)
        );
        assert_eq!(operator.next_at(&nature), NEVER, "nothing shows it");
        operator.observe(START + 60, &refusal());
        let complained = operator.next_at(&nature);
        assert!(complained >= START + 2 * DAY);
        for _ in 0..FEWEST_ANSWERS {
            operator.observe(START + 60, &refusal());
        }
        let seen = operator.next_at(&nature);
        assert!(seen < START + 2 * DAY);
        operator.incident_opened(START + 60);
        let told = operator.next_at(&nature);
        assert!(told < seen);
        assert_eq!(operator.act(&nature, told - 1), None);
        assert_eq!(
            operator.act(&nature, told),
            Some(Deed::Mended { credential: false })
        );
        assert_eq!(operator.episodes[0].mended_at, told);
        assert!(operator.hours_to_notice().is_some_and(|hours| hours < 3.0));
    }

    #[test]
    fn what_others_do_is_no_sign_of_a_mistake() {
        let (mut operator, nature) = (Operator::default(), nature(MistakeKind::WrongTopic));
        operator.act(&nature, START);
        for _ in 0..100 {
            operator.observe(START, &refused(410, Reason::Unregistered, Some(START)));
            operator.observe(START, &refused(503, Reason::ServiceUnavailable, None));
        }
        assert_eq!(operator.next_at(&nature), NEVER);
    }

    #[test]
    fn a_sandbox_key_works_in_the_sandbox() {
        let (mut operator, nature) = (Operator::default(), nature(MistakeKind::SandboxKeyInProduction));
        operator.act(&nature, START);
        assert!(operator.arrival(Environment::Sandbox).is_ok());
        assert!(operator.arrival(Environment::Production).is_err());
    }
}
