//! What the name of a file tells: the key id that Apple puts into it, and which of Apple's services it is for.

use super::KeyFile;

/// Extensions under which people keep keys and certificates.
const EXTENSIONS: [&str; 9] = ["p8", "p12", "pfx", "pem", "cer", "crt", "der", "key", "p8.txt"];

/// The name of a file, without its folders.
pub(super) struct FileName {
    name: String,
}

impl FileName {
    pub(super) fn of(path: &str) -> Self {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        Self {
            name: name.to_owned(),
        }
    }

    /// The ten letters and digits in names such as `AuthKey_ABCDE12345.p8`, `APNSAuthKey_ABCDE12345 (1).p8` and
    /// `SubscriptionKey_ABCDE12345.p8`.
    pub(super) fn key_id(&self) -> Option<&str> {
        let (_, rest) = self.name.split_once("Key_")?;
        let id = rest.get(..10)?;
        let goes_on = rest.as_bytes().get(10).is_some_and(u8::is_ascii_alphanumeric);
        let is_id = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        (!goes_on && id.bytes().all(is_id)).then_some(id)
    }

    /// Whether the name is one that people give to keys and certificates.
    pub(super) fn is_of_credential(&self) -> bool {
        let lower = self.name.to_ascii_lowercase();
        EXTENSIONS.iter().any(|extension| {
            lower
                .strip_suffix(extension)
                .is_some_and(|stem| stem.ends_with('.'))
        })
    }

    pub(super) fn is_of_signing_key(&self) -> bool {
        let lower = self.name.to_ascii_lowercase();
        [".p8", ".p8.txt"].iter().any(|end| lower.ends_with(end))
    }

    /// What a key's name says of its service. Nothing in the key itself tells for which services it is enabled.
    pub(super) fn note(&self, keys: &[KeyFile]) -> Option<String> {
        if !keys.iter().any(|key| key.signs_provider_tokens) {
            return None;
        }
        let lower = self.name.to_ascii_lowercase();
        let service = if lower.contains("subscriptionkey") {
            "In-App Purchase"
        } else if [
            "appstoreconnect",
            "app_store_connect",
            "app-store-connect",
            "asc_",
            "asc-",
            "apikey",
        ]
        .iter()
        .any(|word| lower.contains(word))
        {
            "the App Store Connect API"
        } else {
            return None;
        };
        Some(format!(
            "by its name it is a key for {service}, which APNs does not take; the key itself does not tell"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_id_is_found_in_the_names_that_apple_gives() {
        for (path, id) in [
            ("AuthKey_ABCDE12345.p8", Some("ABCDE12345")),
            ("keys/APNSAuthKey_ABCDE12345.p8", Some("ABCDE12345")),
            (r"C:\keys\APNsAuthKey_ABCDE12345.p8", Some("ABCDE12345")),
            ("AuthKey_ABCDE12345 (1).p8", Some("ABCDE12345")),
            ("AuthKey_ABCDE12345.p8.txt", Some("ABCDE12345")),
            ("SubscriptionKey_ABCDE12345.p8", Some("ABCDE12345")),
            ("AuthKey_ABCDE123456.p8", None),
            ("AuthKey_abcde12345.p8", None),
            ("AuthKey_ABC.p8", None),
            ("AuthKey_ABCDE1234é.p8", None),
            ("AuthKey_ABCDE12345/key.p8", None),
            ("key.p8", None),
        ] {
            assert_eq!(FileName::of(path).key_id(), id, "{path}");
        }
    }
}
