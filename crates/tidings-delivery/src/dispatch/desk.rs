//! Where a group's unusual answers are dealt with while the rest is still on its way: evidence is written down, and what
//! it makes of the device token decides.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tidings_apns::{Environment, Timestamp};
use tidings_store::{AppId, Decision, DeviceId, RecipientOutcome, RecipientState, StoreError};
use tidings_truth::{Evidence, Generation, Sending};
use tokio::sync::Notify;

use super::wave;
use crate::consequence::{Consequence, Moment};
use crate::counters::Tally;
use crate::jitter::jitter;
use crate::lane::Lane;
use crate::ledger::{Fate, Ledger};
use crate::parcel::{Hold, Parcel};
use crate::shared::Shared;

/// How often a recipient is sent on within one group.
const MOST_REROUTES: u8 = 3;

/// How long a recipient waits while something else goes to its device token.
const ANOTHER_GOES: Duration = Duration::from_millis(500);

/// The desk of one group.
pub(super) struct Desk<'a> {
    pub(super) shared: &'a Shared,
    pub(super) app: AppId,
    ledger: &'a dyn Ledger,
    pile: Mutex<Pile>,
    arrived: Notify,
}

/// What lies on the desk.
#[derive(Default)]
struct Pile {
    questions: Vec<Question>,
    again: Vec<Parcel>,
    accepted: Vec<Acceptance>,
    is_complete: bool,
}

/// An answer of which the device token decides what it means.
pub(super) struct Question {
    pub(super) parcel: Parcel,
    pub(super) environment: Environment,
    pub(super) speaks_against_lane: bool,
    pub(super) evidence: Option<Evidence>,
}

/// An acceptance that is to be written down.
pub(super) struct Acceptance {
    pub(super) environment: Environment,
    pub(super) device: DeviceId,
    pub(super) generation: Generation,
    pub(super) sent_at: Timestamp,
}

impl<'a> Desk<'a> {
    pub(super) fn new(shared: &'a Shared, app: AppId, ledger: &'a dyn Ledger) -> Self {
        Self {
            shared,
            app,
            ledger,
            pile: Mutex::default(),
            arrived: Notify::new(),
        }
    }

    pub(super) fn settle(&self, parcel: Parcel, fate: Fate) {
        if parcel.hold == Hold::Own {
            self.shared.committer.let_go(parcel.addressee.device_id);
        }
        self.ledger.settle(parcel, fate);
    }

    /// Whether it may go to its device token: to one in doubt only when nothing else does. Otherwise it comes to its fate.
    pub(super) fn hold(&self, mut parcel: Parcel) -> Option<Parcel> {
        let in_doubt = matches!(parcel.addressee.sending, Sending::NotBefore(..));
        if !in_doubt || parcel.hold != Hold::None {
            return Some(parcel);
        }
        if self.shared.committer.hold(parcel.addressee.device_id) {
            parcel.hold = Hold::Own;
            return Some(parcel);
        }
        let state = self.after(ANOTHER_GOES);
        self.settle(parcel, Fate::Is(state));
        None
    }

    pub(super) fn settle_all(&self, parcels: Vec<Parcel>, fate: Fate) {
        for parcel in parcels {
            self.settle(parcel, fate);
        }
    }

    pub(super) fn accepted(&self, acceptance: Acceptance) {
        self.pile().accepted.push(acceptance);
    }

    pub(super) fn ask(&self, question: Question) {
        self.pile().questions.push(question);
        self.arrived.notify_one();
    }

    pub(super) fn send_again(&self, parcel: Parcel) {
        self.pile().again.push(parcel);
        self.arrived.notify_one();
    }

    pub(super) fn nothing_more(&self) {
        self.pile().is_complete = true;
        self.arrived.notify_one();
    }

    pub(super) fn moment(&self, now: Timestamp, jitter: f64) -> Moment<'_> {
        Moment {
            now,
            jitter,
            rules: &self.shared.config.backoff,
        }
    }

    /// Carries out what needs no look at the device token.
    pub(super) fn carry_out(&self, parcel: Parcel, consequence: &Consequence, lane: &Lane) {
        let fate = match consequence {
            Consequence::Delivered => Fate::Delivered,
            Consequence::End(outcome) => Fate::Is(RecipientState::Done(*outcome)),
            Consequence::Park(_) if lane.has_incident() => Fate::Is(RecipientState::Parked {
                environment: lane.environment,
            }),
            Consequence::Wait(pause) | Consequence::Park(pause) => Fate::Is(self.after(*pause)),
            Consequence::AgainAtOnce | Consequence::AskTheToken => return self.send_again(parcel),
        };
        self.settle(parcel, fate);
    }

    /// The token may be tried again at that date. What ends before is looked at when it ends.
    pub(super) fn wait_for_token(&self, mut parcel: Parcel, at: Timestamp, environment: Environment) {
        parcel.last.environment.get_or_insert(environment);
        let until = parcel.letter.schedule.end().map_or(at, |end| at.min(end));
        let pause = until.saturating_since(self.shared.clock.now());
        let state = self.after(pause);
        self.settle(parcel, Fate::Is(state));
    }

    /// Works until nothing more comes and nothing is left.
    pub(super) async fn follow(&self) -> Result<(), StoreError> {
        loop {
            let (questions, again, is_complete) = {
                let mut pile = self.pile();
                let questions = std::mem::take(&mut pile.questions);
                (questions, std::mem::take(&mut pile.again), pile.is_complete)
            };
            if questions.is_empty() && again.is_empty() {
                if is_complete {
                    return Ok(());
                }
                self.arrived.notified().await;
                continue;
            }
            let mut next = self.answer(questions).await?;
            next.extend(again);
            if !next.is_empty() {
                wave(self, next).await?;
            }
        }
    }

    /// Writes down which device tokens were accepted.
    pub(super) async fn record_accepted(&self) -> Result<(), StoreError> {
        let accepted = std::mem::take(&mut self.pile().accepted);
        for environment in Environment::ALL {
            let there: Vec<(DeviceId, Generation, Timestamp)> = accepted
                .iter()
                .filter(|acceptance| acceptance.environment == environment)
                .map(|acceptance| (acceptance.device, acceptance.generation, acceptance.sent_at))
                .collect();
            if there.is_empty() {
                continue;
            }
            let now = self.shared.clock.now();
            let store = &self.shared.store;
            self.shared
                .persist(|| store.record_accepted(self.app, environment, there.clone(), now))
                .await?;
        }
        Ok(())
    }

    /// Writes the evidence down. What the device tokens are then decides; those that go elsewhere at once are returned.
    async fn answer(&self, questions: Vec<Question>) -> Result<Vec<Parcel>, StoreError> {
        if questions.is_empty() {
            return Ok(Vec::new());
        }
        let seen: Vec<(DeviceId, Evidence)> = questions
            .iter()
            .filter_map(|question| Some((question.parcel.addressee.device_id, question.evidence.clone()?)))
            .collect();
        let now = self.shared.clock.now();
        let store = &self.shared.store;
        let changes = self
            .shared
            .persist(|| store.record_evidence(self.app, seen.clone(), now))
            .await?;
        let standings: HashMap<DeviceId, Sending> = changes
            .into_iter()
            .map(|(device, change)| (device, change.after.sending))
            .collect();
        let decided = questions.into_iter().filter_map(|question| {
            let standing = standings.get(&question.parcel.addressee.device_id).copied();
            self.decide(question, standing)
        });
        Ok(decided.collect())
    }

    /// Decides by what the device token is now; `None` where it came to its fate.
    fn decide(&self, question: Question, standing: Option<Sending>) -> Option<Parcel> {
        let Question {
            mut parcel,
            environment,
            speaks_against_lane,
            ..
        } = question;
        let lane = self
            .shared
            .lanes
            .lane(self.app, environment, self.shared.clock.now());
        match self.next(
            &parcel,
            environment,
            speaks_against_lane && lane.has_incident(),
            standing,
        ) {
            Next::Elsewhere(sending) => {
                parcel.addressee.sending = sending;
                parcel.reroutes += 1;
                parcel.decided(Decision::Rerouted);
                self.count_reroute();
                Some(parcel)
            }
            Next::NotBefore(at, environment) => {
                self.wait_for_token(parcel, at, environment);
                None
            }
            Next::Is(state) => {
                self.settle(parcel, Fate::Is(state));
                None
            }
        }
    }

    fn next(
        &self,
        parcel: &Parcel,
        tried: Environment,
        is_incident: bool,
        standing: Option<Sending>,
    ) -> Next {
        if is_incident {
            return Next::Is(RecipientState::Parked { environment: tried });
        }
        let allowed = |there: Environment| parcel.letter.environment.is_none_or(|forced| forced == there);
        match standing {
            Some(sending @ (Sending::To(there) | Sending::OnProbation(there))) if allowed(there) => {
                if there != tried && parcel.reroutes < MOST_REROUTES {
                    return Next::Elsewhere(sending);
                }
                // The answer spoke of an older generation, say: it is tried again after a pause.
                let pause = self.shared.config.backoff.pause(parcel.attempts, jitter(), None);
                Next::Is(self.after(pause))
            }
            Some(Sending::NotBefore(at, there)) if allowed(there) => Next::NotBefore(at, there),
            Some(Sending::Held) => Next::Is(RecipientState::Held),
            Some(Sending::To(_) | Sending::OnProbation(_) | Sending::NotBefore(..) | Sending::Never) => {
                Next::Is(RecipientState::Done(RecipientOutcome::Rejected))
            }
            None => Next::Is(RecipientState::Done(RecipientOutcome::Undeliverable)),
        }
    }

    fn after(&self, pause: Duration) -> RecipientState {
        RecipientState::Waiting {
            next_at: self.shared.steady.now().saturating_add(pause),
        }
    }

    fn count_reroute(&self) {
        let mut tally = Tally::default();
        tally.rerouted = 1;
        self.shared.counters.add(self.app, tally);
    }

    fn pile(&self) -> MutexGuard<'_, Pile> {
        self.pile.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What comes next for a recipient whose device token was asked.
enum Next {
    Elsewhere(Sending),
    NotBefore(Timestamp, Environment),
    Is(RecipientState),
}
