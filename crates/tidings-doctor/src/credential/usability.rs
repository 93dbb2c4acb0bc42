//! Whether a file can be used as it is, and what to do if not. A file can serve in two ways: it signs provider tokens, or
//! it is a certificate with its key.

use tidings_credential::{
    CertificateFacts, Identity, Material, Parts, PrivateKey, ReadCertificateError, ReadSigningKeyError,
};

use super::file_name::FileName;

/// Whether a file can be used.
#[derive(Default)]
pub(super) struct Verdict {
    pub(super) notes: Vec<String>,
    pub(super) unusable: Option<String>,
    pub(super) advice: Option<String>,
}

impl Verdict {
    pub(super) fn unusable(why: &str, advice: &str) -> Self {
        Self {
            notes: Vec::new(),
            unusable: Some(why.to_owned()),
            advice: Some(advice.to_owned()),
        }
    }

    fn noted(note: &str) -> Self {
        Self {
            notes: vec![note.to_owned()],
            ..Self::default()
        }
    }
}

/// Kinds of certificates that a developer account also has, and that are for something else.
const FOR_SIGNING: [&str; 9] = [
    "Apple Development:",
    "Apple Distribution:",
    "iPhone Developer:",
    "iPhone Distribution:",
    "iOS Distribution:",
    "Mac Developer:",
    "3rd Party Mac Developer",
    "Developer ID",
    "Merchant ID:",
];

/// What keys and certificates in the clear are good for; `others` are the kinds of what else is in the file.
pub(super) fn of_parts(name: &FileName, parts: &Parts, others: &[Material]) -> Verdict {
    if parts.certificates.is_empty() {
        return of_keys(name, parts, others);
    }
    if parts.keys.is_empty() && others.contains(&Material::EncryptedKey) {
        return of_error(&ReadCertificateError::EncryptedKey);
    }
    of_certificates(parts)
}

/// What the contents of a keystore are good for.
pub(super) fn of_keystore(parts: &Parts) -> Verdict {
    match (parts.certificates.is_empty(), parts.keys.is_empty()) {
        (true, true) => Verdict::unusable(
            "it is empty: neither a key nor a certificate is in it",
            ReadCertificateError::NoKey.hint(),
        ),
        (true, false) => of_error(&ReadCertificateError::NoCertificate),
        (false, _) => of_certificates(parts),
    }
}

/// Something under the name of a credential that nobody can make sense of.
pub(super) fn of_unrecognised(found: Material, name: &FileName) -> Verdict {
    let hint = if name.is_of_signing_key() {
        ReadSigningKeyError::WrongKind { found }.hint()
    } else {
        ReadCertificateError::WrongKind { found }.hint()
    };
    Verdict::unusable(&format!("it is {found}"), hint)
}

fn of_keys(name: &FileName, parts: &Parts, others: &[Material]) -> Verdict {
    let signs = |key: &PrivateKey| key.material() == Material::P256Key && key.public_key_info().is_some();
    if parts.keys.iter().any(signs) {
        return Verdict::default();
    }
    let kinds = parts.keys.iter().map(PrivateKey::material);
    let found = kinds
        .chain(others.iter().copied())
        .find(|kind| *kind != Material::Unknown);
    match found {
        None | Some(Material::P256Key) => Verdict::unusable(
            "it begins like a key, but a part of it is missing or changed",
            ReadSigningKeyError::Damaged.hint(),
        ),
        Some(found) if name.is_of_signing_key() => in_place_of_a_signing_key(found),
        Some(Material::RsaKey) => of_error(&ReadCertificateError::NoCertificate),
        Some(Material::EncryptedKey) => of_error(&ReadCertificateError::EncryptedKey),
        Some(found @ Material::CertificateRequest) => Verdict::unusable(
            &format!("it is {found}"),
            ReadCertificateError::WrongKind { found }.hint(),
        ),
        Some(found) => in_place_of_a_signing_key(found),
    }
}

fn in_place_of_a_signing_key(found: Material) -> Verdict {
    Verdict::unusable(
        &format!("it is {found}, and provider tokens are signed with a private key on P-256"),
        ReadSigningKeyError::WrongKind { found }.hint(),
    )
}

fn of_certificates(parts: &Parts) -> Verdict {
    if parts.keys.is_empty() {
        return without_key(parts);
    }
    match parts.identities() {
        Ok(identities) => of_identities(&identities),
        Err(ReadCertificateError::KeyMismatch) if signs(parts) => Verdict::noted(
            "its key signs provider tokens, and does not belong to the certificate that lies beside it",
        ),
        Err(error) => of_error(&error),
    }
}

fn signs(parts: &Parts) -> bool {
    parts.keys.iter().any(|key| key.material() == Material::P256Key)
}

fn without_key(parts: &Parts) -> Verdict {
    let is_authority = |der: &Vec<u8>| CertificateFacts::of_der(der).is_some_and(|facts| facts.is_authority);
    let readable = |der: &Vec<u8>| CertificateFacts::of_der(der).is_some();
    if !parts.certificates.iter().any(readable) {
        return of_error(&ReadCertificateError::Damaged);
    }
    if parts.certificates.iter().all(is_authority) {
        return Verdict::noted(
            "it holds only certificates of authorities: something to trust, not to send with",
        );
    }
    of_error(&ReadCertificateError::NoKey)
}

fn of_identities(identities: &[Identity<'_>]) -> Verdict {
    let for_push = identities
        .iter()
        .filter(|identity| identity.facts.is_for_push())
        .count();
    if for_push == 0 {
        return of_strangers(identities);
    }
    if identities.len() > 1 {
        return Verdict::noted(&format!(
            "it holds {} certificates with keys, {for_push} of them for push; which one a program takes is up to the program",
            identities.len()
        ));
    }
    Verdict::default()
}

/// Certificates with keys, and none of them says that it is for push.
fn of_strangers(identities: &[Identity<'_>]) -> Verdict {
    let named = |start: &str| {
        identities.iter().any(|identity| {
            let name = identity.facts.common_name.as_deref();
            name.is_some_and(|name| name.starts_with(start))
        })
    };
    if FOR_SIGNING.iter().any(|start| named(start)) {
        return Verdict::unusable(
            "its certificate is for signing, not for push",
            "make a certificate of the kind Apple Push Notification service SSL at developer.apple.com, Certificates, or use a \
             signing key (.p8)",
        );
    }
    if named("Pass Type ID:") {
        return Verdict::noted(
            "its certificate is for passes in Wallet: it reaches no app, and production only",
        );
    }
    if named("Website Push ID:") {
        return Verdict::noted(
            "its certificate is for websites in Safari: it reaches no app, and production only",
        );
    }
    Verdict::noted("nothing in its certificate says that it is for push")
}

fn of_error(error: &ReadCertificateError) -> Verdict {
    Verdict::unusable(&error.to_string(), error.hint())
}
