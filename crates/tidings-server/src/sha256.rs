//! SHA-256, as what is kept of secrets, and what contents are known again by.

use aws_lc_rs::digest::{SHA256, digest};

/// The hash of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}
