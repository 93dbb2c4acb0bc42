//! The Apple Push Notification service on this machine: both environments, devices, channel management, broadcasts, and
//! everything that goes wrong there.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use tidings_simulator::{Build, Environment, NewApp, NewDevice, NewInstall, NewKey, Simulator, SimulatorConfig};
//!
//! let simulator = Simulator::start(SimulatorConfig::default()).await?;
//! let control = simulator.control();
//! let key = control.create_key(&NewKey { team_id: "TEAM123456".to_owned(), ..NewKey::default() })?;
//! control.create_app(&NewApp::new("TEAM123456", "com.example.app"))?;
//! let device = control.create_device(&NewDevice::default())?;
//! let app = control.install(&device.device_id, &NewInstall::new("com.example.app", Build::AppStore))?;
//!
//! println!("push with key {} to {}", key.key_id, simulator.push_url(Environment::Production));
//! # Ok(())
//! # }
//! ```
//!
//! It serves any HTTP/2 client and makes all its checks by itself: it shares no table of names, no parser of requests
//! and no validation with the rest of the workspace, so that an error there does not hide behind the same error here.
//!
//! What Apple does not document it decides by what was observed in the field, or by a choice that a
//! [world file](WorldFile) can change. Two simplifications to know:
//!
//! - **410 after removal.** By default a removed app's device tokens answer 410 from the next push on. At Apple a push
//!   must first reach the device, and then it takes hours to months; `report = "as_apple"` does that.
//! - **Time.** [`Control::advance`] moves the simulator's clock. Providers need not know: a time in a request
//!   (`iat`, `apns-expiration`) is read on the real clock wherever it would otherwise be nonsense, and a provider token
//!   ages with the simulator's clock from its first use on.

mod answer;
mod authentication;
mod authority;
mod behaviour;
mod clock;
mod config;
mod control;
mod delivery;
mod directory;
mod faults;
#[doc(hidden)]
pub mod fuzzing;
mod hex;
mod listener;
mod population;
mod random;
mod ready;
mod serving;
mod simulator;
mod state;
mod stats;
mod validation;
mod vocabulary;
mod world;
mod world_file;

pub use authority::IssueError;
pub use behaviour::{
    Behaviour, KeyEnvironmentReason, Limits, ProviderTokenBehaviour, Rate, RejectionBehaviour,
    StreamBehaviour, Throttle, UninstallBehaviour, UninstallReport,
};
pub use clock::{ParseTimestampError, Timestamp};
pub use config::SimulatorConfig;
pub use control::{
    App, ClockReading, Control, ControlError, CreatedCertificate, CreatedDevice, CreatedFault, CreatedKey,
    DeviceDescription, Installed, NewApp, NewCertificate, NewDevice, NewInstall, NewKey, RestoredDevice,
    Switch,
};
pub use faults::{FaultKind, FaultMoment, LastStreamForm, NewFault, RefuseFaultError, RetryAfter};
pub use ready::Ready;
pub use simulator::{Simulator, StartError};
pub use stats::{AnswerCount, ConnectionCounts, StatsReport};
pub use validation::{Orders, Step};
pub use vocabulary::{Build, Environment, TokenKind};
pub use world::notification::ShownNotification;
pub use world_file::{ReadWorldError, WorldDevices, WorldFile, WorldKey};
