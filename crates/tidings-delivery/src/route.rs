//! Where a recipient's notification goes now: a decision over what is known, made immediately before sending.

use tidings_apns::{Environment, Timestamp};
use tidings_store::{Addressee, RecipientOutcome};
use tidings_truth::Sending;

use crate::letter::Letter;
use crate::schedule::Timing;

/// Where a recipient's notification goes now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// There, on the connections for proven tokens or on those for the others.
    Send(Environment, Standing),
    /// There, but not before that date.
    NotBefore(Timestamp, Environment),
    /// Nowhere until something changes.
    Hold,
    /// Nowhere.
    End(RecipientOutcome),
}

/// What is known of a device token in the environment it is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is good there.
    Proven,
    /// It may be refused there.
    Doubtful,
}

/// Decides by the date of now.
pub(crate) fn route(letter: &Letter, addressee: &Addressee, now: Timestamp) -> Route {
    if letter.schedule.timing(now) == Timing::TooLate {
        return Route::End(RecipientOutcome::Expired);
    }
    let is_over = addressee.ends_at.is_some_and(|end| end <= now);
    if is_over || !addressee.kind.takes(letter.push_type) {
        return Route::End(RecipientOutcome::Undeliverable);
    }
    let there = |environment: Environment, otherwise: Standing| match letter.environment {
        Some(forced) if addressee.proven.contains(forced) => Route::Send(forced, Standing::Proven),
        Some(forced) => Route::Send(forced, Standing::Doubtful),
        None => Route::Send(environment, otherwise),
    };
    match addressee.sending {
        Sending::To(environment) => there(environment, Standing::Proven),
        Sending::OnProbation(environment) => there(environment, Standing::Doubtful),
        Sending::NotBefore(at, environment) if at <= now => there(environment, Standing::Doubtful),
        Sending::NotBefore(at, environment) => Route::NotBefore(at, environment),
        Sending::Held => Route::Hold,
        Sending::Never => Route::End(RecipientOutcome::Undeliverable),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use tidings_apns::{Notification, Payload, PushType, TokenKind};
    use tidings_store::{AppId, DeviceId, NotificationId, OnUnknown};
    use tidings_truth::{EnvironmentSet, Generation};
    use uuid::Uuid;

    use super::*;
    use crate::letter::Speed;
    use crate::schedule::Schedule;

    const NOW: Timestamp = Timestamp::from_unix_millis(1_000_000);

    pub(crate) fn letter() -> Letter {
        let app = "com.example.app".parse().expect("a bundle id");
        let notification = Notification::for_app(&app, PushType::Alert, Payload::background());
        Letter {
            id: NotificationId(Uuid::from_u128(7)),
            app: AppId(1),
            notification: Arc::new(notification.build_unchecked()),
            push_type: PushType::Alert,
            schedule: Schedule::default(),
            environment: None,
            on_unknown: OnUnknown::Retry,
            due_at: NOW,
            speed: Speed::Express,
        }
    }

    pub(crate) fn addressee(sending: Sending) -> Addressee {
        Addressee {
            device_id: DeviceId(1),
            token: "00aa".parse().expect("a device token"),
            kind: TokenKind::Alert,
            generation: Generation(1),
            proven: EnvironmentSet::NONE.with(Environment::Production),
            sending,
            ends_at: None,
            settled: true,
        }
    }

    #[test]
    fn the_token_decides_where_and_on_which_connections() {
        use Environment::{Production, Sandbox};
        let later = NOW.saturating_add(std::time::Duration::from_secs(1));
        for (sending, expected) in [
            (Sending::To(Production), Route::Send(Production, Standing::Proven)),
            (
                Sending::OnProbation(Sandbox),
                Route::Send(Sandbox, Standing::Doubtful),
            ),
            (
                Sending::NotBefore(NOW, Sandbox),
                Route::Send(Sandbox, Standing::Doubtful),
            ),
            (
                Sending::NotBefore(later, Sandbox),
                Route::NotBefore(later, Sandbox),
            ),
            (Sending::Held, Route::Hold),
            (Sending::Never, Route::End(RecipientOutcome::Undeliverable)),
        ] {
            assert_eq!(route(&letter(), &addressee(sending), NOW), expected);
        }
    }

    #[test]
    fn what_is_too_late_goes_nowhere_whatever_the_token_is() {
        let mut letter = letter();
        letter.schedule.deadline = Some(NOW);
        for sending in [
            Sending::To(Environment::Production),
            Sending::Held,
            Sending::Never,
            Sending::NotBefore(NOW, Environment::Sandbox),
        ] {
            let expected = Route::End(RecipientOutcome::Expired);
            assert_eq!(route(&letter, &addressee(sending), NOW), expected);
        }
    }

    #[test]
    fn a_forced_environment_wins_but_wakes_no_dead() {
        let mut letter = letter();
        letter.environment = Some(Environment::Sandbox);
        let to = |sending| route(&letter, &addressee(sending), NOW);
        let sandbox = Route::Send(Environment::Sandbox, Standing::Doubtful);
        assert_eq!(to(Sending::To(Environment::Production)), sandbox);
        assert_eq!(to(Sending::Never), Route::End(RecipientOutcome::Undeliverable));
        assert_eq!(to(Sending::Held), Route::Hold);
    }

    #[test]
    fn a_token_of_another_kind_or_past_its_life_is_undeliverable() {
        let mut other = addressee(Sending::To(Environment::Production));
        other.kind = TokenKind::Voip;
        let mut old = addressee(Sending::To(Environment::Production));
        old.ends_at = Some(NOW);
        for addressee in [other, old] {
            let expected = Route::End(RecipientOutcome::Undeliverable);
            assert_eq!(route(&letter(), &addressee, NOW), expected);
        }
    }
}
