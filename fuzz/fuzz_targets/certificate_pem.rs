//! Any bytes as PEM files of certificate and key, in one piece or in two, and as a file of trusted roots.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings_client::{ClientCertificate, Connector, ConnectorConfig, Trust};

fuzz_target!(|data: &[u8]| {
    let (first, second) = data.split_at(data.len() / 2);
    for read in [
        ClientCertificate::from_pem(data),
        ClientCertificate::from_pem_pair(first, second),
    ] {
        match read {
            Ok(certificate) => assert!(certificate.chain().count() > 0),
            Err(error) => assert!(!error.to_string().is_empty() && !error.hint().is_empty()),
        }
    }
    let mut config = ConnectorConfig::new("localhost", 443);
    config.trust = Trust::pem(data);
    let _ = Connector::new(config);
});
