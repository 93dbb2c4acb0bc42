//! From bytes to facts about a file of keys and certificates.

use tidings_credential::{Encoding, Material, Parts, Reading, SIZE_LIMIT, Section};

use super::certificate;
use super::file_name::FileName;
use super::key;
use super::keystore;
use super::usability::{self, Verdict};
use super::{CredentialFile, CredentialForm, KeyFile};

/// More keys or certificates than anybody keeps in one file.
const ENTRY_LIMIT: usize = 64;

/// Reads a file of keys and certificates; nothing if it is neither one nor named like one.
///
/// A keystore is tried with each of the passwords, and with none in both forms that an empty password has.
pub fn read(path: &str, bytes: &[u8], passwords: &[&str]) -> Option<CredentialFile> {
    let name = FileName::of(path);
    if bytes.len() <= SIZE_LIMIT && Material::of_der(bytes) == Material::Pkcs12 {
        return Some(keystore::read(&name, bytes, passwords));
    }
    match tidings_credential::read(bytes) {
        Ok(reading) if reading.sections.iter().all(is_something_else) => None,
        Ok(reading) => Some(of_reading(&name, reading)),
        Err(found) if name.is_of_credential() => unrecognised(&name, found, bytes),
        Err(_) => None,
    }
}

/// A signed message is a provisioning profile, which others read.
fn is_something_else(section: &Section) -> bool {
    section.material == Material::SignedMessage
}

fn of_reading(name: &FileName, reading: Reading) -> CredentialFile {
    let form = match reading.encoding {
        Encoding::Text => CredentialForm::Pem,
        Encoding::Der => CredentialForm::Der,
    };
    let mut notes = reading.mends.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut parts = Parts::default();
    let mut shown = Vec::new();
    let mut others = Vec::new();
    for section in reading.sections {
        match section.material {
            Material::Certificate => parts.certificates.push(section.der.to_vec()),
            kind if kind.is_open_key() => parts.keys.push(section.into_key()),
            kind => {
                shown.extend(key::of_other(&section));
                others.push(kind);
            }
        }
    }
    let verdict = usability::of_parts(name, &parts, &others);
    if form == CredentialForm::Der && !parts.keys.is_empty() {
        notes.push("it is in DER; most programs want PEM".to_owned());
    }
    file(name, form, &parts, shown, notes, verdict)
}

/// Puts the facts together, within bounds.
pub(super) fn file(
    name: &FileName,
    form: CredentialForm,
    parts: &Parts,
    shown: Vec<KeyFile>,
    mut notes: Vec<String>,
    verdict: Verdict,
) -> CredentialFile {
    let left_out =
        parts.keys.len().saturating_sub(ENTRY_LIMIT) + parts.certificates.len().saturating_sub(ENTRY_LIMIT);
    if left_out > 0 {
        notes.push(format!(
            "{left_out} more keys and certificates in it are not listed"
        ));
    }
    let mut keys = parts
        .keys
        .iter()
        .take(ENTRY_LIMIT)
        .map(key::of_private)
        .collect::<Vec<_>>();
    let certificates = parts.certificates.iter().take(ENTRY_LIMIT);
    let certificates = certificates
        .filter_map(|der| certificate::read(der, &keys))
        .collect::<Vec<_>>();
    keys.extend(shown.into_iter().take(ENTRY_LIMIT));
    notes.extend(verdict.notes);
    notes.extend(name.note(&keys));
    CredentialFile {
        form,
        key_id_in_name: name.key_id().map(str::to_owned),
        keys,
        certificates,
        notes,
        unusable: verdict.unusable,
        advice: verdict.advice,
    }
}

/// What bears the name of a credential and is none: only a file that nobody else could make sense of.
fn unrecognised(name: &FileName, found: Material, bytes: &[u8]) -> Option<CredentialFile> {
    if found == Material::Markup && !is_web_page(bytes) {
        return None;
    }
    let verdict = usability::of_unrecognised(found, name);
    let nothing = Parts::default();
    let form = CredentialForm::Unrecognised;
    Some(file(name, form, &nothing, Vec::new(), Vec::new(), verdict))
}

fn is_web_page(bytes: &[u8]) -> bool {
    let start = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    let start = start.to_ascii_lowercase();
    [b"<html".as_slice(), b"<!doctype html"]
        .iter()
        .any(|tag| start.windows(tag.len()).any(|window| window == *tag))
}
