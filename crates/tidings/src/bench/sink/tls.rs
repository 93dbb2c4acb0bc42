//! A certificate for this machine under a CA made on the spot.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// What the certificate is good for: this machine, and Apple's names for clients that cannot be told another.
const NAMES: [&str; 6] = [
    "localhost",
    "127.0.0.1",
    "::1",
    "api.push.apple.com",
    "api.sandbox.push.apple.com",
    "api.development.push.apple.com",
];

/// A server configuration for `localhost`, and the file with the CA that vouches for it.
pub(crate) fn server(directory: &Path) -> anyhow::Result<(Arc<ServerConfig>, PathBuf)> {
    let ca_key = KeyPair::generate()?;
    let mut ca_params = CertificateParams::new(Vec::new())?;
    ca_params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = ca_params.self_signed(&ca_key)?;
    let issuer = Issuer::from_params(&ca_params, &ca_key);

    let key = KeyPair::generate()?;
    let names = NAMES.map(str::to_owned);
    let certificate = CertificateParams::new(names)?.signed_by(&key, &issuer)?;

    let path = directory.join("ca.pem");
    std::fs::write(&path, ca.pem()).with_context(|| format!("writing {}", path.display()))?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok((Arc::new(config), path))
}
