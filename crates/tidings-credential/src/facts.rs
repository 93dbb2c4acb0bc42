//! What an APNs certificate says about itself: which app, which environments, which topics, how long.
//!
//! Apple marks its push certificates with extensions under 1.2.840.113635.100.6.3: `.1` works with the sandbox, `.2`
//! with production, `.6` lists topics and their kinds (Apple, *Establishing a certificate-based connection to
//! APNs*, and as read by public clients). The common name is for people; Apple has changed its wording twice.

use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{self, SHA256};
use tidings_apns::Environment;
use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::Oid;
use x509_parser::der_parser::oid;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;
use x509_parser::x509::{SubjectPublicKeyInfo, X509Name};

use crate::der::{self, SEQUENCE, UTF8_STRING};

const USER_ID: Oid<'static> = oid!(0.9.2342.19200300.100.1.1);
const SANDBOX: Oid<'static> = oid!(1.2.840.113635.100.6.3.1);
const PRODUCTION: Oid<'static> = oid!(1.2.840.113635.100.6.3.2);
const VOIP: Oid<'static> = oid!(1.2.840.113635.100.6.3.4);
const TOPICS: Oid<'static> = oid!(1.2.840.113635.100.6.3.6);

/// What a certificate says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertificateFacts {
    /// The subject's common name, such as `Apple Push Services: com.example.app`.
    pub common_name: Option<String>,
    /// The subject's user id: the bundle id or topic the certificate was issued for.
    pub user_id: Option<String>,
    /// The subject's organizational unit: the team id.
    pub team_id: Option<String>,
    /// The environments the certificate is marked for; empty if it carries no mark.
    pub environments: Vec<Environment>,
    /// The topics the certificate lists; empty if it carries no list.
    pub topics: Vec<CertificateTopic>,
    /// Whether the certificate is marked for services of voice over IP.
    pub is_voip: bool,
    /// Whether it issues other certificates: an intermediate or a root.
    pub is_authority: bool,
    /// The common name of its issuer.
    pub issuer: Option<String>,
    /// The SHA-256 of its public key (`SubjectPublicKeyInfo`), in hex.
    pub public_key_sha256: String,
    /// The certificate is good from here on.
    pub not_before: SystemTime,
    /// The certificate is good up to here.
    pub not_after: SystemTime,
}

/// One entry of a certificate's list of topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateTopic {
    /// The topic, as it goes into `apns-topic`.
    pub topic: String,
    /// What the topic is for: `app`, `voip`, `complication`, or what Apple adds later.
    pub kinds: Vec<String>,
}

impl CertificateFacts {
    /// Reads a certificate in DER; `None` if it is not one.
    pub fn of_der(certificate: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
        Some(Self::of(&certificate))
    }

    fn of(certificate: &X509Certificate<'_>) -> Self {
        let subject = certificate.subject();
        let extension = |oid: &Oid<'_>| {
            certificate
                .extensions()
                .iter()
                .find(|extension| extension.oid == *oid)
                .map(|found| found.value)
        };
        let marks = [
            (SANDBOX, Environment::Sandbox),
            (PRODUCTION, Environment::Production),
        ];
        Self {
            common_name: attribute(subject, &oid!(2.5.4.3)),
            user_id: attribute(subject, &USER_ID),
            team_id: attribute(subject, &oid!(2.5.4.11)),
            environments: marks
                .into_iter()
                .filter(|(oid, _)| extension(oid).is_some())
                .map(|(_, environment)| environment)
                .collect(),
            topics: extension(&TOPICS)
                .or_else(|| extension(&VOIP))
                .map(topics)
                .unwrap_or_default(),
            is_voip: extension(&VOIP).is_some(),
            is_authority: certificate.is_ca(),
            issuer: attribute(certificate.issuer(), &oid!(2.5.4.3)),
            public_key_sha256: sha256_hex(certificate.public_key().raw),
            not_before: instant(certificate.validity().not_before),
            not_after: instant(certificate.validity().not_after),
        }
    }

    /// Whether the certificate was made for push at all, as far as it tells: certificates of the same developer
    /// account for signing apps or for passes look alike in a keystore.
    pub fn is_for_push(&self) -> bool {
        let named = |name: &String| name.contains("Push Services") || name.contains("VoIP Services");
        !self.environments.is_empty()
            || !self.topics.is_empty()
            || self.is_voip
            || self.common_name.as_ref().is_some_and(named)
            || self
                .user_id
                .as_ref()
                .is_some_and(|id| id.starts_with("com.apple.mgmt."))
    }

    /// Whether the certificate says that it works with `environment`; `true` if it carries no mark at all.
    pub fn allows(&self, environment: Environment) -> bool {
        self.environments.is_empty() || self.environments.contains(&environment)
    }

    /// Whether `now` lies in the certificate's validity.
    pub fn is_valid_at(&self, now: SystemTime) -> bool {
        (self.not_before..=self.not_after).contains(&now)
    }
}

/// The first value of a subject's attribute, wherever in the name it stands.
fn attribute(name: &X509Name<'_>, oid: &Oid<'_>) -> Option<String> {
    name.iter_by_oid(oid).next()?.as_str().ok().map(str::to_owned)
}

fn instant(time: ASN1Time) -> SystemTime {
    let seconds = time.timestamp();
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let epoch = SystemTime::UNIX_EPOCH;
    let shifted = if seconds < 0 {
        epoch.checked_sub(distance)
    } else {
        epoch.checked_add(distance)
    };
    shifted.unwrap_or(epoch)
}

/// A flat SEQUENCE in which a topic (`UTF8String`) is followed by its kinds (SEQUENCE of `UTF8String`).
fn topics(extension: &[u8]) -> Vec<CertificateTopic> {
    let mut topics: Vec<CertificateTopic> = Vec::new();
    for element in der::sequence(extension).into_iter().flatten() {
        match element.tag {
            UTF8_STRING => topics.push(CertificateTopic {
                topic: text(element.content),
                kinds: Vec::new(),
            }),
            SEQUENCE => {
                if let Some(topic) = topics.last_mut() {
                    topic
                        .kinds
                        .extend(element.children().map(|kind| text(kind.content)));
                }
            }
            _ => {}
        }
    }
    topics
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The SHA-256, in hex, of a public key on its own (`SubjectPublicKeyInfo`, DER): the same as that of a certificate with this
/// key.
pub fn public_key_sha256(info: &[u8]) -> Option<String> {
    let (rest, _) = SubjectPublicKeyInfo::from_der(info).ok()?;
    rest.is_empty().then(|| sha256_hex(info))
}

/// The SHA-256 of some bytes, in hex.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    let digest = digest::digest(&SHA256, bytes);
    let mut hex = String::with_capacity(64);
    for byte in digest.as_ref() {
        for digit in [byte >> 4, byte & 0xf] {
            hex.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    hex
}

/// The `SubjectPublicKeyInfo` of a certificate in DER.
pub(crate) fn public_key_info(certificate: &[u8]) -> Option<&[u8]> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    Some(certificate.tbs_certificate.subject_pki.raw)
}

/// The raw name of a certificate's issuer.
pub(crate) fn issuer(certificate: &[u8]) -> Option<&[u8]> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    Some(certificate.tbs_certificate.issuer.as_raw())
}

/// Whether `certificate` is that of an authority with the raw name `name`, issued by another authority.
pub(crate) fn is_intermediate_named(certificate: &[u8], name: Option<&[u8]>) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else {
        return false;
    };
    let subject = certificate.subject().as_raw();
    Some(subject) == name && subject != certificate.issuer().as_raw()
}
