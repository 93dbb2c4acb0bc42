//! Client certificates as APNs reads them: environments and topics are in Apple's extensions.

use std::collections::BTreeSet;

use x509_parser::asn1_rs::{Any, FromDer as _, Tag};
use x509_parser::certificate::X509Certificate;

use crate::clock::Timestamp;
use crate::vocabulary::Environment;
use crate::world::accounts::Fingerprint;

use super::fingerprint;

/// The extensions by their object identifiers.
pub(crate) mod oid {
    /// The certificate is good for the sandbox.
    pub(crate) const SANDBOX: &str = "1.2.840.113635.100.6.3.1";
    /// The certificate is good for production.
    pub(crate) const PRODUCTION: &str = "1.2.840.113635.100.6.3.2";
    /// The `VoIP` topics.
    pub(crate) const VOIP_TOPICS: &str = "1.2.840.113635.100.6.3.4";
    /// All topics of a universal certificate.
    pub(crate) const TOPICS: &str = "1.2.840.113635.100.6.3.6";
    /// The user id of the subject, which is the bundle id.
    pub(crate) const USER_ID: &str = "0.9.2342.19200300.100.1.1";
}

/// What a client certificate says about itself. Whether it was issued here, the world knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientCertificate {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) environments: BTreeSet<Environment>,
    /// Every topic it covers.
    pub(crate) topics: BTreeSet<String>,
    /// The bundle id in the subject.
    pub(crate) bundle_id: Option<String>,
    not_before: i64,
    not_after: i64,
}

impl ClientCertificate {
    /// Reads a certificate. One that cannot be read covers nothing, and is not known here either.
    pub(crate) fn read(der: &[u8]) -> Self {
        X509Certificate::from_der(der).map_or_else(
            |_unreadable| Self::unreadable(der),
            |(_, certificate)| Self::of(fingerprint(der), &certificate),
        )
    }

    /// The topic of a request that names none: the bundle id, if it is the certificate's only topic.
    pub(crate) fn default_topic(&self) -> Option<&str> {
        if self.topics.len() > 1 {
            None
        } else {
            self.topics.first().map(String::as_str)
        }
    }

    /// Whether the certificate's time has come and is not over.
    pub(crate) fn is_valid_at(&self, now: Timestamp) -> bool {
        let now = i64::try_from(now.as_seconds()).unwrap_or(i64::MAX);
        (self.not_before..=self.not_after).contains(&now)
    }

    fn of(fingerprint: Fingerprint, certificate: &X509Certificate<'_>) -> Self {
        let bundle_id = bundle_id(certificate);
        let listed = extension(certificate, oid::TOPICS).map(listed_topics);
        let mut topics = listed.unwrap_or_else(|| bundle_id.iter().cloned().collect());
        topics.extend(
            extension(certificate, oid::VOIP_TOPICS)
                .map(listed_topics)
                .unwrap_or_default(),
        );
        Self {
            fingerprint,
            environments: environments(certificate),
            topics,
            bundle_id,
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
        }
    }

    /// A certificate without topics that never ends.
    #[cfg(test)]
    pub(crate) fn always_valid(fingerprint: Fingerprint) -> Self {
        Self {
            fingerprint,
            not_after: i64::MAX,
            ..Self::unreadable(&[])
        }
    }

    fn unreadable(der: &[u8]) -> Self {
        Self {
            fingerprint: fingerprint(der),
            environments: BTreeSet::new(),
            topics: BTreeSet::new(),
            bundle_id: None,
            not_before: 0,
            not_after: 0,
        }
    }
}

fn environments(certificate: &X509Certificate<'_>) -> BTreeSet<Environment> {
    [
        (oid::SANDBOX, Environment::Sandbox),
        (oid::PRODUCTION, Environment::Production),
    ]
    .into_iter()
    .filter(|(marker, _)| extension(certificate, marker).is_some())
    .map(|(_, environment)| environment)
    .collect()
}

fn extension<'a>(certificate: &'a X509Certificate<'_>, oid: &str) -> Option<&'a [u8]> {
    certificate
        .extensions()
        .iter()
        .find(|extension| extension.oid.to_id_string() == oid)
        .map(|it| it.value)
}

fn bundle_id(certificate: &X509Certificate<'_>) -> Option<String> {
    certificate
        .subject()
        .iter_attributes()
        .find(|attribute| attribute.attr_type().to_id_string() == oid::USER_ID)
        .and_then(|attribute| attribute.as_str().ok())
        .map(str::to_owned)
}

/// The strings of a sequence, not those of the sequences within (they tell each topic's kind); or one bare string.
fn listed_topics(der: &[u8]) -> BTreeSet<String> {
    let Ok((_, value)) = Any::from_der(der) else {
        return BTreeSet::new();
    };
    if value.tag() != Tag::Sequence {
        return text(&value).into_iter().collect();
    }
    let mut topics = BTreeSet::new();
    let mut rest = value.data;
    while let Ok((next, item)) = Any::from_der(rest) {
        topics.extend(text(&item));
        rest = next;
    }
    topics
}

fn text(value: &Any<'_>) -> Option<String> {
    let is_text = matches!(
        value.tag(),
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String
    );
    is_text.then(|| String::from_utf8_lossy(value.data).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_as_a_certificate_or_as_none(bytes: Vec<u8>) {
            let read = ClientCertificate::read(&bytes);
            proptest::prop_assert_eq!(read.fingerprint, fingerprint(&bytes));
            proptest::prop_assert!(read.environments.is_empty());
        }

        #[test]
        fn any_bytes_are_read_as_topics_or_as_none(mut bytes: Vec<u8>, topic in "[a-z.]{1,20}") {
            listed_topics(&bytes);
            bytes.splice(0..0, [0x0c, u8::try_from(topic.len()).unwrap()].into_iter().chain(topic.bytes()));
            proptest::prop_assert_eq!(listed_topics(&bytes), [topic].into());
        }
    }
}
