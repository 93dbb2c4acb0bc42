//! Apple's certificate extensions in DER, as pushy reproduces them.

use std::collections::BTreeSet;

use rcgen::{CustomExtension, DnType};

use crate::vocabulary::{Environment, TokenKind};

/// The arc under which Apple's push extensions lie.
const APPLE_PUSH: [u64; 8] = [1, 2, 840, 113_635, 100, 6, 3, 0];

const NULL: &[u8] = &[0x05, 0x00];
const UTF8_STRING: u8 = 0x0c;
const SEQUENCE: u8 = 0x30;

/// The subject's user id, which holds the bundle id.
pub(super) fn user_id() -> DnType {
    DnType::CustomDnType(vec![0, 9, 2342, 19_200_300, 100, 1, 1])
}

/// `.3.1` or `.3.2`: the certificate is good for this environment.
pub(super) fn environment(environment: Environment) -> CustomExtension {
    let arc = match environment {
        Environment::Sandbox => 1,
        Environment::Production => 2,
    };
    CustomExtension::from_oid_content(&oid(arc), NULL.to_vec())
}

/// `.3.4`: the `VoIP` topic.
pub(super) fn voip(bundle_id: &str) -> CustomExtension {
    let topic = format!("{bundle_id}{}", TokenKind::Voip.topic_suffix());
    CustomExtension::from_oid_content(&oid(4), element(UTF8_STRING, topic.as_bytes()))
}

/// `.3.6`: each topic, followed by a sequence with its kind.
pub(super) fn topics(bundle_id: &str, kinds: &BTreeSet<TokenKind>) -> CustomExtension {
    let mut content = Vec::new();
    for kind in kinds {
        let Some(name) = kind.certificate_kind() else {
            continue;
        };
        let topic = format!("{bundle_id}{}", kind.topic_suffix());
        content.extend(element(UTF8_STRING, topic.as_bytes()));
        content.extend(element(SEQUENCE, &element(UTF8_STRING, name.as_bytes())));
    }
    CustomExtension::from_oid_content(&oid(6), element(SEQUENCE, &content))
}

fn oid(arc: u64) -> [u64; 8] {
    let mut oid = APPLE_PUSH;
    oid[7] = arc;
    oid
}

/// One DER element. Lengths beyond two bytes cannot come up: bundle ids are bounded.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut element = match (high, low) {
        (0, 0..=127) => vec![tag, low],
        (0, _) => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    element.extend_from_slice(content);
    element
}
