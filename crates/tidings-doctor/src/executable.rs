//! What a Mach-O executable says about its signature.

mod forward;
mod layout;
mod reading;
mod seal;

pub(crate) use reading::{clause, is_executable, read};

use crate::entitlements::{Entitlements, EntitlementsForm};

/// An executable: one slice, or several in a fat file. Every slice is signed on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executable {
    /// The slices, in the order of the file.
    pub slices: Vec<Slice>,
    /// Whether it is a fat file, even of one slice.
    pub is_fat: bool,
}

/// The executable for one architecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// The architecture, such as `arm64`.
    pub architecture: String,
    /// The platform that it was built for, such as `ios` or `ios-simulator`, where it says so.
    pub platform: Option<String>,
    /// Whether it is encrypted, as executables from the App Store are. Its signature can be read all the same.
    pub is_encrypted: bool,
    /// Its signature; nothing if it has none.
    pub signature: Option<Signature>,
    /// Entitlements that stand in the executable itself, as in builds for the simulator.
    pub section_entitlements: Option<Entitlements>,
    /// What of it could not be read, and what contradicts itself in it, a clause each.
    pub problems: Vec<String>,
}

/// The code signature of a slice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// The identifier of the code directory: the bundle id, as a rule.
    pub identifier: Option<String>,
    /// The team of the code directory.
    pub team_id: Option<String>,
    /// Whether nobody vouches for it: no certificate stands in it (`codesign -s -`).
    pub is_ad_hoc: bool,
    /// The entitlements; nothing if none are sealed in it: then the app has no capability at all.
    pub entitlements: Option<(EntitlementsForm, Entitlements)>,
    /// The forms in which entitlements were found, all of them.
    pub forms: Vec<EntitlementsForm>,
}

impl Executable {
    /// The signature of the first slice that has one.
    pub fn signature(&self) -> Option<&Signature> {
        self.slices.iter().find_map(|slice| slice.signature.as_ref())
    }

    /// The entitlements of the first slice that has any, in its signature or, for the simulator, in a section.
    pub fn entitlements(&self) -> Option<&Entitlements> {
        let signed = self.slices.iter().find_map(|slice| slice.signed_entitlements());
        let section = || {
            self.slices
                .iter()
                .find_map(|slice| slice.section_entitlements.as_ref())
        };
        signed.or_else(section)
    }

    /// Whether slices are signed with different entitlements: then the device decides which ones count.
    pub fn slices_disagree(&self) -> bool {
        let environment = |slice: &Slice| {
            slice
                .signed_entitlements()
                .map(|entitlements| entitlements.aps_environment.clone())
        };
        let mut signed = self
            .slices
            .iter()
            .filter(|slice| slice.signature.is_some())
            .map(environment);
        let first = signed.next();
        signed.any(|other| Some(&other) != first.as_ref())
    }

    /// Whether it was built for a simulator.
    pub fn is_for_simulator(&self) -> bool {
        !self.slices.is_empty()
            && self.slices.iter().all(|slice| {
                slice
                    .platform
                    .as_deref()
                    .is_some_and(|platform| platform.ends_with("-simulator"))
            })
    }

    /// Whether a slice is encrypted, as in what comes from the App Store.
    pub fn is_encrypted(&self) -> bool {
        self.slices.iter().any(|slice| slice.is_encrypted)
    }
}

impl Slice {
    /// The entitlements sealed in its signature.
    pub fn signed_entitlements(&self) -> Option<&Entitlements> {
        let (_, entitlements) = self.signature.as_ref()?.entitlements.as_ref()?;
        Some(entitlements)
    }

    /// Whether its signature is there and could not be read.
    pub fn is_signature_damaged(&self) -> bool {
        self.signature
            .as_ref()
            .is_some_and(|signature| signature.identifier.is_none() && signature.entitlements.is_none())
            && !self.problems.is_empty()
    }
}
