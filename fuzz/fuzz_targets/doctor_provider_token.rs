//! Any text as a provider token pasted from a log.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings_doctor::read_provider_token;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Some(facts) = read_provider_token(text) {
        let shown = [&facts.algorithm, &facts.key_id, &facts.team_id];
        assert!(
            shown
                .into_iter()
                .flatten()
                .all(|value| value.chars().count() <= 64)
        );
        assert!(facts.flaws.iter().all(|flaw| !flaw.is_empty()));
    }
});
