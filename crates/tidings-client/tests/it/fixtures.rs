//! The files of `tests/fixtures`, made by `make.sh` there.

use tidings_client::{ClientCertificate, SigningKey};

/// The bytes of a fixture.
pub(crate) fn file(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The text of a fixture.
pub(crate) fn text(name: &str) -> String {
    String::from_utf8(file(name)).unwrap()
}

/// The signing key under the names `ABC123DEFG` and `DEF123GHIJ`.
pub(crate) fn signing_key() -> SigningKey {
    SigningKey::from_pem(
        &file("signing_key.p8"),
        "ABC123DEFG".parse().unwrap(),
        "DEF123GHIJ".parse().unwrap(),
    )
    .unwrap()
}

/// The push certificate with its key.
pub(crate) fn push_certificate() -> ClientCertificate {
    ClientCertificate::from_pem_pair(&file("push_certificate.pem"), &file("push_key.pem")).unwrap()
}
