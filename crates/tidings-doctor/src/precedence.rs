//! What of all that was given decides the environment of device tokens, and in which order it is believed.

use tidings_apns::Environment;

use crate::artefact::{Artefact, Content};
use crate::build::{EnvironmentSource, ShippedEnvironment};

/// What decides the environment of device tokens, from the strongest to the weakest. What is not here decides nothing: a
/// project's source, an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// The executable of a build for the Simulator.
    Simulator,
    /// The signature of the app as it is shipped.
    Signature,
    /// The profile embedded in the app as it is shipped.
    EmbeddedProfile,
    /// The app holds no profile, as apps from the App Store do.
    NoProfile,
    /// Xcode's summary of an export.
    Summary,
    /// A profile on its own.
    Profile,
}

impl Source {
    /// For people, to follow "in".
    pub(crate) const fn in_words(self) -> &'static str {
        match self {
            Self::Simulator => "a build for the Simulator",
            Self::Signature => "the code signature",
            Self::EmbeddedProfile => "the embedded profile",
            Self::NoProfile => "an app without a profile, as the App Store ships them",
            Self::Summary => "Xcode's summary of the export",
            Self::Profile => "the profile",
        }
    }
}

/// The environment of the device tokens, and what decides it.
pub(crate) fn decided(artefact: &Artefact) -> Option<(Source, Environment)> {
    match &artefact.content {
        Content::Build(build) => shipped(&build.shipped_environment()),
        Content::Executable(executable) => {
            let environment = *artefact.environments().first()?;
            let source = if executable.is_for_simulator() {
                Source::Simulator
            } else {
                Source::Signature
            };
            Some((source, environment))
        }
        Content::DistributionSummary(summary) => Some((Source::Summary, summary.environment()?)),
        Content::Profile(profile) => Some((Source::Profile, profile.environment()?)),
        Content::Entitlements(_)
        | Content::InfoPlist(_)
        | Content::ExportOptions(_)
        | Content::Credential(_)
        | Content::ProviderToken(_)
        | Content::Unreadable(_) => None,
    }
}

fn shipped(environment: &ShippedEnvironment) -> Option<(Source, Environment)> {
    let source = match environment.decided_by? {
        EnvironmentSource::Simulator => Source::Simulator,
        EnvironmentSource::Signature => Source::Signature,
        EnvironmentSource::Profile => Source::EmbeddedProfile,
        EnvironmentSource::StoreWithoutProfile => Source::NoProfile,
        EnvironmentSource::ArchiveSignature
        | EnvironmentSource::ArchiveProfile
        | EnvironmentSource::ExpandedEntitlements => return None,
    };
    Some((source, environment.environment()?))
}

/// Whether a text holds a build variable.
pub(crate) fn is_variable(text: &str) -> bool {
    text.contains("$(") || text.contains("${")
}
