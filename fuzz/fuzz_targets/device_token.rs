//! Any bytes: a device token exactly when they are pairs of hexadecimal digits, and then its own text again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings_apns::DeviceToken;

fuzz_target!(|data: &[u8]| {
    let length = data.len();
    let is_hex = data.iter().all(u8::is_ascii_hexdigit);
    let valid = is_hex && length.is_multiple_of(2) && (1..=DeviceToken::MAX_BYTES).contains(&(length / 2));
    match DeviceToken::try_from_hex(data) {
        Ok(token) => {
            assert!(valid);
            let mut digits = Vec::new();
            token.encode_hex(&mut digits);
            assert_eq!(digits, data.to_ascii_lowercase());
            assert_eq!(DeviceToken::try_from_bytes(token.as_bytes()).as_ref(), Ok(&token));
        }
        Err(error) => {
            assert!(!valid);
            assert!(!error.to_string().is_empty());
        }
    }
});
