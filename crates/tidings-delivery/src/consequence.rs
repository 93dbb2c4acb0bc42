//! What becomes of a recipient after an attempt: the decision, apart from everything that carries it out.

use std::time::Duration;

use tidings_apns::{Fault, Reason, Timestamp};
use tidings_client::{Cause, ConnectFault, SendError};
use tidings_store::{OnUnknown, RecipientOutcome};
use tidings_truth::NextStep;

use crate::backoff::BackoffRules;
use crate::parcel::Parcel;
use crate::schedule::Again;

/// What becomes of a recipient after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Consequence {
    /// APNs has it.
    Delivered,
    /// It has ended otherwise.
    End(RecipientOutcome),
    /// Another attempt, after this pause.
    Wait(Duration),
    /// Another attempt, now.
    AgainAtOnce,
    /// What the answer makes of the device token decides.
    AskTheToken,
    /// Another attempt when the incident of the lane is over; if it has none yet, after this pause.
    Park(Duration),
}

/// What one attempt says of the lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LaneNews {
    /// It accepts.
    Accepts,
    /// It answers.
    Answers,
    /// It refuses a device token that was good there.
    RefusesProven(Reason),
    /// It refuses the credential, or the topic for it.
    RefusesUs(u16, Reason),
    /// It does not answer, or is not well.
    Fails,
    /// It wants the provider token to be kept, and nothing before that.
    WantsRest,
    /// Nothing.
    Nothing,
}

/// How long a lane rests when it changed its provider token too often.
pub(crate) const REST: Duration = Duration::from_mins(5);

/// When and with what luck it is decided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment<'a> {
    /// The date.
    pub(crate) now: Timestamp,
    /// From 0 to 1.
    pub(crate) jitter: f64,
    pub(crate) rules: &'a BackoffRules,
}

/// After an answer.
pub(crate) fn after_answer(
    next: NextStep,
    parcel: &Parcel,
    retry_after: Option<Duration>,
    moment: &Moment<'_>,
) -> Consequence {
    match next {
        NextStep::Done => Consequence::Delivered,
        NextStep::AsTheTokenStands => Consequence::AskTheToken,
        NextStep::Failed => Consequence::End(RecipientOutcome::Rejected),
        NextStep::Later | NextStep::LaterForTheLane => again(parcel, retry_after, moment),
        NextStep::RenewProviderToken if !parcel.is_renewed => Consequence::AgainAtOnce,
        NextStep::KeepProviderToken => again(parcel, Some(retry_after.unwrap_or_default().max(REST)), moment),
        NextStep::RenewProviderToken | NextStep::LanePauses => match again(parcel, retry_after, moment) {
            Consequence::Wait(pause) => Consequence::Park(pause),
            ended => ended,
        },
    }
}

/// After an attempt without an answer.
pub(crate) fn after_silence(error: &SendError, parcel: &Parcel, moment: &Moment<'_>) -> Consequence {
    match (error, parcel.letter.on_unknown) {
        (SendError::Unknown(_), OnUnknown::Drop) => Consequence::End(RecipientOutcome::UnknownDropped),
        _ if refusal(error).is_some() => match again(parcel, None, moment) {
            Consequence::Wait(pause) => Consequence::Park(pause),
            ended => ended,
        },
        _ => again(parcel, None, moment),
    }
}

/// What an attempt without an answer says of the lane.
pub(crate) fn news_of_silence(error: &SendError) -> LaneNews {
    match (refusal(error), error.cause()) {
        (Some(reason), _) => LaneNews::RefusesUs(0, reason),
        (None, Cause::Closed) => LaneNews::Nothing,
        (None, _) => LaneNews::Fails,
    }
}

/// Why no connection with this credential is served, where that is what went wrong.
fn refusal(error: &SendError) -> Option<Reason> {
    if !error.is_unsent() {
        return None;
    }
    match error.cause() {
        Cause::GoAway { reason, .. } => reason
            .reason()
            .filter(|reason| reason.guidance().fault == Fault::Credential)
            .cloned(),
        Cause::Connect(error) => {
            (error.fault() == ConnectFault::Credential).then_some(Reason::BadCertificate)
        }
        _ => None,
    }
}

fn again(parcel: &Parcel, retry_after: Option<Duration>, moment: &Moment<'_>) -> Consequence {
    let schedule = &parcel.letter.schedule;
    match schedule.again(
        parcel.attempts,
        moment.jitter,
        retry_after,
        moment.now,
        moment.rules,
    ) {
        Again::After(pause) => Consequence::Wait(pause),
        Again::TooLate => Consequence::End(RecipientOutcome::Expired),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tidings_apns::Environment;
    use tidings_client::{Cause, SendError};
    use tidings_truth::Sending;

    use super::*;
    use crate::letter::Letter;
    use crate::route::tests::{addressee, letter};

    fn parcel(change: impl FnOnce(&mut Letter)) -> Parcel {
        let mut letter = letter();
        change(&mut letter);
        let mut parcel = Parcel::new(
            Arc::new(letter),
            0,
            addressee(Sending::To(Environment::Production)),
        );
        parcel.attempts = 1;
        parcel
    }

    fn moment(rules: &BackoffRules) -> Moment<'_> {
        Moment {
            now: Timestamp::from_unix_millis(1_000_000),
            jitter: 1.0,
            rules,
        }
    }

    fn unknown() -> SendError {
        SendError::Unknown(Arc::new(Cause::Silent(Duration::from_secs(15))))
    }

    #[test]
    fn each_step_has_its_consequence() {
        let rules = BackoffRules::default();
        let two = Duration::from_secs(2);
        for (next, expected) in [
            (NextStep::Done, Consequence::Delivered),
            (NextStep::AsTheTokenStands, Consequence::AskTheToken),
            (NextStep::Failed, Consequence::End(RecipientOutcome::Rejected)),
            (NextStep::Later, Consequence::Wait(two)),
            (NextStep::LaterForTheLane, Consequence::Wait(two)),
            (NextStep::RenewProviderToken, Consequence::AgainAtOnce),
            (NextStep::KeepProviderToken, Consequence::Wait(REST + two)),
            (NextStep::LanePauses, Consequence::Park(two)),
        ] {
            assert_eq!(
                after_answer(next, &parcel(|_| {}), None, &moment(&rules)),
                expected,
                "{next:?}"
            );
        }
    }

    #[test]
    fn a_provider_token_is_renewed_once() {
        let rules = BackoffRules::default();
        let mut parcel = parcel(|_| {});
        parcel.is_renewed = true;
        let consequence = after_answer(NextStep::RenewProviderToken, &parcel, None, &moment(&rules));
        assert!(matches!(consequence, Consequence::Park(_)));
    }

    #[test]
    fn whatever_waits_ends_when_it_would_be_too_late() {
        let rules = BackoffRules::default();
        let late = parcel(|letter| letter.schedule.deadline = Some(Timestamp::from_unix_millis(1_000_010)));
        for next in [
            NextStep::Later,
            NextStep::LaterForTheLane,
            NextStep::KeepProviderToken,
            NextStep::LanePauses,
        ] {
            let consequence = after_answer(next, &late, None, &moment(&rules));
            assert_eq!(
                consequence,
                Consequence::End(RecipientOutcome::Expired),
                "{next:?}"
            );
        }
    }

    #[test]
    fn of_an_unknown_outcome_the_notification_decides() {
        let rules = BackoffRules::default();
        let dropped = parcel(|letter| letter.on_unknown = OnUnknown::Drop);
        let expected = Consequence::End(RecipientOutcome::UnknownDropped);
        assert_eq!(after_silence(&unknown(), &dropped, &moment(&rules)), expected);
        let tried = after_silence(&unknown(), &parcel(|_| {}), &moment(&rules));
        assert_eq!(tried, Consequence::Wait(Duration::from_secs(2)));
    }

    #[test]
    fn what_was_not_sent_is_sent_again_even_where_unknown_is_dropped() {
        let rules = BackoffRules::default();
        let dropped = parcel(|letter| letter.on_unknown = OnUnknown::Drop);
        let unsent = SendError::NotSent(Arc::new(Cause::Closed));
        assert!(matches!(
            after_silence(&unsent, &dropped, &moment(&rules)),
            Consequence::Wait(_)
        ));
        assert_eq!(news_of_silence(&unsent), LaneNews::Nothing);
    }
}
