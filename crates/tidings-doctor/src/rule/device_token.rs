//! The form of the device token, as somebody typed or stored it. It is never repeated.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use tidings_apns::Reason;

use crate::catalogue::{Sign, device_token as entries};
use crate::facts::Facts;
use crate::remark::Remark;

/// The fewest hexadecimal digits that a token has had so far.
const FEWEST_DIGITS: usize = 64;

/// What a text that should be a device token is.
#[derive(Debug, PartialEq, Eq)]
enum Shape {
    Empty,
    /// The description of the bytes; whether bytes are lost in it.
    Description(Lost),
    /// An identifier of another service.
    Foreign(&'static str),
    /// Base64 of so many bytes.
    Base64(usize),
    /// So many hexadecimal digits.
    Digits(usize),
    /// So many characters that are something else.
    Other(usize),
}

/// Whether a description leaves bytes out.
#[derive(Debug, PartialEq, Eq)]
enum Lost {
    Bytes,
    Nothing,
}

pub(super) fn shape(facts: &Facts<'_>) -> Vec<Remark> {
    let Some(text) = &facts.case.device_token else {
        return missing(facts).into_iter().collect();
    };
    told(facts, &Shape::of(text.trim())).into_iter().collect()
}

fn missing(facts: &Facts<'_>) -> Option<Remark> {
    facts.is(&Reason::MissingDeviceToken).then(|| {
        Remark::certain(
            &entries::TOKEN_IS_EMPTY,
            "APNs found no device token in the path of the request.",
        )
        .evidence(facts.answer_in_words())
    })
}

fn told(facts: &Facts<'_>, shape: &Shape) -> Option<Remark> {
    let seen = |what: String| format!("device token: {what}");
    Some(match shape {
        Shape::Empty => Remark::certain(&entries::TOKEN_IS_EMPTY, "The device token is empty.")
            .evidence(seen("empty".to_owned())),
        Shape::Description(lost) => {
            let (form, fix) = described(lost);
            Remark::certain(
                &entries::TOKEN_IS_A_DESCRIPTION,
                format!("The device token is the description of its bytes ({form})."),
            )
            .evidence(seen(form.to_owned()))
            .fix(fix)
        }
        Shape::Foreign(what) => Remark::certain(
            &entries::TOKEN_OF_ANOTHER_SERVICE,
            format!("The device token looks like {what}; APNs takes hexadecimal digits only."),
        )
        .evidence(seen(format!("looks like {what}"))),
        Shape::Base64(bytes) => Remark::certain(
            &entries::TOKEN_IN_BASE64,
            format!("The device token is base64 of {bytes} bytes; APNs wants hexadecimal."),
        )
        .evidence(seen(format!("base64 of {bytes} bytes"))),
        Shape::Digits(digits) => return counted(facts, *digits),
        Shape::Other(characters) => Remark::certain(
            &entries::TOKEN_DAMAGED,
            "The device token holds other characters than hexadecimal digits.",
        )
        .evidence(seen(format!(
            "{characters} characters, not all of them hexadecimal"
        ))),
    })
}

const fn described(lost: &Lost) -> (&'static str, &'static str) {
    match lost {
        Lost::Bytes => (
            "`{length = …, bytes = 0x… }`",
            "In the app: `deviceToken.map { String(format: \"%02x\", $0) }.joined()`. The bytes in the middle are lost; the app must register again.",
        ),
        Lost::Nothing => (
            "digits in groups, or between `<` and `>`",
            "Take brackets and spaces away. In the app: `deviceToken.map { String(format: \"%02x\", $0) }.joined()`.",
        ),
    }
}

fn counted(facts: &Facts<'_>, digits: usize) -> Option<Remark> {
    let line = format!("device token: {digits} hexadecimal digits");
    if digits % 2 == 1 {
        let title = format!("The device token has {digits} hexadecimal digits, so half a byte is missing.");
        return Some(Remark::certain(&entries::TOKEN_DAMAGED, title).evidence(line));
    }
    if digits < FEWEST_DIGITS {
        let title = format!(
            "The device token has only {digits} hexadecimal digits; tokens have at least {FEWEST_DIGITS}."
        );
        let remark = Remark::likely(&entries::TOKEN_DAMAGED, title).evidence(line);
        return Some(remark.question("Do other tokens of the same app have more digits?"));
    }
    let refused = facts.message.is_sign_of(Sign::RefusedByLibrary);
    (digits > FEWEST_DIGITS && refused).then(|| {
        let title = format!("The device token has {digits} hexadecimal digits, which is allowed; the check of its length is wrong.");
        Remark::certain(&entries::LENGTH_CHECK, title).evidence(line)
    })
}

impl Shape {
    fn of(text: &str) -> Self {
        let hex = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if text.is_empty() {
            return Self::Empty;
        }
        if hex(text) {
            return Self::Digits(text.len());
        }
        if text.contains("length") && text.contains("bytes") {
            return Self::Description(Lost::Bytes);
        }
        let bare: String = text.chars().filter(|c| !matches!(c, '<' | '>' | ' ')).collect();
        if hex(&bare) {
            return Self::Description(Lost::Nothing);
        }
        foreign(text)
            .map(Self::Foreign)
            .or_else(|| base64_bytes(text).map(Self::Base64))
            .unwrap_or_else(|| Self::Other(text.chars().count()))
    }
}

fn foreign(text: &str) -> Option<&'static str> {
    if text.starts_with("ExponentPushToken[") || text.starts_with("ExpoPushToken[") {
        return Some("an Expo push token");
    }
    if is_uuid(text) {
        return Some(
            "a UUID, such as an identifier of a device, an installation, or a subscriber of another service",
        );
    }
    (text.contains(':') && text.len() > 100).then_some("a registration token of Firebase")
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12]
        && groups
            .iter()
            .all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// How many bytes it is, if it is base64 of as many as a token has.
fn base64_bytes(text: &str) -> Option<usize> {
    let text = text.trim_end_matches('=');
    let bytes = STANDARD_NO_PAD
        .decode(text)
        .or_else(|_| URL_SAFE_NO_PAD.decode(text))
        .ok()?;
    (bytes.len() >= FEWEST_DIGITS / 2).then_some(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_told_by_its_shape() {
        for (text, shape) in [
            ("", Shape::Empty),
            (
                "{length = 32, bytes = 0x1234abcd ... 5678}",
                Shape::Description(Lost::Bytes),
            ),
            ("<12345678 9abcdef0>", Shape::Description(Lost::Nothing)),
            ("1234 5678", Shape::Description(Lost::Nothing)),
            (
                "ExponentPushToken[xxxxxxxxxxxxxxxxxxxxxx]",
                Shape::Foreign("an Expo push token"),
            ),
            ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", Shape::Base64(32)),
            ("00FF", Shape::Digits(4)),
            ("not a token", Shape::Other(11)),
        ] {
            assert_eq!(Shape::of(text), shape, "{text}");
        }
        let fcm = format!("abc:{}", "x".repeat(120));
        assert_eq!(
            Shape::of(&fcm),
            Shape::Foreign("a registration token of Firebase")
        );
        assert!(matches!(
            Shape::of("6F9619FF-8B86-D011-B42D-00C04FC964FF"),
            Shape::Foreign(_)
        ));
    }
}
