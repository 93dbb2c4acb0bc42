//! Advice: what APNs or a device will take, but what will hardly do what was meant.

mod code;
mod dates;
mod headers;
mod keys;
mod live_activity;
mod other_payloads;
mod subject;
#[cfg(test)]
mod tests;
mod visible;

use std::borrow::Cow;

pub use code::{LintCode, Severity};
use subject::Subject;

use crate::broadcast::Broadcast;
use crate::notification::Notification;
use crate::unix_seconds::UnixSeconds;

/// Something about a notification that will hardly do what was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lint {
    /// Which rule.
    pub code: LintCode,
    /// How bad it is; the same for all findings of a rule.
    pub severity: Severity,
    /// What was found. It names keys and numbers, but quotes no content.
    pub message: Cow<'static, str>,
    /// What to do about it; the same for all findings of a rule.
    pub advice: &'static str,
}

/// What the rules found so far.
#[derive(Default)]
struct Findings(Vec<Lint>);

impl Findings {
    fn add(&mut self, code: LintCode, message: impl Into<Cow<'static, str>>) {
        let (severity, advice) = (code.severity(), code.advice());
        self.0.push(Lint {
            code,
            severity,
            message: message.into(),
            advice,
        });
    }
}

/// One group of rules.
type Rules = fn(&Subject<'_>, &mut Findings);

const RULES: &[Rules] = &[
    headers::push_type,
    headers::topic,
    headers::priority,
    headers::expiration,
    keys::names,
    keys::types,
    visible::background,
    visible::alert,
    visible::sound_and_level,
    live_activity::all,
    other_payloads::all,
    dates::units,
];

impl Notification {
    /// What will hardly do what was meant; nothing when all is well.
    ///
    /// ```
    /// use tidings_apns::{BundleId, Notification, Payload, Priority, PushType};
    ///
    /// let app: BundleId = "com.example.app".parse()?;
    /// let notification = Notification::for_app(&app, PushType::Background, Payload::background())
    ///     .priority(Priority::Immediate)
    ///     .build()?;
    /// let lints = notification.lint();
    /// assert_eq!(lints[0].code.as_str(), "background-priority");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn lint(&self) -> Vec<Lint> {
        Subject::of_notification(self).lint(RULES)
    }

    /// [`Self::lint`], and what is in the past or strangely far ahead at `now`.
    pub fn lint_at(&self, now: UnixSeconds) -> Vec<Lint> {
        let mut lints = self.lint();
        lints.append(&mut Subject::of_notification(self).lint_dates(now));
        lints
    }
}

impl Broadcast {
    /// What will hardly do what was meant; nothing when all is well.
    pub fn lint(&self) -> Vec<Lint> {
        Subject::of_broadcast(self).lint(RULES)
    }

    /// [`Self::lint`], and what is in the past or strangely far ahead at `now`.
    pub fn lint_at(&self, now: UnixSeconds) -> Vec<Lint> {
        let mut lints = self.lint();
        lints.append(&mut Subject::of_broadcast(self).lint_dates(now));
        lints
    }
}
