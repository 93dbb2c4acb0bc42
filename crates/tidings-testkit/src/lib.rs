//! Test support for the workspace: simulators on port 0, worlds in one call, waiting without sleeping. Never published.

pub mod artefacts;
pub mod credentials;
mod eventually;
mod scene;

pub use eventually::{PATIENCE, poll_until};
pub use plist;
pub use scene::{BUNDLE_ID, Scene, TEAM_ID};
pub use tidings_simulator as simulator;
