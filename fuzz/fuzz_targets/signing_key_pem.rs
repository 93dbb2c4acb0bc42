//! Any bytes as a `.p8` file: read or refused in words, and whatever is read can sign.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings_client::SigningKey;

fuzz_target!(|data: &[u8]| {
    let names = (
        "ABC123DEFG".parse().expect("a key id"),
        "DEF123GHIJ".parse().expect("a team id"),
    );
    match SigningKey::from_pem(data, names.0, names.1) {
        Ok(key) => {
            let token = key.provider_token();
            assert!(token.authorization().starts_with(b"bearer ") && token.authorization().is_ascii());
            assert_eq!(key.public_key().len(), 65);
        }
        Err(error) => assert!(!error.to_string().is_empty() && !error.hint().is_empty()),
    }
});
