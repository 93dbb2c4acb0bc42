//! How a keystore is encrypted, told without its password.

use crate::der::{self, Children, OBJECT_ID};

/// A keystore's structure is about ten elements deep.
const DEPTH_LIMIT: u32 = 24;

/// 1.2.840.113549.1.12.1: the schemes of 1999, by their last number.
const OLD_SCHEMES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1];
/// 1.2.840.113549.1.5.13
const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13];

/// How a keystore is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Protection {
    /// RC2 or RC4 with keys of 40 or 128 bits, which OpenSSL 3 opens only with its legacy provider.
    pub has_rc2_or_rc4: bool,
    /// Triple DES, old and still taken.
    pub has_triple_des: bool,
    /// A scheme of today (PBES2), such as AES.
    pub has_pbes2: bool,
}

/// How a keystore is encrypted; nothing if this is no keystore.
pub fn protection(keystore: &[u8]) -> Option<Protection> {
    let mut found = Protection::default();
    look(der::sequence(keystore)?, DEPTH_LIMIT, &mut found);
    Some(found)
}

fn look(fields: Children<'_>, depth: u32, found: &mut Protection) {
    let Some(depth) = depth.checked_sub(1) else {
        return;
    };
    for field in fields {
        if field.tag == OBJECT_ID {
            found.note(field.content);
        } else if let Some(fields) = field.inside() {
            look(fields, depth, found);
        }
    }
}

impl Protection {
    fn note(&mut self, scheme: &[u8]) {
        match scheme.strip_prefix(OLD_SCHEMES) {
            Some([1 | 2 | 5 | 6]) => self.has_rc2_or_rc4 = true,
            Some([3 | 4]) => self.has_triple_des = true,
            _ => self.has_pbes2 |= scheme == PBES2,
        }
    }
}
