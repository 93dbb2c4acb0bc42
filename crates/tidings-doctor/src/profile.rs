//! What a provisioning profile says: who may run what, where, and for which push environment.

mod certificate;
mod container;
mod reading;

pub(crate) use container::{Opened, carve, open};
pub(crate) use reading::{is_profile, of_bytes, read};

use tidings_apns::{Environment, Timestamp};

use crate::distribution::Distribution;
use crate::entitlements::Entitlements;

/// A provisioning profile. The devices in it are counted and never kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// How it was written.
    pub encoding: ProfileEncoding,
    /// What sort of profile it is, by its content.
    pub kind: ProfileKind,
    /// `Name`.
    pub name: Option<String>,
    /// `UUID`.
    pub uuid: Option<String>,
    /// `AppIDName`.
    pub app_id_name: Option<String>,
    /// `TeamIdentifier`.
    pub team_ids: Vec<String>,
    /// `ApplicationIdentifierPrefix`: differs from the team in old accounts.
    pub app_id_prefixes: Vec<String>,
    /// `CreationDate`.
    pub created_at: Option<Timestamp>,
    /// `ExpirationDate`: after it, builds for development, ad hoc and enterprise do not start any more. It does not
    /// change what APNs answers.
    pub expires_at: Option<Timestamp>,
    /// `Platform`, such as `iOS` or `OSX`; absent in profiles from before 2015.
    pub platforms: Vec<String>,
    /// How many devices it names; nothing if it has no list of devices.
    pub devices: Option<usize>,
    /// `ProvisionsAllDevices`.
    pub provisions_all_devices: bool,
    /// `IsXcodeManaged`.
    pub is_xcode_managed: bool,
    /// `LocalProvision`: from a free personal team, which has no push.
    pub is_local: bool,
    /// `DeveloperCertificates`.
    pub certificates: Vec<ProfileCertificate>,
    /// The common name of who signed the profile: Apple's is `… Provisioning Profile Signing`.
    pub signer: Option<String>,
    /// `Entitlements`: the most that an app signed with it may claim.
    pub entitlements: Entitlements,
    /// What was odd, a clause each: `get-task-allow` disagrees with the kind, an empty list of devices, …
    pub doubts: Vec<String>,
}

/// How a profile was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileEncoding {
    /// A signed message in DER, as Apple's are.
    Der,
    /// A signed message in BER with indefinite lengths, as streaming tools write it.
    Ber,
    /// A property list in XML without a signature.
    Xml,
    /// A binary property list without a signature.
    Binary,
    /// The property list was cut out of a damaged signed message.
    Carved,
}

/// What sort of profile it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProfileKind {
    /// For development on named devices: `aps-environment` is `development`.
    Development,
    /// For testers' named devices: `production`.
    AdHoc,
    /// For the App Store and TestFlight: `production`.
    AppStore,
    /// For all devices of a company: `production`.
    Enterprise,
    /// For development on named Macs.
    MacDevelopment,
    /// For the Mac App Store.
    MacAppStore,
    /// For Macs outside the App Store.
    DeveloperId,
    /// Allows debuggers and names no devices: nothing that Apple makes.
    Unusual,
}

/// One of the certificates that may sign with a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileCertificate {
    /// The identity's kind: the common name up to its colon, such as `Apple Distribution`. The rest names a person.
    pub identity: Option<String>,
    /// Its team.
    pub team_id: Option<String>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

impl Profile {
    /// Whether it is for macOS. Profiles from before 2015 name no platform and are for iOS.
    pub fn is_for_mac(&self) -> bool {
        self.platforms
            .iter()
            .any(|platform| platform == "OSX" || platform == "macOS")
    }

    /// Whether apps signed with it can have device tokens at all: whether `aps-environment` is in it.
    pub const fn grants_push(&self) -> bool {
        self.entitlements.aps_environment.is_some()
    }

    /// The environment that it gives: what stands in it, and not what its kind should give.
    pub fn environment(&self) -> Option<Environment> {
        self.entitlements.aps_environment.as_ref()?.environment()
    }

    /// How apps signed with it get to their users; nothing if it is no kind of Apple's.
    pub const fn distribution(&self) -> Option<Distribution> {
        match self.kind {
            ProfileKind::Development | ProfileKind::MacDevelopment => Some(Distribution::Development),
            ProfileKind::AdHoc => Some(Distribution::AdHoc),
            ProfileKind::AppStore | ProfileKind::MacAppStore => Some(Distribution::AppStore),
            ProfileKind::Enterprise => Some(Distribution::Enterprise),
            ProfileKind::DeveloperId => Some(Distribution::DeveloperId),
            ProfileKind::Unusual => None,
        }
    }

    /// Whether it is for a wildcard App ID, which never has push.
    pub fn is_wildcard(&self) -> bool {
        self.app_id().is_some_and(|id| id.ends_with('*'))
    }

    /// The bundle id that it is for; nothing for a wildcard.
    pub fn bundle_id(&self) -> Option<&str> {
        self.app_id().filter(|id| !id.ends_with('*'))
    }

    /// The team. It is not the prefix of `application-identifier`, which differs from it in old accounts.
    pub fn team_id(&self) -> Option<&str> {
        let listed = self.team_ids.first().map(String::as_str);
        listed.or(self.entitlements.team_id.as_deref())
    }

    /// Whether the name of who signed it is Apple's. The signature itself is not checked.
    pub fn is_signed_by_apple(&self) -> bool {
        let is_apple = |signer: &str| {
            let starts = signer.starts_with("Apple ") || signer.starts_with("Mac OS X ");
            starts && signer.ends_with(" Provisioning Profile Signing")
        };
        self.signer.as_deref().is_some_and(is_apple)
    }

    /// `application-identifier` without its prefix.
    fn app_id(&self) -> Option<&str> {
        self.entitlements.app_id_suffix()
    }
}
