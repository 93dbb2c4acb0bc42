//! Certificates: validity, purpose, keys, files.

use std::time::Duration;

use tidings_apns::{Environment, Reason, Timestamp};

use crate::artefact::Content;
use crate::catalogue::{Sign, certificate as entries};
use crate::credential::{CertificateEntry, CredentialFile, CredentialForm};
use crate::facts::{CredentialFacts, Facts};
use crate::remark::Remark;

/// So long before its end, a certificate is worth a warning.
const SOON: Duration = Duration::from_hours(24 * 30);

/// When a credential ends; a certificate that is not for push does not matter.
pub(super) fn end(credential: &CredentialFacts<'_>) -> Option<Timestamp> {
    credential.expires_at()
}

pub(super) fn validity(facts: &Facts<'_>) -> Vec<Remark> {
    let now = facts.case.now;
    let ends = facts.own_credentials().filter_map(|credential| {
        let end = credential.expires_at()?;
        ended(&credential.place(), end, now)
    });
    let begins = facts.own_credentials().filter_map(|credential| {
        let begin = credential.certificate()?.not_before;
        not_begun(&credential.place(), begin, now)
    });
    ends.chain(begins).collect()
}

fn ended(place: &str, end: Timestamp, now: Timestamp) -> Option<Remark> {
    let line = format!("{place}: good until {end}");
    if end <= now {
        let title = format!("The certificate expired at {end}; APNs refuses it.");
        return Some(Remark::certain(&entries::EXPIRED, title).evidence(line));
    }
    let left = end.saturating_since(now);
    (left <= SOON).then(|| {
        let title = format!("The certificate expires in {}, at {end}.", days(left));
        Remark::certain(&entries::EXPIRES_SOON, title).evidence(line)
    })
}

fn days(left: Duration) -> String {
    match left.as_secs() / 86_400 {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

fn not_begun(place: &str, begin: Timestamp, now: Timestamp) -> Option<Remark> {
    (begin > now).then(|| {
        let title = format!("The certificate is not valid before {begin}.");
        Remark::certain(&entries::NOT_YET_VALID, title)
            .evidence(format!("{place}: valid from {begin}, now is {now}"))
    })
}

/// Whether a certificate is for push at all, and passes have theirs.
pub(super) fn purpose(facts: &Facts<'_>) -> Vec<Remark> {
    let topic = facts.topic().unwrap_or_default();
    let is_pass = topic.starts_with("pass.");
    let passes = is_pass.then(|| pass(facts, topic)).flatten();
    let wrong = facts.own_credentials().filter_map(|credential| {
        let certificate = credential.certificates().next()?;
        let is_passes = is_pass && certificate.user_id.as_deref() == Some(topic);
        (credential.certificate().is_none() && !is_passes)
            .then(|| not_for_push(&credential.place(), certificate))
    });
    passes.into_iter().chain(wrong).collect()
}

fn not_for_push(place: &str, certificate: &CertificateEntry) -> Remark {
    let name = certificate.common_name.as_deref().unwrap_or("without a name");
    let title = format!("The certificate ({name}) is not for push notifications.");
    Remark::certain(&entries::NOT_FOR_PUSH, title).evidence(format!("{place}: {name}"))
}

fn pass(facts: &Facts<'_>, topic: &str) -> Option<Remark> {
    let of_the_pass = |credential: &CredentialFacts<'_>| {
        credential
            .certificates()
            .any(|it| it.user_id.as_deref() == Some(topic))
    };
    let known = facts
        .own_credentials()
        .any(|credential| credential.file.is_some());
    let remark = Remark::certain(&entries::PASS_NEEDS_ITS_OWN, "");
    let evidence = format!("topic: {topic}");
    if facts.case.environment == Some(Environment::Sandbox) {
        let title = "Updates of passes are sent to the sandbox, and there is none for them.";
        return Some(
            Remark::certain(remark.entry, title)
                .evidence(evidence)
                .evidence("sent to: sandbox"),
        );
    }
    (known && !facts.own_credentials().any(of_the_pass)).then(|| {
        let title = format!(
            "The topic {topic} is a pass type, and the credential is not the certificate of that pass type."
        );
        Remark::certain(remark.entry, title).evidence(evidence)
    })
}

/// Certificates and the keys that belong to them.
pub(super) fn pairs(facts: &Facts<'_>) -> Vec<Remark> {
    facts
        .own_credentials()
        .filter_map(|credential| pair(facts, credential))
        .collect()
}

fn pair(facts: &Facts<'_>, credential: &CredentialFacts<'_>) -> Option<Remark> {
    let file = credential.file?;
    let certificate = credential.certificate()?;
    let place = credential.place();
    let usable = credential
        .certificates()
        .filter(|it| it.is_for_push && it.has_key)
        .count();
    if usable > 1 {
        let title = format!(
            "{place} holds {usable} push certificates with keys; which one is used is a matter of chance."
        );
        let names = credential.certificates().filter_map(|it| it.common_name.as_ref());
        let lines: Vec<String> = names.map(|name| format!("{place}: {name}")).collect();
        return Some(Remark::certain(&entries::SEVERAL_IDENTITIES, title).evidences(lines));
    }
    if certificate.has_key || key_elsewhere(facts, certificate) {
        return None;
    }
    if !file.keys.is_empty() {
        let title = format!("The private key in {place} does not belong to the certificate.");
        let evidence = format!("{place}: the public halves differ");
        return Some(Remark::certain(&entries::KEY_DOES_NOT_MATCH, title).evidence(evidence));
    }
    let is_for_use =
        credential.configured.is_some() || file.form == CredentialForm::Pkcs12 || file.unusable.is_some();
    is_for_use.then(|| {
        let title = format!("{place} holds the certificate without its private key.");
        let remark =
            Remark::certain(&entries::WITHOUT_KEY, title).evidence(format!("{place}: no private key"));
        match &file.advice {
            Some(advice) => remark.fix(advice.clone()),
            None => remark,
        }
    })
}

fn key_elsewhere(facts: &Facts<'_>, certificate: &CertificateEntry) -> bool {
    let files = facts
        .case
        .artefacts
        .iter()
        .filter_map(|artefact| match &artefact.content {
            Content::Credential(file) => Some(file),
            _ => None,
        });
    let mut keys = files.flat_map(|file| &file.keys);
    keys.any(|key| key.public_key_sha256.as_ref() == Some(&certificate.public_key_sha256))
}

/// Files with certificates that cannot be used, or only by some programs.
pub(super) fn files(facts: &Facts<'_>) -> Vec<Remark> {
    let files = facts
        .credentials
        .iter()
        .filter_map(|credential| Some((credential, credential.file?)));
    files
        .filter(|(_, file)| !is_about_a_key(file))
        .flat_map(|(credential, file)| told(facts, credential, file))
        .collect()
}

/// Whether a file is, or should be, a signing key.
pub(super) fn is_about_a_key(file: &CredentialFile) -> bool {
    let named = file.key_id_in_name.is_some();
    file.form != CredentialForm::Pkcs12 && file.certificates.is_empty() && (named || !file.keys.is_empty())
}

/// What is missing from a certificate is told with it; this is for files that hold none, or cannot be opened.
fn unusable(credential: &CredentialFacts<'_>, file: &CredentialFile) -> Option<Remark> {
    let why = file.unusable.as_ref()?;
    if credential.certificates().any(|it| !it.is_for_push || !it.has_key) {
        return None;
    }
    let title = format!(
        "{} cannot be used: {}.",
        credential.place(),
        why.trim_end_matches('.')
    );
    let remark = Remark::certain(&entries::UNUSABLE, title);
    Some(match &file.advice {
        Some(advice) => remark.fix(advice.clone()),
        None => remark,
    })
}

fn told(facts: &Facts<'_>, credential: &CredentialFacts<'_>, file: &CredentialFile) -> Vec<Remark> {
    let place = credential.place();
    let mut remarks: Vec<Remark> = unusable(credential, file).into_iter().collect();
    let old = file.notes.iter().find(|note| is_about_encryption(note));
    if let Some(note) = old {
        let title = format!(
            "{place} is encrypted in a way that newer programs refuse, or take for a wrong password."
        );
        remarks.push(Remark::certain(&entries::OLD_ENCRYPTION, title).evidence(format!("{place}: {note}")));
    } else if file.form == CredentialForm::Pkcs12 && facts.message.is_sign_of(Sign::NotLoaded) {
        let title = "The program that refuses the .p12 may lack the old encryption in it, or its form of an empty password.";
        let question = "Does `openssl pkcs12 -legacy -in FILE -info -noout` open it?";
        remarks.push(Remark::ask(&entries::OLD_ENCRYPTION, title, question));
    }
    remarks
}

/// Whether a note is about encryption that is out of use.
pub(super) fn is_about_encryption(note: &str) -> bool {
    ["OpenSSL 3 refuses", "empty password"]
        .iter()
        .any(|word| note.contains(word))
}

/// What APNs and libraries say of certificates.
pub(super) fn answers(facts: &Facts<'_>) -> Vec<Remark> {
    [
        environment(facts),
        invalid(facts),
        library(facts),
        keystore(facts),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn environment(facts: &Facts<'_>) -> Option<Remark> {
    facts.is(&Reason::BadCertificateEnvironment).then(|| {
        let sent = facts
            .case
            .environment
            .map_or(String::new(), |sent| format!(" than {sent}"));
        let title = format!("APNs says that the certificate is for another environment{sent}.");
        Remark::certain(&entries::FOR_THE_OTHER_ENVIRONMENT, title).evidence(facts.answer_in_words())
    })
}

fn invalid(facts: &Facts<'_>) -> Option<Remark> {
    facts.is(&Reason::BadCertificate).then(|| {
        let title = "APNs does not take the certificate: it expired, was revoked, or is no push certificate.";
        Remark::ask(
            &entries::EXPIRED,
            title,
            "When does it end, and does it still stand in the developer portal?",
        )
    })
}

fn library(facts: &Facts<'_>) -> Option<Remark> {
    let refused = facts
        .message
        .has(&["certificate does not support configured environment"]);
    let reaching = |credential: &&CredentialFacts<'_>| {
        let sent = facts.case.environment;
        credential.certificate().is_some_and(|it| match sent {
            Some(sent) => it.environments.contains(&sent),
            None => it.environments.len() > 1,
        })
    };
    if !refused {
        return None;
    }
    if let Some(credential) = facts.own_credentials().find(reaching) {
        let title = "The library misjudges the certificate, which is marked for this environment.";
        let line = format!("{}: marked for the environment", credential.place());
        return Some(Remark::certain(&entries::JUDGED_BY_NAME, title).evidence(line));
    }
    let title = "The library takes the certificate to be for the other environment.";
    Some(
        Remark::likely(&entries::JUDGED_BY_NAME, title)
            .evidence("message: certificate does not support configured environment")
            .question("For which environments is the certificate marked (`tidings doctor FILE`)?"),
    )
}

fn keystore(facts: &Facts<'_>) -> Option<Remark> {
    let has_file = facts
        .credentials
        .iter()
        .any(|credential| credential.file.is_some());
    (facts.message.is_sign_of(Sign::NotLoaded) && !has_file).then(|| {
        let title = "The .p12 does not load: mostly for its old encryption, which OpenSSL 3 refuses, and not for its password.";
        let question = "Does `openssl pkcs12 -legacy -in FILE -info -noout` open it?";
        Remark::likely(&entries::OLD_ENCRYPTION, title).evidence("message: as given").question(question)
    })
}
