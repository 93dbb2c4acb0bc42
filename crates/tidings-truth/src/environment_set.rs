//! Some of the two environments: which a credential reaches, in which a device token is proven.

use tidings_apns::Environment;

/// A set of environments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct EnvironmentSet(u8);

impl EnvironmentSet {
    /// Neither.
    pub const NONE: Self = Self(0);
    /// Both.
    pub const BOTH: Self = Self(0b11);

    /// The set with this one too.
    #[must_use]
    pub const fn with(self, environment: Environment) -> Self {
        Self(self.0 | bit(environment))
    }

    /// What is in this set or in the other.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it is in the set.
    pub const fn contains(self, environment: Environment) -> bool {
        self.0 & bit(environment) != 0
    }

    /// Whether the set has neither.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are in the set, production first.
    pub fn iter(self) -> impl Iterator<Item = Environment> {
        Environment::ALL
            .into_iter()
            .filter(move |environment| self.contains(*environment))
    }
}

impl FromIterator<Environment> for EnvironmentSet {
    fn from_iter<I: IntoIterator<Item = Environment>>(environments: I) -> Self {
        environments.into_iter().fold(Self::NONE, Self::with)
    }
}

const fn bit(environment: Environment) -> u8 {
    match environment {
        Environment::Production => 0b01,
        Environment::Sandbox => 0b10,
    }
}
