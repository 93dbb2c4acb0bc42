//! Reading `.p8` files as people have them, and refusing what is none by its name.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use tidings_client::{Material, ReadSigningKeyError, SigningKey};

use crate::fixtures::{file, signing_key, text};

fn read(bytes: &[u8]) -> Result<SigningKey, ReadSigningKeyError> {
    SigningKey::from_pem(
        bytes,
        "ABC123DEFG".parse().unwrap(),
        "DEF123GHIJ".parse().unwrap(),
    )
}

fn utf16(text: &str, bytes_of: fn(u16) -> [u8; 2]) -> Vec<u8> {
    "\u{feff}"
        .encode_utf16()
        .chain(text.encode_utf16())
        .flat_map(bytes_of)
        .collect()
}

/// The lines of a PEM file between the first and the last.
fn body(pem: &str) -> String {
    pem.lines()
        .filter(|line| !line.starts_with('-'))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_key_survives_what_happens_to_files_on_their_way() {
    let pem = text("signing_key.p8");
    let der = STANDARD.decode(body(&pem).replace('\n', "")).unwrap();
    let one_line = pem.replace('\n', " ");
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("as downloaded", pem.clone().into()),
        ("windows line ends", pem.replace('\n', "\r\n").into()),
        ("old mac line ends", pem.replace('\n', "\r").into()),
        ("byte order mark", format!("\u{feff}{pem}").into()),
        ("utf-16 from powershell", utf16(&pem, u16::to_le_bytes)),
        ("utf-16 big-endian", utf16(&pem, u16::to_be_bytes)),
        (
            "mail around it",
            format!("Hi Ann,\nhere -- as promised -- is the key:\n\n{pem}\nBest, Bob\n").into(),
        ),
        ("no final newline", pem.trim_end().into()),
        (
            "blank lines and spaces",
            format!("\n\n  {}  \n\n", pem.replace('\n', "  \n   ")).into(),
        ),
        ("newlines spelled out", pem.replace('\n', "\\n").into()),
        (
            "newlines spelled out as on windows",
            pem.replace('\n', "\\r\\n").into(),
        ),
        ("quotes of a shell", format!("\"{}\"", pem.trim()).into()),
        (
            "json",
            format!("{{\"key\": \"{}\"}}", pem.replace('\n', "\\n")).into(),
        ),
        ("one line", one_line.into()),
        ("smart dashes", pem.replace("-----", "\u{2014}\u{2014}-").into()),
        (
            "en dashes",
            pem.replace("-----", "\u{2013}\u{2013}\u{2013}\u{2013}\u{2013}")
                .into(),
        ),
        ("no armour", body(&pem).into()),
        ("no first line", pem.split_once('\n').unwrap().1.into()),
        (
            "no last line",
            pem.replace("-----END PRIVATE KEY-----", "").into(),
        ),
        ("base64 of the file", STANDARD.encode(&pem).into()),
        ("der", der),
        ("sec1", file("signing_key_sec1.pem")),
        ("sec1 with parameters before it", {
            let parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
            format!("{parameters}{}", text("signing_key_sec1.pem")).into()
        }),
        (
            "beside its certificate",
            [file("push_certificate.pem"), pem.into()].concat(),
        ),
    ];
    let expected = signing_key();
    for (what, bytes) in cases {
        let key = read(&bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(key.public_key(), expected.public_key(), "{what}");
    }
}

#[test]
fn what_is_no_signing_key_is_called_by_its_name() {
    use Material::{
        Certificate, CertificateRequest, Empty, EncryptedKey, JavaKeystore, Markup, OtherCurveKey, OtherKey,
        Pkcs12, PublicKey, RsaKey, SshKey, TooLarge, Unknown,
    };
    let cases: Vec<(Material, Vec<u8>)> = vec![
        (Empty, vec![]),
        (Empty, b" \r\n\t\n".to_vec()),
        (Empty, "\u{feff}".into()),
        (RsaKey, file("push_key.pem")),
        (RsaKey, file("push_key_pkcs1.pem")),
        (EncryptedKey, file("push_key_encrypted.pem")),
        (EncryptedKey, file("encrypted_key.p8")),
        (OtherCurveKey, file("p384_key.p8")),
        (OtherKey, file("ed25519_key.p8")),
        (PublicKey, file("public_key.pem")),
        (Certificate, file("push_certificate.pem")),
        (CertificateRequest, file("push.certSigningRequest")),
        (Pkcs12, file("legacy.p12")),
        (Pkcs12, file("modern.p12")),
        (
            SshKey,
            b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE=\n-----END OPENSSH PRIVATE KEY-----"
                .to_vec(),
        ),
        (JavaKeystore, vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2]),
        (
            Markup,
            b"<!DOCTYPE html><html><title>Sign in</title></html>".to_vec(),
        ),
        (Markup, b"<?xml version=\"1.0\"?><plist/>".to_vec()),
        (Unknown, b"ABC123DEFG".to_vec()),
        (Unknown, b"{\"key_id\": \"ABC123DEFG\"}".to_vec()),
        (Unknown, vec![0xff, 0xd8, 0xff, 0xe0]),
        (TooLarge, vec![b'A'; 2 << 20]),
    ];
    for (found, bytes) in cases {
        let error = read(&bytes).unwrap_err();
        assert_eq!(
            error,
            ReadSigningKeyError::WrongKind { found },
            "{:?}",
            String::from_utf8_lossy(&bytes[..bytes.len().min(60)])
        );
        assert_eq!(
            error.to_string(),
            format!("cannot read a signing key from {found}")
        );
    }
}

#[test]
fn a_key_with_a_part_missing_is_called_damaged() {
    let pem = text("signing_key.p8");
    let lines = pem.lines().collect::<Vec<_>>();
    let without_second_line = [&lines[..2], &lines[3..]].concat().join("\n");
    let flipped = pem.replacen(lines[2].get(10..14).unwrap(), "AAAA", 1);
    for damaged in [
        &without_second_line,
        &flipped,
        "-----BEGIN PRIVATE KEY-----\n***\n-----END PRIVATE KEY-----",
    ] {
        let error = read(damaged.as_bytes()).unwrap_err();
        assert_eq!(error, ReadSigningKeyError::Damaged, "{damaged}");
        assert!(error.hint().contains("-----BEGIN PRIVATE KEY-----"));
    }
}

#[test]
fn debug_shows_the_names_and_never_the_key() {
    let shown = format!("{:?}", signing_key());
    assert_eq!(
        shown,
        r#"SigningKey { key_id: KeyId("ABC123DEFG"), team_id: TeamId("DEF123GHIJ"), .. }"#
    );
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes: Vec<u8>) {
        prop_assert!(read(&bytes).is_err());
    }

    #[test]
    fn a_key_with_one_byte_changed_is_the_same_key_or_none(at in 0usize..241, to: u8) {
        let mut bytes = file("signing_key.p8");
        let at = at.min(bytes.len() - 1);
        bytes[at] = to;
        if let Ok(key) = read(&bytes) {
            let expected = signing_key();
            prop_assert_eq!(key.public_key(), expected.public_key());
        }
    }
}
