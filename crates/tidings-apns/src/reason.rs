//! Why APNs refuses: every reason that Apple documents, and those that it only sends.

mod guidance;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

pub use guidance::{ConnectionFate, Fault, Guidance, Resend, Source};

/// Declares the reasons with their names on the wire.
macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident $statuses:tt,)*) => {
        /// Why APNs refused a request, or closed a connection (Apple, *Handling notification responses from
        /// APNs* and *Handling error responses from APNs*).
        ///
        /// A reason that is not known here is kept as it was said. It must cost nobody their registration.
        ///
        /// ```
        /// use tidings_apns::{Fault, Reason, Resend};
        ///
        /// let reason = Reason::from_name("ExpiredProviderToken");
        /// assert_eq!(reason.guidance().fault, Fault::Credential);
        /// assert_eq!(reason.guidance().resend, Resend::OnAnotherConnection);
        /// assert_eq!(Reason::from_name("NewIn2030").as_str(), "NewIn2030");
        /// ```
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[$doc])* $name,)*
            /// Something else: a reason that this version does not know, or the text of a body that was not
            /// Apple's; empty when nothing was said. At most [`Reason::MAX_UNKNOWN_BYTES`] long.
            Unknown(Box<str>),
        }

        impl Reason {
            /// All reasons that are known.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The reason's name, as APNs sends it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => stringify!($name),)*
                    Self::Unknown(text) => text,
                }
            }

            /// The HTTP statuses it is documented to come with; none for an unknown one.
            pub fn documented_statuses(&self) -> &'static [u16] {
                match self {
                    $(Self::$name => &$statuses,)*
                    Self::Unknown(_) => &[],
                }
            }

            fn known(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => Some(Self::$name),)*
                    // As Apple's table for broadcasts prints it.
                    "Service Unavailable" => Some(Self::ServiceUnavailable),
                    _ => None,
                }
            }
        }
    };
}

reasons! {
    /// The collapse id is too long.
    BadCollapseId [400],
    /// The device token is malformed, or belongs to the other environment.
    BadDeviceToken [400],
    /// The expiration is not a number of seconds, or not one that this channel allows.
    BadExpirationDate [400],
    /// The `apns-id` is not a UUID.
    BadMessageId [400],
    /// The priority is none of 10, 5 and 1.
    BadPriority [400],
    /// The topic is malformed or contradicts the push type.
    BadTopic [400],
    /// The device token belongs to another topic.
    DeviceTokenNotForTopic [400],
    /// A header was sent twice.
    DuplicateHeaders [400],
    /// The connection was unused for too long.
    IdleTimeout [400],
    /// The push type is none that APNs knows, or none that may be used here.
    InvalidPushType [400],
    /// The path names no device token.
    MissingDeviceToken [400],
    /// There is no topic, and the credential does not imply one.
    MissingTopic [400],
    /// There is no payload.
    PayloadEmpty [400],
    /// The credential may not send to this topic.
    TopicDisallowed [400],
    /// The client certificate is invalid.
    BadCertificate [403],
    /// The client certificate is for the other environment.
    BadCertificateEnvironment [403],
    /// The provider token is older than an hour.
    ExpiredProviderToken [403],
    /// The action is not allowed.
    Forbidden [403],
    /// The provider token is malformed, wrongly signed, or of a key that is not (or no longer) valid.
    InvalidProviderToken [403],
    /// There is neither a client certificate nor a provider token.
    MissingProviderToken [403],
    /// The connection was begun with a signing key that has nothing to do with this one.
    UnrelatedKeyIdInToken [403],
    /// The signing key is restricted to the other environment; the spelling that Apple documents.
    BadEnvironmentKeyIdInToken [403],
    /// The same; the spelling that APNs has been observed to send.
    BadEnvironmentKeyInToken [403],
    /// The path is wrong.
    BadPath [404],
    /// The HTTP method is wrong.
    MethodNotAllowed [405],
    /// The device token is no longer valid for the topic.
    ExpiredToken [410],
    /// The app can no longer be reached under this device token.
    Unregistered [410],
    /// The payload is too large.
    PayloadTooLarge [413],
    /// The provider token was replaced more often than once in 20 minutes.
    TooManyProviderTokenUpdates [429],
    /// Too many requests for one device token, or for one channel.
    TooManyRequests [429],
    /// Something failed inside of APNs.
    InternalServerError [500],
    /// APNs is overloaded or being repaired.
    ServiceUnavailable [503],
    /// This server of APNs is being shut down.
    Shutdown [503],
    /// Broadcasts are not enabled for the app.
    FeatureNotEnabled [400],
    /// There is no channel id.
    MissingChannelId [400],
    /// The channel id is not base64, or too long.
    BadChannelId [400],
    /// There is no such channel in this environment.
    ChannelNotRegistered [400],
    /// The body of a channel request has an attribute that is not known.
    BadRequestParams [400],
    /// The body of a channel request is not JSON.
    BadRequestPayload [400],
    /// The app has as many channels as it may have.
    CannotCreateChannelConfig [400],
    /// There is no push type.
    MissingPushType [400],
    /// The credential does not cover the bundle id in the path.
    TopicMismatch [403],
}

impl Reason {
    /// How much is kept of a reason that is not known, in bytes.
    pub const MAX_UNKNOWN_BYTES: usize = 256;

    /// The reason with this name; every name is one.
    pub fn from_name(name: &str) -> Self {
        Self::known(name).unwrap_or_else(|| Self::Unknown(bounded(name)))
    }

    /// The reason with this name, which may not even be text.
    pub(crate) fn from_bytes(name: &[u8]) -> Self {
        Self::from_name(String::from_utf8_lossy(name).trim())
    }

    /// Whether it is one that this version knows.
    pub fn is_known(&self) -> bool {
        !matches!(self, Self::Unknown(_))
    }
}

/// The beginning of the text, not cutting through a character.
fn bounded(text: &str) -> Box<str> {
    let end = text.floor_char_boundary(Reason::MAX_UNKNOWN_BYTES);
    text.get(..end).unwrap_or_default().into()
}

impl fmt::Display for Reason {
    /// The name. Of an unknown reason, control characters are written as escapes, because logs and terminals
    /// are not the sender's to play with; [`Reason::as_str`] has them as they came.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(text) if text.is_empty() => f.pad("no reason given"),
            Self::Unknown(text) => f.pad(&printable(text)),
            known => f.pad(known.as_str()),
        }
    }
}

/// The text with its control characters written as escapes.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

impl FromStr for Reason {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(Self::from_name(name))
    }
}
