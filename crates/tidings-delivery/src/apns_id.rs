//! The `apns-id` of a recipient, derived and not drawn: whoever sends the same notification to the same device again, also
//! after a crash, does it under the same id.

use tidings_apns::ApnsId;
use uuid::Uuid;

/// What is left of a UUID beside its version and its variant, at the end.
const LOW: u32 = 62;
const LOW_MASK: u64 = (1 << LOW) - 1;

/// The id for a notification (a UUID of version 7, which ends in random bits) and a device (its number in the store).
///
/// For one notification, different devices have different ids: the mixing can be undone. Its result is marked as version 8,
/// "custom", so that nobody takes it for a time-ordered id of ours.
pub fn apns_id(notification: Uuid, device: i64) -> ApnsId {
    let value = notification.as_u128() ^ u128::from(mix(device.cast_unsigned()));
    let version = (value & !(0xf << 76)) | (0x8 << 76);
    ApnsId::from_u128((version & !(0b11 << 62)) | (0b10 << 62))
}

/// A permutation of the 62-bit numbers. Numbers of devices are far below that.
fn mix(device: u64) -> u64 {
    let mut x = device & LOW_MASK;
    x = x.wrapping_mul(0x9e37_79b9_7f4a_7c15) & LOW_MASK;
    x ^= x >> 31;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9) & LOW_MASK;
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_repeat_has_the_same_id() {
        let notification = Uuid::from_u128(0x0192_0000_0000_7abc_8def_0123_4567_89ab);
        assert_eq!(apns_id(notification, 42), apns_id(notification, 42));
    }

    #[test]
    fn devices_and_notifications_have_ids_of_their_own() {
        let mut seen = HashSet::new();
        for low in [1_u128, 2, 0xffff_ffff] {
            let notification = Uuid::from_u128((0x0192 << 112) | (7 << 76) | (0b10 << 62) | low);
            for device in 0..20_000 {
                assert!(seen.insert(apns_id(notification, device)));
            }
        }
    }

    #[test]
    fn it_is_a_valid_uuid_of_the_custom_version() {
        for device in [0, 1, i64::MAX >> 2, -1] {
            let id = apns_id(Uuid::from_u128(u128::MAX), device).as_uuid();
            assert_eq!(id.get_version_num(), 8);
            assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
        }
    }
}
