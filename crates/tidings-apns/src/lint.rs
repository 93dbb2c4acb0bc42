//! Advice: what APNs takes but what will hardly do what was meant.

use std::borrow::Cow;

use crate::broadcast::Broadcast;
use crate::notification::Notification;

/// Something about a notification that will hardly do what was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lint {
    /// Which rule.
    pub code: LintCode,
    /// How bad it is.
    pub severity: Severity,
    /// What was found.
    pub message: Cow<'static, str>,
    /// What to do about it.
    pub advice: &'static str,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know.
    Info,
    /// It will probably not do what was meant.
    Warning,
    /// It will not do what was meant: APNs or the device is documented to refuse or ignore it.
    Error,
}

/// A lint rule. Its name does not change between versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LintCode {
    /// A background notification with priority 10.
    BackgroundPriority,
}

impl LintCode {
    /// The stable name of the rule.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BackgroundPriority => "background-priority",
        }
    }
}

impl Notification {
    /// What will hardly do what was meant; nothing when all is well.
    pub fn lint(&self) -> Vec<Lint> {
        Vec::new()
    }
}

impl Broadcast {
    /// What will hardly do what was meant; nothing when all is well.
    pub fn lint(&self) -> Vec<Lint> {
        Vec::new()
    }
}
