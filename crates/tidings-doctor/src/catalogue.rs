//! The catalogue: for each code that a finding or a cause can have, what it means, why it happens, how to tell, what to do.
//!
//! The rules take their codes and severities from here, the book its pages, and `tidings explain` its text.

pub(crate) mod build;
pub(crate) mod certificate;
pub(crate) mod connection;
pub(crate) mod delivery;
pub(crate) mod device_token;
pub(crate) mod elsewhere;
pub(crate) mod environment;
pub(crate) mod file;
pub(crate) mod gone;
pub(crate) mod provider_token;
pub(crate) mod reason;
pub(crate) mod signing_key;
pub(crate) mod situation;
pub(crate) mod topic;

use serde::Serialize;
use tidings_apns::Reason;

use crate::finding::Severity;

/// Something that can be found, explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its stable name.
    pub code: &'static str,
    /// What it belongs to.
    pub family: Family,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub title: &'static str,
    /// What it means, and why it happens.
    pub meaning: &'static str,
    /// What has led to it, the most likely first.
    pub causes: &'static [&'static str],
    /// How to tell it from what looks alike.
    pub tell: &'static str,
    /// What to change.
    pub fix: &'static str,
    /// What Tidings does by itself.
    pub tidings: &'static str,
    /// The answers of APNs that it explains.
    #[serde(skip)]
    pub answers: &'static [Reason],
    /// What else it shows itself by.
    #[serde(skip)]
    pub signs: &'static [Sign],
}

/// What a finding belongs to: a page of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// A file that was given.
    File,
    /// The way to APNs: names, ports, TLS.
    Connection,
    /// Signing keys and teams.
    SigningKey,
    /// Certificates.
    Certificate,
    /// The provider token that is made with a signing key.
    ProviderToken,
    /// The topic.
    Topic,
    /// The form of the device token.
    DeviceToken,
    /// The environment of the device token.
    Environment,
    /// Device tokens that ended.
    Gone,
    /// The build: signature, profile, entitlements.
    Build,
    /// What was accepted and did not arrive, or was refused for its own form.
    Delivery,
    /// Other services between an app and APNs.
    Elsewhere,
}

/// What a failure shows itself by when it is not an answer of APNs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sign {
    /// No connection comes about, or none that APNs takes part in.
    NoConnection,
    /// The app is given no device token.
    NoToken,
    /// The app cannot be installed.
    NotInstalled,
    /// The App Store refuses the upload.
    UploadRefused,
    /// APNs accepts, and nothing arrives.
    Silence,
    /// A library refuses before anything is sent.
    RefusedByLibrary,
    /// A key or certificate cannot be loaded.
    NotLoaded,
    /// Another push service reports the failure.
    OtherService,
    /// APNs itself fails, or is sent too much.
    ApnsFails,
}

impl Family {
    /// All of them, in the order of the catalogue.
    pub const ALL: [Self; 12] = [
        Self::File,
        Self::Connection,
        Self::SigningKey,
        Self::Certificate,
        Self::ProviderToken,
        Self::Topic,
        Self::Environment,
        Self::DeviceToken,
        Self::Gone,
        Self::Build,
        Self::Delivery,
        Self::Elsewhere,
    ];

    /// Its name in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Connection => "connection",
            Self::SigningKey => "signing-key",
            Self::Certificate => "certificate",
            Self::ProviderToken => "provider-token",
            Self::Topic => "topic",
            Self::DeviceToken => "device-token",
            Self::Environment => "environment",
            Self::Gone => "gone",
            Self::Build => "build",
            Self::Delivery => "delivery",
            Self::Elsewhere => "elsewhere",
        }
    }

    /// Its title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::File => "Files that were given",
            Self::Connection => "The way to APNs",
            Self::SigningKey => "Signing keys and teams",
            Self::Certificate => "Certificates",
            Self::ProviderToken => "Provider tokens",
            Self::Topic => "The topic",
            Self::DeviceToken => "The form of the device token",
            Self::Environment => "Production or sandbox",
            Self::Gone => "Device tokens that ended",
            Self::Build => "The build and its signature",
            Self::Delivery => "Accepted, limited, or refused for its form",
            Self::Elsewhere => "Other services in between",
        }
    }

    /// Its entries, in the order in which they are likely.
    pub fn entries(self) -> &'static [&'static Entry] {
        match self {
            Self::File => file::ALL,
            Self::Connection => connection::ALL,
            Self::SigningKey => signing_key::ALL,
            Self::Certificate => certificate::ALL,
            Self::ProviderToken => provider_token::ALL,
            Self::Topic => topic::ALL,
            Self::DeviceToken => device_token::ALL,
            Self::Environment => environment::ALL,
            Self::Gone => gone::ALL,
            Self::Build => build::ALL,
            Self::Delivery => delivery::ALL,
            Self::Elsewhere => elsewhere::ALL,
        }
    }
}

impl Entry {
    /// Its address in the book.
    pub fn path(&self) -> String {
        format!("reference/findings/{}.html#{}", self.family.as_str(), self.code)
    }

    /// Whether it explains so many reasons that it explains none of them in particular.
    pub const fn is_general(&self) -> bool {
        self.answers.len() > 6
    }

    /// Whether it explains this answer.
    pub fn explains(&self, reason: &Reason) -> bool {
        self.answers.contains(reason)
    }
}

/// Everything that can be found.
pub fn catalogue() -> impl Iterator<Item = &'static Entry> {
    Family::ALL
        .into_iter()
        .flat_map(|family| family.entries().iter().copied())
}

/// The entry with this code, in any case.
pub fn entry(code: &str) -> Option<&'static Entry> {
    catalogue().find(|entry| entry.code.eq_ignore_ascii_case(code))
}

/// Declares the entries of a family, each as a constant, and the list of all of them.
macro_rules! entries {
    ($family:ident; $($name:ident = $code:literal, $severity:ident, [$($answer:ident),*] [$($sign:ident),*] {
        title: $title:expr, meaning: $meaning:expr, causes: $causes:expr, tell: $tell:expr, fix: $fix:expr,
        tidings: $tidings:expr $(,)?
    })*) => {
        $(pub(crate) static $name: $crate::catalogue::Entry = $crate::catalogue::Entry {
            code: $code,
            family: $crate::catalogue::Family::$family,
            severity: $crate::finding::Severity::$severity,
            title: $title,
            meaning: $meaning,
            causes: &$causes,
            tell: $tell,
            fix: $fix,
            tidings: $tidings,
            answers: &[$(tidings_apns::Reason::$answer),*],
            signs: &[$($crate::catalogue::Sign::$sign),*],
        };)*

        /// All of them, the most likely first.
        pub(crate) static ALL: &[&$crate::catalogue::Entry] = &[$(&$name),*];
    };
}
pub(crate) use entries;
