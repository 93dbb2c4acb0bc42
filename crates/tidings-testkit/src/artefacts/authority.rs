//! A certificate authority that signs profiles as Apple's does, and is not Apple's.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, SigningKey as _,
};

use super::der::{element, indefinite};

/// 1.2.840.113549.1.7.2 and 1.2.840.113549.1.7.1.
const SIGNED_DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];

/// SHA-256, and ECDSA with it.
const SHA_256: [u8; 9] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const ECDSA_SHA_256: [u8; 8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

/// The serial number of the certificate that signs.
const SERIAL: [u8; 4] = [0x11, 0x22, 0x33, 0x44];

/// An authority and the certificate that signs for it.
#[derive(Debug)]
pub struct Authority {
    issuer_certificate: Vec<u8>,
    issuer_name: Vec<u8>,
    signer_certificate: Vec<u8>,
    signer_key: KeyPair,
}

/// How a signed message is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MessageForm {
    /// In DER.
    Der,
    /// With indefinite lengths, and the content in chunks of so many bytes, each in a chunk of its own if nested.
    Ber { chunk: usize, is_nested: bool },
}

impl Authority {
    /// An authority whose signer has this common name.
    ///
    /// # Panics
    ///
    /// Never: the names are fit for certificates.
    pub fn new(signer: &str) -> Self {
        let issuer_key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.distinguished_name = name("Made Up Certification Authority", "Made Up");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer_certificate = params.self_signed(&issuer_key).expect("a certificate");
        let issuer = Issuer::new(params, issuer_key);
        let signer_key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.distinguished_name = name(signer, "Made Up");
        params.serial_number = Some(SERIAL.to_vec().into());
        let signer_certificate = params.signed_by(&signer_key, &issuer).expect("a certificate");
        Self {
            issuer_name: issuer_name(signer_certificate.der()),
            issuer_certificate: issuer_certificate.der().to_vec(),
            signer_certificate: signer_certificate.der().to_vec(),
            signer_key,
        }
    }

    /// One that is named as Apple's signer of profiles for iOS is.
    pub fn named_as_apple() -> Self {
        Self::new("Apple iPhone OS Provisioning Profile Signing")
    }

    /// A signed message with this content.
    pub(super) fn sign(&self, content: &[u8], form: MessageForm) -> Vec<u8> {
        let signature = self.signer_key.sign(content).expect("a signature");
        let algorithm = |id: &[u8]| element(0x30, &element(0x06, id));
        let signer_id = element(0x30, &[self.issuer_name.clone(), element(0x02, &SERIAL)].concat());
        let signer = [
            element(0x02, &[1]),
            signer_id,
            algorithm(&SHA_256),
            algorithm(&ECDSA_SHA_256),
            element(0x04, &signature),
        ];
        let certificates = [self.issuer_certificate.clone(), self.signer_certificate.clone()].concat();
        let open = |tag, content: &[u8]| match form {
            MessageForm::Der => element(tag, content),
            MessageForm::Ber { .. } => indefinite(tag, content),
        };
        let content = [element(0x06, &DATA), open(0xa0, &octets(content, form))].concat();
        let signed_data = [
            element(0x02, &[1]),
            element(0x31, &algorithm(&SHA_256)),
            open(0x30, &content),
            open(0xa0, &certificates),
            element(0x31, &element(0x30, &signer.concat())),
        ];
        let message = [
            element(0x06, &SIGNED_DATA),
            open(0xa0, &open(0x30, &signed_data.concat())),
        ];
        open(0x30, &message.concat())
    }
}

/// A certificate for signing apps, such as `Apple Distribution: Somebody (TEAM123456)`.
pub(super) fn developer_certificate(common_name: &str, team: &str) -> Vec<u8> {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::default();
    params.distinguished_name = name(common_name, team);
    params.self_signed(&key).expect("a certificate").der().to_vec()
}

fn name(common_name: &str, unit: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name.push(DnType::OrganizationalUnitName, unit);
    name
}

fn octets(content: &[u8], form: MessageForm) -> Vec<u8> {
    match form {
        MessageForm::Der => element(0x04, content),
        MessageForm::Ber { chunk, is_nested } => {
            let chunks = content.chunks(chunk).map(|chunk| {
                let chunk = element(0x04, chunk);
                if is_nested {
                    indefinite(0x24, &chunk)
                } else {
                    chunk
                }
            });
            indefinite(0x24, &chunks.collect::<Vec<_>>().concat())
        }
    }
}

/// The issuer's name as it stands in a certificate: after the version, the serial number and the algorithm.
fn issuer_name(certificate: &[u8]) -> Vec<u8> {
    let outer = content(certificate);
    let mut rest = content(outer);
    for _ in 0..3 {
        rest = after(rest);
    }
    let end = rest.len() - after(rest).len();
    rest.get(..end).unwrap_or_default().to_vec()
}

/// The content of the first element.
fn content(bytes: &[u8]) -> &[u8] {
    let (head, length) = head(bytes);
    bytes.get(head..head + length).unwrap_or_default()
}

/// What follows the first element.
fn after(bytes: &[u8]) -> &[u8] {
    let (head, length) = head(bytes);
    bytes.get(head + length..).unwrap_or_default()
}

/// Bytes of tag and length, and the length of the content.
fn head(bytes: &[u8]) -> (usize, usize) {
    match bytes.get(1).copied().unwrap_or_default() {
        short @ 0..=0x7f => (2, usize::from(short)),
        long => {
            let digits = usize::from(long & 0x7f);
            let length = bytes.iter().skip(2).take(digits);
            (
                2 + digits,
                length.fold(0, |sum, digit| sum * 256 + usize::from(*digit)),
            )
        }
    }
}
