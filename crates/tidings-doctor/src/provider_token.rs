//! What a provider token says, without its signature being checked.

mod reader;
mod signature;

use tidings_apns::Timestamp;

pub use self::reader::read;

/// The contents of a provider token (JWT), as pasted from a log. The signature is looked at only for its form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderTokenFacts {
    /// `alg`: APNs takes `ES256` only.
    pub algorithm: Option<String>,
    /// `kid`: the id of the key.
    pub key_id: Option<String>,
    /// `iss`: the team.
    pub team_id: Option<String>,
    /// `iat`: when it was issued.
    pub issued_at: Option<Timestamp>,
    /// What is wrong with its form, a clause each, such as padding, a line break, or a signature in DER.
    pub flaws: Vec<String>,
}
