//! Rules for what the user sees and hears, or does not.

use serde_json::Value;

use super::subject::{Object, Subject};
use super::{Findings, LintCode};
use crate::push_type::PushType;

pub(super) fn background(subject: &Subject<'_>, findings: &mut Findings) {
    if !subject.is(PushType::Background) || is_wallet(subject) {
        return;
    }
    for key in ["alert", "badge", "sound"]
        .into_iter()
        .filter(|key| subject.has(key))
    {
        findings.add(
            LintCode::BackgroundVisible,
            format!("a background notification has `{key}`"),
        );
    }
    if !subject.is_on("content-available") {
        findings.add(
            LintCode::BackgroundWithoutContentAvailable,
            "a background notification does not have `content-available`",
        );
    }
}

/// Wallet passes are told of updates with an empty background notification (observed in the field).
fn is_wallet(subject: &Subject<'_>) -> bool {
    subject
        .topic
        .is_some_and(|topic| topic.as_str().starts_with("pass."))
}

pub(super) fn alert(subject: &Subject<'_>, findings: &mut Findings) {
    let says_something = subject.key("alert").is_some_and(is_text_somewhere);
    if subject.is_on("mutable-content") && !says_something {
        findings.add(
            LintCode::MutableContentWithoutAlert,
            "`mutable-content` is on, but there is no text to change",
        );
    }
    if !subject.is(PushType::Alert) || is_wallet(subject) {
        return;
    }
    let perceptible = says_something || subject.has("badge") || subject.has("sound");
    if !perceptible && subject.is_on("content-available") {
        findings.add(
            LintCode::SilentAsAlert,
            "it only wakes the app, but its push type is alert",
        );
    } else if !perceptible {
        findings.add(
            LintCode::AlertWithoutContent,
            "an alert has nothing to see or hear",
        );
    }
}

/// Whether an alert has any text, or a key for one.
fn is_text_somewhere(alert: &Value) -> bool {
    const TEXTS: [&str; 6] = [
        "title",
        "subtitle",
        "body",
        "title-loc-key",
        "subtitle-loc-key",
        "loc-key",
    ];
    match alert {
        Value::String(text) => !text.is_empty(),
        Value::Object(alert) => TEXTS.iter().any(|key| alert.get(*key).is_some_and(is_text)),
        _ => false,
    }
}

/// A text, or the dictionary that Live Activities have for a localized one.
fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty()) || value.get("loc-key").is_some()
}

pub(super) fn sound_and_level(subject: &Subject<'_>, findings: &mut Findings) {
    let sound = subject.key("sound").and_then(Value::as_object);
    if let Some(volume) = number(sound, "volume").filter(|volume| !(0.0..=1.0).contains(volume)) {
        findings.add(LintCode::SoundVolumeRange, format!("the volume is {volume}"));
    }
    level(subject, sound, findings);
    let score = number(subject.aps(), "relevance-score").filter(|score| !(0.0..=1.0).contains(score));
    if let Some(score) = score.filter(|_| !subject.is(PushType::LiveActivity)) {
        findings.add(
            LintCode::RelevanceScoreRange,
            format!("the relevance score is {score}"),
        );
    }
}

fn level(subject: &Subject<'_>, sound: Option<&Object>, findings: &mut Findings) {
    match subject.key("interruption-level").and_then(Value::as_str) {
        None | Some("passive" | "active" | "time-sensitive") => {}
        Some("critical") if number(sound, "critical") == Some(1.0) => {}
        Some("critical") => findings.add(
            LintCode::CriticalLevelWithoutSound,
            "the interruption level is critical, but the sound is not",
        ),
        Some(_) => findings.add(
            LintCode::InterruptionLevelUnknown,
            "the interruption level is none of Apple's",
        ),
    }
}

fn number(object: Option<&Object>, key: &str) -> Option<f64> {
    object?.get(key)?.as_f64()
}
