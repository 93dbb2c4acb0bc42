//! What APNs would answer, by what the registry knows of a device token and by what became of a notification.

use tidings_apns::{PushType, Reason, Timestamp};
use tidings_delivery::NotificationNews;
use tidings_store::{Device, RecipientOutcome, RecipientState};
use tidings_truth::{Cause, Evidence, Sending, TokenState};

use super::answer::Answer;

/// What is to be done about a notification that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// This is the answer.
    Answer(Answer),
    /// The device token tells.
    AskDevice,
    /// APNs has called the device token bad, and it is tried again much later: what is known of it tells whether that is to
    /// be believed.
    AskDoubt,
    /// It is not known yet.
    Wait,
}

/// How a recipient stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recipient<'a> {
    pub(super) state: RecipientState,
    pub(super) status: Option<u16>,
    pub(super) reason: Option<&'a str>,
}

/// The answer to whatever is sent to a device token now; `None` where it may be sent.
pub(crate) fn refusal(device: &Device, push_type: PushType, now: Timestamp) -> Option<Answer> {
    if !device.kind.takes(push_type) {
        return Some(Answer::refused(&Reason::DeviceTokenNotForTopic));
    }
    match device.standing.sending {
        Sending::Never => Some(ended(device)),
        Sending::NotBefore(at, _) if at > now => of_doubt(device),
        Sending::To(_) | Sending::OnProbation(_) | Sending::NotBefore(..) | Sending::Held => None,
    }
}

/// The answer for a device token that nothing is sent to any more.
pub(super) fn ended(device: &Device) -> Answer {
    let standing = &device.standing;
    match (standing.state, &standing.cause) {
        (TokenState::Unregistered, Cause::Dead { dead_at }) => Answer::gone(&death(device), *dead_at),
        (TokenState::Unregistered, Cause::TooOld) => Answer::gone(&Reason::ExpiredToken, standing.since),
        (TokenState::Unregistered | TokenState::Superseded, _) => {
            Answer::gone(&Reason::Unregistered, standing.since)
        }
        (_, Cause::WrongTopic { .. }) => Answer::refused(&Reason::DeviceTokenNotForTopic),
        (TokenState::Unproven | TokenState::Active | TokenState::Quarantined | TokenState::Rejected, _) => {
            Answer::refused(&Reason::BadDeviceToken)
        }
    }
}

/// The answer for a device token in doubt: APNs's own, where it was never accepted anywhere, and was called bad wherever it
/// can be tried while others were accepted. `None` where it may be our mistake.
pub(super) fn of_doubt(device: &Device) -> Option<Answer> {
    let claimed = device.history.claimed;
    let is_credible = |evidence: &Evidence| match evidence {
        Evidence::BadToken {
            generation,
            environment,
            credible,
            ..
        } => {
            *credible
                && *generation == device.history.generation
                && claimed.is_none_or(|claimed| claimed == *environment)
        }
        _ => false,
    };
    let was_bad = device.standing.cause == Cause::LaneUnproven;
    let is_called_bad = was_bad && device.history.exceptions().iter().any(is_credible);
    is_called_bad.then(|| Answer::refused(&Reason::BadDeviceToken))
}

/// Which of the two reasons for 410 APNs gave last.
fn death(device: &Device) -> Reason {
    let last = device.history.exceptions().iter().rev();
    for evidence in last {
        match evidence {
            Evidence::Expired { .. } => return Reason::ExpiredToken,
            Evidence::Unregistered { .. } => return Reason::Unregistered,
            _ => {}
        }
    }
    Reason::Unregistered
}

/// What news of a notification to one device token mean.
pub(super) fn of_news(news: &NotificationNews) -> Judgement {
    let outcome = match news {
        NotificationNews::Recipient(row) => {
            return of_recipient(Recipient {
                state: row.state,
                status: row.status,
                reason: row.reason.as_deref(),
            });
        }
        NotificationNews::Tried(outcome) => outcome,
    };
    match outcome.rows.first() {
        Some(row) => of_recipient(Recipient {
            state: row.state,
            status: row.status,
            reason: row.reason.as_deref(),
        }),
        None if outcome.delivered > 0 => Judgement::Answer(Answer::accepted()),
        None => Judgement::AskDevice,
    }
}

/// What the state of the one recipient means.
pub(super) fn of_recipient(recipient: Recipient<'_>) -> Judgement {
    match recipient.state {
        RecipientState::Done(outcome) => of_outcome(outcome, recipient),
        // It is kept until the fault, which may be ours, is mended: that can take hours.
        RecipientState::Held | RecipientState::Parked { .. } => Judgement::Answer(Answer::accepted()),
        RecipientState::Waiting { .. } if recipient.reason == Some(Reason::BadDeviceToken.as_str()) => {
            Judgement::AskDoubt
        }
        RecipientState::Waiting { .. } => Judgement::Wait,
    }
}

fn of_outcome(outcome: RecipientOutcome, recipient: Recipient<'_>) -> Judgement {
    match outcome {
        // To an unknown outcome that was not to be repeated, an error would be the call to repeat it.
        RecipientOutcome::Delivered | RecipientOutcome::Cancelled | RecipientOutcome::UnknownDropped => {
            Judgement::Answer(Answer::accepted())
        }
        RecipientOutcome::Rejected => match (recipient.status, recipient.reason) {
            // The timestamp stands with the evidence.
            (Some(410) | None, _) => Judgement::AskDevice,
            (Some(status), reason) => {
                Judgement::Answer(Answer::said(status, reason.unwrap_or_default().to_owned()))
            }
        },
        RecipientOutcome::Undeliverable => Judgement::AskDevice,
        RecipientOutcome::Expired => Judgement::Answer(Answer::refused(&Reason::ServiceUnavailable)),
    }
}

/// The answer for a device token after a notification to it has failed.
pub(super) fn of_device(device: Option<&Device>, now: Timestamp) -> Answer {
    match device {
        Some(device) => ended(device),
        // Somebody asked meanwhile that it be forgotten.
        None => Answer::gone(&Reason::Unregistered, now),
    }
}

#[cfg(test)]
mod tests;
