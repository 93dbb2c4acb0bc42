//! Why APNs says 400, 403 or 410, and what to change.
//!
#![doc = include_str!("../README.md")]

mod agreement;
mod artefact;
mod ber;
mod build;
mod case;
mod catalogue;
pub mod cohort;
mod credential;
mod diagnosis;
mod distribution;
mod entitlements;
mod executable;
mod facts;
mod finding;
mod info_plist;
mod message;
mod precedence;
mod profile;
mod property_list;
mod provider_token;
mod remark;
mod rule;
mod text;

pub use artefact::{Artefact, Content, Unreadable, read, read_executable};
pub use build::{
    Build, Bundle, BundleRole, Container, DistributionSummary, EnvironmentClaim, EnvironmentSource,
    ExportOptions, ShippedEnvironment, ShippedPush, SummarisedBundle, Tree, TreeEntry, read_ipa, read_tree,
};
pub use case::{Answer, Case, ConfiguredCredential, Probe, ProbeOutcome, ProbeStep, Reach, Registration};
pub use catalogue::reason::{ReasonEntry, reason_entry};
pub use catalogue::situation::{Decided, Situation, situations};
pub use catalogue::{Entry, Family, Sign, catalogue, entry};
pub use credential::{CertificateEntry, CredentialFile, CredentialForm, KeyFile, read as read_credential};
pub use diagnosis::{diagnose, diagnose_credential};
pub use distribution::Distribution;
pub use entitlements::{ApsEnvironment, Entitlements, EntitlementsForm};
pub use executable::{Executable, Signature, Slice};
pub use finding::{Cause, Confidence, Diagnosis, Finding, Severity, Verdict};
pub use info_plist::InfoPlist;
pub use profile::{Profile, ProfileCertificate, ProfileEncoding, ProfileKind};
pub use provider_token::{ProviderTokenFacts, read as read_provider_token};
