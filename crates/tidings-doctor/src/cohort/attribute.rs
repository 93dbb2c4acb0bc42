//! The attributes of device tokens by which cohorts are told apart, and their values.

use std::collections::BTreeSet;

use tidings_apns::{Environment, Timestamp, TokenKind};

use super::Group;

/// An attribute of device tokens. The order is that in which they are named, if all explain equally much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// The environment that the app claimed.
    Claimed,
    /// The kind.
    Kind,
    /// The version of the app.
    AppVersion,
    /// Registered on that day or later.
    RegisteredSince,
    /// Registered on that day or earlier.
    RegisteredUntil,
    /// The version of the system.
    OsVersion,
    /// The main version of the system.
    OsMajor,
    /// The device's model.
    DeviceModel,
    /// The family of the device's model, such as `iPad`.
    DeviceFamily,
    /// The locale.
    Locale,
    /// Whether APNs ever accepted them.
    Proven,
}

/// A value that some device tokens have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trait {
    Claimed(Option<Environment>),
    Kind(TokenKind),
    Text(Attribute, Option<String>),
    Since(u32),
    Until(u32),
    Proven(bool),
}

impl Attribute {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Claimed,
        Self::Kind,
        Self::AppVersion,
        Self::RegisteredSince,
        Self::RegisteredUntil,
        Self::OsVersion,
        Self::OsMajor,
        Self::DeviceModel,
        Self::DeviceFamily,
        Self::Locale,
        Self::Proven,
    ];

    /// What it is one view of: a model and its family are of one root.
    pub(super) const fn root(self) -> Self {
        match self {
            Self::OsMajor => Self::OsVersion,
            Self::DeviceFamily => Self::DeviceModel,
            Self::RegisteredUntil => Self::RegisteredSince,
            other => other,
        }
    }

    /// The traits of this attribute that occur in the groups.
    pub(super) fn traits<'a>(self, groups: impl Iterator<Item = &'a Group>) -> BTreeSet<Trait> {
        match self {
            Self::Claimed => groups.map(|group| Trait::Claimed(group.claimed)).collect(),
            Self::Kind => groups.map(|group| Trait::Kind(group.kind)).collect(),
            Self::Proven => groups.map(|group| Trait::Proven(group.proven)).collect(),
            Self::RegisteredSince => groups
                .filter_map(|group| group.registered_day)
                .min()
                .map(Trait::Since)
                .into_iter()
                .collect(),
            Self::RegisteredUntil => groups
                .filter_map(|group| group.registered_day)
                .max()
                .map(Trait::Until)
                .into_iter()
                .collect(),
            Self::AppVersion
            | Self::OsVersion
            | Self::OsMajor
            | Self::DeviceModel
            | Self::DeviceFamily
            | Self::Locale => groups
                .map(|group| Trait::Text(self, self.text(group).map(str::to_owned)))
                .collect(),
        }
    }

    /// The value of an attribute that is text.
    fn text(self, group: &Group) -> Option<&str> {
        match self {
            Self::AppVersion => group.app_version.as_deref(),
            Self::OsVersion => group.os_version.as_deref(),
            Self::OsMajor => group
                .os_version
                .as_deref()
                .and_then(|version| version.split('.').next()),
            Self::DeviceModel => group.device_model.as_deref(),
            Self::DeviceFamily => group.device_model.as_deref().map(family),
            Self::Locale => group.locale.as_deref(),
            Self::Claimed | Self::Kind | Self::RegisteredSince | Self::RegisteredUntil | Self::Proven => None,
        }
    }
}

/// What comes before the numbers of a model.
fn family(model: &str) -> &str {
    model.split(|c: char| c.is_ascii_digit()).next().unwrap_or(model)
}

impl Trait {
    pub(super) const fn attribute(&self) -> Attribute {
        match self {
            Self::Claimed(_) => Attribute::Claimed,
            Self::Kind(_) => Attribute::Kind,
            Self::Text(attribute, _) => *attribute,
            Self::Since(_) => Attribute::RegisteredSince,
            Self::Until(_) => Attribute::RegisteredUntil,
            Self::Proven(_) => Attribute::Proven,
        }
    }

    /// Whether the device tokens of a group have it.
    pub(super) fn holds(&self, group: &Group) -> bool {
        match self {
            Self::Claimed(claimed) => group.claimed == *claimed,
            Self::Kind(kind) => group.kind == *kind,
            Self::Text(attribute, text) => attribute.text(group) == text.as_deref(),
            Self::Since(day) => group.registered_day.is_some_and(|it| it >= *day),
            Self::Until(day) => group.registered_day.is_some_and(|it| it <= *day),
            Self::Proven(proven) => group.proven == *proven,
        }
    }

    /// The environment that it says was claimed.
    pub(super) const fn claimed(&self) -> Option<Environment> {
        match self {
            Self::Claimed(claimed) => *claimed,
            _ => None,
        }
    }

    /// Its value, for people.
    pub(super) fn value(&self) -> String {
        match self {
            Self::Claimed(claimed) => claimed.map_or("none", Environment::as_str).to_owned(),
            Self::Kind(kind) => kind.as_str().to_owned(),
            Self::Text(_, text) => text.as_deref().map_or_else(|| "none".to_owned(), printable),
            Self::Since(day) | Self::Until(day) => date(*day),
            Self::Proven(proven) => if *proven { "yes" } else { "no" }.to_owned(),
        }
    }

    /// What is so of device tokens that have it, to follow "the device tokens".
    pub(super) fn clause(&self) -> String {
        let value = self.value();
        match self {
            Self::Claimed(None) => "were registered without an environment".to_owned(),
            Self::Claimed(Some(_)) => format!("were registered as {value}"),
            Self::Kind(_) => format!("are of the kind {value}"),
            Self::Since(_) => format!("were registered on {value} or later"),
            Self::Until(_) => format!("were registered on {value} or earlier"),
            Self::Proven(true) => "were accepted by APNs before".to_owned(),
            Self::Proven(false) => "were never accepted by APNs".to_owned(),
            Self::Text(attribute, None) => format!("name no {}", noun(*attribute)),
            Self::Text(Attribute::DeviceFamily, _) => format!("are of the family {value}"),
            Self::Text(attribute, _) => format!("have the {} {value}", noun(*attribute)),
        }
    }
}

const fn noun(attribute: Attribute) -> &'static str {
    match attribute {
        Attribute::AppVersion => "app version",
        Attribute::OsVersion => "system version",
        Attribute::OsMajor => "main system version",
        Attribute::DeviceModel => "device model",
        Attribute::DeviceFamily => "device family",
        Attribute::Locale => "locale",
        Attribute::Claimed
        | Attribute::Kind
        | Attribute::RegisteredSince
        | Attribute::RegisteredUntil
        | Attribute::Proven => "value",
    }
}

/// What apps sent is theirs: short, and without control characters.
fn printable(text: &str) -> String {
    text.chars().take(64).flat_map(char::escape_debug).collect()
}

/// A day as a date.
fn date(day: u32) -> String {
    let at = Timestamp::from_unix_millis(u64::from(day) * 86_400_000).to_string();
    at.split('T').next().unwrap_or_default().to_owned()
}
