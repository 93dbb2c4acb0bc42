//! The alert that goes with a change of a Live Activity. It looks different from any other alert: the sound is
//! inside it, and a localized text is an object.

use serde::Serialize;

use super::redacted_debug;

/// The alert of a Live Activity (Apple, *Starting and updating Live Activities with `ActivityKit` push
/// notifications*). `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[must_use = "an alert is shown only in a payload"]
pub struct ActivityAlert {
    title: Text,
    body: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    sound: Option<String>,
}

impl ActivityAlert {
    /// An alert with these texts.
    pub fn new(title: impl Into<Text>, body: impl Into<Text>) -> Self {
        Self {
            title: title.into(),
            body: body.into(),
            sound: None,
        }
    }

    /// The sound to play: a file in the app, or `default`.
    pub fn sound(mut self, name: impl Into<String>) -> Self {
        self.sound = Some(name.into());
        self
    }
}

/// A text as it is, or from the app's strings.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Text {
    /// As it is.
    Plain(String),
    /// From the app's strings.
    #[serde(rename_all = "kebab-case")]
    Localized {
        /// The key in the app's strings files.
        loc_key: String,
        /// What replaces each `%@`, in order.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        loc_args: Vec<String>,
    },
}

impl Text {
    /// A text from the app's strings.
    pub fn localized(key: impl Into<String>, args: impl IntoIterator<Item: Into<String>>) -> Self {
        Self::Localized {
            loc_key: key.into(),
            loc_args: args.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Plain(text.into())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::Plain(text)
    }
}

redacted_debug!(ActivityAlert, Text);
