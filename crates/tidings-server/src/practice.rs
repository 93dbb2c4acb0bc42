//! Phones and a signing key that exist on this machine only: the first steps of whoever has no phone at hand. Who runs the
//! server lends them; this crate only shows the way.

use std::fmt;

use tidings_apns::Environment;

/// What stands in for Apple and for phones.
pub trait Practice: fmt::Debug + Send + Sync {
    /// The bundle id of the app.
    fn bundle_id(&self) -> &str;

    /// The signing key of the team, as Apple would let it be downloaded.
    fn key(&self) -> PracticeKey;

    /// Puts the app on a new phone, and starts it; nothing where there are as many as there may be.
    fn new_phone(&self) -> Option<PracticePhone>;

    /// What the phones have shown, the newest first; so many at most.
    fn shown(&self, most: usize) -> Vec<PracticeShown>;
}

/// A signing key.
pub struct PracticeKey {
    /// `AuthKey_`, its id and `.p8`.
    pub file_name: String,
    /// The team.
    pub team_id: String,
    /// What is in the file. It is good for nothing but this machine's simulator.
    pub pem: String,
}

/// A phone with the app, which has just been started.
#[derive(Clone, Debug)]
pub struct PracticePhone {
    /// What the app keeps to know itself by.
    pub installation_id: String,
    /// The device token that it was given.
    pub token: String,
    /// The environment, which an app reads from its provisioning profile.
    pub environment: Environment,
}

/// A notification as a phone has shown it.
#[derive(Clone, Debug)]
pub struct PracticeShown {
    /// The payload, as JSON.
    pub payload: String,
}

impl fmt::Debug for PracticeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PracticeKey")
            .field("file_name", &self.file_name)
            .finish_non_exhaustive()
    }
}
