//! What every policy has: a way to APNs, an operator, and somebody who counts.

use tidings_apns::{Environment, Reason, Response};

use super::apns::{Apns, refused};
use super::nature::{HOUR, NEVER, Nature, PersonId, Second, Sort, TokenId};
use super::notification::Message;
use super::operator::{Deed, Operator};
use super::tally::Tally;

/// The first pause after APNs was not well, doubled up to the longest.
const FIRST_PAUSE: Second = 60;
const LONGEST_PAUSE: Second = HOUR / 4;

#[derive(Default)]
pub(super) struct Sender {
    apns: Apns,
    operator: Operator,
    pub(super) tally: Tally,
    patience: [Patience; 2],
}

/// How one environment is spared while APNs is not well there.
#[derive(Clone, Copy, Default)]
struct Patience {
    pause: Second,
    until: Second,
}

impl Sender {
    /// Sends one notification to one device token, and hears the answer.
    pub(super) fn push(
        &mut self,
        nature: &Nature,
        now: Second,
        token: TokenId,
        meant: Environment,
        message: Message,
    ) -> Response {
        let answer = if nature.is_out(now) {
            refused(503, Reason::ServiceUnavailable, None)
        } else {
            match self.operator.arrival(meant) {
                Ok(arrival) => self.apns.answer(nature, now, token, arrival),
                Err(answer) => answer,
            }
        };
        self.operator.observe(now, &answer);
        let is_dead = nature.token(token).gone_at <= now || nature.token(token).sort != Sort::Ours;
        self.tally.pushed(token, is_dead, &answer);
        let is_accepted = answer.rejected().is_none();
        if is_accepted && nature.is_due(token, message) {
            self.tally.delivered(message, now);
        }
        self.be_patient(now, meant, &answer);
        answer
    }

    /// Until when nothing should be sent to an environment, because APNs was not well at the last try.
    pub(super) fn patient_until(&self, environment: Environment) -> Second {
        self.patience[index(environment)].until
    }

    /// A notification was submitted that ought to reach so many devices.
    pub(super) fn submitted(&mut self, message: Message, due: u32) {
        self.tally.submitted(message, due, self.operator.episode());
    }

    /// What was known of a living device's address is gone.
    pub(super) fn lost(&mut self, person: PersonId) {
        self.tally.lost(person);
    }

    pub(super) fn operator_acts_at(&self, nature: &Nature) -> Second {
        self.operator.next_at(nature)
    }

    pub(super) fn operator_acts(&mut self, nature: &Nature, now: Second) -> Option<Deed> {
        self.operator.act(nature, now)
    }

    pub(super) fn operator_is_told(&mut self, now: Second) {
        self.operator.incident_opened(now);
    }

    pub(super) fn operator(&self) -> &Operator {
        &self.operator
    }

    fn be_patient(&mut self, now: Second, environment: Environment, answer: &Response) {
        let patience = &mut self.patience[index(environment)];
        let is_unwell = answer.rejected().is_some_and(|rejected| rejected.status >= 500);
        if is_unwell {
            patience.pause = (patience.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
            patience.until = now.saturating_add(patience.pause).min(NEVER - 1);
        } else {
            *patience = Patience::default();
        }
    }
}

/// The place of an environment in an array of both.
pub(super) const fn index(environment: Environment) -> usize {
    match environment {
        Environment::Production => 0,
        Environment::Sandbox => 1,
    }
}
