//! What is sent, apart from whom to: the headers and the payload that all recipients share.

use crate::bundle_id::BundleId;
use crate::check::CheckError;
use crate::collapse_id::CollapseId;
use crate::expiration::Expiration;
use crate::payload::Payload;
use crate::priority::Priority;
use crate::push_type::PushType;
use crate::topic::Topic;

/// A notification: everything that is the same for all of its recipients.
///
/// It is made once and shared ([`Request`](crate::Request) holds it in an `Arc`), so the texts of its headers
/// are computed when it is built and only borrowed when it is sent.
///
/// ```
/// use tidings_apns::{BundleId, Expiration, Notification, Payload, Priority, PushType};
///
/// let app: BundleId = "com.example.app".parse()?;
/// let payload = Payload::from_json(r#"{"aps":{"alert":"Tea is ready"}}"#)?;
/// let notification = Notification::for_app(&app, PushType::Alert, payload)
///     .priority(Priority::Immediate)
///     .expiration(Expiration::Once)
///     .build()?;
/// assert_eq!(notification.topic().as_str(), "com.example.app");
/// assert_eq!(notification.expiration_text(), Some("0"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    topic: Topic,
    push_type: Option<PushType>,
    priority: Option<Priority>,
    expiration: Option<Expiration>,
    expiration_text: Option<Box<str>>,
    collapse_id: Option<CollapseId>,
    payload: Payload,
}

impl Notification {
    /// Begins a notification to a topic as it stands. [`Self::for_app`] adds the suffix by itself.
    pub fn builder(topic: Topic, push_type: PushType, payload: Payload) -> NotificationBuilder {
        NotificationBuilder(Self {
            topic,
            push_type: Some(push_type),
            priority: None,
            expiration: None,
            expiration_text: None,
            collapse_id: None,
            payload,
        })
    }

    /// Begins a notification to an app, on the topic that this push type needs.
    pub fn for_app(app: &BundleId, push_type: PushType, payload: Payload) -> NotificationBuilder {
        Self::builder(Topic::for_kind(app, push_type), push_type, payload)
    }

    /// The topic, for `apns-topic`.
    pub fn topic(&self) -> &Topic {
        &self.topic
    }

    /// The push type, for `apns-push-type`; `None` when the header is left out on purpose.
    pub fn push_type(&self) -> Option<PushType> {
        self.push_type
    }

    /// The priority, for `apns-priority`; APNs assumes [`Priority::Immediate`] without it.
    pub fn priority(&self) -> Option<Priority> {
        self.priority
    }

    /// The expiration, for `apns-expiration`; without it APNs stores for up to 30 days.
    pub fn expiration(&self) -> Option<Expiration> {
        self.expiration
    }

    /// The text of `apns-expiration`.
    pub fn expiration_text(&self) -> Option<&str> {
        self.expiration_text.as_deref()
    }

    /// The collapse id, for `apns-collapse-id`.
    pub fn collapse_id(&self) -> Option<&CollapseId> {
        self.collapse_id.as_ref()
    }

    /// The body.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The largest payload that APNs takes from this notification, in bytes: by the push type, or by the
    /// topic's suffix when that header is left out.
    pub fn payload_limit(&self) -> usize {
        self.push_type
            .or(self.topic.suffix_kind())
            .unwrap_or(PushType::Alert)
            .payload_limit()
    }

    /// Refuses what APNs would certainly refuse.
    pub fn check(&self) -> Result<(), CheckError> {
        let (size, limit) = (self.payload.len(), self.payload_limit());
        if size > limit {
            return Err(CheckError::PayloadTooLarge { size, limit });
        }
        Ok(())
    }
}

/// A [`Notification`] in the making.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct NotificationBuilder(Notification);

impl NotificationBuilder {
    /// Sets `apns-priority`.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.0.priority = Some(priority);
        self
    }

    /// Sets `apns-expiration`.
    pub fn expiration(mut self, expiration: Expiration) -> Self {
        self.0.expiration = Some(expiration);
        self.0.expiration_text = Some(expiration.to_string().into());
        self
    }

    /// Sets `apns-collapse-id`.
    pub fn collapse_id(mut self, collapse_id: CollapseId) -> Self {
        self.0.collapse_id = Some(collapse_id);
        self
    }

    /// Leaves `apns-push-type` out, as providers of before 2019 do. Watches then refuse the notification.
    pub fn without_push_type(mut self) -> Self {
        self.0.push_type = None;
        self
    }

    /// The notification, if APNs has no reason to refuse it for its own sake.
    pub fn build(self) -> Result<Notification, CheckError> {
        self.0.check()?;
        Ok(self.0)
    }

    /// The notification, whatever APNs will say to it.
    pub fn build_unchecked(self) -> Notification {
        self.0
    }
}
