//! Builds, profiles, executables and property lists, made up in every variant that occurs: what the readers of the doctor
//! are tested with. Nothing in them was ever anybody's.

mod app;
mod authority;
mod corpus;
mod der;
mod export;
mod mach_o;
mod profile;
mod property_list;
mod seal;
mod zip_archive;

pub use app::{App, Layout, NestedApp};
pub use authority::Authority;
pub use corpus::{Sample, corpus};
pub use export::{distribution_summary, export_options};
pub use mach_o::{Architecture, Fat, Slice, executable};
pub use profile::{Profile, ProfileEncoding, ProfileSort};
pub use property_list::{PlistForm, dictionary, written};
pub use seal::{DerForm, Seal, entitlements_der};
pub use zip_archive::{Compression, ZipEntry, zip};

/// The team of everything made up here, where nothing else is said.
pub const TEAM: &str = "TEAM123456";

/// The bundle id of the app.
pub const BUNDLE: &str = "com.example.tidings";
