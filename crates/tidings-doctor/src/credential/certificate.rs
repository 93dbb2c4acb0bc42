//! The facts of one certificate, without the names of people.

use std::time::SystemTime;

use tidings_apns::Timestamp;
use tidings_credential::CertificateFacts;

use super::{CertificateEntry, KeyFile};
use crate::text::cut;

/// A name is no longer than this in any certificate of Apple's.
const NAME_LIMIT: usize = 200;

/// Topics in one certificate: Apple lists about ten.
const TOPIC_LIMIT: usize = 64;

/// Kinds of certificates whose names go on with a topic or another identifier, and not with a person's name.
const SERVICES: [&str; 10] = [
    "Apple Push Services:",
    "Apple Development IOS Push Services:",
    "Apple Production IOS Push Services:",
    "Apple Sandbox Push Services:",
    "Apple Development Mac Push Services:",
    "Apple Production Mac Push Services:",
    "VoIP Services:",
    "WatchKit Services:",
    "Website Push ID:",
    "Pass Type ID:",
];

/// Kinds of certificates whose user id is a number of a person.
const PERSONAL: [&str; 4] = [
    "Apple Development",
    "iPhone Developer",
    "Mac Developer",
    "iOS Development",
];

/// Reads a certificate in DER; nothing if it is damaged.
pub(super) fn read(der: &[u8], keys: &[KeyFile]) -> Option<CertificateEntry> {
    let facts = CertificateFacts::of_der(der)?;
    let has_key = keys
        .iter()
        .any(|key| key.public_key_sha256.as_ref() == Some(&facts.public_key_sha256));
    let common_name = facts.common_name.as_deref().map(without_person);
    let is_personal = common_name
        .as_deref()
        .is_some_and(|name| PERSONAL.contains(&name));
    let topics = facts.topics.iter().take(TOPIC_LIMIT);
    Some(CertificateEntry {
        is_for_push: facts.is_for_push(),
        user_id: facts.user_id.as_deref().filter(|_| !is_personal).map(shown),
        common_name,
        team_id: facts.team_id.as_deref().map(shown),
        environments: facts.environments,
        topics: topics.map(|entry| shown(&entry.topic)).collect(),
        is_authority: facts.is_authority,
        issuer: facts.issuer.as_deref().map(without_person),
        not_before: instant(facts.not_before),
        not_after: instant(facts.not_after),
        public_key_sha256: facts.public_key_sha256,
        has_key,
    })
}

/// The name up to its colon, unless what follows is the identifier of an app: `Apple Development: …` goes on with a name.
fn without_person(name: &str) -> String {
    let is_service = SERVICES.iter().any(|service| name.starts_with(service));
    let kept = if is_service {
        name
    } else {
        name.split(':').next().unwrap_or_default()
    };
    shown(kept)
}

/// A name as it may be shown.
fn shown(name: &str) -> String {
    cut(name, NAME_LIMIT)
}

fn instant(at: SystemTime) -> Timestamp {
    Timestamp::from(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_are_cut_and_names_of_apps_are_kept() {
        for (name, shown) in [
            ("Apple Development: Jane Doe (ABCDE12345)", "Apple Development"),
            ("iPhone Distribution: Jane Doe", "iPhone Distribution"),
            (
                "Developer ID Application: Jane Doe (X)",
                "Developer ID Application",
            ),
            (
                "Apple Push Services: com.example.app",
                "Apple Push Services: com.example.app",
            ),
            ("VoIP Services: com.example.app", "VoIP Services: com.example.app"),
            ("Pass Type ID: pass.com.example", "Pass Type ID: pass.com.example"),
            ("Some\u{1b}[31mCA", "Some[31mCA"),
            ("\u{202e}moc.elpmaxe", "moc.elpmaxe"),
        ] {
            assert_eq!(without_person(name), shown);
        }
    }
}
