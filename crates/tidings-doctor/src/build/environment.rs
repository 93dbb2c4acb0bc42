//! Which environment the device tokens of a build belong to, and by which evidence.

use tidings_apns::Environment;

use super::{Build, Bundle, Container};
use crate::entitlements::{ApsEnvironment, Entitlements};
use crate::executable::{Executable, Slice};
use crate::info_plist::InfoPlist;
use crate::profile::Profile;

/// The environment of a build's device tokens, with all evidence for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippedEnvironment {
    /// What the evidence comes to.
    pub push: ShippedPush,
    /// What decided; nothing where nothing could.
    pub decided_by: Option<EnvironmentSource>,
    /// Everything that says something, the strongest first.
    pub claims: Vec<EnvironmentClaim>,
}

/// What the evidence comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShippedPush {
    /// Device tokens belong to this environment.
    In(Environment),
    /// There cannot be any: the signature lacks `aps-environment`, and iOS refuses to register.
    Lacking,
    /// Nothing that decides is there.
    Undecided,
}

/// A thing that says which environment a build's tokens belong to. The stronger comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EnvironmentSource {
    /// It was built for the simulator, whose tokens are of the sandbox.
    Simulator,
    /// The entitlements in the signature of the shipped executable.
    Signature,
    /// The profile in the shipped bundle.
    Profile,
    /// There is no profile, as in apps from the App Store: Apple takes it out.
    StoreWithoutProfile,
    /// The signature of an app in an `.xcarchive`, which is signed again for export.
    ArchiveSignature,
    /// The profile of an app in an `.xcarchive`.
    ArchiveProfile,
    /// Entitlements as expanded when it was built, in old bundles.
    ExpandedEntitlements,
}

impl EnvironmentSource {
    /// Whether it can decide by itself. What was signed for archiving cannot.
    pub const fn decides(self) -> bool {
        match self {
            Self::Simulator | Self::Signature | Self::Profile | Self::StoreWithoutProfile => true,
            Self::ArchiveSignature | Self::ArchiveProfile | Self::ExpandedEntitlements => false,
        }
    }

    /// What it is, for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Simulator => "a build for the simulator",
            Self::Signature => "the signature of the executable",
            Self::Profile => "the embedded profile",
            Self::StoreWithoutProfile => "the absence of a profile, as in apps from the App Store",
            Self::ArchiveSignature => "the signature in the archive",
            Self::ArchiveProfile => "the profile in the archive",
            Self::ExpandedEntitlements => "the entitlements as expanded at build time",
        }
    }
}

/// What one source says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentClaim {
    /// The source.
    pub source: EnvironmentSource,
    /// Where it lies in the build.
    pub path: String,
    /// Its value of `aps-environment`; nothing if the key is absent.
    pub value: Option<ApsEnvironment>,
}

impl EnvironmentClaim {
    fn push(&self) -> ShippedPush {
        match &self.value {
            None => ShippedPush::Lacking,
            Some(value) => value
                .environment()
                .map_or(ShippedPush::Undecided, ShippedPush::In),
        }
    }
}

impl ShippedEnvironment {
    fn of(claims: Vec<EnvironmentClaim>) -> Self {
        let decisive = claims
            .iter()
            .find(|claim| claim.source.decides() && claim.push() != ShippedPush::Undecided);
        Self {
            push: decisive.map_or(ShippedPush::Undecided, EnvironmentClaim::push),
            decided_by: decisive.map(|claim| claim.source),
            claims,
        }
    }

    /// The environment, where it is decided.
    pub const fn environment(&self) -> Option<Environment> {
        match self.push {
            ShippedPush::In(environment) => Some(environment),
            ShippedPush::Lacking | ShippedPush::Undecided => None,
        }
    }

    /// What says something else than what decided. For a shipped build that means that it was signed again, or could never
    /// be installed.
    pub fn disagreements(&self) -> impl Iterator<Item = &EnvironmentClaim> {
        let decided = self.decided_by.map(|_| self.push);
        self.claims
            .iter()
            .filter(move |claim| decided.is_some_and(|push| claim.push() != push))
    }
}

impl Build {
    /// Which environment the device tokens of this build belong to. The signature outranks the profile, and what is in an
    /// `.xcarchive` decides nothing.
    pub fn shipped_environment(&self) -> ShippedEnvironment {
        ShippedEnvironment::of(claims(&self.app, self.is_archived()))
    }

    /// Whether it was signed for archiving only.
    pub const fn is_archived(&self) -> bool {
        matches!(self.container, Container::Xcarchive { .. })
    }
}

impl Bundle {
    /// The same for a bundle inside a build: watch apps and app clips have tokens of their own.
    pub fn shipped_environment(&self, build: &Build) -> ShippedEnvironment {
        ShippedEnvironment::of(claims(self, build.is_archived()))
    }
}

fn claims(bundle: &Bundle, is_archived: bool) -> Vec<EnvironmentClaim> {
    let mut claims = Vec::new();
    let mut claim = |source, value| {
        claims.push(EnvironmentClaim {
            source,
            path: bundle.path.clone(),
            value,
        });
    };
    let choose = |shipped, archived| if is_archived { archived } else { shipped };
    let value = |entitlements: &Entitlements| entitlements.aps_environment.clone();
    if bundle.is_for_simulator() {
        claim(
            EnvironmentSource::Simulator,
            Some(ApsEnvironment::One(Environment::Sandbox)),
        );
    } else if is_sealed(bundle) {
        let source = choose(EnvironmentSource::Signature, EnvironmentSource::ArchiveSignature);
        claim(source, bundle.signed_entitlements().and_then(value));
    }
    if let Some(profile) = &bundle.profile {
        let source = choose(EnvironmentSource::Profile, EnvironmentSource::ArchiveProfile);
        claim(source, value(&profile.entitlements));
    } else if !is_archived && bundle.is_as_from_store() && !is_sealed(bundle) {
        claim(
            EnvironmentSource::StoreWithoutProfile,
            Some(ApsEnvironment::One(Environment::Production)),
        );
    }
    if let Some(expanded) = &bundle.expanded_entitlements {
        claim(EnvironmentSource::ExpandedEntitlements, value(expanded));
    }
    claims
}

/// Whether the executable of a bundle has a signature that can be read, be it without entitlements.
fn is_sealed(bundle: &Bundle) -> bool {
    let is_readable = |slice: &Slice| slice.signature.is_some() && !slice.is_signature_damaged();
    bundle
        .executable
        .as_ref()
        .is_some_and(|executable| executable.slices.iter().any(is_readable))
}

impl Bundle {
    /// Whether it was built for a simulator.
    pub fn is_for_simulator(&self) -> bool {
        let by_info = self.info.as_ref().is_some_and(InfoPlist::is_for_simulator);
        by_info || self.executable.as_ref().is_some_and(Executable::is_for_simulator)
    }

    /// Whether it was built for macOS.
    pub fn is_for_mac(&self) -> bool {
        let by_info = self.info.as_ref().is_some_and(|info| {
            info.minimum_macos.is_some()
                || info
                    .supported_platforms
                    .iter()
                    .any(|platform| platform == "MacOSX")
        });
        by_info || self.profile.as_ref().is_some_and(Profile::is_for_mac)
    }

    /// Whether it has no profile, as apps from the App Store have none. An executable that is neither signed nor encrypted
    /// runs on no device, and was just built.
    pub(super) fn is_as_from_store(&self) -> bool {
        let is_only_built = self
            .executable
            .as_ref()
            .is_some_and(|executable| executable.signature().is_none() && !executable.is_encrypted());
        self.profile.is_none() && !self.is_for_mac() && !self.is_for_simulator() && !is_only_built
    }
}
