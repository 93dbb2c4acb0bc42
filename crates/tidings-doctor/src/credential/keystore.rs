//! PKCS#12 keystores: opened with whatever password fits, and judged by how they are encrypted.

use tidings_credential::{Parts, Protection, ReadCertificateError, open_pkcs12, protection};

use super::CredentialFile;
use super::CredentialForm;
use super::file_name::FileName;
use super::reader::file;
use super::usability::{self, Verdict};

/// Each attempt costs up to a second on a keystore made to be slow.
const PASSWORD_LIMIT: usize = 4;

pub(super) fn read(name: &FileName, keystore: &[u8], passwords: &[&str]) -> CredentialFile {
    let mut notes = Vec::new();
    notes.extend(protection(keystore).and_then(note_on));
    let (parts, verdict) = match open(keystore, passwords) {
        Ok(parts) => {
            if parts.has_zero_length_password {
                notes.push(
                    "it has the empty password in the form of Keychain Access, which many programs take for a wrong one"
                        .to_owned(),
                );
            }
            let verdict = usability::of_keystore(&parts);
            (parts, verdict)
        }
        Err(error) => (Parts::default(), refusal(&error, passwords)),
    };
    file(name, CredentialForm::Pkcs12, &parts, Vec::new(), notes, verdict)
}

/// Opens with the first password that fits. Without any, the empty one is tried; it is tried last otherwise.
fn open(keystore: &[u8], passwords: &[&str]) -> Result<Parts, ReadCertificateError> {
    let given = passwords.iter().copied().filter(|password| !password.is_empty());
    let mut last = ReadCertificateError::WrongPassword;
    for password in given.take(PASSWORD_LIMIT).chain([""]) {
        match open_pkcs12(keystore, password) {
            Ok(parts) => return Ok(parts),
            Err(error @ ReadCertificateError::WrongPassword) => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

fn refusal(error: &ReadCertificateError, passwords: &[&str]) -> Verdict {
    let was_given = passwords.iter().any(|password| !password.is_empty());
    if *error == ReadCertificateError::WrongPassword && !was_given {
        return Verdict::unusable("it is under a password, and none was given", error.hint());
    }
    if *error == ReadCertificateError::WrongPassword {
        return Verdict::unusable("the password does not open it", error.hint());
    }
    Verdict::unusable(&error.to_string(), error.hint())
}

fn note_on(protection: Protection) -> Option<String> {
    let old = if protection.has_rc2_or_rc4 {
        "it is encrypted with RC2 or RC4, which OpenSSL 3 refuses (`unsupported`, or `wrong password` in what is built on it): \
         convert it with `openssl pkcs12 -legacy -in old.p12 -nodes -out all.pem` and `openssl pkcs12 -export -in all.pem -out \
         new.p12`"
    } else if protection.has_triple_des {
        "it is encrypted with triple DES, which is old, and which OpenSSL 3 still opens"
    } else {
        return None;
    };
    Some(old.to_owned())
}
