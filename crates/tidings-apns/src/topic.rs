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
