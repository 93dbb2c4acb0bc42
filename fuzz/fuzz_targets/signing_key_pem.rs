//! Any bytes as a `.p8` file: read or refused in words, and whatever is read can sign.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings_client::SigningKey;
use tidings_credential::read_signing_key;

fuzz_target!(|data: &[u8]| {
    match read_signing_key(data) {
        Ok(key) => {
            let names = (
                "ABC123DEFG".parse().expect("a key id"),
                "DEF123GHIJ".parse().expect("a team id"),
            );
            let signing = SigningKey::from_pem(data, names.0, names.1).expect("a key that can sign");
            let token = signing.provider_token();
            assert!(token.authorization().starts_with(b"bearer ") && token.authorization().is_ascii());
            let info = key.public_key_info().expect("a public half");
            assert!(info.ends_with(signing.public_key()));
        }
        Err(error) => assert!(!error.to_string().is_empty() && !error.hint().is_empty()),
    }
});
