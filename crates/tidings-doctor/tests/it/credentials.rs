//! Signing keys and certificates, as people have them.

use tidings_apns::{Environment, Timestamp};
use tidings_doctor::{CertificateEntry, CredentialFile, CredentialForm, read_credential};
use tidings_testkit::credentials::{Algorithm, Authority, CertificateSpec, PrivateKey, pem, spoiled};

pub(crate) const APP: &str = "com.example.app";
pub(crate) const TEAM: &str = "ABCDE12345";

pub(crate) fn key(algorithm: Algorithm) -> PrivateKey {
    PrivateKey::generate(algorithm).expect("a key")
}

pub(crate) fn authority() -> Authority {
    Authority::new().expect("an authority")
}

fn read(path: &str, bytes: &[u8]) -> CredentialFile {
    read_credential(path, bytes, &[]).expect("a credential")
}

fn notes(file: &CredentialFile) -> String {
    file.notes.join("\n")
}

#[test]
fn a_signing_key_as_downloaded_is_read_without_a_word() {
    let key = key(Algorithm::P256);
    let file = read("keys/AuthKey_ABCDE12345.p8", key.pem().as_bytes());
    assert_eq!(file.form, CredentialForm::Pem);
    assert_eq!(file.key_id_in_name.as_deref(), Some("ABCDE12345"));
    assert_eq!(
        (file.notes.len(), &file.unusable, &file.advice),
        (0, &None, &None)
    );
    assert!(file.certificates.is_empty());
    let [only] = file.keys.as_slice() else {
        panic!("{:?}", file.keys)
    };
    assert_eq!(only.kind, "a P-256 private key");
    assert!(only.signs_provider_tokens);
    assert_eq!(only.public_key_sha256, Some(key.public_key_sha256()));
}

#[test]
fn whatever_happened_to_a_signing_key_on_its_way_is_noted_and_forgiven() {
    let key = key(Algorithm::P256);
    for case in spoiled(&key.pem()) {
        let file = read("AuthKey_ABCDE12345.p8", &case.bytes);
        assert!(
            file.keys[0].signs_provider_tokens && file.unusable.is_none(),
            "{}",
            case.what
        );
        assert_eq!(
            file.keys[0].public_key_sha256,
            Some(key.public_key_sha256()),
            "{}",
            case.what
        );
        assert_eq!(
            file.notes.is_empty(),
            case.note.is_empty(),
            "{}: {:?}",
            case.what,
            file.notes
        );
        assert!(
            notes(&file).contains(case.note),
            "{}: {:?}",
            case.what,
            file.notes
        );
    }
}

#[test]
fn what_is_given_in_place_of_a_signing_key_is_called_by_its_name() {
    let signing = key(Algorithm::P256);
    let rsa = key(Algorithm::Rsa);
    let ssh = pem("OPENSSH PRIVATE KEY", b"openssh-key-v1\0").into_bytes();
    let old_encryption =
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    for (what, bytes, why, advice) in [
        (
            "rsa",
            rsa.pem().into_bytes(),
            "an RSA private key",
            "developer.apple.com",
        ),
        (
            "pkcs#1",
            rsa.pkcs1_pem().expect("PEM").into_bytes(),
            "an RSA private key",
            "developer.apple.com",
        ),
        (
            "another curve",
            key(Algorithm::P384).pem().into_bytes(),
            "other than P-256",
            "developer.apple.com",
        ),
        (
            "ed25519",
            key(Algorithm::Ed25519).pem().into_bytes(),
            "neither RSA nor",
            "developer.apple.com",
        ),
        (
            "public",
            signing.public_pem().into_bytes(),
            "a public key",
            "public half",
        ),
        (
            "encrypted",
            signing.encrypted_pem().into_bytes(),
            "under a password",
            "openssl pkcs8",
        ),
        (
            "old encryption",
            old_encryption.into(),
            "under a password",
            "openssl pkcs8",
        ),
        ("ssh", ssh, "an OpenSSH private key", "developer.apple.com"),
        (
            "cut off",
            signing.pem().as_bytes()[..120].to_vec(),
            "missing or changed",
            "copy the file again",
        ),
        ("empty", Vec::new(), "an empty file", "developer.apple.com"),
        (
            "a sentence",
            b"not a key".to_vec(),
            "neither PEM nor DER",
            "developer.apple.com",
        ),
        (
            "a web page",
            b"<!DOCTYPE html><html>Sign in</html>".to_vec(),
            "a web page",
            "sign in",
        ),
        (
            "a Java keystore",
            vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2],
            "a Java keystore",
            "developer.apple.com",
        ),
    ] {
        let file = read("AuthKey_ABCDE12345.p8", &bytes);
        let unusable = file.unusable.unwrap_or_else(|| panic!("{what} seems usable"));
        assert!(unusable.contains(why), "{what}: {unusable}");
        let said = file.advice.unwrap_or_else(|| panic!("{what} has no advice"));
        assert!(said.contains(advice), "{what}: {said}");
        assert!(file.keys.iter().all(|key| !key.signs_provider_tokens), "{what}");
    }
}

#[test]
fn the_older_form_of_a_key_on_p_256_signs_as_well() {
    let key = key(Algorithm::P256);
    let sec1 = key.sec1_pem().expect("PEM");
    let file = read("key.pem", sec1.as_bytes());
    assert!(file.keys[0].signs_provider_tokens && file.unusable.is_none());
    assert_eq!(file.keys[0].public_key_sha256, Some(key.public_key_sha256()));
}

#[test]
fn a_public_key_has_the_sum_of_its_private_half() {
    let key = key(Algorithm::P256);
    let file = read("key.p8", key.public_pem().as_bytes());
    assert_eq!(file.keys[0].kind, "a public key");
    assert_eq!(file.keys[0].public_key_sha256, Some(key.public_key_sha256()));
}

#[test]
fn keys_for_other_services_are_told_by_their_names_only() {
    let pem = key(Algorithm::P256).pem();
    for (name, service) in [
        ("SubscriptionKey_ABCDE12345.p8", "In-App Purchase"),
        ("AppStoreConnect_AuthKey_ABCDE12345.p8", "App Store Connect API"),
    ] {
        let file = read(name, pem.as_bytes());
        assert_eq!(file.key_id_in_name.as_deref(), Some("ABCDE12345"));
        assert!(notes(&file).contains(service), "{name}: {:?}", file.notes);
        assert_eq!(file.unusable, None, "{name}");
    }
}

#[test]
fn what_is_no_credential_is_left_to_others() {
    for (path, bytes) in [
        ("notes.txt", &b"AuthKey_ABCDE12345"[..]),
        ("Info.plist", b"<?xml version=\"1.0\"?><plist/>"),
        (
            "key.p8",
            b"<?xml version=\"1.0\"?><plist version=\"1.0\"><dict/></plist>",
        ),
        (
            "app.mobileprovision",
            b"\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02",
        ),
        ("empty", b""),
        (
            "token.txt",
            b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        ),
    ] {
        assert_eq!(read_credential(path, bytes, &[]), None, "{path}");
    }
}

#[test]
fn a_downloaded_certificate_tells_everything_and_cannot_send() {
    let (authority, key) = (authority(), key(Algorithm::Rsa));
    let spec = CertificateSpec {
        years: (2026, 2027),
        ..CertificateSpec::universal(APP, TEAM)
    };
    let der = authority.issue(&spec, &key).expect("a certificate");
    let file = read("aps.cer", &der);
    assert_eq!(file.form, CredentialForm::Der);
    assert!(
        file.unusable
            .is_some_and(|why| why.contains("without its private key"))
    );
    let expected = CertificateEntry {
        common_name: Some(format!("Apple Push Services: {APP}")),
        user_id: Some(APP.to_owned()),
        team_id: Some(TEAM.to_owned()),
        environments: vec![Environment::Sandbox, Environment::Production],
        topics: vec![
            APP.to_owned(),
            format!("{APP}.voip"),
            format!("{APP}.complication"),
        ],
        is_for_push: true,
        is_authority: false,
        issuer: Some(Authority::NAME.to_owned()),
        not_before: at("2026-01-01T00:00:00Z"),
        not_after: at("2027-01-01T00:00:00Z"),
        public_key_sha256: key.public_key_sha256(),
        has_key: false,
    };
    assert_eq!(file.certificates, [expected]);
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

#[test]
fn the_environments_of_a_certificate_are_read_from_its_marks() {
    let (authority, key) = (authority(), key(Algorithm::P256));
    for (spec, environments, is_for_push) in [
        (
            CertificateSpec::development(APP, TEAM),
            vec![Environment::Sandbox],
            true,
        ),
        (
            CertificateSpec::production(APP, TEAM),
            vec![Environment::Production],
            true,
        ),
        (CertificateSpec::passes("pass.com.example", TEAM), vec![], false),
        (
            CertificateSpec::signing("Apple Development", "Jane Doe", TEAM),
            vec![],
            false,
        ),
    ] {
        let der = authority.issue(&spec, &key).expect("a certificate");
        let text = pem("CERTIFICATE", &der) + &key.pem();
        let file = read("both.pem", text.as_bytes());
        let [certificate] = file.certificates.as_slice() else {
            panic!("{:?}", file.certificates)
        };
        assert_eq!(certificate.environments, environments, "{}", spec.common_name);
        assert_eq!(certificate.is_for_push, is_for_push, "{}", spec.common_name);
        assert!(certificate.has_key);
    }
}

#[test]
fn a_certificate_for_signing_apps_is_no_credential_and_names_nobody() {
    let (authority, key) = (authority(), key(Algorithm::Rsa));
    for kind in [
        "Apple Development",
        "iPhone Developer",
        "Apple Distribution",
        "Developer ID Application",
    ] {
        let spec = CertificateSpec::signing(kind, "Jane Doe", TEAM);
        let der = authority.issue(&spec, &key).expect("a certificate");
        let file = read("cert.pem", (pem("CERTIFICATE", &der) + &key.pem()).as_bytes());
        assert_eq!(file.certificates[0].common_name.as_deref(), Some(kind));
        assert!(
            file.unusable
                .as_ref()
                .is_some_and(|why| why.contains("not for push")),
            "{kind}"
        );
        assert!(file.advice.is_some());
        let shown = format!("{file:?}");
        assert!(!shown.contains("Jane") && !shown.contains("Doe"), "{shown}");
    }
}

#[test]
fn certificate_and_key_belong_together_or_not() {
    let (authority, own, other) = (authority(), key(Algorithm::Rsa), key(Algorithm::Rsa));
    let der = authority
        .issue(&CertificateSpec::universal(APP, TEAM), &own)
        .expect("a certificate");
    let certificate = pem("CERTIFICATE", &der);
    let chain = pem("CERTIFICATE", &authority.intermediate) + &pem("CERTIFICATE", &authority.root);

    let whole = read("push.pem", (chain.clone() + &own.pem() + &certificate).as_bytes());
    assert_eq!((whole.unusable, whole.notes), (None, vec![]));
    let with_key = whole
        .certificates
        .iter()
        .filter(|entry| entry.has_key)
        .collect::<Vec<_>>();
    assert_eq!((whole.certificates.len(), with_key.len()), (3, 1));
    assert!(
        !with_key[0].is_authority
            && whole
                .certificates
                .iter()
                .filter(|entry| entry.is_authority)
                .count()
                == 2
    );

    let stranger = read("push.pem", (certificate.clone() + &other.pem()).as_bytes());
    assert!(
        stranger
            .unusable
            .is_some_and(|why| why.contains("does not belong"))
    );
    assert!(!stranger.certificates[0].has_key);

    let locked = read("push.pem", (certificate + &own.encrypted_pem()).as_bytes());
    assert!(
        locked
            .unusable
            .is_some_and(|why| why.contains("encrypted under a password"))
    );

    let roots = read("roots.pem", chain.as_bytes());
    assert_eq!(roots.unusable, None);
    assert!(roots.notes[0].contains("authorities"), "{:?}", roots.notes);
}

#[test]
fn a_signing_key_beside_a_foreign_certificate_still_signs() {
    let (authority, own, signing) = (authority(), key(Algorithm::Rsa), key(Algorithm::P256));
    let der = authority
        .issue(&CertificateSpec::universal(APP, TEAM), &own)
        .expect("a certificate");
    let file = read("all.pem", (pem("CERTIFICATE", &der) + &signing.pem()).as_bytes());
    assert_eq!(file.unusable, None);
    assert!(file.notes[0].contains("does not belong"), "{:?}", file.notes);
}

#[test]
fn a_file_with_more_than_anybody_keeps_is_cut_and_says_so() {
    let many = key(Algorithm::P256).pem().repeat(100);
    let file = read("many.pem", many.as_bytes());
    assert_eq!(file.keys.len(), 64);
    assert!(notes(&file).contains("36 more"), "{:?}", file.notes);
}

#[test]
fn key_material_is_in_no_debug_output() {
    let key = key(Algorithm::P256);
    let shown = format!("{:?}", read("AuthKey_ABCDE12345.p8", key.pem().as_bytes()));
    for line in key.pem().lines().filter(|line| !line.starts_with('-')) {
        assert!(!shown.contains(line));
    }
}

#[test]
fn a_certificate_of_the_first_version_is_no_request() {
    let (authority, key) = (authority(), key(Algorithm::Rsa));
    let der = authority
        .issue(&CertificateSpec::universal(APP, TEAM), &key)
        .expect("a certificate");
    let old = Authority::without_version(&der).expect("a certificate");
    let file = read("old.pem", (pem("CERTIFICATE", &old) + &key.pem()).as_bytes());
    assert_eq!(file.certificates[0].user_id.as_deref(), Some(APP));
    assert!(file.certificates[0].has_key);
}

#[test]
fn keys_and_requests_under_ordinary_names_are_taken_for_parts_of_a_certificate() {
    let key = key(Algorithm::Rsa);
    let damaged = "-----BEGIN RSA PRIVATE KEY-----\n***\n-----END RSA PRIVATE KEY-----\n";
    for (bytes, why) in [
        (key.pem(), "without its certificate"),
        (key.encrypted_pem(), "encrypted under a password"),
        (damaged.to_owned(), "without its certificate"),
        (
            key.request_pem().expect("a request"),
            "a certificate signing request",
        ),
    ] {
        let file = read("push.pem", bytes.as_bytes());
        let unusable = file.unusable.expect("not usable");
        assert!(unusable.contains(why), "{unusable}");
    }
    let kind = read("push.pem", damaged.as_bytes()).keys[0].kind.clone();
    assert_eq!(kind, "an RSA private key, damaged or of an unusual size");
}
