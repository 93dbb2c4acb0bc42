//! Writes the payload of everything but Live Activities.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::alert::AlertValue;
use super::aps::{Aps, raw};
use super::{Alert, BuildPayloadError, InterruptionLevel, Payload, Sound, redacted_debug};

/// A [`Payload`] in the making: Apple's `aps` dictionary and the app's own keys beside it (Apple, *Generating a
/// remote notification*). `Debug` shows nothing of it.
///
/// ```
/// use tidings_apns::{InterruptionLevel, Payload};
///
/// let payload = Payload::builder()
///     .alert("Tea is ready")
///     .badge(1)
///     .sound("kettle.aiff")
///     .interruption_level(InterruptionLevel::TimeSensitive)
///     .custom("pot", &7)
///     .build()?;
/// assert_eq!(
///     std::str::from_utf8(payload.as_bytes())?,
///     r#"{"aps":{"alert":"Tea is ready","badge":1,"sound":"kettle.aiff","interruption-level":"time-sensitive"},"pot":7}"#
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
#[must_use = "a builder does nothing until it is built"]
pub struct PayloadBuilder {
    aps: Aps,
    custom: Vec<(String, Box<RawValue>)>,
    failure: Option<BuildPayloadError>,
}

redacted_debug!(PayloadBuilder);

impl PayloadBuilder {
    /// What is shown: a text, or an [`Alert`] with a title and more.
    pub fn alert(mut self, alert: impl Into<AlertOrText>) -> Self {
        self.aps.alert = Some(alert.into().0);
        self
    }

    /// The number on the app's icon; 0 takes it away.
    pub fn badge(mut self, badge: u32) -> Self {
        self.aps.badge = Some(badge);
        self
    }

    /// What is heard: a file in the app, `default`, or a [`CriticalSound`](super::CriticalSound).
    pub fn sound(mut self, sound: impl Into<Sound>) -> Self {
        self.aps.sound = Some(sound.into());
        self
    }

    /// Groups notifications on the device.
    pub fn thread_id(mut self, id: impl Into<String>) -> Self {
        self.aps.thread_id = Some(id.into());
        self
    }

    /// Which of the actions that the app registered are offered.
    pub fn category(mut self, category: impl Into<String>) -> Self {
        self.aps.category = Some(category.into());
        self
    }

    /// Wakes the app in the background.
    pub fn content_available(mut self) -> Self {
        self.aps.content_available = Some(1);
        self
    }

    /// Lets the app's notification service extension change the alert before it is shown.
    pub fn mutable_content(mut self) -> Self {
        self.aps.mutable_content = Some(1);
        self
    }

    /// Which of the app's windows comes forward.
    pub fn target_content_id(mut self, id: impl Into<String>) -> Self {
        self.aps.target_content_id = Some(id.into());
        self
    }

    /// How much the notification may disturb.
    pub fn interruption_level(mut self, level: InterruptionLevel) -> Self {
        self.aps.interruption_level = Some(level);
        self
    }

    /// The place in a summary, from 0 (last) to 1 (first); a payload with anything else cannot be built.
    pub fn relevance_score(mut self, score: f64) -> Self {
        self.aps.relevance_score = Some(score);
        self
    }

    /// What the app's Focus filter decides by.
    pub fn filter_criteria(mut self, criteria: impl Into<String>) -> Self {
        self.aps.filter_criteria = Some(criteria.into());
        self
    }

    /// Reloads widgets or controls.
    pub fn content_changed(mut self) -> Self {
        self.aps.content_changed = Some(true);
        self
    }

    /// Something for the app, beside `aps`. A key given again replaces what it had.
    ///
    /// `aps` itself is refused when the payload is built, and so is a value that is no JSON.
    pub fn custom(mut self, key: impl Into<String>, value: &(impl Serialize + ?Sized)) -> Self {
        let key = key.into();
        match custom_value(&key, &value) {
            Ok(value) => self.put(key, value),
            Err(failure) => self.failure = self.failure.or(Some(failure)),
        }
        self
    }

    /// The payload.
    pub fn build(self) -> Result<Payload, BuildPayloadError> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        if let Some(sound) = &self.aps.sound {
            sound.check()?;
        }
        if let Some(number) = self.aps.relevance_score
            && !(0.0..=1.0).contains(&number)
        {
            let (key, expected) = ("relevance-score", "between 0 and 1");
            return Err(BuildPayloadError::OutOfRange {
                key,
                number,
                expected,
            });
        }
        Payload::write(&self)
    }

    fn put(&mut self, key: String, value: Box<RawValue>) {
        match self.custom.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = value,
            None => self.custom.push((key, value)),
        }
    }
}

fn custom_value(key: &str, value: &impl Serialize) -> Result<Box<RawValue>, BuildPayloadError> {
    if key == "aps" {
        return Err(BuildPayloadError::ReservedKey);
    }
    raw(key, value)
}

impl Serialize for PayloadBuilder {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(1 + self.custom.len()))?;
        members.serialize_entry("aps", &self.aps)?;
        for (key, value) in &self.custom {
            members.serialize_entry(key, value)?;
        }
        members.end()
    }
}

/// What [`PayloadBuilder::alert`] takes: a text or an [`Alert`].
pub struct AlertOrText(AlertValue);

redacted_debug!(AlertOrText);

impl From<Alert> for AlertOrText {
    fn from(alert: Alert) -> Self {
        Self(AlertValue::Alert(alert))
    }
}

impl From<&str> for AlertOrText {
    fn from(text: &str) -> Self {
        Self(AlertValue::Text(text.into()))
    }
}

impl From<String> for AlertOrText {
    fn from(text: String) -> Self {
        Self(AlertValue::Text(text))
    }
}
