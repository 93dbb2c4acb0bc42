//! Private keys of each kind, in each encoding.

use anyhow::Context as _;
use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256,
    PublicKeyData as _, RsaKeySize,
};

use super::element::{EXPLICIT_0, OBJECT_ID, OCTET_STRING, SEQUENCE, element, integer, of_all};
use super::spoiled::pem;

/// What a key is for computing with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// P-256: what Apple's signing keys are on.
    P256,
    /// Another curve.
    P384,
    /// Another sort of curve.
    Ed25519,
    /// RSA with 2048 bits: what the keys of push certificates are.
    Rsa,
}

/// A private key, made anew.
pub struct PrivateKey {
    pub(super) pair: KeyPair,
}

impl PrivateKey {
    /// Makes one.
    pub fn generate(algorithm: Algorithm) -> anyhow::Result<Self> {
        let pair = match algorithm {
            Algorithm::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?,
            Algorithm::P384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384)?,
            Algorithm::Ed25519 => KeyPair::generate_for(&PKCS_ED25519)?,
            Algorithm::Rsa => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?,
        };
        Ok(Self { pair })
    }

    /// PKCS#8 in DER.
    pub fn pkcs8(&self) -> Vec<u8> {
        self.pair.serialize_der()
    }

    /// PKCS#8 in PEM, as Apple gives `.p8` files.
    pub fn pem(&self) -> String {
        pem("PRIVATE KEY", &self.pkcs8())
    }

    /// PKCS#1 in PEM: what came before PKCS#8 for RSA.
    pub fn pkcs1_pem(&self) -> anyhow::Result<String> {
        let pkcs8 = self.pkcs8();
        Ok(pem("RSA PRIVATE KEY", inner_key(&pkcs8).context("not PKCS#8")?))
    }

    /// SEC1 in PEM: what came before PKCS#8 for elliptic curves. The key has to be on P-256.
    pub fn sec1_pem(&self) -> anyhow::Result<String> {
        /// `INTEGER 1` and an `OCTET STRING` of 32 bytes.
        const NUMBERS: usize = 3 + 34;
        let prime256v1 = element(OBJECT_ID, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]);
        let pkcs8 = self.pkcs8();
        let inner = inner_key(&pkcs8).context("not PKCS#8")?;
        let fields = content_at(inner).and_then(|start| inner.get(start..));
        let (numbers, point) = fields
            .and_then(|fields| fields.split_at_checked(NUMBERS))
            .context("not on P-256")?;
        let curve = element(EXPLICIT_0, &prime256v1);
        Ok(pem(
            "EC PRIVATE KEY",
            &of_all(SEQUENCE, &[numbers, &curve, point]),
        ))
    }

    /// A request for a certificate, as it is uploaded to Apple, in PEM.
    pub fn request_pem(&self) -> anyhow::Result<String> {
        let request = rcgen::CertificateParams::default().serialize_request(&self.pair)?;
        Ok(request.pem()?)
    }

    /// The public half in DER (`SubjectPublicKeyInfo`).
    pub fn public_key_info(&self) -> Vec<u8> {
        self.pair.subject_public_key_info()
    }

    /// The public half in PEM.
    pub fn public_pem(&self) -> String {
        pem("PUBLIC KEY", &self.public_key_info())
    }

    /// A key under a password, by its structure: what is inside is not decryptable.
    pub fn encrypted_pem(&self) -> String {
        let pbes2 = element(OBJECT_ID, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13]);
        let scheme = of_all(SEQUENCE, &[&pbes2, &of_all(SEQUENCE, &[])]);
        let hidden = self.pkcs8().iter().map(|byte| byte ^ 0x5a).collect::<Vec<_>>();
        let info = of_all(SEQUENCE, &[&scheme, &element(OCTET_STRING, &hidden)]);
        pem("ENCRYPTED PRIVATE KEY", &info)
    }

    /// The SHA-256 of the public half, in hex.
    pub fn public_key_sha256(&self) -> String {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.public_key_info());
        digest.as_ref().iter().fold(String::new(), |mut hex, byte| {
            for digit in [byte >> 4, byte & 0xf] {
                hex.extend(char::from_digit(digit.into(), 16));
            }
            hex
        })
    }
}

/// The octets in `SEQUENCE { INTEGER 0, SEQUENCE algorithm, OCTET STRING key, … }`.
fn inner_key(pkcs8: &[u8]) -> Option<&[u8]> {
    let fields = pkcs8.get(content_at(pkcs8)?..)?;
    let after_version = fields
        .strip_prefix(integer(0).as_slice())
        .or_else(|| fields.get(3..))?;
    let after_algorithm = after_version.get(content_at(after_version)? + content_length(after_version)?..)?;
    let start = content_at(after_algorithm)?;
    after_algorithm.get(start..start + content_length(after_algorithm)?)
}

pub(super) fn content_at(element: &[u8]) -> Option<usize> {
    Some(match element.get(1)? {
        0x82 => 4,
        0x81 => 3,
        _ => 2,
    })
}

pub(super) fn content_length(element: &[u8]) -> Option<usize> {
    let digits = match element.get(1)? {
        0x82 => element.get(2..4)?,
        0x81 => element.get(2..3)?,
        _ => element.get(1..2)?,
    };
    Some(
        digits
            .iter()
            .fold(0, |length, digit| length << 8 | usize::from(*digit)),
    )
}
