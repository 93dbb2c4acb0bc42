//! Files of keys and certificates, read.
//!
#![doc = include_str!("../README.md")]

mod armour;
mod der;
mod facts;
mod identity;
mod material;
mod mend;
mod pkcs12;
mod private_key;
mod provider_token;
mod read_certificate_error;
mod signing_key;

pub use armour::{Encoding, Reading, SIZE_LIMIT, Section, read, sections};
pub use facts::{CertificateFacts, CertificateTopic, public_key_sha256};
pub use identity::{Identity, Parts};
pub use material::Material;
pub use mend::Mend;
pub use pkcs12::{Protection, open as open_pkcs12, protection};
pub use private_key::PrivateKey;
pub use provider_token::ProviderToken;
pub use read_certificate_error::ReadCertificateError;
pub use signing_key::{ReadSigningKeyError, read as read_signing_key};
