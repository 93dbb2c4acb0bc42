//! Provider tokens as whoever receives them reads them: compact JWTs signed with ES256 (Apple, *Establishing a token-based
//! connection to APNs*).

use std::fmt;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use tidings_apns::Timestamp;

/// The longest that is looked at; real ones have about 200 bytes.
const LONGEST: usize = 2048;

/// Bytes of a raw signature: two numbers without any wrapping.
const RAW_SIGNATURE: usize = 64;

/// A provider token as it came, its signature not checked.
pub struct ProviderToken<'a> {
    key_id: String,
    team_id: String,
    issued_at: Timestamp,
    signed: &'a str,
    signature: Vec<u8>,
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
    /// Takes a token apart; `None` if it is not a JWT of the form that APNs wants.
    pub fn read(text: &'a str) -> Option<Self> {
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
            signed,
            signature,
        })
    }

    /// The id of the key that it says to be signed with (`kid`).
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The team that it says to be of (`iss`).
    pub fn team_id(&self) -> &str {
        &self.team_id
    }

    /// When it was made, by the clock of whoever made it (`iat`).
    pub const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// Whether it was signed with the private half of this key: an uncompressed point of P-256. RFC 7515 wants the signature
    /// raw; Apple's own recipe for the shell wraps it in DER (*Sending push notifications using command-line tools*).
    pub fn is_signed_by(&self, public_key: &[u8]) -> bool {
        let is_good = |algorithm| {
            let key = UnparsedPublicKey::new(algorithm, public_key);
            key.verify(self.signed.as_bytes(), &self.signature).is_ok()
        };
        let is_raw = self.signature.len() == RAW_SIGNATURE;
        is_raw && is_good(&ECDSA_P256_SHA256_FIXED) || is_good(&ECDSA_P256_SHA256_ASN1)
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

/// RFC 7515 asks for base64url without padding, but clients that are in use with APNs send plain base64 with padding (`a2`
/// for one).
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
            assert_eq!((token.key_id(), token.team_id()), ("KEY1234567", "TEAM123456"));
            assert_eq!(token.issued_at(), Timestamp::from_unix_millis(1_800_000_000_000));
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
            "a.b.c.d".to_owned(),
            format!("{}!", good().text),
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
