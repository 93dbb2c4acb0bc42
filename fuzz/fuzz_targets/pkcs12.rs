//! Any bytes as a PKCS#12 keystore, with a password and without one in both of its forms.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings_client::ClientCertificate;

fuzz_target!(|data: &[u8]| {
    for password in ["", "secret"] {
        match ClientCertificate::all_from_pkcs12(data, password) {
            Ok(identities) => assert!(!identities.is_empty()),
            Err(error) => assert!(!error.to_string().is_empty() && !error.hint().is_empty()),
        }
    }
});
