//! What signs the messages of a webhook, as Standard Webhooks has it: `whsec_` and 32 bytes in Base64.

use aws_lc_rs::hmac;
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

const BYTES: usize = 32;

/// A new secret.
#[expect(clippy::expect_used, reason = "without randomness nothing secret can be made")]
pub(crate) fn generate() -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(vec![0; BYTES]);
    rand::fill(&mut bytes).expect("the system has no randomness");
    bytes
}

/// A secret as its owner gets it, once.
pub(crate) fn reveal(secret: &[u8]) -> String {
    format!("whsec_{}", STANDARD.encode(secret))
}

/// The header `webhook-signature`: a signature by each of the secrets, so that one can be changed without a gap.
pub(crate) fn sign(secrets: &[Zeroizing<Vec<u8>>], id: &str, unix_seconds: u64, body: &[u8]) -> String {
    let signatures: Vec<String> = secrets
        .iter()
        .map(|secret| signature(secret, id, unix_seconds, body))
        .collect();
    signatures.join(" ")
}

fn signature(secret: &[u8], id: &str, unix_seconds: u64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let mut context = hmac::Context::with_key(&key);
    context.update(format!("{id}.{unix_seconds}.").as_bytes());
    context.update(body);
    format!("v1,{}", STANDARD.encode(context.sign().as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked out by OpenSSL: `printf 'msg_1.1800000000.{"a":1}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:2a2a…`.
    #[test]
    fn a_signature_is_what_others_work_out() {
        let secret = Zeroizing::new(vec![0x2a; 32]);
        let signed = sign(&[secret], "msg_1", 1_800_000_000, br#"{"a":1}"#);
        assert_eq!(signed, "v1,O+IG9IBXT0JOuTWxCe8KT5UEEQGcn9QYfFJXXpEzHsw=");
    }

    #[test]
    fn each_bit_of_what_is_signed_counts() {
        let secret = generate();
        let of = |id: &str, at, body: &[u8]| signature(&secret, id, at, body);
        let right = of("a", 1, b"body");
        for place in 0..32 {
            let mut body = *b"body";
            body[place / 8] ^= 1 << (place % 8);
            assert_ne!(of("a", 1, &body), right);
        }
        assert_ne!(of("b", 1, b"body"), right);
        assert_ne!(of("a", 2, b"body"), right);
    }

    #[test]
    fn while_it_is_changed_both_secrets_sign() {
        let (new, old) = (generate(), generate());
        let both = sign(&[new.clone(), old.clone()], "a", 1, b"body");
        let each = [sign(&[new], "a", 1, b"body"), sign(&[old], "a", 1, b"body")];
        assert_eq!(both, each.join(" "));
    }

    #[test]
    fn a_secret_is_shown_as_the_standard_has_it() {
        assert_eq!(reveal(&[0xfb; 3]), "whsec_+/v7");
        assert_eq!(reveal(&generate()).len(), "whsec_".len() + 44);
    }
}
