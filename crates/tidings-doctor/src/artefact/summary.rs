//! What every artefact says in the same few words, whatever it is: the line that a list of artefacts shows.

use tidings_apns::{Environment, Timestamp};

use super::{Artefact, Content};
use crate::build::{Build, Container};
use crate::credential::CredentialFile;
use crate::distribution::Distribution;
use crate::entitlements::Entitlements;

impl Artefact {
    /// What it is, in one word that does not change.
    pub fn kind(&self) -> &'static str {
        match &self.content {
            Content::Build(build) => match build.container {
                Container::Ipa => "ipa",
                Container::App => "app",
                Container::Xcarchive { .. } => "xcarchive",
            },
            Content::Profile(_) => "provisioning_profile",
            Content::Entitlements(_) => "entitlements",
            Content::InfoPlist(_) => "info_plist",
            Content::Executable(_) => "executable",
            Content::DistributionSummary(_) => "distribution_summary",
            Content::ExportOptions(_) => "export_options",
            Content::Credential(_) => "credential",
            Content::ProviderToken(_) => "provider_token",
            Content::Unreadable(_) => "unreadable",
        }
    }

    /// The bundle id of the app that it is, or is for.
    pub fn bundle_id(&self) -> Option<&str> {
        match &self.content {
            Content::Build(build) => build.bundle_id(),
            Content::Profile(profile) => profile.bundle_id(),
            Content::Entitlements(entitlements) => whole_app_id(entitlements),
            Content::InfoPlist(info) => info.bundle_id.as_deref(),
            Content::Executable(executable) => executable.signature()?.identifier.as_deref(),
            Content::DistributionSummary(summary) => whole_app_id(&summary.app()?.entitlements),
            Content::Credential(file) => {
                let mut certificates = file
                    .certificates
                    .iter()
                    .filter(|certificate| certificate.is_for_push);
                certificates.next()?.user_id.as_deref()
            }
            Content::ExportOptions(_) | Content::ProviderToken(_) | Content::Unreadable(_) => None,
        }
    }

    /// The team.
    pub fn team_id(&self) -> Option<&str> {
        match &self.content {
            Content::Build(build) => build.team_id(),
            Content::Profile(profile) => profile.team_id(),
            Content::Entitlements(entitlements) => entitlements.team_id.as_deref(),
            Content::Executable(executable) => {
                let sealed = executable
                    .entitlements()
                    .and_then(|sealed| sealed.team_id.as_deref());
                sealed.or_else(|| executable.signature()?.team_id.as_deref())
            }
            Content::DistributionSummary(summary) => {
                let app = summary.app()?;
                app.team_id.as_deref().or(app.entitlements.team_id.as_deref())
            }
            Content::ExportOptions(options) => options.team_id.as_deref(),
            Content::Credential(file) => file.leaf()?.team_id.as_deref(),
            Content::ProviderToken(token) => token.team_id.as_deref(),
            Content::InfoPlist(_) | Content::Unreadable(_) => None,
        }
    }

    /// The environment of the device tokens, or that it reaches: none where nothing decides, two where it is for both. What
    /// a project's entitlements or an `.xcarchive` say decides nothing.
    pub fn environments(&self) -> Vec<Environment> {
        match &self.content {
            Content::Build(build) => build.shipped_environment().environment().into_iter().collect(),
            Content::Profile(profile) => granted(&profile.entitlements),
            Content::Executable(executable) => {
                if executable.is_for_simulator() {
                    return vec![Environment::Sandbox];
                }
                let sealed = executable
                    .slices
                    .iter()
                    .find_map(|slice| slice.signed_entitlements());
                sealed.map(granted).unwrap_or_default()
            }
            Content::DistributionSummary(summary) => summary
                .app()
                .map(|app| granted(&app.entitlements))
                .unwrap_or_default(),
            Content::Credential(file) => of_credential(file),
            Content::Entitlements(_)
            | Content::InfoPlist(_)
            | Content::ExportOptions(_)
            | Content::ProviderToken(_)
            | Content::Unreadable(_) => Vec::new(),
        }
    }

    /// How the build gets to its users.
    pub fn distribution(&self) -> Option<Distribution> {
        match &self.content {
            Content::Build(build) => build.distribution(),
            Content::Profile(profile) => profile.distribution(),
            Content::ExportOptions(options) => options.distribution(),
            Content::Entitlements(_)
            | Content::InfoPlist(_)
            | Content::Executable(_)
            | Content::DistributionSummary(_)
            | Content::Credential(_)
            | Content::ProviderToken(_)
            | Content::Unreadable(_) => None,
        }
    }

    /// When it ends: the profile, or the certificate.
    pub fn expires_at(&self) -> Option<Timestamp> {
        match &self.content {
            Content::Build(build) => build.app.profile.as_ref()?.expires_at,
            Content::Profile(profile) => profile.expires_at,
            Content::DistributionSummary(summary) => summary.app()?.certificate_expires_at,
            Content::Credential(file) => Some(file.leaf()?.not_after),
            Content::Entitlements(_)
            | Content::InfoPlist(_)
            | Content::Executable(_)
            | Content::ExportOptions(_)
            | Content::ProviderToken(_)
            | Content::Unreadable(_) => None,
        }
    }

    /// The topics that reach it, or that it can send to.
    pub fn topics(&self) -> Vec<String> {
        match &self.content {
            Content::Build(build) => of_build(build),
            Content::Profile(profile) => profile
                .bundle_id()
                .filter(|_| profile.grants_push())
                .map(str::to_owned)
                .into_iter()
                .collect(),
            Content::Credential(file) => file.leaf().map(|leaf| leaf.topics.clone()).unwrap_or_default(),
            Content::Entitlements(_)
            | Content::InfoPlist(_)
            | Content::Executable(_)
            | Content::DistributionSummary(_)
            | Content::ExportOptions(_)
            | Content::ProviderToken(_)
            | Content::Unreadable(_) => Vec::new(),
        }
    }
}

impl CredentialFile {
    /// The certificate that the file is about: one with its key before one without, and none that issues others.
    pub fn leaf(&self) -> Option<&crate::credential::CertificateEntry> {
        let leaves = || {
            self.certificates
                .iter()
                .filter(|certificate| !certificate.is_authority)
        };
        leaves()
            .find(|certificate| certificate.has_key)
            .or_else(|| leaves().next())
    }
}

fn of_build(build: &Build) -> Vec<String> {
    build.topics().into_iter().map(|(_, topic)| topic).collect()
}

/// The environments of the certificate that a file is about. A signing key says nothing of itself.
fn of_credential(file: &CredentialFile) -> Vec<Environment> {
    file.leaf()
        .map(|leaf| leaf.environments.clone())
        .unwrap_or_default()
}

fn granted(entitlements: &Entitlements) -> Vec<Environment> {
    let value = entitlements.aps_environment.as_ref();
    value
        .map(|value| value.environments().to_vec())
        .unwrap_or_default()
}

/// The bundle id in an App ID that is no wildcard and holds no build variable.
fn whole_app_id(entitlements: &Entitlements) -> Option<&str> {
    let id = entitlements.app_id_suffix()?;
    (!id.ends_with('*') && !id.contains('$')).then_some(id)
}
