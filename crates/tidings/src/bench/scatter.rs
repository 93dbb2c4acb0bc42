//! Device tokens and ids without end, each used once.

use tidings_apns::DeviceToken;

/// The device token of a number.
pub(super) fn device_token(number: u64) -> Option<DeviceToken> {
    let mut bytes = [0; 32];
    for (part, chunk) in (0..).zip(bytes.as_chunks_mut::<8>().0) {
        *chunk = scatter(number * 4 + part).to_be_bytes();
    }
    DeviceToken::try_from_bytes(&bytes).ok()
}

/// A number that looks random and is another for each input (the finaliser of `SplitMix64`).
pub(super) fn scatter(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
