//! The certificates in a profile, by what is no secret of a person: the kind of identity, the team, the end.

use tidings_apns::Timestamp;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::ProfileCertificate;
use crate::text::shortened;

/// What a certificate says; nothing if it cannot be read.
pub(super) fn read(der: &[u8]) -> Option<ProfileCertificate> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let team = certificate.subject().iter_organizational_unit().next();
    Some(ProfileCertificate {
        identity: common_name_without_person(&certificate),
        team_id: team.and_then(|team| team.as_str().ok()).map(shortened),
        expires_at: instant(certificate.validity().not_after.timestamp()),
    })
}

/// The common name of a certificate up to its colon: what follows it names a person or a company.
pub(super) fn common_name_without_person(certificate: &X509Certificate<'_>) -> Option<String> {
    let name = certificate.subject().iter_common_name().next()?.as_str().ok()?;
    Some(shortened(name.split(':').next()?.trim()))
}

fn instant(unix_seconds: i64) -> Option<Timestamp> {
    let millis = u64::try_from(unix_seconds).ok()?.checked_mul(1000)?;
    Some(Timestamp::from_unix_millis(millis))
}
