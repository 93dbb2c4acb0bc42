//! Rules for the keys of `aps`: their names and the types of their values.

use serde_json::Value;

use super::subject::{Object, Subject};
use super::{Findings, LintCode};
use crate::push_type::PushType;

/// What a value must be.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Object,
    List,
    TextOrObject,
    /// The number 1.
    Switch,
    Truth,
}

/// Apple's keys (Apple, *Generating a remote notification*; *Starting and updating Live Activities with
/// `ActivityKit` push notifications*; *Updating widgets with `WidgetKit` push notifications*).
const KEYS: &[(&str, Kind)] = &[
    ("alert", Kind::TextOrObject),
    ("badge", Kind::Number),
    ("sound", Kind::TextOrObject),
    ("thread-id", Kind::Text),
    ("category", Kind::Text),
    ("content-available", Kind::Switch),
    ("mutable-content", Kind::Switch),
    ("target-content-id", Kind::Text),
    ("interruption-level", Kind::Text),
    ("relevance-score", Kind::Number),
    ("filter-criteria", Kind::Text),
    ("stale-date", Kind::Number),
    ("content-state", Kind::Object),
    ("timestamp", Kind::Number),
    ("event", Kind::Text),
    ("dismissal-date", Kind::Number),
    ("attributes-type", Kind::Text),
    ("attributes", Kind::Object),
    ("input-push-token", Kind::Switch),
    ("input-push-channel", Kind::Text),
    ("content-changed", Kind::Truth),
    // Safari's website pushes, which are older than Web Push.
    ("url-args", Kind::List),
];

pub(super) fn names(subject: &Subject<'_>, findings: &mut Findings) {
    for name in subject
        .aps()
        .into_iter()
        .flat_map(Object::keys)
        .filter(|name| find(name).is_none())
    {
        findings.add(LintCode::ApsUnknownKey, unknown_key(name));
    }
    if subject.is(PushType::Alert) || subject.is(PushType::Background) {
        for name in subject
            .body()
            .into_iter()
            .flat_map(Object::keys)
            .filter(|name| belongs_inside(name))
        {
            findings.add(LintCode::ApsKeyOutside, format!("`{name}` stands beside `aps`"));
        }
    }
}

fn find(name: &str) -> Option<Kind> {
    KEYS.iter()
        .find_map(|(known, kind)| (*known == name).then_some(*kind))
}

/// Keys that no app uses for itself.
fn belongs_inside(name: &str) -> bool {
    matches!(
        name,
        "alert"
            | "badge"
            | "sound"
            | "content-available"
            | "mutable-content"
            | "thread-id"
            | "interruption-level"
    )
}

/// Says which key was probably meant: most mistakes are `content_available` and `contentAvailable`.
fn unknown_key(name: &str) -> String {
    let plain = |key: &str| key.replace(['-', '_'], "").to_ascii_lowercase();
    let shown: String = name.chars().take(40).collect();
    match KEYS.iter().find(|(known, _)| plain(known) == plain(name)) {
        Some((known, _)) => format!("`{shown}` in `aps` is not a key of Apple's; `{known}` is"),
        None => format!("`{shown}` in `aps` is not a key of Apple's"),
    }
}

pub(super) fn types(subject: &Subject<'_>, findings: &mut Findings) {
    if let Some(aps) = subject.body().and_then(|body| body.get("aps"))
        && !aps.is_object()
    {
        findings.add(LintCode::ApsWrongType, "`aps` is not a dictionary");
    }
    for (name, value) in subject.aps().into_iter().flatten() {
        if let Some(kind) = find(name) {
            check_type(name, kind, value, findings);
        }
    }
}

fn check_type(name: &str, kind: Kind, value: &Value, findings: &mut Findings) {
    if kind.admits(value) {
        return;
    }
    if matches!(kind, Kind::Switch) && value == true {
        findings.add(LintCode::ApsSwitch, format!("`{name}` is true instead of 1"));
    } else {
        findings.add(
            LintCode::ApsWrongType,
            format!("`{name}` is not {}", kind.as_str()),
        );
    }
}

impl Kind {
    fn admits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Number => value.is_number(),
            Self::Object => value.is_object(),
            Self::List => value.is_array(),
            Self::TextOrObject => value.is_string() || value.is_object(),
            Self::Switch => value == 1 || value == 0,
            Self::Truth => value.is_boolean(),
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Object => "a dictionary",
            Self::List => "a list",
            Self::TextOrObject => "a text or a dictionary",
            Self::Switch => "the number 1",
            Self::Truth => "true or false",
        }
    }
}
