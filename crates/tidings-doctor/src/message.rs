//! What an error message that somebody pasted tells: of TLS, of iOS, of Xcode, of another push service.

use tidings_apns::Reason;

use crate::catalogue::Sign;

/// How much of a message is looked at, in bytes.
const LONGEST: usize = 64 * 1024;

/// A message, read for what it is a sign of.
#[derive(Debug, Default)]
pub(crate) struct Message {
    /// In lower case.
    text: String,
    /// What it is a sign of.
    pub(crate) signs: Vec<Sign>,
    /// The reason of APNs that it quotes.
    pub(crate) reason: Option<Reason>,
}

/// Words, all of which must be in a message, and what they are a sign of.
const SIGNS: &[(&[&str], Sign)] = &[
    (&["aps-environment"], Sign::NoToken),
    (&["cocoa error 3000"], Sign::NoToken),
    (&["nscocoaerrordomain", "3000"], Sign::NoToken),
    (&["0xe8008015"], Sign::NotInstalled),
    (&["0xe8008016"], Sign::NotInstalled),
    (&["itms-90078"], Sign::UploadRefused),
    (&["itms-90046"], Sign::UploadRefused),
    (&["certificate_expired"], Sign::NoConnection),
    (&["certificate expired"], Sign::NoConnection),
    (&["certificate has expired"], Sign::NoConnection),
    (&["handshake"], Sign::NoConnection),
    (&["unknownissuer"], Sign::NoConnection),
    (&["unknown issuer"], Sign::NoConnection),
    (&["unknown ca"], Sign::NoConnection),
    (&["unknown_ca"], Sign::NoConnection),
    (&["local issuer"], Sign::NoConnection),
    (&["certificate verify failed"], Sign::NoConnection),
    (&["unable to verify the first certificate"], Sign::NoConnection),
    (&["econnrefused"], Sign::NoConnection),
    (&["econnreset"], Sign::NoConnection),
    (&["etimedout"], Sign::NoConnection),
    (&["connection reset"], Sign::NoConnection),
    (&["connection refused"], Sign::NoConnection),
    (&["connection timed out"], Sign::NoConnection),
    (&["enotfound"], Sign::NoConnection),
    (&["could not resolve"], Sign::NoConnection),
    (&["name or service not known"], Sign::NoConnection),
    (&["alpn"], Sign::NoConnection),
    (&["http/1.1"], Sign::NoConnection),
    (&["rc2-40"], Sign::NotLoaded),
    (&["mac verify"], Sign::NotLoaded),
    (&["pkcs12", "unsupported"], Sign::NotLoaded),
    (&["pkcs12", "password"], Sign::NotLoaded),
    (&["p12", "unsupported"], Sign::NotLoaded),
    (
        &["certificate does not support configured environment"],
        Sign::RefusedByLibrary,
    ),
    (&["64", "hex"], Sign::RefusedByLibrary),
    (&["token", "length"], Sign::RefusedByLibrary),
    (&["third-party-auth-error"], Sign::OtherService),
    (&["third_party_auth_error"], Sign::OtherService),
    (&["endpointdisabled"], Sign::OtherService),
    (&["endpoint is disabled"], Sign::OtherService),
    (&["firebase"], Sign::OtherService),
    (&["fcm"], Sign::OtherService),
];

impl Message {
    pub(crate) fn read(text: &str) -> Self {
        let text = text.get(..text.floor_char_boundary(LONGEST)).unwrap_or_default();
        let lower = text.to_ascii_lowercase();
        let mut signs: Vec<Sign> = SIGNS
            .iter()
            .filter(|(words, _)| words.iter().all(|word| lower.contains(word)))
            .map(|(_, sign)| *sign)
            .collect();
        signs.sort_unstable();
        signs.dedup();
        Self {
            reason: quoted_reason(text),
            text: lower,
            signs,
        }
    }

    /// Whether it holds one of these words, which are in lower case.
    pub(crate) fn has(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.text.contains(word))
    }

    pub(crate) fn is_sign_of(&self, sign: Sign) -> bool {
        self.signs.contains(&sign)
    }
}

/// The reason that stands in the text as a word of its own.
fn quoted_reason(text: &str) -> Option<Reason> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    // `Shutdown` and `Forbidden` are words of everybody's.
    words.map(Reason::from_name).find(|reason| {
        reason.is_known() && !matches!(reason, Reason::Shutdown | Reason::Forbidden | Reason::IdleTimeout)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_reason_is_found_as_a_word() {
        let read = |text| Message::read(text).reason;
        assert_eq!(read("failed with: BadDeviceToken."), Some(Reason::BadDeviceToken));
        assert_eq!(
            read("{\"reason\":\"TopicDisallowed\"}"),
            Some(Reason::TopicDisallowed)
        );
        assert_eq!(read("BadDeviceTokens; 403 Forbidden; Shutdown"), None);
    }

    #[test]
    fn a_message_is_a_sign_of_what_its_words_say() {
        let signs = |text| Message::read(text).signs;
        assert_eq!(
            signs("ERROR ITMS-90078: Missing Push Notification Entitlement"),
            [Sign::UploadRefused]
        );
        assert_eq!(signs("all is well"), []);
        assert_eq!(signs(&"ä".repeat(LONGEST)), []);
    }
}
