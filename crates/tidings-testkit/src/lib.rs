//! Test support for the workspace: simulators on port 0, worlds in one call, waiting without sleeping. Never published.

mod eventually;
mod scene;

pub use eventually::{PATIENCE, poll_until};
pub use scene::{BUNDLE_ID, Scene, TEAM_ID};
pub use tidings_simulator as simulator;
