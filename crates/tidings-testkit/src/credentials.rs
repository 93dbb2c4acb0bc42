//! Keys, certificates, keystores and provider tokens as Apple and people make them, all of them synthetic and made anew, in
//! every form in which they turn up. Written without the readers' code, so that one mistake is not made twice.

mod authority;
mod element;
mod key;
mod keystore;
mod provider_token;
mod spoiled;

pub use authority::{Authority, CertificateSpec};
pub use key::{Algorithm, PrivateKey};
pub use keystore::{Cipher, Keystore, Password};
pub use provider_token::ProviderTokenSpec;
pub use spoiled::{Spoiled, damaged, pem, spoiled};
