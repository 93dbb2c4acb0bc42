//! Any text as a provider token: read or refused, and never taken for signed by a key that is none.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings_credential::ProviderToken;

fuzz_target!(|text: &str| {
    let token = ProviderToken::read(text);
    assert!(!token.is_some_and(|token| token.is_signed_by(&[4; 65])));
});
