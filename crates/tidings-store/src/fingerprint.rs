//! What a device token is called where it must not stand whole: in logs, events and errors.

use aws_lc_rs::digest::{SHA256, digest};
use tidings_apns::DeviceToken;

use crate::hex;

/// The first 6 bytes of the token's SHA-256 as hexadecimal digits: enough to find it, not to send to it.
pub fn fingerprint(token: &DeviceToken) -> String {
    let hash = digest(&SHA256, token.as_bytes());
    hex::encode(&hash.as_ref()[..6])
}
