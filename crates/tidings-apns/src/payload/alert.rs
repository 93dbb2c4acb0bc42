//! What an alert says.

use serde::Serialize;

use super::redacted_debug;

/// The `alert` dictionary (Apple, *Generating a remote notification*).
///
/// Each text is given either as it is or as a key in the app's strings files with arguments for it; what is
/// given last wins. `Debug` shows nothing of it.
///
/// ```
/// use tidings_apns::{Alert, Payload};
///
/// let alert = Alert::new().title("Kitchen").body_localized("TEA_READY", ["Assam"]);
/// let payload = Payload::builder().alert(alert).build()?;
/// assert_eq!(
///     payload.as_bytes(),
///     br#"{"aps":{"alert":{"title":"Kitchen","loc-key":"TEA_READY","loc-args":["Assam"]}}}"#
/// );
/// # Ok::<(), tidings_apns::BuildPayloadError>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[must_use = "an alert is shown only in a payload"]
pub struct Alert {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subtitle: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    launch_image: Option<String>,
    #[serde(flatten)]
    title_localized: Option<TitleKey>,
    #[serde(flatten)]
    subtitle_localized: Option<SubtitleKey>,
    #[serde(flatten)]
    body_localized: Option<BodyKey>,
}

/// A key and its arguments under the two names that a part of the alert has for them.
macro_rules! localized {
    ($name:ident, $key:literal, $args:literal) => {
        #[derive(Clone, PartialEq, Eq, Serialize)]
        struct $name {
            #[serde(rename = $key)]
            key: String,
            #[serde(rename = $args, skip_serializing_if = "Vec::is_empty")]
            args: Vec<String>,
        }

        impl $name {
            fn new(key: impl Into<String>, args: impl IntoIterator<Item: Into<String>>) -> Self {
                Self {
                    key: key.into(),
                    args: args.into_iter().map(Into::into).collect(),
                }
            }
        }
    };
}

localized!(TitleKey, "title-loc-key", "title-loc-args");
localized!(SubtitleKey, "subtitle-loc-key", "subtitle-loc-args");
localized!(BodyKey, "loc-key", "loc-args");

impl Alert {
    /// An alert that says nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The short first line.
    pub fn title(mut self, text: impl Into<String>) -> Self {
        self.title = Some(text.into());
        self.title_localized = None;
        self
    }

    /// The first line, from the app's strings; each `%@` in it is replaced by an argument.
    pub fn title_localized(
        mut self,
        key: impl Into<String>,
        args: impl IntoIterator<Item: Into<String>>,
    ) -> Self {
        self.title_localized = Some(TitleKey::new(key, args));
        self.title = None;
        self
    }

    /// The second line.
    pub fn subtitle(mut self, text: impl Into<String>) -> Self {
        self.subtitle = Some(text.into());
        self.subtitle_localized = None;
        self
    }

    /// The second line, from the app's strings.
    pub fn subtitle_localized(
        mut self,
        key: impl Into<String>,
        args: impl IntoIterator<Item: Into<String>>,
    ) -> Self {
        self.subtitle_localized = Some(SubtitleKey::new(key, args));
        self.subtitle = None;
        self
    }

    /// The text.
    pub fn body(mut self, text: impl Into<String>) -> Self {
        self.body = Some(text.into());
        self.body_localized = None;
        self
    }

    /// The text, from the app's strings.
    pub fn body_localized(
        mut self,
        key: impl Into<String>,
        args: impl IntoIterator<Item: Into<String>>,
    ) -> Self {
        self.body_localized = Some(BodyKey::new(key, args));
        self.body = None;
        self
    }

    /// The launch image or storyboard to show when the user opens the app from the notification.
    pub fn launch_image(mut self, file: impl Into<String>) -> Self {
        self.launch_image = Some(file.into());
        self
    }
}

redacted_debug!(Alert);

/// `aps.alert` in its two forms, and the third that Live Activities have.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum AlertValue {
    Text(String),
    Alert(Alert),
    Activity(super::ActivityAlert),
}
