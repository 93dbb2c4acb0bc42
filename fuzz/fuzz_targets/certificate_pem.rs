//! Any bytes as PEM files of certificate and key, in one piece or in two, and as a file of trusted roots.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings_client::{Connector, ConnectorConfig, Trust};
use tidings_credential::Parts;

fuzz_target!(|data: &[u8]| {
    let (first, second) = data.split_at(data.len() / 2);
    for read in [Parts::of_pem(&[data]), Parts::of_pem(&[first, second])] {
        match read.as_ref().map(Parts::identities) {
            Ok(Ok(identities)) => assert!(identities.iter().all(|identity| !identity.chain.is_empty())),
            Ok(Err(error)) => assert!(!error.hint().is_empty()),
            Err(error) => assert!(!error.to_string().is_empty() && !error.hint().is_empty()),
        }
    }
    let mut config = ConnectorConfig::new("localhost", 443);
    config.trust = Trust::pem(data);
    let _ = Connector::new(config);
});
