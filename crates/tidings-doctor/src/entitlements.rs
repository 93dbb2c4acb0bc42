//! Entitlements: what an app may do, as asked for by a project, granted by a profile, or sealed in a signature.

mod reading;

pub(crate) use reading::IsVersioned;

use tidings_apns::Environment;

/// The entitlements that matter to push.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entitlements {
    /// `aps-environment` (or `com.apple.developer.aps-environment`, as macOS names it); nothing if the key is absent.
    pub aps_environment: Option<ApsEnvironment>,
    /// `application-identifier` (or `com.apple.application-identifier`): an App ID prefix, a dot, and a bundle id or a
    /// wildcard. The prefix is not always the team.
    pub application_identifier: Option<String>,
    /// `com.apple.developer.team-identifier`.
    pub team_id: Option<String>,
    /// `get-task-allow`: a debugger may attach, as in builds for development.
    pub get_task_allow: Option<bool>,
    /// `beta-reports-active`, as in profiles for the App Store.
    pub beta_reports_active: Option<bool>,
    /// How many keys there are in all.
    pub keys: usize,
}

/// The value of `aps-environment`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApsEnvironment {
    /// One of the two, in any case: `development` is the sandbox.
    One(Environment),
    /// A list that holds both.
    Both,
    /// A build variable such as `$(APS_ENVIRONMENT)`: it is decided when the project is built.
    Unresolved(String),
    /// Something else, cut to a reasonable length.
    Unknown(String),
}

impl ApsEnvironment {
    /// The environment, where there is exactly one.
    pub const fn environment(&self) -> Option<Environment> {
        match self {
            Self::One(environment) => Some(*environment),
            Self::Both | Self::Unresolved(_) | Self::Unknown(_) => None,
        }
    }

    /// The environments: one, both, or none that is known.
    pub const fn environments(&self) -> &[Environment] {
        match self {
            Self::One(environment) => std::slice::from_ref(environment),
            Self::Both => &Environment::ALL,
            Self::Unresolved(_) | Self::Unknown(_) => &[],
        }
    }
}

/// In which form a signature holds its entitlements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntitlementsForm {
    /// A property list in XML (slot 5).
    Xml,
    /// DER as written since 2022 (slot 7): version 1 in an application tag.
    Der,
    /// DER as written in 2021 (slot 7): a bare SET.
    DerSet,
    /// The section `__TEXT,__entitlements` of a build for the simulator.
    Section,
}
