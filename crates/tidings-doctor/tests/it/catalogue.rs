//! The catalogue: complete, unique, and written for people.

use std::collections::BTreeSet;

use tidings_apns::Reason;
use tidings_doctor::{Family, catalogue, entry, reason_entry};

#[test]
fn codes_are_unique_and_of_one_form() {
    let codes: Vec<&str> = catalogue().map(|entry| entry.code).collect();
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
    for code in codes {
        assert!(
            code.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
            "{code}"
        );
        assert_eq!(entry(&code.to_uppercase()).map(|it| it.code), Some(code));
    }
    assert!(entry("no-such-code").is_none());
}

#[test]
fn entries_are_sentences_and_say_what_to_do() {
    for entry in catalogue() {
        for text in [entry.title, entry.meaning, entry.tell, entry.tidings] {
            assert!(text.ends_with(['.', '?', ':']), "{}: {text}", entry.code);
            assert!(!text.contains("  "), "{}: {text}", entry.code);
        }
        assert!(
            !entry.title.trim_end_matches('.').contains(". "),
            "{}: one sentence",
            entry.code
        );
        assert!(
            !entry.fix.is_empty() && !entry.causes.is_empty(),
            "{}",
            entry.code
        );
        assert!(
            entry.family.entries().iter().any(|it| it.code == entry.code),
            "{}",
            entry.code
        );
        assert!(
            entry
                .path()
                .ends_with(&format!("/{}.html#{}", entry.family.as_str(), entry.code))
        );
    }
    assert_eq!(
        Family::ALL
            .iter()
            .map(|family| family.entries().len())
            .sum::<usize>(),
        catalogue().count()
    );
}

#[test]
fn every_reason_has_causes_and_what_tidings_does() {
    for reason in Reason::ALL {
        let entry = reason_entry(reason);
        assert!(!entry.causes.is_empty(), "{reason}");
        assert!(entry.tidings.ends_with('.'), "{reason}");
        assert_eq!(
            entry.path(),
            format!("reference/reasons.html#{}", reason.as_str().to_lowercase())
        );
    }
    let bad = reason_entry(&Reason::BadDeviceToken);
    assert_eq!(bad.causes[0].code, "sandbox-token-to-production");
}
