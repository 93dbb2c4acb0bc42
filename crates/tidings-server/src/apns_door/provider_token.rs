//! Provider tokens as libraries make them: compact JWTs signed with ES256. Here they prove who sends, as they do to APNs.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use tidings_apns::Timestamp;

/// The longest that is looked at. Real ones have about 200 bytes.
const LONGEST: usize = 2048;

/// How long one is good, in either direction: clocks differ.
const GOOD_FOR: Duration = Duration::from_hours(1);

/// A signature of two numbers without any wrapping.
const RAW_SIGNATURE: usize = 64;

/// A provider token whose signature nobody has checked.
pub(super) struct ProviderToken<'a> {
    pub(super) key_id: String,
    pub(super) team_id: String,
    issued_at: Timestamp,
    text: &'a str,
    signed: &'a str,
    signature: Vec<u8>,
}

/// Whether a provider token is of now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    Good,
    TooOld,
    /// It says to be made later than any clock could be wrong.
    FromTheFuture,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    iat: u64,
}

impl<'a> ProviderToken<'a> {
    /// Takes a token apart; `None` if it is none.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header: Header = part(header)?;
        let claims: Claims = part(claims)?;
        let signature = decoded(signature)?;
        (header.alg == "ES256").then_some(Self {
            key_id: header.kid,
            team_id: claims.iss,
            issued_at: Timestamp::from_unix_millis(claims.iat.saturating_mul(1000)),
            text,
            signed,
            signature,
        })
    }

    pub(super) fn age(&self, now: Timestamp) -> Age {
        if now.saturating_since(self.issued_at) > GOOD_FOR {
            Age::TooOld
        } else if self.issued_at.saturating_since(now) > GOOD_FOR {
            Age::FromTheFuture
        } else {
            Age::Good
        }
    }

    /// Whether it was signed with the private half of this key. Some sign as RFC 7515 wants it, and some, as Apple's own
    /// recipe for the shell, wrap the signature in DER.
    pub(super) fn is_signed_by(&self, public_key: &[u8]) -> bool {
        let algorithm = if self.signature.len() == RAW_SIGNATURE {
            &ECDSA_P256_SHA256_FIXED
        } else {
            &ECDSA_P256_SHA256_ASN1
        };
        UnparsedPublicKey::new(algorithm, public_key)
            .verify(self.signed.as_bytes(), &self.signature)
            .is_ok()
    }

    /// By what it is remembered: a hash of all of it.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        let mut out = [0; 32];
        out.copy_from_slice(digest(&SHA256, self.text.as_bytes()).as_ref());
        out
    }
}

impl fmt::Debug for ProviderToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderToken")
            .field("key_id", &self.key_id)
            .field("team_id", &self.team_id)
            .field("issued_at", &self.issued_at)
            .finish_non_exhaustive()
    }
}

fn part<T: for<'de> Deserialize<'de>>(text: &str) -> Option<T> {
    serde_json::from_slice(&decoded(text)?).ok()
}

/// Libraries in use write base64 of both alphabets, with padding and without.
fn decoded(text: &str) -> Option<Vec<u8>> {
    const ANY_PADDING: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, ANY_PADDING);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, ANY_PADDING);
    let found = URL_SAFE.decode(text).ok();
    found.or_else(|| STANDARD.decode(text).ok())
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
        KeyPair as _,
    };
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;

    const HEADER: &str = r#"{"alg":"ES256","kid":"KEY1234567"}"#;
    const CLAIMS: &str = r#"{"iss":"TEAM123456","iat":1800000000}"#;

    struct Signed {
        text: String,
        public_key: Vec<u8>,
    }

    fn sign(algorithm: &'static EcdsaSigningAlgorithm, header: &str, claims: &str) -> Signed {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("there is randomness");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref()).expect("it is a key");
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
        let text = format!("{header}.{claims}");
        let signature = pair.sign(&random, text.as_bytes()).expect("it signs");
        Signed {
            text: format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)),
            public_key: pair.public_key().as_ref().to_vec(),
        }
    }

    fn good() -> Signed {
        sign(&ECDSA_P256_SHA256_FIXED_SIGNING, HEADER, CLAIMS)
    }

    #[test]
    fn both_forms_of_signatures_are_good() {
        for algorithm in [&ECDSA_P256_SHA256_FIXED_SIGNING, &ECDSA_P256_SHA256_ASN1_SIGNING] {
            let Signed { text, public_key } = sign(algorithm, HEADER, CLAIMS);
            let token = ProviderToken::read(&text).unwrap();
            assert_eq!((&*token.key_id, &*token.team_id), ("KEY1234567", "TEAM123456"));
            assert!(token.is_signed_by(&public_key));
        }
    }

    #[test]
    fn a_signature_of_another_key_or_over_another_text_is_not_good() {
        let (ours, other) = (good(), good());
        assert!(
            !ProviderToken::read(&ours.text)
                .unwrap()
                .is_signed_by(&other.public_key)
        );
        let (signed, _) = ours.text.rsplit_once('.').unwrap();
        let (_, signature) = other.text.rsplit_once('.').unwrap();
        let mixed = format!("{signed}.{signature}");
        let token = ProviderToken::read(&mixed).unwrap();
        assert!(!token.is_signed_by(&ours.public_key));
        assert!(!token.is_signed_by(b"no key"));
    }

    #[test]
    fn it_is_good_for_an_hour() {
        let text = good().text;
        let token = ProviderToken::read(&text).unwrap();
        for (offset, age) in [
            (0, Age::Good),
            (3_600, Age::Good),
            (3_601, Age::TooOld),
            (-3_600, Age::Good),
            (-3_601, Age::FromTheFuture),
        ] {
            let now = Timestamp::from_unix_millis(1_800_000_000_000_u64.saturating_add_signed(offset * 1000));
            assert_eq!(token.age(now), age, "{offset}");
        }
    }

    #[test]
    fn both_alphabets_are_read() {
        let part = |text: &str| STANDARD.encode(text);
        let text = format!(
            "{}.{}.{}",
            part(r#"{"alg":"ES256","kid":"KEY1234567" }"#),
            part(r#"{"iss":"TEAM123456","iat":1800000000,"???":1}"#),
            STANDARD.encode([0xff; RAW_SIGNATURE])
        );
        assert!(text.contains('=') && text.contains('/'), "{text}");
        assert_eq!(
            ProviderToken::read(&text).unwrap().signature,
            [0xff; RAW_SIGNATURE]
        );
    }

    #[test]
    fn whatever_else_there_is_is_refused() {
        let signed = |header, claims| sign(&ECDSA_P256_SHA256_FIXED_SIGNING, header, claims).text;
        for text in [
            String::new(),
            "a.b".to_owned(),
            "a.b.c".to_owned(),
            good().text.replace('.', ""),
            "x".repeat(LONGEST + 1),
            signed(r#"{"alg":"none","kid":"KEY1234567"}"#, CLAIMS),
            signed(r#"{"alg":"HS256","kid":"KEY1234567"}"#, CLAIMS),
            signed(r#"{"alg":"ES256"}"#, CLAIMS),
            signed(HEADER, r#"{"iat":1800000000}"#),
            signed(HEADER, r#"{"iss":"TEAM123456","iat":"1800000000"}"#),
            signed(HEADER, "[]"),
        ] {
            assert!(ProviderToken::read(&text).is_none(), "{text}");
        }
    }

    #[test]
    fn it_is_not_shown_by_accident() {
        let text = good().text;
        let shown = format!("{:?}", ProviderToken::read(&text).unwrap());
        let (_, signature) = text.rsplit_once('.').unwrap();
        assert!(!shown.contains(signature));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}", parts in proptest::collection::vec(".{0,40}", 0..5)) {
            let encoded: Vec<_> = parts.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect();
            for text in [text, encoded.join(".")] {
                let signed = ProviderToken::read(&text).is_some_and(|token| token.is_signed_by(&[4; 65]));
                proptest::prop_assert!(!signed);
            }
        }
    }
}
