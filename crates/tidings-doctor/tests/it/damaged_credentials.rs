//! Every synthetic credential cut off and changed in many places: read or refused, never a panic, and never another key.

use tidings_doctor::read_credential;
use tidings_testkit::credentials::{
    Algorithm, CertificateSpec, Cipher, Keystore, Password, damaged, pem, spoiled,
};

use crate::credentials::{APP, TEAM, authority, key};

#[test]
fn a_damaged_signing_key_is_the_same_key_or_none() {
    let key = key(Algorithm::P256);
    let sum = key.public_key_sha256();
    for case in spoiled(&key.pem()) {
        for bytes in damaged(&case.bytes) {
            let Some(file) = read_credential("AuthKey_ABCDE12345.p8", &bytes, &[]) else {
                continue;
            };
            let signing = file.keys.iter().filter(|key| key.signs_provider_tokens);
            for found in signing {
                assert_eq!(found.public_key_sha256.as_ref(), Some(&sum), "{}", case.what);
            }
        }
    }
}

#[test]
fn damaged_keystores_and_certificates_are_survived() {
    let (authority, key) = (authority(), key(Algorithm::P256));
    let spec = CertificateSpec::universal(APP, TEAM);
    let certificate = authority.issue(&spec, &key).expect("a certificate");
    let keystore = Keystore::default().with_identity(&key, &certificate);
    let rc2 = keystore.legacy(Password::Text("secret"), Cipher::Rc2);
    let zero_length = keystore.legacy(Password::ZeroLength, Cipher::TripleDes);
    let files = [
        ("aps.cer", certificate.clone()),
        (
            "push.pem",
            (pem("CERTIFICATE", &certificate) + &key.pem()).into_bytes(),
        ),
        ("rc2.p12", rc2.expect("a keystore")),
        ("zero.p12", zero_length.expect("a keystore")),
        ("modern.p12", keystore.modern("secret").expect("a keystore")),
    ];
    for (name, whole) in files {
        let expected = read_credential(name, &whole, &["secret"]).expect("a credential");
        assert_eq!(expected.certificates.len(), 1, "{name}");
        for bytes in damaged(&whole) {
            if let Some(file) = read_credential(name, &bytes, &["secret"]) {
                assert!(file.unusable.is_none() == file.advice.is_none(), "{name}");
            }
        }
    }
}
