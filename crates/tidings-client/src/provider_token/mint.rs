//! Making a provider token: a JSON Web Token with a fixed header and two claims, signed ES256.
//!
//! Header `{"alg":"ES256","kid":…}`, claims `{"iss":…,"iat":…}`, both base64url without padding; the signature is
//! the raw 64 bytes `r‖s` (RFC 7515, section 3; Apple, *Establishing a token-based connection to APNs*). Key id and
//! team id are ten alphanumerics by type, so nothing in them needs JSON escaping.

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::EcdsaKeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tidings_apns::{KeyId, TeamId};
use zeroize::Zeroizing;

const SCHEME: &str = "bearer ";

/// The whole `authorization` value of a token issued at `issued_at` (Unix seconds).
pub(crate) fn authorization(
    key_pair: &EcdsaKeyPair,
    key_id: &KeyId,
    team_id: &TeamId,
    issued_at: u64,
) -> Result<Zeroizing<Vec<u8>>, Unspecified> {
    let header = format!(r#"{{"alg":"ES256","kid":"{key_id}"}}"#);
    let claims = format!(r#"{{"iss":"{team_id}","iat":{issued_at}}}"#);
    // 256 characters hold every token these fields can make, so the secret is never moved and left behind.
    let mut text = Zeroizing::new(String::with_capacity(256));
    text.push_str(SCHEME);
    URL_SAFE_NO_PAD.encode_string(header, &mut text);
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut text);
    let signed = text.as_bytes().get(SCHEME.len()..).unwrap_or_default();
    let signature = key_pair.sign(&SystemRandom::new(), signed)?;
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut text);
    Ok(Zeroizing::new(std::mem::take(&mut *text).into_bytes()))
}
