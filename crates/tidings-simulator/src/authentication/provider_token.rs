//! Provider tokens: compact JWTs signed with ES256 (Apple, *Establishing a token-based connection to APNs*).

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use crate::clock::Timestamp;

/// The longest token that is looked at; real ones have about 200 bytes.
const LONGEST: usize = 4096;

/// The length of a raw signature, `r‖s`.
const RAW_SIGNATURE: usize = 64;

/// A provider token as it came, its signature not checked.
pub(crate) struct ProviderToken<'a> {
    pub(crate) key_id: String,
    pub(crate) team_id: String,
    /// As the provider says, on its clock.
    pub(crate) issued_at: Timestamp,
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
    /// Takes a token apart. `None` if it is not a JWT of the form APNs wants.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header: Header = parse_part(header)?;
        let claims: Claims = parse_part(claims)?;
        (header.alg == "ES256").then_some(())?;
        Some(Self {
            key_id: header.kid,
            team_id: claims.iss,
            issued_at: Timestamp::from_seconds(claims.iat),
            signed,
            signature: decode(signature)?,
        })
    }

    /// Whether the signature was made with the private half of `public_key`. Raw signatures are what RFC 7515 asks for;
    /// DER is what Apple's shell recipe makes (Apple, *Sending push notifications using command-line tools*).
    pub(crate) fn is_signed_by(&self, public_key: &[u8]) -> bool {
        let signed = self.signed.as_bytes();
        if self.signature.len() == RAW_SIGNATURE {
            let raw = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public_key);
            if raw.verify(signed, &self.signature).is_ok() {
                return true;
            }
        }
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, public_key)
            .verify(signed, &self.signature)
            .is_ok()
    }
}

fn parse_part<T: for<'de> Deserialize<'de>>(part: &str) -> Option<T> {
    serde_json::from_slice(&decode(part)?).ok()
}

/// RFC 7515 asks for base64url without padding, but clients that are in use with APNs send plain base64 with padding
/// (`a2` for one).
fn decode(part: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    URL_SAFE.decode(part).or_else(|_| STANDARD.decode(part)).ok()
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

    const HEADER: &str = r#"{"alg":"ES256","kid":"ABCDE12345"}"#;
    const CLAIMS: &str = r#"{"iss":"TEAM123456","iat":1700000000}"#;

    fn signed(algorithm: &'static EcdsaSigningAlgorithm, header: &str, claims: &str) -> (String, Vec<u8>) {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref()).unwrap();
        let text = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let signature = pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        (
            format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)),
            pair.public_key().as_ref().to_vec(),
        )
    }

    #[test]
    fn raw_and_der_signatures_are_both_good() {
        for algorithm in [&ECDSA_P256_SHA256_FIXED_SIGNING, &ECDSA_P256_SHA256_ASN1_SIGNING] {
            let (text, public_key) = signed(algorithm, HEADER, CLAIMS);
            let token = ProviderToken::parse(&text).unwrap();
            assert_eq!(
                (token.key_id.as_str(), token.team_id.as_str()),
                ("ABCDE12345", "TEAM123456")
            );
            assert_eq!(token.issued_at, Timestamp::from_seconds(1_700_000_000));
            assert!(token.is_signed_by(&public_key));
        }
    }

    #[test]
    fn plain_base64_with_padding_is_good_too() {
        let part = |text: &str| STANDARD.encode(text);
        // Spaces so that there is padding, and `???` for a slash.
        let signed = format!(
            "{}.{}",
            part(r#"{"alg":"ES256","kid":"ABCDE12345" }"#),
            part(r#"{"iss":"TEAM123456","iat":1700000000,"???":1}"#)
        );
        assert!(signed.contains('=') && signed.contains('/'), "{signed}");
        let signature = STANDARD.encode([0xff; RAW_SIGNATURE]);
        let text = format!("{signed}.{signature}");
        let token = ProviderToken::parse(&text).unwrap();
        assert_eq!((&*token.key_id, &*token.team_id), ("ABCDE12345", "TEAM123456"));
        assert_eq!(
            (token.signed, token.signature),
            (signed.as_str(), vec![0xff; RAW_SIGNATURE])
        );
    }

    #[test]
    fn a_signature_of_another_key_or_of_another_text_is_not_good() {
        let (text, public_key) = signed(&ECDSA_P256_SHA256_FIXED_SIGNING, HEADER, CLAIMS);
        let (other_text, other_key) = signed(&ECDSA_P256_SHA256_FIXED_SIGNING, HEADER, CLAIMS);
        assert!(!ProviderToken::parse(&text).unwrap().is_signed_by(&other_key));
        assert!(
            !ProviderToken::parse(&other_text)
                .unwrap()
                .is_signed_by(&public_key)
        );
        assert!(!ProviderToken::parse(&text).unwrap().is_signed_by(b"not a key"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}", parts in proptest::collection::vec(".{0,40}", 0..5)) {
            let encoded: Vec<_> = parts.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect();
            for text in [text, encoded.join(".")] {
                let signed = ProviderToken::parse(&text).is_some_and(|token| token.is_signed_by(&[4; 65]));
                proptest::prop_assert!(!signed);
            }
        }
    }

    #[test]
    fn whatever_is_not_such_a_token_is_refused() {
        let (good, _) = signed(&ECDSA_P256_SHA256_FIXED_SIGNING, HEADER, CLAIMS);
        let cases = [
            String::new(),
            "a.b".to_owned(),
            "a.b.c.d".to_owned(),
            good.replace('.', ""),
            format!("{good}!"),
            "x".repeat(LONGEST + 1),
            signed(
                &ECDSA_P256_SHA256_FIXED_SIGNING,
                r#"{"alg":"RS256","kid":"ABCDE12345"}"#,
                CLAIMS,
            )
            .0,
            signed(
                &ECDSA_P256_SHA256_FIXED_SIGNING,
                r#"{"kid":"ABCDE12345"}"#,
                CLAIMS,
            )
            .0,
            signed(&ECDSA_P256_SHA256_FIXED_SIGNING, r#"{"alg":"ES256"}"#, CLAIMS).0,
            signed(&ECDSA_P256_SHA256_FIXED_SIGNING, HEADER, r#"{"iat":1700000000}"#).0,
            signed(
                &ECDSA_P256_SHA256_FIXED_SIGNING,
                HEADER,
                r#"{"iss":"T","iat":"1700000000"}"#,
            )
            .0,
            signed(&ECDSA_P256_SHA256_FIXED_SIGNING, HEADER, "[]").0,
        ];
        for text in cases {
            assert!(ProviderToken::parse(&text).is_none(), "{text}");
        }
    }
}
