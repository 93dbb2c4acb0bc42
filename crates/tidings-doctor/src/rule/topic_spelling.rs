//! Whether a topic can be one, and what it was probably meant to be.

use tidings_apns::Topic;

use super::signing_key::is_team_id;
use crate::catalogue::topic as entries;
use crate::facts::Facts;
use crate::finding::Confidence;
use crate::remark::Remark;

pub(super) fn spelling(facts: &Facts<'_>) -> Vec<Remark> {
    let Some(topic) = facts.topic() else {
        return Vec::new();
    };
    misspelled(facts, topic)
        .or_else(|| malformed(topic))
        .into_iter()
        .collect()
}

fn misspelled(facts: &Facts<'_>, topic: &str) -> Option<Remark> {
    let shown = quoted(topic);
    if topic.contains(['<', '$', '{']) {
        let title = format!("The topic {shown} is a placeholder that was never filled in.");
        return Some(Remark::certain(&entries::TOPIC_MISSPELLED, title).evidence(format!("topic: {shown}")));
    }
    if let Some((first, rest)) = topic.split_once('.').filter(|(first, _)| is_team_id(first)) {
        let known = facts.bundle_ids().iter().any(|(_, id)| *id == rest);
        let title = format!(
            "The topic {shown} begins with a team id or the prefix of an App ID; the bundle id is {rest}."
        );
        // Ten capitals could begin a bundle id after all, though nobody's does.
        let confidence = if known {
            Confidence::Certain
        } else {
            Confidence::Likely
        };
        let remark = Remark::with(&entries::TOPIC_MISSPELLED, confidence, title)
            .question("Is that the bundle id in Xcode?")
            .evidence(format!("topic: {shown}, where {first} has the form of a team id"))
            .fix(format!("Send to the topic {rest}."));
        return Some(remark);
    }
    let parsed: Topic = topic.parse().ok()?;
    parsed.has_doubled_suffix().then(|| {
        let title = format!("The topic {shown} has two suffixes.");
        let fix = "Configure the bare bundle id where the library appends the suffix by itself.";
        Remark::certain(&entries::TOPIC_SUFFIX_DOUBLED, title)
            .evidence(format!("topic: {shown}"))
            .fix(fix)
    })
}

fn malformed(topic: &str) -> Option<Remark> {
    let error = topic.parse::<Topic>().err()?;
    let title = format!("The topic {} cannot be one: {error}.", quoted(topic));
    Some(Remark::certain(&entries::TOPIC_MALFORMED, title).evidence(format!("topic: {}", quoted(topic))))
}

/// Between quotes, with control characters as escapes, and not too long.
fn quoted(topic: &str) -> String {
    let start = topic.get(..topic.floor_char_boundary(120)).unwrap_or_default();
    format!("{start:?}")
}
