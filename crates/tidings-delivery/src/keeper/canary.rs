//! A canary: a notification that waits anyway, to a device token that was good, sent alone while an incident is open.

use std::sync::Arc;

use tidings_apns::{Response, Timestamp};
use tidings_client::BatchOutcome;
use tidings_store::{
    Addressee, NotificationId, RecipientException, RecipientOutcome, RecipientState, StoreError,
};
use tidings_truth::{Circumstances, IncidentCause, NextStep, Sending, Verdict, judge};

use crate::consequence::{LaneNews, news_of_silence};
use crate::lane::{Lane, OpenLine};
use crate::lane_state::OpenIncident;
use crate::letter::Letter;
use crate::parcel::Parcel;
use crate::schedule::Timing;
use crate::shared::Shared;
use crate::wire::Road;

/// Canaries that may turn out not to be sent before another look.
const CANDIDATES: usize = 16;

/// What a canary brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CanaryAnswer {
    /// There was none to send.
    NobodyWaits,
    /// It was accepted.
    Accepted,
    /// It was refused in the same way.
    Refused,
    /// There was no answer that means anything.
    Unanswered,
    /// The answer was about the device token alone.
    SaidNothing,
}

/// Sends one canary, if somebody waits for whom it can be sent.
pub(super) async fn send(shared: &Arc<Shared>, lane: &Lane) -> Result<CanaryAnswer, StoreError> {
    let Some(line) = shared.line(lane).await? else {
        return Ok(CanaryAnswer::NobodyWaits);
    };
    let now = shared.clock.now();
    let candidates = shared
        .persist(|| shared.store.canaries(lane.app, lane.environment, CANDIDATES, now))
        .await?;
    for (id, addressee) in candidates {
        if !shared.committer.is_held(addressee.device_id)
            && let Some(letter) = letter(shared, id).await?
            && is_wanted(shared, &letter, &addressee).await?
        {
            let mut parcel = Parcel::new(letter, 0, addressee);
            parcel.is_canary = true;
            return send_one(shared, lane, &line, parcel).await;
        }
    }
    Ok(CanaryAnswer::NobodyWaits)
}

async fn letter(shared: &Arc<Shared>, id: NotificationId) -> Result<Option<Arc<Letter>>, StoreError> {
    let found = shared.persist(|| shared.store.to_send(vec![id])).await?;
    match found.first() {
        Some(ready) => shared.letter(ready).await,
        None => Ok(None),
    }
}

/// What has become too late ends here.
async fn is_wanted(shared: &Arc<Shared>, letter: &Letter, addressee: &Addressee) -> Result<bool, StoreError> {
    if letter.schedule.timing(shared.clock.now()) == Timing::InTime {
        return Ok(true);
    }
    let expired = RecipientState::Done(RecipientOutcome::Expired);
    let row = RecipientException::unsent(addressee.device_id, expired);
    update(shared, letter.id, row).await?;
    Ok(false)
}

async fn send_one(
    shared: &Arc<Shared>,
    lane: &Lane,
    line: &OpenLine,
    mut parcel: Parcel,
) -> Result<CanaryAnswer, StoreError> {
    let mut outcome = None;
    let _in_flight = lane.begin(1);
    let mut tell = |told| outcome = Some(told);
    line.line
        .send(Road::ExpressProbation, vec![parcel.request()], &mut tell)
        .await;
    let Some(outcome) = outcome else {
        return Ok(CanaryAnswer::Unanswered);
    };
    let now = shared.clock.now();
    parcel.attempted(lane.environment, now.saturating_sub(outcome.elapsed), &outcome);
    let open = lane.state().incident().cloned();
    let Some(OpenIncident { incident, .. }) = open else {
        return Ok(CanaryAnswer::SaidNothing);
    };
    tell_counters(shared, lane, &parcel, &outcome);
    let Ok(response) = &outcome.result else {
        return Ok(read_silence(&outcome));
    };
    if let Response::Rejected(rejected) = response {
        parcel.last.status = Some(rejected.status);
        parcel.last.reason = Some(rejected.reason.as_str().into());
    }
    let verdict = judge(response, &circumstances(lane, &parcel, now));
    let answer = read(&verdict, &incident.cause);
    let state = fate(shared, lane, &parcel, &verdict, answer).await?;
    update(shared, parcel.letter.id, parcel.row(state)).await?;
    Ok(answer)
}

fn circumstances(lane: &Lane, parcel: &Parcel, now: Timestamp) -> Circumstances {
    Circumstances {
        generation: parcel.addressee.generation,
        sent_at: parcel.last.sent_at.unwrap_or(now),
        answered_at: now,
        environment: lane.environment,
        proven: parcel.is_proven_in(lane.environment),
        lane_is_credible: false,
    }
}

/// What it means that there is no answer.
fn read_silence(outcome: &BatchOutcome) -> CanaryAnswer {
    match outcome.result.as_ref().err().map(news_of_silence) {
        Some(LaneNews::RefusesUs(..)) => CanaryAnswer::Refused,
        _ => CanaryAnswer::Unanswered,
    }
}

/// What the answer says of the incident.
fn read(verdict: &Verdict, cause: &IncidentCause) -> CanaryAnswer {
    match (verdict.next, cause) {
        (NextStep::Done, _) => CanaryAnswer::Accepted,
        (NextStep::LanePauses | NextStep::RenewProviderToken, _) => CanaryAnswer::Refused,
        (NextStep::Later | NextStep::LaterForTheLane | NextStep::KeepProviderToken, _) => {
            CanaryAnswer::Unanswered
        }
        // Whoever answers about the token or the notification has let the credential in.
        (NextStep::AsTheTokenStands | NextStep::Failed, IncidentCause::CredentialRefused { .. }) => {
            CanaryAnswer::Accepted
        }
        (NextStep::AsTheTokenStands, _) if verdict.vote == Some(false) => CanaryAnswer::Refused,
        (NextStep::AsTheTokenStands | NextStep::Failed, _) => CanaryAnswer::SaidNothing,
    }
}

/// What becomes of the recipient. What only says something of its token or its notification is believed, or it would be a
/// canary again and again; everything else leaves it where it waits.
async fn fate(
    shared: &Arc<Shared>,
    lane: &Lane,
    parcel: &Parcel,
    verdict: &Verdict,
    answer: CanaryAnswer,
) -> Result<RecipientState, StoreError> {
    let rejected = RecipientState::Done(RecipientOutcome::Rejected);
    match (verdict.next, answer, &verdict.evidence) {
        (NextStep::Done, ..) => {
            record(shared, lane, parcel).await?;
            Ok(RecipientState::Done(RecipientOutcome::Delivered))
        }
        (_, CanaryAnswer::SaidNothing, None) => Ok(rejected),
        (_, CanaryAnswer::SaidNothing, Some(evidence)) => {
            let seen = vec![(parcel.addressee.device_id, evidence.clone())];
            let now = shared.clock.now();
            let changes = shared
                .persist(|| shared.store.record_evidence(lane.app, seen.clone(), now))
                .await?;
            let sending = changes.first().map(|(_, change)| change.after.sending);
            Ok(match sending {
                None | Some(Sending::Never) => rejected,
                Some(Sending::NotBefore(at, _)) => RecipientState::Waiting {
                    next_at: shared.steady.now().saturating_add(at.saturating_since(now)),
                },
                Some(Sending::To(_) | Sending::OnProbation(_)) => RecipientState::Waiting {
                    next_at: shared.steady.now(),
                },
                Some(Sending::Held) => RecipientState::Held,
            })
        }
        _ => Ok(RecipientState::Parked {
            environment: lane.environment,
        }),
    }
}

async fn record(shared: &Arc<Shared>, lane: &Lane, parcel: &Parcel) -> Result<(), StoreError> {
    let now = shared.clock.now();
    let accepted = vec![(
        parcel.addressee.device_id,
        parcel.addressee.generation,
        parcel.last.sent_at.unwrap_or(now),
    )];
    shared
        .persist(|| {
            shared
                .store
                .record_accepted(lane.app, lane.environment, accepted.clone(), now)
        })
        .await
}

async fn update(shared: &Arc<Shared>, id: NotificationId, row: RecipientException) -> Result<(), StoreError> {
    let updates = vec![(id, row)];
    let now = shared.clock.now();
    shared
        .persist(|| shared.store.update_recipients(updates.clone(), shared.epoch, now))
        .await
}

fn tell_counters(shared: &Shared, lane: &Lane, parcel: &Parcel, outcome: &BatchOutcome) {
    let mut tally = crate::counters::Tally::default();
    let (environment, push_type) = (lane.environment, parcel.letter.push_type);
    match &outcome.result {
        Ok(Response::Accepted(_)) => tally.accepted(environment, push_type),
        Ok(Response::Rejected(rejected)) => {
            tally.other(environment, push_type, rejected.status, rejected.reason.as_str());
        }
        Err(error) => {
            let name = if error.is_unsent() { "not_sent" } else { "unknown" };
            tally.other(environment, push_type, 0, name);
        }
    }
    tally.answer_latency.add(outcome.elapsed);
    shared.counters.add(lane.app, tally);
}
