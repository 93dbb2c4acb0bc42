//! How much work opening a keystore would be, before any of it is done.
//!
//! A keystore says itself how often its key derivations are repeated, so a forged one could keep a server busy for
//! hours. What stands in the open is added up; nothing is done for a file that asks for too much.

use crate::der::{self, Children, INTEGER, OBJECT_ID, OCTET_STRING};

/// Rounds of hashing in all; programs write 2,000 to 600,000 for each of two or three derivations.
const ROUND_LIMIT: u64 = 3_000_000;

/// A keystore's structure is about ten elements deep.
const DEPTH_LIMIT: u32 = 24;

/// 1.3.6.1.4.1.11591.4.11: made to need memory, and written by no program that exports push certificates.
const SCRYPT: &[u8] = &[0x2b, 6, 1, 4, 1, 0xda, 0x47, 4, 0x0b];

/// Whether the derivations that the keystore asks for can be done in about a second.
pub(super) fn is_reasonable(keystore: &[u8]) -> bool {
    der::sequence(keystore)
        .and_then(|fields| rounds(fields, DEPTH_LIMIT))
        .is_some_and(|rounds| rounds <= ROUND_LIMIT)
}

/// The sum of all numbers that follow a salt; `None` if the keystore asks for something out of the question.
fn rounds(fields: Children<'_>, depth: u32) -> Option<u64> {
    let depth = depth.checked_sub(1)?;
    let mut sum = 0_u64;
    let mut previous = None;
    for field in fields {
        let own = match field.tag {
            OBJECT_ID if field.content == SCRYPT => return None,
            INTEGER if previous == Some(OCTET_STRING) => number(field.content),
            _ => field.inside().map_or(Some(0), |fields| rounds(fields, depth))?,
        };
        sum = sum.saturating_add(own);
        previous = Some(field.tag);
    }
    Some(sum)
}

fn number(digits: &[u8]) -> u64 {
    let significant = digits.iter().skip_while(|&&digit| digit == 0);
    significant.fold(0_u64, |number, &digit| {
        number.saturating_mul(256).saturating_add(u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::der::{SEQUENCE, write};

    fn derivation(rounds: &[u8]) -> Vec<u8> {
        write(
            SEQUENCE,
            &[write(OCTET_STRING, b"salt"), write(INTEGER, rounds)].concat(),
        )
    }

    fn wrapped(content: &[u8]) -> Vec<u8> {
        write(SEQUENCE, &write(OCTET_STRING, &write(SEQUENCE, content)))
    }

    #[test]
    fn usual_rounds_are_reasonable_and_millions_are_not() {
        assert!(is_reasonable(&wrapped(&derivation(&[0x08, 0x00]))));
        assert!(is_reasonable(&wrapped(
            &derivation(&[0x09, 0x27, 0xc0]).repeat(3)
        )));
        assert!(!is_reasonable(&wrapped(
            &derivation(&[0x09, 0x27, 0xc0]).repeat(6)
        )));
        assert!(!is_reasonable(&wrapped(&derivation(&[0x7f, 0xff, 0xff, 0xff]))));
        assert!(!is_reasonable(&wrapped(&derivation(&[0x7f; 40]))));
    }

    #[test]
    fn scrypt_and_bottomless_nesting_are_out_of_the_question() {
        assert!(!is_reasonable(&wrapped(&write(OBJECT_ID, SCRYPT))));
        let deep = (0..100).fold(Vec::new(), |inner, _| write(SEQUENCE, &inner));
        assert!(!is_reasonable(&deep));
    }
}
