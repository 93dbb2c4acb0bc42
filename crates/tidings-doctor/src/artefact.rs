//! A file that somebody gave, and what it is: judged by its content, since names of such files lie.

mod reading;
mod summary;

pub use reading::{read, read_executable};

use crate::build::{Build, DistributionSummary, ExportOptions};
use crate::credential::CredentialFile;
use crate::entitlements::Entitlements;
use crate::executable::Executable;
use crate::info_plist::InfoPlist;
use crate::profile::Profile;
use crate::provider_token::ProviderTokenFacts;

/// One file or folder and what was found in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Artefact {
    /// The path as it was given; for what lies inside a build, the path within.
    pub path: String,
    /// What it is.
    pub content: Content,
}

impl Artefact {
    pub(crate) fn new(path: &str, content: Content) -> Self {
        Self {
            path: path.to_owned(),
            content,
        }
    }
}

/// What an artefact is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Content {
    /// An app with everything inside it: `.ipa`, `.app` or `.xcarchive`.
    Build(Box<Build>),
    /// A provisioning profile on its own.
    Profile(Box<Profile>),
    /// An entitlements file on its own: what a project asks for, which decides nothing.
    Entitlements(Entitlements),
    /// An `Info.plist` on its own.
    InfoPlist(InfoPlist),
    /// A Mach-O executable on its own.
    Executable(Executable),
    /// Xcode's `DistributionSummary.plist`, written beside an exported `.ipa`.
    DistributionSummary(DistributionSummary),
    /// Xcode's `ExportOptions.plist`.
    ExportOptions(ExportOptions),
    /// Signing keys and certificates: `.p8`, `.p12`, `.pem`, `.cer`.
    Credential(CredentialFile),
    /// A provider token (JWT), as pasted from a log.
    ProviderToken(ProviderTokenFacts),
    /// Something else, or too damaged to say.
    Unreadable(Unreadable),
}

/// Why an artefact could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What it seems to be, such as `a zip archive`; nothing where there is no telling.
    pub looks_like: Option<String>,
    /// What is wrong with it: one clause for people, without any of its content that could be private.
    pub why: String,
    /// What to do about it.
    pub advice: String,
}
