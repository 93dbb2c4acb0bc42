//! PKCS#12 keystores, old and new, under right, wrong and no passwords.

use tidings_doctor::{CredentialFile, CredentialForm, read_credential};
use tidings_testkit::credentials::{
    Algorithm, Authority, CertificateSpec, Cipher, Keystore, Password, PrivateKey,
};

use crate::credentials::{APP, TEAM, authority, key};

struct Fixture {
    authority: Authority,
    key: PrivateKey,
    certificate: Vec<u8>,
}

impl Fixture {
    fn new() -> Self {
        let (authority, key) = (authority(), key(Algorithm::Rsa));
        let spec = CertificateSpec::universal(APP, TEAM);
        let certificate = authority.issue(&spec, &key).expect("a certificate");
        Self {
            authority,
            key,
            certificate,
        }
    }

    fn keystore(&self) -> Keystore {
        Keystore::default().with_identity(&self.key, &self.certificate)
    }
}

fn read(bytes: &[u8], passwords: &[&str]) -> CredentialFile {
    let file = read_credential("push.p12", bytes, passwords).expect("a credential");
    assert_eq!(file.form, CredentialForm::Pkcs12);
    file
}

fn is_whole(file: &CredentialFile) -> bool {
    let [certificate] = file.certificates.as_slice() else {
        return false;
    };
    file.unusable.is_none()
        && file.keys.len() == 1
        && certificate.has_key
        && certificate.is_for_push
        && certificate.user_id.as_deref() == Some(APP)
}

#[test]
fn keystores_of_every_make_open() {
    let fixture = Fixture::new();
    let keystore = fixture.keystore();
    let text = Password::Text;
    let legacy = |password, cipher| keystore.legacy(password, cipher).expect("a keystore");
    let modern = |password| keystore.modern(password).expect("a keystore");
    for (what, bytes, password, notes) in [
        ("modern", modern("secret"), "secret", vec![]),
        ("modern, no password", modern(""), "", vec![]),
        (
            "rc2",
            legacy(text("secret"), Cipher::Rc2),
            "secret",
            vec!["OpenSSL 3 refuses"],
        ),
        (
            "rc2, unicode",
            legacy(text("pässwörd"), Cipher::Rc2),
            "pässwörd",
            vec!["OpenSSL 3 refuses"],
        ),
        (
            "rc2, openssl's empty password",
            legacy(text(""), Cipher::Rc2),
            "",
            vec!["OpenSSL 3 refuses"],
        ),
        (
            "rc2, keychain's empty password",
            legacy(Password::ZeroLength, Cipher::Rc2),
            "",
            vec!["OpenSSL 3 refuses", "Keychain Access"],
        ),
        (
            "3des",
            legacy(text("secret"), Cipher::TripleDes),
            "secret",
            vec!["triple DES"],
        ),
        (
            "3des, keychain's empty password",
            legacy(Password::ZeroLength, Cipher::TripleDes),
            "",
            vec!["triple DES", "Keychain Access"],
        ),
    ] {
        let file = read(&bytes, &[password]);
        assert!(is_whole(&file), "{what}: {file:?}");
        assert_eq!(file.notes.len(), notes.len(), "{what}: {:?}", file.notes);
        for (note, expected) in file.notes.iter().zip(notes) {
            assert!(note.contains(expected), "{what}: {note}");
        }
    }
}

#[test]
fn of_several_passwords_the_right_one_is_found_and_the_empty_one_needs_no_saying() {
    let keystore = Fixture::new().keystore();
    let modern = keystore.modern("third").expect("a keystore");
    assert!(is_whole(&read(&modern, &["first", "second", "third"])));
    for password in [Password::Text(""), Password::ZeroLength] {
        let empty = keystore.legacy(password, Cipher::Rc2).expect("a keystore");
        assert!(is_whole(&read(&empty, &[])));
        assert!(is_whole(&read(&empty, &["not this"])));
    }
}

#[test]
fn a_wrong_password_and_a_missing_one_are_told_apart() {
    let keystore = Fixture::new().keystore();
    for bytes in [
        keystore.modern("secret").expect("a keystore"),
        keystore
            .legacy(Password::Text("secret"), Cipher::Rc2)
            .expect("a keystore"),
    ] {
        let why = |passwords| read(&bytes, passwords).unusable.expect("not usable");
        assert_eq!(why(&["wrong"]), "the password does not open it");
        assert_eq!(why(&[]), "it is under a password, and none was given");
        assert_eq!(why(&[""]), "it is under a password, and none was given");
        assert!(read(&bytes, &["wrong"]).keys.is_empty());
    }
}

#[test]
fn the_contents_decide_whether_a_keystore_is_of_use() {
    let fixture = Fixture::new();
    let other = key(Algorithm::Rsa);
    let signing = CertificateSpec::signing("Apple Distribution", "Jane Doe", TEAM);
    let signing = fixture
        .authority
        .issue(&signing, &fixture.key)
        .expect("a certificate");
    let empty = Keystore::default;
    for (what, keystore, why, certificates) in [
        (
            "no key",
            empty().with_certificate(&fixture.certificate),
            "without its private key",
            1,
        ),
        (
            "no certificate",
            empty().with_key(&fixture.key),
            "without its certificate",
            0,
        ),
        ("nothing", empty(), "neither a key nor a certificate", 0),
        (
            "another key",
            empty().with_identity(&other, &fixture.certificate),
            "does not belong",
            1,
        ),
        (
            "for signing",
            empty().with_identity(&fixture.key, &signing),
            "not for push",
            1,
        ),
    ] {
        for bytes in [
            keystore.modern("secret").expect("a keystore"),
            keystore
                .legacy(Password::Text("secret"), Cipher::Rc2)
                .expect("a keystore"),
        ] {
            let file = read(&bytes, &["secret"]);
            let unusable = file.unusable.unwrap_or_else(|| panic!("{what} seems usable"));
            assert!(unusable.contains(why), "{what}: {unusable}");
            assert!(file.advice.is_some(), "{what}");
            assert_eq!(file.certificates.len(), certificates, "{what}");
        }
    }
}

#[test]
fn several_identities_are_all_listed() {
    let fixture = Fixture::new();
    let second = key(Algorithm::Rsa);
    let development = CertificateSpec::development(APP, TEAM);
    let development = fixture
        .authority
        .issue(&development, &second)
        .expect("a certificate");
    let keystore = fixture.keystore().with_identity(&second, &development);
    let file = read(&keystore.modern("").expect("a keystore"), &[]);
    assert_eq!(file.keys.len(), 2);
    assert!(file.certificates.iter().all(|entry| entry.has_key));
    assert_eq!(file.unusable, None);
    assert!(
        file.notes[0].contains("2 certificates with keys, 2 of them for push"),
        "{:?}",
        file.notes
    );
}

#[test]
fn a_keystore_under_another_name_is_told_by_its_content() {
    let bytes = Fixture::new().keystore().modern("").expect("a keystore");
    let file = read_credential("AuthKey_ABCDE12345.p8", &bytes, &[]).expect("a credential");
    assert!(is_whole(&file) && file.form == CredentialForm::Pkcs12);
    let pem = key(Algorithm::Rsa).pem();
    let file = read_credential("push.p12", pem.as_bytes(), &[]).expect("a credential");
    assert_eq!(file.form, CredentialForm::Pem);
}

#[test]
fn an_empty_keystore_file_is_called_empty() {
    let file = read_credential("certificate.p12", b"", &[]).expect("a credential");
    assert_eq!(file.form, CredentialForm::Unrecognised);
    assert_eq!(file.unusable.as_deref(), Some("it is an empty file"));
}

#[test]
fn a_keystore_that_hides_hours_of_work_is_refused_at_once() {
    let key = key(Algorithm::P256);
    for password in [Password::Text("secret"), Password::Text(""), Password::ZeroLength] {
        let bytes = Keystore::hiding_work(&key, password, 200, 50_000).expect("a keystore");
        let file = read(&bytes, &["secret"]);
        assert!(file.keys.is_empty());
        let why = file.unusable.expect("not usable");
        assert!(why.contains("unreasonable"), "{password:?}: {why}");
        let modest = Keystore::hiding_work(&key, password, 2, 1_000).expect("a keystore");
        assert_eq!(read(&modest, &["secret"]).keys.len(), 2, "{password:?}");
    }
}
