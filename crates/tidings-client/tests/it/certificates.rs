//! Reading client certificates from PEM and from keystores.

use std::time::SystemTime;

use proptest::prelude::*;
use tidings_apns::Environment;
use tidings_client::{ClientCertificate, Material, ReadCertificateError};

use crate::fixtures::{file, push_certificate, text};

fn leaf(certificate: &ClientCertificate) -> &[u8] {
    certificate.chain().next().unwrap()
}

#[test]
fn the_facts_of_a_push_certificate_are_read() {
    let certificate = push_certificate();
    let facts = certificate.facts();
    assert_eq!(
        facts.common_name.as_deref(),
        Some("Apple Push Services: com.example.app")
    );
    assert_eq!(facts.user_id.as_deref(), Some("com.example.app"));
    assert_eq!(facts.team_id.as_deref(), Some("ABCDE12345"));
    assert_eq!(
        facts.environments,
        [Environment::Sandbox, Environment::Production]
    );
    let topics = facts
        .topics
        .iter()
        .map(|topic| (&*topic.topic, topic.kinds.join(",")))
        .collect::<Vec<_>>();
    let expected = [
        ("com.example.app", "app".to_owned()),
        ("com.example.app.voip", "voip".to_owned()),
        ("com.example.app.complication", "complication".to_owned()),
    ];
    assert_eq!(topics, expected);
    assert!(facts.is_for_push() && facts.is_valid_at(SystemTime::now()));
    assert!(!facts.is_valid_at(SystemTime::UNIX_EPOCH));
}

#[test]
fn certificate_and_key_are_found_in_any_order_and_form() {
    let (certificate, authority) = (text("push_certificate.pem"), text("authority.pem"));
    for key in [text("push_key.pem"), text("push_key_pkcs1.pem")] {
        let orders = [
            [&certificate, &key, &authority].map(String::as_str).concat(),
            [&key, &authority, &certificate].map(String::as_str).concat(),
            [&authority, &key, &certificate]
                .map(String::as_str)
                .concat()
                .replace('\n', "\r\n"),
        ];
        for pem in orders {
            let read = ClientCertificate::from_pem(pem.as_bytes()).unwrap();
            assert_eq!(leaf(&read), leaf(&push_certificate()));
            assert_eq!(read.chain().count(), 2, "the intermediate goes along");
        }
    }
    let swapped =
        ClientCertificate::from_pem_pair(&file("push_key.pem"), &file("push_certificate.pem")).unwrap();
    assert_eq!(leaf(&swapped), leaf(&push_certificate()));
}

#[test]
fn the_root_stays_at_home() {
    let all = [
        "root.pem",
        "authority.pem",
        "push_key.pem",
        "push_certificate.pem",
    ]
    .map(file)
    .concat();
    assert_eq!(ClientCertificate::from_pem(&all).unwrap().chain().count(), 2);
}

#[test]
fn of_several_identities_the_universal_push_certificate_is_taken() {
    let certificate = ClientCertificate::from_pem(&file("several.pem")).unwrap();
    assert_eq!(leaf(&certificate), leaf(&push_certificate()));
}

#[test]
fn pem_that_is_no_identity_says_what_is_missing() {
    use ReadCertificateError::{EncryptedKey, KeyMismatch, NoCertificate, NoKey};
    let wrong = |found| ReadCertificateError::WrongKind { found };
    let damaged = text("push_certificate.pem").replace(
        "-----BEGIN CERTIFICATE-----\nMII",
        "-----BEGIN CERTIFICATE-----\n***",
    );
    let cases = [
        (file("push_certificate.pem"), NoKey),
        (file("push_key.pem"), NoCertificate),
        (
            [file("push_certificate.pem"), file("signing_key.p8")].concat(),
            KeyMismatch,
        ),
        (
            [file("push_certificate.pem"), file("push_key_encrypted.pem")].concat(),
            EncryptedKey,
        ),
        (file("encrypted_key.p8"), EncryptedKey),
        (file("modern.p12"), wrong(Material::Pkcs12)),
        (
            file("push.certSigningRequest"),
            wrong(Material::CertificateRequest),
        ),
        (file("public_key.pem"), wrong(Material::PublicKey)),
        (Vec::new(), wrong(Material::Empty)),
        (b"<html>".to_vec(), wrong(Material::Markup)),
        (
            [damaged.as_bytes(), &file("push_key.pem")].concat(),
            ReadCertificateError::Damaged,
        ),
    ];
    for (pem, expected) in cases {
        let error = ClientCertificate::from_pem(&pem).unwrap_err();
        assert_eq!(error, expected);
        assert!(!error.hint().is_empty());
    }
}

#[test]
fn keystores_old_and_new_open() {
    let cases = [
        ("legacy.p12", "secret"),
        ("legacy_empty.p12", ""),
        ("modern.p12", "secret"),
        ("modern_empty.p12", ""),
        ("triple_des.p12", "secret"),
        ("without_mac.p12", "secret"),
        ("unicode.p12", "pässwörd"),
        ("keychain_empty.p12", ""),
        ("keychain_empty_modern.p12", ""),
    ];
    for (name, password) in cases {
        let certificate = ClientCertificate::from_pkcs12(&file(name), password)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(leaf(&certificate), leaf(&push_certificate()), "{name}");
    }
}

#[test]
fn a_wrong_password_is_called_one() {
    let names = [
        "legacy.p12",
        "modern.p12",
        "triple_des.p12",
        "legacy_empty.p12",
        "keychain_empty.p12",
    ];
    for name in names {
        let error = ClientCertificate::from_pkcs12(&file(name), "wrong").unwrap_err();
        assert_eq!(error, ReadCertificateError::WrongPassword, "{name}");
    }
    for name in ["legacy.p12", "modern.p12", "triple_des.p12", "unicode.p12"] {
        let error = ClientCertificate::from_pkcs12(&file(name), "").unwrap_err();
        assert_eq!(error, ReadCertificateError::WrongPassword, "{name}");
    }
}

#[test]
fn a_keystore_that_is_no_identity_says_what_is_missing() {
    let wrong = |found| ReadCertificateError::NotAKeystore { found };
    let cut_off = file("modern.p12")[..2000].to_vec();
    let cases = [
        (file("without_key.p12"), ReadCertificateError::NoKey),
        (
            file("without_certificate.p12"),
            ReadCertificateError::NoCertificate,
        ),
        (file("push_certificate.pem"), wrong(Material::Certificate)),
        (file("push_key_pkcs1.pem"), wrong(Material::RsaKey)),
        (Vec::new(), wrong(Material::Empty)),
        (b"not a p12".to_vec(), wrong(Material::Unknown)),
        (cut_off, wrong(Material::Unknown)),
    ];
    for (keystore, expected) in cases {
        assert_eq!(
            ClientCertificate::from_pkcs12(&keystore, "secret").unwrap_err(),
            expected
        );
    }
}

#[test]
fn all_identities_of_a_keystore_are_listed_the_most_fitting_first() {
    let identities = ClientCertificate::all_from_pkcs12(&several_p12(), "secret").unwrap();
    let names = identities
        .iter()
        .map(|identity| identity.facts().common_name.clone().unwrap())
        .collect::<Vec<_>>();
    let expected = [
        "Apple Push Services: com.example.app",
        "Apple Development IOS Push Services: com.example.app",
        "Apple Distribution: Example",
    ];
    assert_eq!(names, expected);
    assert!(!identities[2].facts().is_for_push());
    assert!(
        identities[1].facts().allows(Environment::Sandbox)
            && !identities[1].facts().allows(Environment::Production)
    );
}

/// The identities of `several.pem` in one keystore, the least fitting first.
fn several_p12() -> Vec<u8> {
    use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};

    let pem = file("several.pem");
    let certificates = CertificateDer::pem_slice_iter(&pem).map(Result::unwrap);
    let keys = PrivateKeyDer::pem_slice_iter(&pem).map(Result::unwrap);
    let mut keystore = KeyStore::new();
    for (index, (certificate, key)) in certificates.zip(keys).enumerate() {
        let key = PrivateKey::from_der(key.secret_der()).unwrap();
        let chain = PrivateKeyChain::new(
            index.to_string().as_str(),
            key,
            [Certificate::from_der(&certificate).unwrap()],
        );
        keystore.add_entry(
            &format!("identity {index}"),
            KeyStoreEntry::PrivateKeyChain(chain),
        );
    }
    keystore.writer("secret").write().unwrap()
}

#[test]
fn debug_shows_the_facts_and_never_the_key() {
    let shown = format!("{:?}", push_certificate());
    assert!(
        shown.contains("com.example.app.voip") && !shown.to_lowercase().contains("private"),
        "{shown}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_keystore_with_one_byte_changed_never_opens_as_another(at in 0usize..2700, to: u8) {
        for name in ["keychain_empty.p12", "keychain_empty_modern.p12"] {
            let mut keystore = file(name);
            let at = at.min(keystore.len() - 1);
            keystore[at] = to;
            if let Ok(certificate) = ClientCertificate::from_pkcs12(&keystore, "") {
                let expected = push_certificate();
                prop_assert_eq!(leaf(&certificate), leaf(&expected));
            }
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes: Vec<u8>) {
        prop_assert!(ClientCertificate::from_pem(&bytes).is_err());
        prop_assert!(ClientCertificate::from_pkcs12(&bytes, "").is_err());
    }
}
