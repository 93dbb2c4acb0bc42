//! What APNs knows about one device token, and what that makes it answer.

use std::sync::Arc;
use std::time::Duration;

use crate::behaviour::{UninstallBehaviour, UninstallReport};
use crate::clock::Timestamp;
use crate::random::Random;
use crate::vocabulary::{Rejection, TokenKind};

use super::device::DeviceKey;

/// How long the token of one Live Activity lives (Apple, *Starting and updating Live Activities with `ActivityKit` push
/// notifications*: an activity runs at most eight hours).
const ACTIVITY_LIFE: Duration = Duration::from_hours(8);

/// A device token that APNs has given out.
#[derive(Debug)]
pub(crate) struct TokenRecord {
    pub(crate) device: DeviceKey,
    pub(crate) bundle_id: Arc<str>,
    pub(crate) kind: TokenKind,
    pub(crate) created_at: Timestamp,
    pub(crate) life: Life,
}

/// Where a device token is in its life.
///
/// ```text
/// Current ── reinstall, restore, erase ──> Retired        (200 for ever, nothing arrives)
///    │  └──── the activity ends ─────────> Ended          (410 ExpiredToken)
///    └─ uninstall ─> Dead                                 (200 until its report, then 410 Unregistered)
///             └────> Gone ─ a push reaches the device ──> Dead, or Retired if it is never told
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// The app has this token now.
    Current,
    /// The app has another one. APNs goes on accepting it.
    Retired,
    /// The app was removed, and APNs does not know it yet.
    Gone,
    /// APNs knows that the app was removed, and tells it from `reported_from` on.
    Dead {
        confirmed_at: Timestamp,
        reported_from: Timestamp,
    },
    /// The token's own time is over.
    Ended { at: Timestamp },
}

/// When the removal of an app is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// That long after the removal, whether or not anything was pushed.
    After(Duration),
    /// Once a push has reached the device, and then as the behaviour's delay says.
    OnceDelivered,
}

impl Report {
    /// As the caller asked for, or else as the behaviour says.
    pub(crate) fn chosen(asked: Option<Duration>, behaviour: &UninstallBehaviour) -> Self {
        match (asked, behaviour.report) {
            (Some(delay), _) => Self::After(delay),
            (None, UninstallReport::AtOnce) => Self::After(Duration::ZERO),
            (None, UninstallReport::AsApple) => Self::OnceDelivered,
        }
    }

    /// The life of the removed app's tokens.
    pub(crate) fn life(self, removed_at: Timestamp) -> Life {
        match self {
            Self::After(delay) => {
                let at = removed_at.plus(delay);
                Life::Dead {
                    confirmed_at: at,
                    reported_from: at,
                }
            }
            Self::OnceDelivered => Life::Gone,
        }
    }
}

impl TokenRecord {
    /// The topic that the token belongs to.
    pub(crate) fn is_for(&self, topic: &str) -> bool {
        topic.strip_prefix(&*self.bundle_id) == Some(self.kind.topic_suffix())
    }

    /// What APNs answers because of the token's age or end, if anything.
    pub(crate) fn rejection(&self, now: Timestamp) -> Option<Rejection> {
        match self.life {
            Life::Dead {
                confirmed_at,
                reported_from,
            } if now >= reported_from => Some(Rejection::unregistered(confirmed_at)),
            Life::Ended { at } => Some(Rejection::expired_token(at)),
            Life::Current | Life::Retired | Life::Gone | Life::Dead { .. } => self
                .timed_out_at()
                .filter(|at| now >= *at)
                .map(Rejection::expired_token),
        }
    }

    /// A push has reached the device, which has told that the app is gone.
    pub(crate) fn confirm_removal(
        &mut self,
        now: Timestamp,
        behaviour: &UninstallBehaviour,
        random: &mut Random,
    ) {
        if self.life != Life::Gone {
            return;
        }
        self.life = if random.chance(behaviour.never) {
            Life::Retired
        } else {
            let spread = behaviour
                .longest_delay_seconds
                .saturating_sub(behaviour.shortest_delay_seconds);
            let delay = behaviour
                .shortest_delay_seconds
                .saturating_add(random.up_to(spread));
            Life::Dead {
                confirmed_at: now,
                reported_from: now.plus(Duration::from_secs(delay)),
            }
        };
    }

    fn timed_out_at(&self) -> Option<Timestamp> {
        match self.kind {
            TokenKind::LiveActivityUpdate => Some(self.created_at.plus(ACTIVITY_LIFE)),
            TokenKind::Alert
            | TokenKind::Voip
            | TokenKind::Complication
            | TokenKind::FileProvider
            | TokenKind::Location
            | TokenKind::PushToTalk
            | TokenKind::Widget
            | TokenKind::Controls
            | TokenKind::LiveActivityStart => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: fn(u64) -> Timestamp = Timestamp::from_seconds;

    fn record(kind: TokenKind, life: Life) -> TokenRecord {
        TokenRecord {
            device: DeviceKey::default(),
            bundle_id: "com.example".into(),
            kind,
            created_at: AT(0),
            life,
        }
    }

    fn as_apple() -> UninstallBehaviour {
        UninstallBehaviour {
            report: UninstallReport::AsApple,
            shortest_delay_seconds: 100,
            longest_delay_seconds: 200,
            never: 0.0,
        }
    }

    #[test]
    fn by_default_410_begins_with_the_next_push_and_is_dated_with_the_removal() {
        let life = Report::chosen(None, &UninstallBehaviour::default()).life(AT(50));
        let record = record(TokenKind::Alert, life);
        assert_eq!(record.rejection(AT(50)), Some(Rejection::unregistered(AT(50))));
    }

    #[test]
    fn a_report_that_is_asked_for_later_begins_later() {
        let asked = Some(Duration::from_mins(1));
        for behaviour in [UninstallBehaviour::default(), as_apple()] {
            let record = record(TokenKind::Alert, Report::chosen(asked, &behaviour).life(AT(50)));
            assert_eq!(record.rejection(AT(109)), None);
            assert_eq!(record.rejection(AT(110)), Some(Rejection::unregistered(AT(110))));
        }
    }

    #[test]
    fn as_apple_nothing_is_told_before_a_delivery_and_then_after_a_delay() {
        let mut record = record(TokenKind::Alert, Report::chosen(None, &as_apple()).life(AT(0)));
        assert_eq!(record.rejection(AT(1_000_000)), None, "nobody has pushed");
        record.confirm_removal(AT(1_000_000), &as_apple(), &mut Random::seeded(1));
        assert_eq!(record.rejection(AT(1_000_099)), None);
        assert_eq!(
            record.rejection(AT(1_000_201)),
            Some(Rejection::unregistered(AT(1_000_000)))
        );
    }

    #[test]
    fn as_apple_some_removals_are_never_told() {
        let behaviour = UninstallBehaviour {
            never: 1.0,
            ..as_apple()
        };
        let mut record = record(TokenKind::Alert, Life::Gone);
        record.confirm_removal(AT(0), &behaviour, &mut Random::seeded(1));
        assert_eq!(record.rejection(AT(u64::MAX)), None);
    }

    #[test]
    fn only_the_removal_of_a_gone_app_is_confirmed() {
        let mut record = record(TokenKind::Alert, Life::Current);
        record.confirm_removal(AT(0), &as_apple(), &mut Random::seeded(1));
        assert_eq!(record.life, Life::Current);
    }

    #[test]
    fn the_token_of_an_activity_expires_after_eight_hours_or_when_it_ends() {
        let running = record(TokenKind::LiveActivityUpdate, Life::Current);
        assert_eq!(running.rejection(AT(28_799)), None);
        assert_eq!(
            running.rejection(AT(28_800)),
            Some(Rejection::expired_token(AT(28_800)))
        );
        let ended = record(TokenKind::LiveActivityUpdate, Life::Ended { at: AT(5) });
        assert_eq!(ended.rejection(AT(6)), Some(Rejection::expired_token(AT(5))));
        assert_eq!(
            record(TokenKind::LiveActivityStart, Life::Current).rejection(AT(u64::MAX)),
            None
        );
    }

    #[test]
    fn a_token_belongs_to_the_topic_of_its_kind_only() {
        let voip = record(TokenKind::Voip, Life::Current);
        assert!(voip.is_for("com.example.voip"));
        for topic in [
            "com.example",
            "com.example.voip.voip",
            "com.example.other.voip",
            "com.exampl",
        ] {
            assert!(!voip.is_for(topic), "{topic}");
        }
    }
}
