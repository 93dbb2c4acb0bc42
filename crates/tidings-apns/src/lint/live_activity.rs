//! Rules for payloads of Live Activities. A device ignores one that breaks them, while APNs answers 200.

use serde_json::Value;

use super::subject::Subject;
use super::{Findings, LintCode};
use crate::push_type::PushType;

pub(super) fn all(subject: &Subject<'_>, findings: &mut Findings) {
    if !subject.is(PushType::LiveActivity) || subject.body().is_none() {
        return;
    }
    if !subject.has("timestamp") {
        findings.add(LintCode::LiveActivityWithoutTimestamp, "there is no `timestamp`");
    }
    match subject.key("event").and_then(Value::as_str) {
        None => findings.add(LintCode::LiveActivityWithoutEvent, "there is no `event`"),
        Some("start") => start(subject, findings),
        Some("update") => content_state(subject, findings),
        Some("end") => end(subject, findings),
        Some(_) => findings.add(
            LintCode::LiveActivityUnknownEvent,
            "the `event` is none of Apple's",
        ),
    }
    if subject.has("sound") {
        findings.add(
            LintCode::LiveActivitySoundOutside,
            "`sound` stands beside the `alert`",
        );
    }
}

fn start(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.is_broadcast() {
        findings.add(LintCode::BroadcastStart, "the `event` of a broadcast is `start`");
    }
    content_state(subject, findings);
    for key in ["attributes-type", "attributes"]
        .into_iter()
        .filter(|key| !subject.has(key))
    {
        findings.add(
            LintCode::LiveActivityStartWithoutAttributes,
            format!("there is no `{key}`"),
        );
    }
    if !subject.has("alert") {
        findings.add(LintCode::LiveActivityStartWithoutAlert, "there is no `alert`");
    }
    if subject.has("input-push-token") && subject.has("input-push-channel") {
        findings.add(
            LintCode::LiveActivityInputConflict,
            "there are both an input token and an input channel",
        );
    }
}

fn end(subject: &Subject<'_>, findings: &mut Findings) {
    if !subject.has("content-state") {
        findings.add(
            LintCode::LiveActivityEndWithoutContentState,
            "there is no last `content-state`",
        );
    }
}

fn content_state(subject: &Subject<'_>, findings: &mut Findings) {
    if !subject.has("content-state") {
        findings.add(
            LintCode::LiveActivityWithoutContentState,
            "there is no `content-state`",
        );
    }
}
