//! What is heard.

use serde::Serialize;

use super::BuildPayloadError;

/// The `sound` of a notification.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Sound {
    /// A file in the app, or `default`.
    Named(String),
    /// A sound that is heard even when the device is silenced; the app needs Apple's entitlement for it.
    Critical(CriticalSound),
}

/// The sound of a critical alert (Apple, *Generating a remote notification*).
///
/// It is full volume and the system's sound unless said otherwise.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[must_use = "a sound is heard only in a payload"]
pub struct CriticalSound {
    critical: u8,
    name: String,
    volume: f64,
}

impl CriticalSound {
    /// The system's sound at full volume.
    pub fn new() -> Self {
        Self {
            critical: 1,
            name: "default".into(),
            volume: 1.0,
        }
    }

    /// A file in the app.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The volume, from 0 (silent) to 1 (full); a payload with anything else cannot be built.
    pub fn volume(mut self, volume: f64) -> Self {
        self.volume = volume;
        self
    }
}

impl Default for CriticalSound {
    fn default() -> Self {
        Self::new()
    }
}

impl Sound {
    pub(super) fn check(&self) -> Result<(), BuildPayloadError> {
        match self {
            Self::Critical(CriticalSound { volume, .. }) if !(0.0..=1.0).contains(volume) => {
                let (key, number, expected) = ("volume", *volume, "between 0 and 1");
                Err(BuildPayloadError::OutOfRange {
                    key,
                    number,
                    expected,
                })
            }
            Self::Critical(_) | Self::Named(_) => Ok(()),
        }
    }
}

impl From<&str> for Sound {
    fn from(name: &str) -> Self {
        Self::Named(name.into())
    }
}

impl From<String> for Sound {
    fn from(name: String) -> Self {
        Self::Named(name)
    }
}

impl From<CriticalSound> for Sound {
    fn from(sound: CriticalSound) -> Self {
        Self::Critical(sound)
    }
}
