//! 410: whether the end of a device token is newer than its registration.

use std::time::Duration;

use tidings_apns::{Reason, Timestamp};

use crate::catalogue::{Entry, gone as entries};
use crate::facts::Facts;
use crate::remark::Remark;

/// How far clocks may differ.
const TOLERANCE: Duration = Duration::from_mins(1);

pub(super) fn times(facts: &Facts<'_>) -> Vec<Remark> {
    let entry = if facts.is(&Reason::Unregistered) {
        &entries::APP_IS_GONE
    } else if facts.is(&Reason::ExpiredToken) {
        &entries::TOKEN_EXPIRED
    } else {
        return Vec::new();
    };
    let ended_at = facts.case.answer.as_ref().and_then(|answer| answer.timestamp);
    let registered_at = facts
        .case
        .registration
        .as_ref()
        .and_then(|registration| registration.registered_at);
    match (ended_at, registered_at) {
        (Some(ended_at), Some(registered_at)) => vec![compared(entry, ended_at, registered_at)],
        _ => unknown(facts, entry),
    }
}

fn compared(entry: &'static Entry, ended_at: Timestamp, registered_at: Timestamp) -> Remark {
    let is_stale = registered_at > ended_at.saturating_add(TOLERANCE);
    let remark = if is_stale {
        Remark::certain(
            &entries::STALE_410,
            "The app registered this device token again after the time in the 410: it is back.",
        )
    } else {
        let title = format!("{} APNs dates that after the last registration.", entry.title);
        Remark::certain(entry, title)
    };
    remark
        .evidence(format!("410: timestamp {ended_at}"))
        .evidence(format!("registry: last registered at {registered_at}"))
}

fn unknown(facts: &Facts<'_>, entry: &'static Entry) -> Vec<Remark> {
    let question =
        "When did the app last register this device token, and what is the `timestamp` of the 410?";
    let title = format!(
        "{} Whether it has registered again since is not known.",
        entry.title
    );
    vec![
        Remark::likely(entry, title)
            .question(question)
            .evidence(facts.answer_in_words()),
        Remark::ask(&entries::TIMES_UNKNOWN, entries::TIMES_UNKNOWN.title, question),
    ]
}
