//! The form of a provider token's signature: two numbers of 32 bytes each, one after the other.

/// What is wrong with the form of a signature, given in base64url; it is not checked against any key.
pub(super) fn flaw(part: Option<&str>, decode: fn(&str) -> Option<Vec<u8>>) -> Option<String> {
    let part = part.unwrap_or_default();
    if part.is_empty() {
        return Some("its signature (the third part) is missing".to_owned());
    }
    match decode(part) {
        None => Some("its signature (the third part) is not base64url".to_owned()),
        Some(bytes) if bytes.len() == 64 => None,
        Some(bytes) if is_der(&bytes) => Some(
            "its signature is in DER, as many libraries sign; ES256 wants r and s as they are, 64 bytes in all".to_owned(),
        ),
        Some(bytes) => Some(format!("its signature has {} bytes and not 64", bytes.len())),
    }
}

/// A SEQUENCE of two INTEGERs.
fn is_der(signature: &[u8]) -> bool {
    let [0x30, length, 0x02, first, rest @ ..] = signature else {
        return false;
    };
    let second = rest.get(usize::from(*first)..);
    usize::from(*length) == signature.len() - 2 && second.is_some_and(|second| second.first() == Some(&0x02))
}
