//! Sending again, carefully, what failed for one cause: ten first, then a tenth, then the rest, and each step only when the
//! one before went well.

use tidings_apns::Timestamp;

use crate::ids::{AppId, NotificationId, ReplayId};
use crate::problem::{ProblemCause, ProblemId};

/// The steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReplayStepName {
    /// Ten recipients.
    Ten,
    /// One in ten of all.
    Tenth,
    /// All that are left.
    Rest,
}

impl ReplayStepName {
    /// All of them, the first first.
    pub const ALL: [Self; 3] = [Self::Ten, Self::Tenth, Self::Rest];

    /// The name of the step.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ten => "ten",
            Self::Tenth => "tenth",
            Self::Rest => "rest",
        }
    }

    /// The step after it.
    pub const fn next(self) -> Option<Self> {
        match self {
            Self::Ten => Some(Self::Tenth),
            Self::Tenth => Some(Self::Rest),
            Self::Rest => None,
        }
    }
}

/// How many recipients are left out of a plan, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Their notification has expired.
    pub expired: u64,
    /// Their device token is dead or superseded.
    pub retired: u64,
    /// Their device token is in doubt.
    pub quarantined: u64,
    /// Their device token was forgotten, or their notification is not kept any more.
    pub gone: u64,
    /// They were sent to again before.
    pub before: u64,
}

impl LeftOut {
    /// All of them.
    pub const fn total(&self) -> u64 {
        self.expired + self.retired + self.quarantined + self.gone + self.before
    }
}

/// A step that has begun, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayStep {
    /// Which.
    pub name: ReplayStepName,
    /// When it began.
    pub begun_at: Timestamp,
    /// Who began it.
    pub by: String,
    /// How many recipients it is for.
    pub wanted: u64,
    /// Of how many the notifications are on their way or further.
    pub taken: u64,
    /// Whether that is all.
    pub is_taken: bool,
    /// To how many APNs has accepted it.
    pub delivered: u64,
    /// How many failed again.
    pub failed: u64,
    /// To how many nothing was sent, since their device token had come to its end meanwhile, or it was cancelled.
    pub spared: u64,
    /// How many wait, or are on their way.
    pub waiting: u64,
}

/// How a step goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepCourse {
    /// It has not ended.
    UnderWay,
    /// Most of it was delivered.
    Well,
    /// Too much of it failed, or nothing was delivered.
    Badly,
}

impl ReplayStep {
    /// How it goes. It went well if somebody was reached, and at most one in ten failed again.
    pub const fn course(&self) -> StepCourse {
        if !self.is_taken || self.waiting > 0 {
            StepCourse::UnderWay
        } else if self.delivered > 0 && self.failed * 10 <= self.delivered + self.failed {
            StepCourse::Well
        } else {
            StepCourse::Badly
        }
    }
}

/// A plan to send again what failed for one cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayPlan {
    /// Its id.
    pub id: ReplayId,
    /// The app.
    pub app_id: AppId,
    /// The name of the cause.
    pub problem: ProblemId,
    /// The cause.
    pub cause: ProblemCause,
    /// Who made it.
    pub by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ended: all was sent, or somebody stopped it.
    pub ended_at: Option<Timestamp>,
    /// Whether it is known whom it is for.
    pub is_planned: bool,
    /// For how many it is.
    pub recipients: u64,
    /// Whom it leaves out.
    pub left_out: LeftOut,
    /// The steps that have begun.
    pub steps: Vec<ReplayStep>,
}

impl ReplayPlan {
    /// For so many recipients a plan is at most; the newest. The others are for another plan.
    pub const MOST: u64 = 50_000;

    /// How many recipients no step has taken.
    pub fn left(&self) -> u64 {
        let taken: u64 = self.steps.iter().map(|step| step.taken).sum();
        self.recipients.saturating_sub(taken)
    }

    /// The step that may begin now, and how many recipients it touches.
    pub fn next(&self) -> Option<(ReplayStepName, u64)> {
        let left = self.left();
        if self.ended_at.is_some() || !self.is_planned || left == 0 {
            return None;
        }
        let name = match self.steps.last() {
            None => ReplayStepName::Ten,
            Some(last) if last.course() == StepCourse::Well => last.name.next()?,
            Some(_) => return None,
        };
        Some((name, self.size(name)))
    }

    fn size(&self, name: ReplayStepName) -> u64 {
        let wanted = match name {
            ReplayStepName::Ten => 10,
            ReplayStepName::Tenth => self.recipients.div_ceil(10),
            ReplayStepName::Rest => u64::MAX,
        };
        wanted.min(self.left())
    }
}

/// What became of the wish to begin a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepWish {
    /// It began, and its notifications are on the disk.
    Begun(ReplayPlan),
    /// It had begun before.
    Known(ReplayPlan),
    /// It may not begin, as the plan stands.
    Refused(ReplayPlan),
}

/// What a notification repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayOrigin {
    /// The notification that sends again.
    pub notification_id: NotificationId,
    /// The one that had failed.
    pub replayed: NotificationId,
    /// By which plan.
    pub replay_id: ReplayId,
}

#[cfg(test)]
mod tests {
    use tidings_apns::Environment;

    use super::*;

    fn step(name: ReplayStepName, taken: u64, delivered: u64, failed: u64) -> ReplayStep {
        ReplayStep {
            name,
            begun_at: Timestamp::from_unix_millis(0),
            by: "somebody".to_owned(),
            wanted: taken,
            taken,
            is_taken: true,
            delivered,
            failed,
            spared: 0,
            waiting: taken - delivered - failed,
        }
    }

    fn plan(recipients: u64, steps: Vec<ReplayStep>) -> ReplayPlan {
        let cause = ProblemCause {
            app_id: AppId(1),
            environment: Some(Environment::Production),
            answer: Some((503, "ServiceUnavailable".to_owned())),
            stage: None,
        };
        ReplayPlan {
            id: ReplayId::new(Timestamp::from_unix_millis(0)),
            app_id: AppId(1),
            problem: cause.id(),
            cause,
            by: "somebody".to_owned(),
            created_at: Timestamp::from_unix_millis(0),
            ended_at: None,
            is_planned: true,
            recipients,
            left_out: LeftOut::default(),
            steps,
        }
    }

    #[test]
    fn ten_come_first_then_a_tenth_then_the_rest() {
        let ten = step(ReplayStepName::Ten, 10, 10, 0);
        let tenth = step(ReplayStepName::Tenth, 100, 95, 5);
        let rest = step(ReplayStepName::Rest, 890, 890, 0);
        assert_eq!(plan(1_000, vec![]).next(), Some((ReplayStepName::Ten, 10)));
        assert_eq!(plan(7, vec![]).next(), Some((ReplayStepName::Ten, 7)));
        assert_eq!(
            plan(1_000, vec![ten.clone()]).next(),
            Some((ReplayStepName::Tenth, 100))
        );
        assert_eq!(
            plan(12, vec![ten.clone()]).next(),
            Some((ReplayStepName::Tenth, 2))
        );
        assert_eq!(
            plan(1_000, vec![ten.clone(), tenth.clone()]).next(),
            Some((ReplayStepName::Rest, 890))
        );
        assert_eq!(plan(1_000, vec![ten, tenth, rest]).next(), None);
    }

    #[test]
    fn no_step_follows_one_that_went_badly_or_has_not_ended() {
        for (step, course) in [
            (step(ReplayStepName::Ten, 10, 8, 2), StepCourse::Badly),
            (step(ReplayStepName::Ten, 10, 0, 10), StepCourse::Badly),
            (step(ReplayStepName::Ten, 10, 9, 0), StepCourse::UnderWay),
        ] {
            assert_eq!(step.course(), course);
            assert_eq!(plan(1_000, vec![step]).next(), None);
        }
        assert_eq!(step(ReplayStepName::Ten, 10, 9, 1).course(), StepCourse::Well);
        let nobody = step(ReplayStepName::Ten, 0, 0, 0);
        assert_eq!(nobody.course(), StepCourse::Badly);
    }

    #[test]
    fn nothing_follows_what_was_stopped() {
        let mut stopped = plan(1_000, vec![]);
        stopped.ended_at = Some(Timestamp::from_unix_millis(1));
        assert_eq!(stopped.next(), None);
    }
}
