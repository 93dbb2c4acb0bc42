//! What a cause is called, what it means, and whether sending again can help.

use tidings_apns::{Fault, Reason};
use tidings_store::{Problem, ProblemCause, ProblemStage, RecipientOutcome};

/// What can be said of a cause.
pub(crate) struct Guidance {
    pub(crate) meaning: &'static str,
    /// To follow "the fault of".
    pub(crate) fault: &'static str,
    pub(crate) what_to_do: &'static str,
}

/// The cause in a few words.
pub(crate) fn title(cause: &ProblemCause) -> String {
    match (&cause.answer, cause.stage) {
        (Some((status, reason)), _) if reason.is_empty() => format!("{status} without a reason"),
        (Some((status, reason)), _) => format!("{status} {reason}"),
        (None, Some(ProblemStage::Ended(outcome))) => match outcome {
            RecipientOutcome::Expired => "Too late",
            RecipientOutcome::Undeliverable => "Not in use any more",
            RecipientOutcome::UnknownDropped => "No answer, and not to be sent twice",
            RecipientOutcome::Delivered | RecipientOutcome::Rejected | RecipientOutcome::Cancelled => {
                outcome.as_str()
            }
        }
        .to_owned(),
        (None, Some(ProblemStage::Held | ProblemStage::Parked | ProblemStage::Waiting) | None) => {
            "Held back".to_owned()
        }
    }
}

/// What it means, whose fault it is, and what to do.
pub(crate) fn guidance(cause: &ProblemCause) -> Guidance {
    if let Some((_, reason)) = &cause.answer {
        let guidance = Reason::from_name(reason).guidance();
        return Guidance {
            meaning: guidance.meaning,
            fault: guidance.fault.as_str(),
            what_to_do: guidance.what_to_do,
        };
    }
    let nobody = "nobody we know";
    match cause.stage {
        Some(ProblemStage::Ended(RecipientOutcome::Expired)) => Guidance {
            meaning: "The time of these notifications was over before they could be sent.",
            fault: nobody,
            what_to_do: "Look whether something held them back: an incident, a missing credential, a pause of APNs.",
        },
        Some(ProblemStage::Ended(RecipientOutcome::Undeliverable)) => Guidance {
            meaning: "The device tokens are dead or superseded, and nothing was sent to them.",
            fault: "the device token",
            what_to_do: "Nothing: when the app registers again, it is sent to again.",
        },
        Some(ProblemStage::Held | ProblemStage::Parked | ProblemStage::Waiting) => Guidance {
            meaning: "They wait until something changes: the end of an incident, another credential, a new registration.",
            fault: nobody,
            what_to_do: "Look at the incidents, and at the credentials of the app.",
        },
        Some(ProblemStage::Ended(_)) | None => Guidance {
            meaning: "The connection broke before APNs answered, and the notification was not to be sent twice.",
            fault: nobody,
            what_to_do: "If showing it twice is better than not at all, send with `on_unknown` set to `retry`.",
        },
    }
}

/// Why nothing of it can be sent again, where that is known without looking at each.
pub(crate) fn refusal(problem: &Problem) -> Option<&'static str> {
    if problem.failed() == 0 {
        return Some("Nothing of it has failed for good: what waits is sent by itself.");
    }
    if problem.cause.stage == Some(ProblemStage::Ended(RecipientOutcome::Expired)) {
        return Some("The time of these notifications is over: nobody wants them any more.");
    }
    let (_, reason) = problem.cause.answer.as_ref()?;
    (Reason::from_name(reason).guidance().fault == Fault::Request).then_some(
        "APNs refused the notification itself: sent again as it is, it would be refused again. Send a corrected one.",
    )
}
