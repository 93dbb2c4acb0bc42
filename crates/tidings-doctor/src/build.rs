//! An app as it is shipped or archived: the main bundle and the bundles inside it.

mod archive;
mod bundle;
mod environment;
mod export;
mod identity;
mod reading;
mod tree;

pub use environment::{EnvironmentClaim, EnvironmentSource, ShippedEnvironment, ShippedPush};
pub use reading::{read_ipa, read_tree};
pub use tree::{Tree, TreeEntry};

use tidings_apns::Timestamp;

use crate::entitlements::Entitlements;
use crate::executable::Executable;
use crate::info_plist::InfoPlist;
use crate::profile::Profile;

/// An app with everything inside it that is signed on its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Build {
    /// What it came in.
    pub container: Container,
    /// The app itself.
    pub app: Bundle,
    /// Extensions, watch apps and app clips inside it.
    pub nested: Vec<Bundle>,
    /// What was odd, such as a folder before `Payload`, or bundles that were left out because there are too many.
    pub notes: Vec<String>,
}

/// What a build came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Container {
    /// An `.ipa`.
    Ipa,
    /// An `.app` folder.
    App,
    /// An `.xcarchive`. Its app was signed for archiving, often for development, and is signed again when it is
    /// exported: nothing in it says for certain how the shipped app is signed.
    Xcarchive {
        /// The identity that signed the archive, such as `Apple Development: …`, without a person's name.
        signing_identity: Option<String>,
        /// The team that signed the archive.
        team_id: Option<String>,
    },
}

/// One bundle: a folder with an `Info.plist`, an executable and perhaps a profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    /// Where it lies in the build, such as `Payload/App.app/PlugIns/Service.appex`.
    pub path: String,
    /// What it is to the app.
    pub role: BundleRole,
    /// Its `Info.plist`; nothing where there is none or it cannot be read (then [`problems`](Self::problems) says so).
    pub info: Option<InfoPlist>,
    /// Its executable.
    pub executable: Option<Executable>,
    /// The provisioning profile in it. An app from the App Store has none.
    pub profile: Option<Profile>,
    /// `archived-expanded-entitlements.xcent`, in old bundles.
    pub expanded_entitlements: Option<Entitlements>,
    /// What of it could not be read, a clause each.
    pub problems: Vec<String>,
}

/// What a bundle is to the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BundleRole {
    /// The app itself.
    App,
    /// An extension of the app, with the point that it extends, such as `com.apple.usernotifications.service`.
    Extension(Option<String>),
    /// An app for the watch, which has tokens and a topic of its own.
    WatchApp,
    /// An app clip.
    AppClip,
}

/// `DistributionSummary.plist`: what Xcode exported, and with which entitlements.
#[derive(Clone, Debug, PartialEq)]
pub struct DistributionSummary {
    /// A line for each bundle.
    pub bundles: Vec<SummarisedBundle>,
}

/// One bundle of a [`DistributionSummary`].
#[derive(Clone, Debug, PartialEq)]
pub struct SummarisedBundle {
    /// The file, such as `App.ipa` or `Service.appex`.
    pub name: String,
    /// Its entitlements.
    pub entitlements: Entitlements,
    /// The name of its profile.
    pub profile_name: Option<String>,
    /// Its team.
    pub team_id: Option<String>,
    /// The kind of its certificate, such as `Apple Distribution`.
    pub certificate_type: Option<String>,
    /// When that certificate ends.
    pub certificate_expires_at: Option<Timestamp>,
}

/// `ExportOptions.plist`: how Xcode was told to export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportOptions {
    /// The method as written, such as `app-store-connect`, `release-testing`, `debugging`.
    pub method: Option<String>,
    /// The team.
    pub team_id: Option<String>,
}
