//! People: who they are beyond one session, so that they can have a password and be told apart.

use std::fmt;

use tidings_apns::Timestamp;

use crate::dashboard::{DashboardPass, DashboardRole};
use crate::ids::PersonId;

/// Somebody who has opened a link to the dashboard.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// What the audit log calls them. No other has it, whatever is written large.
    pub name: String,
    /// What they may do: what the last link that they opened allowed.
    pub role: DashboardRole,
    /// Who made that link: the id of an API key, or `tidings`. Once that key is worth nothing, so is a password.
    pub made_by: String,
    /// Whether they have a password.
    pub has_password: bool,
    /// When they came first.
    pub created_at: Timestamp,
    /// When they looked last, to some minutes.
    pub seen_at: Timestamp,
}

/// A person, and what is kept of their password.
#[derive(Clone)]
pub struct PersonSecret {
    /// Who.
    pub person: Person,
    /// The hash of the password, in the PHC format.
    pub password: Option<String>,
}

/// A session that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DashboardSession {
    /// What it allows, and until when.
    pub pass: DashboardPass,
    /// Whose it is; nobody's where an API key has begun it.
    pub person: Option<PersonId>,
    /// When somebody looked last, to some minutes.
    pub seen_at: Timestamp,
}

/// By what a session is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedInBy {
    /// A link. Whoever is not known yet by its name is from then on.
    Link,
    /// The password of somebody.
    Password(PersonId),
    /// An API key.
    Key,
}

impl SignedInBy {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Password(_) => "password",
            Self::Key => "key",
        }
    }
}

/// The name is left out.
impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person")
            .field("id", &self.id)
            .field("role", &self.role)
            .field("has_password", &self.has_password)
            .finish_non_exhaustive()
    }
}

/// What is kept of the password is left out, too.
impl fmt::Debug for PersonSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PersonSecret")
            .field("person", &self.person)
            .finish_non_exhaustive()
    }
}
