//! What an answer of APNs proves about a device token: evidence in, state out.
//!
#![doc = include_str!("../README.md")]

mod derivation;
mod detector;
mod environment_set;
mod evidence;
mod explanation;
mod history;
mod incident;
mod rules;
mod standing;
mod verdict;

pub use detector::{Alarm, Detector, Vote};
pub use environment_set::EnvironmentSet;
pub use evidence::{Evidence, Generation, RestoreCause};
pub use explanation::{Explanation, StoryLine, explain};
pub use history::{Acceptance, History};
pub use incident::{CanaryStep, Incident, IncidentCause, IncidentEnd};
pub use rules::{DetectorRules, IncidentRules, Rules};
pub use standing::{Cause, Sending, Standing, TokenState, UnknownState};
pub use verdict::{Circumstances, NextStep, Verdict, judge};
