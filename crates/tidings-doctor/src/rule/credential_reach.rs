//! What a credential may be used for: environments and topics.

use tidings_apns::Environment;

use super::home::{built, value};
use crate::catalogue::{Entry, certificate, signing_key};
use crate::facts::{CredentialFacts, Facts, base};
use crate::remark::Remark;

/// Whether the app's credentials reach where they must.
pub(super) fn environments(facts: &Facts<'_>) -> Vec<Remark> {
    let own: Vec<&CredentialFacts<'_>> = facts.own_credentials().filter(|it| is_usable(it)).collect();
    if own.is_empty() {
        return Vec::new();
    }
    let reaches = |environment| own.iter().any(|credential| credential.reaches(environment));
    let sent = facts.case.environment.filter(|sent| !reaches(*sent));
    let home = built(facts).filter(|home| !reaches(home.environment) && Some(home.environment) != sent);
    let mut remarks: Vec<Remark> = sent.map(|sent| not_sent_with(&own, sent)).into_iter().collect();
    remarks.extend(home.map(|home| {
        let title = format!(
            "No credential reaches {}, where the device tokens of this build live.",
            home.environment
        );
        Remark::certain(&signing_key::CREDENTIAL_DOES_NOT_REACH, title)
            .evidences(lines(&own))
            .evidences(home.evidence)
            .fix(format!(
                "Configure a credential that reaches {}.",
                home.environment
            ))
    }));
    if remarks.is_empty() {
        remarks.extend(
            Environment::ALL
                .into_iter()
                .filter(|it| !reaches(*it))
                .map(|missing| one_only(&own, missing)),
        );
    }
    remarks
}

/// Files that hold nothing for push are spoken of elsewhere.
fn is_usable(credential: &CredentialFacts<'_>) -> bool {
    credential.configured.is_some() || credential.certificate().is_some() || credential.is_signing_key()
}

fn not_sent_with(own: &[&CredentialFacts<'_>], sent: Environment) -> Remark {
    let is_key = own.iter().all(|credential| credential.is_signing_key());
    let (entry, what): (&'static Entry, _) = if is_key {
        (&signing_key::KEY_FOR_THE_OTHER_ENVIRONMENT, "signing key")
    } else {
        (&certificate::FOR_THE_OTHER_ENVIRONMENT, "certificate")
    };
    Remark::certain(
        entry,
        format!("The {what} is for {}, and is used for {sent}.", sent.other()),
    )
    .evidences(lines(own))
    .evidence(format!("sent to: {sent} ({})", sent.host()))
}

fn lines<'a>(own: &'a [&CredentialFacts<'_>]) -> impl Iterator<Item = String> + 'a {
    own.iter().map(|credential| {
        let all: Vec<&str> = credential
            .environments()
            .into_iter()
            .map(Environment::as_str)
            .collect();
        format!(
            "{}: for {}",
            credential.place(),
            if all.is_empty() {
                "both".to_owned()
            } else {
                all.join(" and ")
            }
        )
    })
}

fn one_only(own: &[&CredentialFacts<'_>], missing: Environment) -> Remark {
    let title = format!(
        "It reaches {} only: device tokens of {missing} (`aps-environment` = {}) need another credential.",
        missing.other(),
        value(missing)
    );
    Remark::certain(&signing_key::ONE_ENVIRONMENT, title).evidences(lines(own))
}

/// Whether the app's credentials cover the topic.
pub(super) fn topics(facts: &Facts<'_>) -> Vec<Remark> {
    let Some(topic) = facts.topic().map(str::to_owned).or_else(|| facts.bundle_id()) else {
        return apart(facts);
    };
    let restricted: Vec<&CredentialFacts<'_>> = facts.own_credentials().filter(|it| is_usable(it)).collect();
    let uncovered = |credential: &&CredentialFacts<'_>| {
        let topics = credential.topics();
        !topics.is_empty() && !covers(facts, &topics, &topic)
    };
    // One credential that covers it is enough.
    if restricted.is_empty() || !restricted.iter().all(uncovered) {
        return Vec::new();
    }
    restricted
        .iter()
        .map(|credential| not_covered(credential, &topic))
        .collect()
}

/// Where no app is named, each credential is judged by the app that it is configured for.
fn apart(facts: &Facts<'_>) -> Vec<Remark> {
    let usable = facts
        .credentials
        .iter()
        .filter(|credential| is_usable(credential));
    let judged = usable.filter_map(|credential| {
        let app = credential.configured?.bundle_id.as_deref()?;
        let topics = credential.topics();
        let is_covered = topics.is_empty() || topics.iter().any(|listed| is_of(listed, app));
        (!is_covered).then(|| not_covered(credential, app))
    });
    judged.collect()
}

/// A topic is covered if it is listed. Where only the app is known, any of its topics will do.
fn covers(facts: &Facts<'_>, topics: &[String], topic: &str) -> bool {
    let listed = topics.iter().any(|listed| listed == topic);
    listed || (facts.case.topic.is_none() && topics.iter().any(|listed| is_of(listed, topic)))
}

/// Whether a topic is the app's: its bundle id, or that with a suffix.
fn is_of(topic: &str, app: &str) -> bool {
    topic
        .strip_prefix(app)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn not_covered(credential: &CredentialFacts<'_>, topic: &str) -> Remark {
    let topics = credential.topics();
    let listed = topics.join(", ");
    let related = topics.iter().any(|listed| is_of(listed, &base(topic)));
    let (entry, title): (&'static Entry, String) = if credential.is_signing_key() {
        (
            &signing_key::KEY_LACKS_TOPIC,
            format!("The signing key is restricted to {listed}, and the topic is {topic}."),
        )
    } else if related {
        (
            &certificate::LACKS_TOPIC,
            format!("The certificate lists {listed}, and not the topic {topic}."),
        )
    } else {
        (
            &certificate::FOR_ANOTHER_APP,
            format!("The certificate is for {listed}, and the topic is {topic}: APNs will refuse it."),
        )
    };
    Remark::certain(entry, title)
        .evidence(format!("{}: topics {listed}", credential.place()))
        .evidence(format!("topic: {topic}"))
}
