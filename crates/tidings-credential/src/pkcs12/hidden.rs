//! How much work is hidden under the encryption of a keystore.
//!
//! An encrypted part can hold any number of keys, each encrypted once more with as many rounds as its maker liked. What
//! stands in the open says nothing of them, so each encrypted part is opened and looked into before anything is done for
//! what is in it.

use zeroize::Zeroizing;

use super::effort;
use super::pbes1;
use super::pbes2::Scheme;
use super::zero_length::{ENCRYPTED_DATA, IMPLICIT_0, data_content};
use crate::der::{self, Element, OBJECT_ID};

/// Whether what is under the encryption can be opened in about a second, too. A part that the password does not open hides
/// nothing that anybody will do.
pub(super) fn is_reasonable(keystore: &[u8], password: &str) -> bool {
    let safes = der::sequence(keystore).and_then(|fields| data_content(fields.into_iter().nth(1)?));
    let safes = safes.and_then(der::sequence);
    safes.is_none_or(|safes| safes.into_iter().all(|safe| is_safe_reasonable(safe, password)))
}

fn is_safe_reasonable(safe: Element<'_>, password: &str) -> bool {
    let Some((scheme, ciphertext)) = encrypted(safe) else {
        return true;
    };
    if let Some(modern) = Scheme::of(scheme) {
        let content = modern.decrypt(ciphertext, password);
        return content.is_none_or(|bags| are_bags_reasonable(&bags));
    }
    pbes1::is_known(scheme)
        && forms(password).iter().all(|form| {
            let content = pbes1::decrypt(scheme, ciphertext, form);
            content.is_none_or(|bags| are_bags_reasonable(&bags))
        })
}

/// The empty password has two forms, and both will be tried.
fn forms(password: &str) -> Vec<Zeroizing<Vec<u8>>> {
    let mut forms = vec![pbes1::password_bytes(password)];
    if password.is_empty() {
        forms.push(Zeroizing::default());
    }
    forms
}

/// What a wrong password leaves is no list of bags, and is taken for one by nobody.
fn are_bags_reasonable(bags: &[u8]) -> bool {
    der::sequence(bags).is_none() || effort::is_reasonable(bags)
}

/// The scheme and the content of an encrypted part.
fn encrypted(safe: Element<'_>) -> Option<(Element<'_>, &[u8])> {
    let mut fields = safe.children();
    (fields.content(OBJECT_ID)? == ENCRYPTED_DATA).then_some(())?;
    let mut encrypted = fields.next()?.children().next()?.children();
    let mut info = encrypted.nth(1)?.children();
    let scheme = info.nth(1)?;
    Some((scheme, info.content(IMPLICIT_0)?))
}
