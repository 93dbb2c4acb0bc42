//! The `apns-topic` header: an app's bundle id, with a suffix for some kinds of notification.

use std::str::FromStr;
use std::sync::Arc;

use crate::bundle_id::{BundleId, check_identifier};
use crate::parse_error::ParseError;
use crate::push_type::PushType;
use crate::text_form::{serde_as_text, text_newtype};

/// The value of `apns-topic`: the bundle id and the suffix of the push type (Apple, *Sending notification
/// requests to APNs*).
///
/// ```
/// use tidings_apns::{BundleId, PushType, Topic};
///
/// let app: BundleId = "com.example.app".parse()?;
/// let topic = Topic::for_kind(&app, PushType::Voip);
/// assert_eq!(topic.as_str(), "com.example.app.voip");
/// assert_eq!(topic.bundle_id(), app);
/// assert_eq!(topic.suffix_kind(), Some(PushType::Voip));
/// # Ok::<(), tidings_apns::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(Arc<str>);

text_newtype!(Topic);

impl Topic {
    /// The topic of an app for notifications of this type. For MDM, `app` is the `UID` of the MDM push
    /// certificate, and is the topic as it stands.
    pub fn for_kind(app: &BundleId, kind: PushType) -> Self {
        Self(format!("{app}{}", kind.topic_suffix()).into())
    }

    /// The bundle id: the topic without its suffix, if it has one.
    ///
    /// An app whose own bundle id ends like a suffix (`com.example.voip`) cannot be told apart from a topic
    /// with that suffix; it is taken for the latter.
    pub fn bundle_id(&self) -> BundleId {
        BundleId::unchecked(self.split().0)
    }

    /// The push type whose suffix the topic has; `None` for a bare bundle id, which serves alert, background
    /// and MDM notifications.
    pub fn suffix_kind(&self) -> Option<PushType> {
        self.split().1
    }

    /// Whether notifications of this type can be sent to this topic, judging by the suffix.
    pub fn fits(&self, kind: PushType) -> bool {
        match self.suffix_kind() {
            Some(suffix_kind) => suffix_kind == kind,
            None => kind.topic_suffix().is_empty(),
        }
    }

    /// Whether two suffixes follow each other, as in `com.example.app.voip.voip`: a sign that somebody added
    /// the suffix to what was a topic already.
    pub fn has_doubled_suffix(&self) -> bool {
        let (inner, kind) = self.split();
        kind.is_some() && split(inner).1.is_some()
    }

    fn split(&self) -> (&str, Option<PushType>) {
        split(&self.0)
    }
}

/// Bundle id and type of a topic. A suffix alone, with nothing before it, is a strange bundle id.
fn split(topic: &str) -> (&str, Option<PushType>) {
    PushType::ALL
        .into_iter()
        .filter(|kind| !kind.topic_suffix().is_empty())
        .find_map(|kind| match topic.strip_suffix(kind.topic_suffix()) {
            Some(app) if !app.is_empty() => Some((app, Some(kind))),
            _ => None,
        })
        .unwrap_or((topic, None))
}

impl From<&BundleId> for Topic {
    /// The bare topic, for alert and background notifications.
    fn from(app: &BundleId) -> Self {
        Self(app.as_str().into())
    }
}

impl FromStr for Topic {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        check_identifier("topic", text)?;
        Ok(Self(text.into()))
    }
}

serde_as_text!(Topic, "a topic such as `com.example.app.voip`");

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(text: &str) -> Topic {
        text.parse().unwrap()
    }

    #[test]
    fn every_push_type_has_its_topic_and_finds_the_app_again() {
        let app: BundleId = "com.example.app".parse().unwrap();
        for (kind, text) in [
            (PushType::Alert, "com.example.app"),
            (PushType::Background, "com.example.app"),
            (PushType::Voip, "com.example.app.voip"),
            (PushType::Complication, "com.example.app.complication"),
            (PushType::FileProvider, "com.example.app.pushkit.fileprovider"),
            (PushType::Mdm, "com.example.app"),
            (PushType::Location, "com.example.app.location-query"),
            (PushType::LiveActivity, "com.example.app.push-type.liveactivity"),
            (PushType::PushToTalk, "com.example.app.voip-ptt"),
            (PushType::Widgets, "com.example.app.push-type.widgets"),
            (PushType::Controls, "com.example.app.push-type.controls"),
        ] {
            let topic = Topic::for_kind(&app, kind);
            assert_eq!(topic.as_str(), text);
            assert_eq!(topic.bundle_id(), app, "{kind}");
            assert!(topic.fits(kind), "{kind}");
            let others = PushType::ALL
                .into_iter()
                .filter(|other| other.topic_suffix() != kind.topic_suffix());
            for other in others {
                assert!(!topic.fits(other), "{topic} for {other}");
            }
        }
    }

    #[test]
    fn a_doubled_suffix_is_seen_whichever_they_are() {
        for doubled in [
            "com.example.app.voip.voip",
            "a.push-type.widgets.voip",
            "a.voip-ptt.complication",
        ] {
            assert!(topic(doubled).has_doubled_suffix(), "{doubled}");
        }
        for single in [
            "com.example.app.voip",
            "com.example.app",
            "com.voip.app",
            ".voip",
            "voip.voip",
        ] {
            assert!(!topic(single).has_doubled_suffix(), "{single}");
        }
    }

    #[test]
    fn a_suffix_with_nothing_before_it_is_no_suffix() {
        assert_eq!(topic(".voip").suffix_kind(), None);
        assert_eq!(topic(".voip").bundle_id().as_str(), ".voip");
    }

    #[test]
    fn what_no_header_may_hold_is_refused() {
        for bad in [
            "",
            "com.example.app\r\nx: y",
            "com example",
            "com.example/app",
            "cöm",
            &"a".repeat(256),
        ] {
            assert!(bad.parse::<Topic>().is_err(), "{bad:?}");
            assert!(bad.parse::<BundleId>().is_err(), "{bad:?}");
        }
        for good in [
            "pass.com.example.ticket",
            "com.apple.mgmt.External.6f3c",
            "web.com.example",
            "com.a_b.c-d",
        ] {
            assert!(good.parse::<Topic>().is_ok(), "{good}");
        }
    }
}
