//! Whether the topic belongs to the build and to the kind of the device token.

use tidings_apns::{PushType, Reason, Topic};

use super::topic_spelling::spelling;
use crate::artefact::Content;
use crate::build::{Bundle, BundleRole};
use crate::case::Registration;
use crate::catalogue::{Entry, topic as entries};
use crate::facts::{Facts, base};
use crate::finding::Confidence;
use crate::remark::Remark;

/// The topic beside the bundle ids of the files.
pub(super) fn against_builds(facts: &Facts<'_>) -> Vec<Remark> {
    let Some(topic) = facts.topic() else {
        return Vec::new();
    };
    let app = base(topic);
    let ids = facts.bundle_ids();
    // What cannot be a topic is spoken of by its spelling; a pass is no app.
    if ids.is_empty() || app.starts_with("pass.") || !spelling(facts).is_empty() {
        return Vec::new();
    }
    if !ids.iter().any(|(_, id)| *id == app) {
        return nested(facts, &app).unwrap_or_else(|| vec![unlike(&ids, topic, &app)]);
    }
    renamed(facts, &ids, topic, &app).into_iter().collect()
}

/// The topic is that of a bundle within a build: a watch app has topics of its own, an extension has none.
fn nested(facts: &Facts<'_>, app: &str) -> Option<Vec<Remark>> {
    let mut bundles = facts
        .builds()
        .flat_map(|(path, build)| build.nested.iter().map(move |bundle| (path, build, bundle)));
    let (path, build, bundle) = bundles.find(|(_, _, bundle)| bundle.bundle_id() == Some(app))?;
    if !matches!(bundle.role, BundleRole::Extension(_)) {
        return Some(Vec::new());
    }
    let containing = build.app.bundle_id().unwrap_or("the containing app's");
    let title = format!(
        "The topic {app} is the bundle id of an extension, which has no device tokens; the app is {containing}."
    );
    let remark = Remark::certain(&entries::TOPIC_OF_AN_EXTENSION, title)
        .evidence(format!("{path}: {app} is {}", bundle.path))
        .fix(format!("Send to the topic {containing}."));
    Some(vec![remark])
}

fn unlike(ids: &[(&str, &str)], topic: &str, app: &str) -> Remark {
    let close = ids.iter().find(|(_, id)| id.eq_ignore_ascii_case(app));
    let flavour = ids.iter().find(|(_, id)| are_flavours(id, app));
    let (entry, (path, id)): (&'static Entry, _) = match (close, flavour, ids.first()) {
        (Some(found), _, _) => (&entries::TOPIC_MISSPELLED, *found),
        (None, Some(found), _) => (&entries::TOPIC_OF_ANOTHER_FLAVOUR, *found),
        (None, None, found) => (&entries::TOPIC_IS_NOT_THE_BUNDLE_ID, *found.unwrap_or(&("", ""))),
    };
    let title = match (close.is_some(), flavour.is_some()) {
        (true, _) => format!("The topic {app} differs from the bundle id {id} in its capitals."),
        (_, true) => format!("The topic {app} is another flavour than the build, whose bundle id is {id}."),
        _ => format!("The topic {app} is not the bundle id of the build, which is {id}."),
    };
    let suffix = topic.strip_prefix(app).unwrap_or_default();
    Remark::certain(entry, title)
        .evidence(format!("topic: {topic}"))
        .evidence(format!("{path}: bundle id {id}"))
        .fix(format!("Send to the topic {id}{suffix} for device tokens of this build, and keep the bundle id with every token."))
}

/// Words that tell flavours of an app apart.
const FLAVOURS: [&str; 14] = [
    "dev",
    "development",
    "debug",
    "stage",
    "staging",
    "beta",
    "alpha",
    "qa",
    "test",
    "uat",
    "prod",
    "production",
    "release",
    "internal",
];

/// Whether two bundle ids are flavours of one app: one continues the other, or they differ in a word for flavours.
fn are_flavours(one: &str, other: &str) -> bool {
    let continues = |long: &str, short: &str| {
        let rest = long
            .strip_prefix(short)
            .and_then(|rest| rest.strip_prefix(['.', '-', '_']));
        rest.is_some_and(is_flavour)
    };
    continues(one, other) || continues(other, one) || differ_in_flavour(one, other)
}

fn differ_in_flavour(one: &str, other: &str) -> bool {
    let (Some((base, last)), Some((other_base, other_last))) = (one.rsplit_once('.'), other.rsplit_once('.'))
    else {
        return false;
    };
    base == other_base && is_flavour(last) && is_flavour(other_last)
}

fn is_flavour(word: &str) -> bool {
    FLAVOURS.iter().any(|flavour| word.eq_ignore_ascii_case(flavour))
}

/// Two builds, of which only one has the topic.
fn renamed(facts: &Facts<'_>, ids: &[(&str, &str)], topic: &str, app: &str) -> Option<Remark> {
    let (path, other) = facts.builds().find_map(|(path, build)| {
        let id = build.app.bundle_id()?;
        (id != app && ids.iter().any(|(_, it)| *it == id)).then_some((path, id))
    })?;
    facts.is(&Reason::DeviceTokenNotForTopic).then(|| {
        let title = format!("One build has the topic {app} as its bundle id, the other has {other}: its device tokens need its own topic.");
        Remark::likely(&entries::BUNDLE_ID_CHANGED, title)
            .evidence(format!("topic: {topic}"))
            .evidence(format!("{path}: bundle id {other}"))
            .question("Which of the builds is on the failing devices?")
    })
}

/// The topic beside what the registry knows of the device token.
pub(super) fn against_registration(facts: &Facts<'_>) -> Vec<Remark> {
    let mut remarks: Vec<Remark> = other_app(facts).into_iter().collect();
    remarks.extend(other_kind(facts));
    remarks
}

fn other_app(facts: &Facts<'_>) -> Option<Remark> {
    let (app, topic) = (facts.case.bundle_id.as_deref()?, facts.case.topic.as_deref()?);
    let sent = base(topic);
    let knows_better = facts.bundle_ids().iter().any(|(_, id)| *id == sent);
    if sent == app || sent.starts_with("pass.") || knows_better || !spelling(facts).is_empty() {
        return None;
    }
    let (entry, whose): (&'static Entry, _) = if are_flavours(&sent, app) {
        (&entries::TOPIC_OF_ANOTHER_FLAVOUR, "another flavour")
    } else {
        (&entries::TOPIC_OF_ANOTHER_APP, "another app")
    };
    let title =
        format!("The device token was registered for {app}, and is sent to {sent}, which is {whose}.");
    Some(
        Remark::certain(entry, title)
            .evidence(format!("app: {app}"))
            .evidence(format!("topic: {topic}"))
            .fix(format!(
                "Send it to the topic {app}, and make the app part of the key of the table of device tokens."
            )),
    )
}

fn other_kind(facts: &Facts<'_>) -> Option<Remark> {
    let topic: Topic = facts.case.topic.as_deref()?.parse().ok()?;
    match &facts.case.registration {
        Some(registration) => registered_otherwise(facts, &topic, registration),
        None => asked_kind(facts, &topic),
    }
}

fn registered_otherwise(facts: &Facts<'_>, topic: &Topic, registration: &Registration) -> Option<Remark> {
    let kind = registration.kind;
    let expected = kind.push_type().topic_suffix();
    let sent = topic.suffix_kind().map_or("", PushType::topic_suffix);
    if expected == sent || topic.has_doubled_suffix() {
        return None;
    }
    let confidence = if facts.is(&Reason::BadDeviceToken) {
        Confidence::Likely
    } else {
        Confidence::Certain
    };
    let ending = |suffix: &str| {
        if suffix.is_empty() {
            "no suffix".to_owned()
        } else {
            format!("the suffix {suffix}")
        }
    };
    let title = format!(
        "The device token is of the kind {kind}, whose topic has {}, and is sent to a topic with {}.",
        ending(expected),
        ending(sent)
    );
    Some(
        Remark::with(&entries::KIND_DOES_NOT_MATCH, confidence, title)
            .evidence(format!("registry: kind {kind}"))
            .evidence(format!("topic: {topic}"))
            .question("Do other device tokens of this kind do well?")
            .fix(format!("Send it to the topic {}{expected}.", topic.bundle_id())),
    )
}

fn asked_kind(facts: &Facts<'_>, topic: &Topic) -> Option<Remark> {
    facts
        .is(&Reason::DeviceTokenNotForTopic)
        .then(|| match topic.suffix_kind() {
            Some(kind) => Remark::ask(
                &entries::KIND_DOES_NOT_MATCH,
                format!("The topic is for {kind}, which has device tokens of its own."),
                format!("Is the device token the one that the app got for {kind}, and not its ordinary one?"),
            ),
            None => Remark::ask(
                &entries::KIND_DOES_NOT_MATCH,
                "The topic has no suffix, so only the app's ordinary device tokens belong to it.",
                "Is it perhaps a token of PushKit, of a Live Activity or of a widget?",
            ),
        })
}

/// The build holds an app for the watch, which has tokens of its own.
pub(super) fn watch(facts: &Facts<'_>) -> Vec<Remark> {
    let Some(topic) = facts
        .topic()
        .filter(|_| facts.is(&Reason::DeviceTokenNotForTopic))
    else {
        return Vec::new();
    };
    let app = base(topic);
    let watches = facts
        .builds()
        .flat_map(|(path, build)| build.nested.iter().map(move |bundle| (path, bundle)));
    let watches = watches.filter(|(_, bundle)| bundle.role == BundleRole::WatchApp);
    watches
        .filter_map(|(path, bundle)| on_the_watch(facts, path, bundle, &app))
        .collect()
}

fn on_the_watch(facts: &Facts<'_>, path: &str, bundle: &Bundle, app: &str) -> Option<Remark> {
    let id = bundle.bundle_id().filter(|id| *id != app)?;
    let model = facts
        .case
        .registration
        .as_ref()
        .and_then(|registration| registration.device_model.as_deref());
    let title = format!(
        "The app for the watch is {id}, and the topic is {app}: a token that the watch registered needs its own topic."
    );
    let question = "Did the watch's app register this device token?";
    Some(match model {
        Some(model) if model.starts_with("Watch") => Remark::certain(&entries::WATCH_APP_TOPIC, title)
            .evidence(format!("registry: the device's model is {model}"))
            .evidence(format!("{path}: {id} is {}", bundle.path))
            .fix(format!("Send it to the topic {id}.")),
        _ => Remark::ask(&entries::WATCH_APP_TOPIC, title, question),
    })
}

/// What APNs says of the topic.
pub(super) fn answers(facts: &Facts<'_>) -> Vec<Remark> {
    let answered = |remark: Remark| vec![remark.evidence(facts.answer_in_words())];
    match &facts.reason {
        Some(Reason::MissingTopic) => answered(missing(facts)),
        Some(Reason::BadTopic) if facts.case.topic.is_none() => vec![Remark::ask(
            &entries::TOPIC_MALFORMED,
            entries::TOPIC_MALFORMED.title,
            "What is the topic, between quotes?",
        )],
        _ => Vec::new(),
    }
}

fn missing(facts: &Facts<'_>) -> Remark {
    let several = facts
        .case
        .artefacts
        .iter()
        .find_map(|artefact| match &artefact.content {
            Content::Credential(file) => {
                let topics = file.certificates.iter().map(|it| it.topics.len()).max()?;
                (topics > 1).then(|| format!("{}: the certificate covers {topics} topics", artefact.path))
            }
            _ => None,
        });
    Remark::certain(
        &entries::TOPIC_MISSING,
        "The request names no topic, and the credential does not imply one.",
    )
    .evidences(several)
}
