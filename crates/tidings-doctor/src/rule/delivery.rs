//! Answers that are about the request, the load, or Apple; and those that are good while nothing arrives.

use crate::catalogue::{Sign, delivery as entries};
use crate::facts::{Facts, base};
use crate::remark::Remark;

pub(super) fn answers(facts: &Facts<'_>) -> Vec<Remark> {
    let Some(reason) = &facts.reason else {
        return Vec::new();
    };
    let guidance = reason.guidance();
    let entry = if entries::REQUEST_IS_MALFORMED.explains(reason) {
        &entries::REQUEST_IS_MALFORMED
    } else if entries::TOO_MUCH.explains(reason) {
        &entries::TOO_MUCH
    } else if entries::APNS_FAILS.explains(reason) || facts.signs.contains(&Sign::ApnsFails) {
        &entries::APNS_FAILS
    } else {
        return Vec::new();
    };
    let title = format!("{reason}: {}", first_sentence(guidance.meaning));
    vec![
        Remark::certain(entry, title)
            .evidence(facts.answer_in_words())
            .fix(guidance.what_to_do),
    ]
}

pub(crate) fn first_sentence(text: &str) -> &str {
    text.find(". ").and_then(|end| text.get(..=end)).unwrap_or(text)
}

/// Accepted, and nothing arrives.
pub(super) fn silence(facts: &Facts<'_>) -> Vec<Remark> {
    if !facts.is_accepted() {
        return Vec::new();
    }
    let asked = Remark::ask(
        &entries::ACCEPTED_IS_NOT_DELIVERED,
        "APNs accepted the notification: address and credential are right, whether it arrives is another matter.",
        "Is this the device token that the app on the device prints now, and are notifications switched on for it?",
    );
    [missing_mode(facts), Some(asked)].into_iter().flatten().collect()
}

fn missing_mode(facts: &Facts<'_>) -> Option<Remark> {
    let (_, build) = facts.builds().next()?;
    let modes = &build.app.info.as_ref()?.background_modes;
    let topic = facts.topic().unwrap_or_default();
    let has = |mode: &str| modes.iter().any(|it| it == mode);
    if topic == format!("{}.voip", base(topic)) && !has("voip") {
        let title = "The topic is for calls, and the app does not declare the background mode `voip`.";
        let question =
            "Is Voice over IP among the app's background modes, and does it report each call to CallKit?";
        return Some(Remark::ask(&entries::NO_VOIP_MODE, title, question));
    }
    (base(topic) == topic && !has("remote-notification")).then(|| {
        let title = "The app does not declare the background mode `remote-notification`.";
        let question = "Was it a background notification (`content-available`, push type background)?";
        Remark::ask(&entries::NO_BACKGROUND_MODE, title, question)
    })
}
