//! A private key in one of its encodings, and its public half.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, Ed25519KeyPair, KeyPair,
};
use zeroize::Zeroizing;

use crate::facts::sha256_hex;
use crate::material::Material;

/// A private key that is in the clear: PKCS#8, PKCS#1 (RSA) or SEC1 (elliptic curve), in DER. It is wiped from memory when
/// it is dropped.
pub struct PrivateKey {
    material: Material,
    der: Zeroizing<Vec<u8>>,
}

impl PrivateKey {
    /// Takes a key in DER; its kind is told by its structure.
    pub fn of_der(der: Zeroizing<Vec<u8>>) -> Self {
        Self {
            material: Material::of_der(&der),
            der,
        }
    }

    /// A key of which something else has told the kind.
    pub(crate) fn new(material: Material, der: Zeroizing<Vec<u8>>) -> Self {
        Self { material, der }
    }

    /// What kind of key it is.
    pub fn material(&self) -> Material {
        self.material
    }

    /// The key itself.
    pub fn secret_der(&self) -> &[u8] {
        &self.der
    }

    /// The public half (`SubjectPublicKeyInfo`, DER); nothing if the key is damaged or of an unknown kind.
    pub fn public_key_info(&self) -> Option<Vec<u8>> {
        match self.material {
            Material::RsaKey => rsa_public_key(&self.der),
            Material::P256Key | Material::OtherCurveKey => ec_public_key(&self.der),
            Material::OtherKey => ed25519_public_key(&self.der),
            _ => None,
        }
    }

    /// The SHA-256 of the public half, in hex: the same as that of a certificate that belongs to the key.
    pub fn public_key_sha256(&self) -> Option<String> {
        self.public_key_info().map(|info| sha256_hex(&info))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey")
            .field("material", &self.material)
            .finish_non_exhaustive()
    }
}

fn rsa_public_key(der: &[u8]) -> Option<Vec<u8>> {
    let pair = rsa::KeyPair::from_pkcs8(der).or_else(|_other_form| rsa::KeyPair::from_der(der));
    info_of(pair.ok()?.public_key())
}

fn ec_public_key(der: &[u8]) -> Option<Vec<u8>> {
    let curves = [
        &ECDSA_P256_SHA256_ASN1_SIGNING,
        &ECDSA_P384_SHA384_ASN1_SIGNING,
        &ECDSA_P521_SHA512_ASN1_SIGNING,
    ];
    curves
        .into_iter()
        .find_map(|curve| info_of(EcdsaKeyPair::from_private_key_der(curve, der).ok()?.public_key()))
}

fn ed25519_public_key(der: &[u8]) -> Option<Vec<u8>> {
    info_of(Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok()?.public_key())
}

fn info_of(public_key: &impl AsDer<PublicKeyX509Der<'static>>) -> Option<Vec<u8>> {
    public_key.as_der().ok().map(|info| info.as_ref().to_vec())
}
