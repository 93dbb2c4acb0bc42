//! Writes the payloads that start, update and end a Live Activity. Each has its own type, so that none can be
//! built without what the device needs, nor with what it would stumble over.

use serde::Serialize;
use serde_json::value::RawValue;

use super::alert::AlertValue;
use super::aps::{Aps, raw_object};
use super::{ActivityAlert, BuildPayloadError, Payload, redacted_debug};
use crate::channel_id::ChannelId;
use crate::unix_seconds::UnixSeconds;

/// Begins the payload of a Live Activity (Apple, *Starting and updating Live Activities with `ActivityKit` push
/// notifications*).
///
/// `at` is when the change happened: the device shows the newest and drops what arrives late. The content state
/// must be what Swift's default JSON decoder makes the app's `ContentState` of; if it cannot, the device ignores
/// the notification and nobody is told.
///
/// ```
/// use tidings_apns::{LiveActivity, UnixSeconds};
///
/// #[derive(serde::Serialize)]
/// struct Match { home: u8, away: u8 }
///
/// let payload = LiveActivity::update(UnixSeconds(1_750_000_000), &Match { home: 1, away: 0 })
///     .stale_date(UnixSeconds(1_750_000_600))
///     .build()?;
/// assert_eq!(
///     std::str::from_utf8(payload.as_bytes())?,
///     r#"{"aps":{"timestamp":1750000000,"event":"update","content-state":{"home":1,"away":0},"stale-date":1750000600}}"#
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub enum LiveActivity {}

impl LiveActivity {
    /// Starts an activity of the Swift type `attributes_type` (iOS 17.2 and later). Sent to the app's
    /// push-to-start token; it always alerts the user.
    pub fn start(
        at: impl Into<UnixSeconds>,
        attributes_type: impl Into<String>,
        attributes: &(impl Serialize + ?Sized),
        content_state: &(impl Serialize + ?Sized),
        alert: ActivityAlert,
    ) -> LiveActivityStart {
        let mut draft = Draft::new(at.into(), "start");
        draft.aps.attributes_type = Some(attributes_type.into());
        draft.aps.attributes = draft.object("attributes", &attributes);
        draft.aps.content_state = draft.object(CONTENT_STATE, &content_state);
        draft.aps.alert = Some(AlertValue::Activity(alert));
        LiveActivityStart(draft)
    }

    /// Gives an activity a new content state. Sent to the activity's own token, or broadcast.
    pub fn update(
        at: impl Into<UnixSeconds>,
        content_state: &(impl Serialize + ?Sized),
    ) -> LiveActivityUpdate {
        let mut draft = Draft::new(at.into(), "update");
        draft.aps.content_state = draft.object(CONTENT_STATE, &content_state);
        LiveActivityUpdate(draft)
    }

    /// Ends an activity. It stays on the Lock Screen for up to four hours, showing what
    /// [`LiveActivityEnd::content_state`] says last, unless a [dismissal date](LiveActivityEnd::dismissal_date)
    /// says otherwise. Sent to the activity's own token, or broadcast.
    pub fn end(at: impl Into<UnixSeconds>) -> LiveActivityEnd {
        LiveActivityEnd(Draft::new(at.into(), "end"))
    }
}

const CONTENT_STATE: &str = "content-state";

/// The payload that starts a Live Activity, in the making.
#[must_use = "a builder does nothing until it is built"]
pub struct LiveActivityStart(Draft);

/// The payload that updates a Live Activity, in the making.
#[must_use = "a builder does nothing until it is built"]
pub struct LiveActivityUpdate(Draft);

/// The payload that ends a Live Activity, in the making.
#[must_use = "a builder does nothing until it is built"]
pub struct LiveActivityEnd(Draft);

redacted_debug!(LiveActivityStart, LiveActivityUpdate, LiveActivityEnd);

/// Where a started activity gets its updates from (iOS 18 and later).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActivityInput {
    /// From notifications to a token of its own, which the app hands to its server.
    Token,
    /// From broadcasts on a channel. Devices before iOS 18 do not start such an activity.
    Channel(ChannelId),
}

impl LiveActivityStart {
    /// When the activity is to be shown as outdated.
    pub fn stale_date(mut self, at: impl Into<UnixSeconds>) -> Self {
        self.0.aps.stale_date = Some(at.into());
        self
    }

    /// Which of several activities goes first: the higher, the earlier.
    pub fn relevance_score(mut self, score: f64) -> Self {
        self.0.aps.relevance_score = Some(score);
        self
    }

    /// Where the activity gets its updates from.
    pub fn input(mut self, input: ActivityInput) -> Self {
        let (token, channel) = match input {
            ActivityInput::Token => (Some(1), None),
            ActivityInput::Channel(channel) => (None, Some(channel)),
        };
        self.0.aps.input_push_token = token;
        self.0.aps.input_push_channel = channel;
        self
    }

    /// The payload.
    pub fn build(self) -> Result<Payload, BuildPayloadError> {
        self.0.build()
    }
}

impl LiveActivityUpdate {
    /// Alerts the user of the change.
    pub fn alert(mut self, alert: ActivityAlert) -> Self {
        self.0.aps.alert = Some(AlertValue::Activity(alert));
        self
    }

    /// When the activity is to be shown as outdated.
    pub fn stale_date(mut self, at: impl Into<UnixSeconds>) -> Self {
        self.0.aps.stale_date = Some(at.into());
        self
    }

    /// Which of several activities goes first: the higher, the earlier.
    pub fn relevance_score(mut self, score: f64) -> Self {
        self.0.aps.relevance_score = Some(score);
        self
    }

    /// The payload.
    pub fn build(self) -> Result<Payload, BuildPayloadError> {
        self.0.build()
    }
}

impl LiveActivityEnd {
    /// What the activity shows until it leaves the Lock Screen. Apple advises to give it.
    pub fn content_state(mut self, content_state: &(impl Serialize + ?Sized)) -> Self {
        self.0.aps.content_state = self.0.object(CONTENT_STATE, &content_state);
        self
    }

    /// Alerts the user of the end.
    pub fn alert(mut self, alert: ActivityAlert) -> Self {
        self.0.aps.alert = Some(AlertValue::Activity(alert));
        self
    }

    /// When the activity leaves the Lock Screen; an instant that has passed removes it at once.
    pub fn dismissal_date(mut self, at: impl Into<UnixSeconds>) -> Self {
        self.0.aps.dismissal_date = Some(at.into());
        self
    }

    /// The payload.
    pub fn build(self) -> Result<Payload, BuildPayloadError> {
        self.0.build()
    }
}

/// What the three have in common.
struct Draft {
    aps: Aps,
    failure: Option<BuildPayloadError>,
}

impl Draft {
    fn new(at: UnixSeconds, event: &'static str) -> Self {
        Self {
            aps: Aps {
                timestamp: Some(at),
                event: Some(event),
                ..Aps::default()
            },
            failure: None,
        }
    }

    /// `value` as a JSON object; when it is none, that is said when the payload is built.
    fn object(&mut self, key: &'static str, value: &impl Serialize) -> Option<Box<RawValue>> {
        match raw_object(key, value) {
            Ok(json) => Some(json),
            Err(failure) => {
                self.failure.get_or_insert(failure);
                None
            }
        }
    }

    fn build(self) -> Result<Payload, BuildPayloadError> {
        #[derive(Serialize)]
        struct Body {
            aps: Aps,
        }
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        if let Some(number) = self.aps.relevance_score.filter(|score| !score.is_finite()) {
            let (key, expected) = ("relevance-score", "a finite number");
            return Err(BuildPayloadError::OutOfRange {
                key,
                number,
                expected,
            });
        }
        Payload::write(&Body { aps: self.aps })
    }
}
