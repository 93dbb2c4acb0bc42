//! The hand on the world from outside: one method for each operation, and the HTTP API that offers the same.

mod accounts;
mod clock;
mod devices;
mod error;
mod faults;
mod http;
mod installs;
mod problem;

use std::sync::Arc;

use crate::state::Shared;
use crate::stats::StatsReport;

pub use accounts::{App, CreatedCertificate, CreatedKey, NewApp, NewCertificate, NewKey, Switch};
pub use clock::ClockReading;
pub use devices::{CreatedDevice, DeviceDescription, NewDevice, RestoredDevice};
pub use error::ControlError;
pub use faults::CreatedFault;
pub use installs::{Installed, NewInstall};

pub(crate) use http::serve;

/// Everything that can be done to a simulator: what the control API does, without HTTP. Cheap to clone.
#[derive(Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

impl Control {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// What has been answered, and over what connections.
    pub fn stats(&self) -> StatsReport {
        self.shared.lock().stats.report()
    }
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").finish_non_exhaustive()
    }
}
