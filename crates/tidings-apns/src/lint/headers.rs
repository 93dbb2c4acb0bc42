//! Rules for the headers, with each other and with the payload.

use super::subject::Subject;
use super::{Findings, LintCode};
use crate::expiration::Expiration;
use crate::priority::Priority;
use crate::push_type::PushType;
use crate::topic::Topic;

pub(super) fn push_type(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.kind.is_none() {
        findings.add(LintCode::PushTypeMissing, "there is no push type");
    }
}

pub(super) fn topic(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(topic) = subject.topic else { return };
    if topic.has_doubled_suffix() {
        findings.add(
            LintCode::TopicDoubledSuffix,
            format!("the topic {topic} has two suffixes"),
        );
    }
    if let Some(kind) = subject.kind.filter(|kind| !topic.fits(*kind)) {
        findings.add(LintCode::TopicContradictsPushType, contradiction(topic, kind));
    }
    if subject.is(PushType::Mdm) && !topic.as_str().starts_with("com.apple.mgmt.") {
        findings.add(
            LintCode::MdmTopic,
            format!("the topic {topic} is not one of an MDM push certificate"),
        );
    }
}

fn contradiction(topic: &Topic, kind: PushType) -> String {
    match (topic.suffix_kind(), kind.topic_suffix()) {
        (Some(other), _) => {
            format!("the topic {topic} is for the push type {other}, but the push type is {kind}")
        }
        (None, suffix) => format!("the topic {topic} lacks the suffix {suffix} of the push type {kind}"),
    }
}

pub(super) fn priority(subject: &Subject<'_>, findings: &mut Findings) {
    let immediate = subject.priority == Priority::Immediate;
    if subject.is(PushType::Background) && immediate {
        findings.add(
            LintCode::BackgroundPriority,
            "a background notification has priority 10",
        );
    }
    if subject.is(PushType::PushToTalk) && !immediate {
        let message = format!("a Push to Talk notification has priority {}", subject.priority);
        findings.add(LintCode::PushToTalkPriority, message);
    }
    let wakes_and_shows = subject.is_on("content-available") && subject.has("alert");
    if subject.is(PushType::Alert) && immediate && wakes_and_shows {
        findings.add(
            LintCode::ContentAvailablePriority,
            "an alert with priority 10 also asks for the app to be woken",
        );
    }
}

pub(super) fn expiration(subject: &Subject<'_>, findings: &mut Findings) {
    let stored = subject.expiration.is_none_or(Expiration::is_stored);
    if subject.is(PushType::PushToTalk) && stored {
        findings.add(
            LintCode::PushToTalkExpiration,
            "a Push to Talk notification may be stored",
        );
    }
    if subject.is(PushType::Alert) && !stored {
        findings.add(
            LintCode::ExpirationOnce,
            "the expiration is 0, so devices that are offline never get the alert",
        );
    }
    if subject.is(PushType::Voip) && subject.expiration.is_none() {
        findings.add(
            LintCode::VoipStored,
            "a call has no expiration, so APNs may keep it for up to 30 days",
        );
    }
}
