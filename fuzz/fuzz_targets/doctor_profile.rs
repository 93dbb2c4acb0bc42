//! Any bytes as a provisioning profile: counted devices, and names that a terminal can show.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings_doctor::{Content, read};

fuzz_target!(|data: &[u8]| {
    let Content::Profile(profile) = read("x.mobileprovision", data, &[]).content else {
        return;
    };
    let names = [
        &profile.name,
        &profile.uuid,
        &profile.app_id_name,
        &profile.signer,
    ];
    for name in names.into_iter().flatten() {
        assert!(name.chars().count() <= 256 && !name.contains(char::is_control));
    }
    assert!(!(profile.is_wildcard() && profile.bundle_id().is_some()));
    assert!(profile.certificates.len() <= 64);
    assert!(profile.environment().is_none() || profile.grants_push());
});
