//! What an app should do about its device token: the answer to a registration, by which an app can repair itself.

use serde::Serialize;
use tidings_apns::{Environment, TokenKind};
use tidings_store::Registered;
use tidings_truth::{Cause, Standing, TokenState};
use utoipa::ToSchema;

/// What the app should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// Nothing.
    Ok,
    /// Ask the system for a new device token (`registerForRemoteNotifications`) and register that: this one is of no use.
    RefreshToken,
    /// The token does not belong to the environment that the app claims. Read it from the embedded provisioning profile.
    WrongEnvironment,
    /// The token was given to the app for something else, or to another app.
    WrongKind,
}

/// What to do by what a token is.
pub(crate) fn standing(standing: &Standing) -> Action {
    if standing.claim_is_wrong {
        return Action::WrongEnvironment;
    }
    match standing.cause {
        Cause::WrongTopic { .. } => Action::WrongKind,
        Cause::OtherUnreachable { .. } => Action::WrongEnvironment,
        Cause::BadEverywhere
        | Cause::LaneUnproven
        | Cause::Confirmed { .. }
        | Cause::TooOld
        | Cause::Dead { .. }
        | Cause::DeadTwiceBeforeRegistration => Action::RefreshToken,
        _ => Action::Ok,
    }
}

/// What to tell an app that has just registered a token: by what the token is now, and by what had become of it since the
/// registration before, of which the new registration has wiped the consequences but not the lesson.
pub(crate) fn at_registration(registered: &Registered, claimed: Option<TokenKind>) -> Action {
    let now = &registered.device;
    if now.standing.claim_is_wrong {
        return Action::WrongEnvironment;
    }
    let Some(before) = &registered.before else {
        return Action::Ok;
    };
    let corrected = claimed.is_some_and(|kind| kind != before.kind);
    let proven = !before.proven.is_empty();
    if corrected {
        // What was accepted under a kind is of that kind.
        return if proven { Action::WrongKind } else { Action::Ok };
    }
    lesson(&before.standing, now.history.claimed)
}

/// What the time before the registration teaches about the same token.
fn lesson(before: &Standing, claimed: Option<Environment>) -> Action {
    match before.cause {
        // It was dead, and the app has come back with it: that is what a registration is for.
        Cause::Dead { .. } => Action::Ok,
        // The app has since corrected its claim, or makes none.
        Cause::OtherUnreachable { other } if claimed.is_none_or(|claimed| claimed == other) => Action::Ok,
        // Not known for certain: it has been told once, or the lane is not credible.
        Cause::LaneUnproven if before.state != TokenState::Rejected => Action::Ok,
        // A claim is judged by what is proven, of which the registration takes nothing away.
        _ if before.claim_is_wrong => Action::Ok,
        _ => standing(before),
    }
}

#[cfg(test)]
mod tests {
    use tidings_apns::Timestamp;
    use tidings_store::{Before, Device, DeviceId};
    use tidings_truth::{EnvironmentSet, Evidence, Generation, History, Rules};

    use super::*;

    fn at(hours: u64) -> Timestamp {
        Timestamp::from_unix_millis(hours * 3_600_000)
    }

    fn device(history: History, kind: TokenKind, now: Timestamp) -> Device {
        let standing = history.standing(kind, EnvironmentSet::BOTH, &Rules::default(), now);
        Device {
            id: DeviceId(1),
            token: "00ff".parse().expect("these are digits"),
            kind,
            history,
            standing,
            installation_id: None,
            user_id: None,
            tags: Vec::new(),
            locale: None,
            app_version: None,
            os_version: None,
            device_model: None,
        }
    }

    fn bad(generation: u32, hours: u64, environment: Environment) -> Evidence {
        Evidence::BadToken {
            generation: Generation(generation),
            sent_at: at(hours),
            answered_at: at(hours),
            environment,
            credible: true,
        }
    }

    fn accepted(generation: u32, hours: u64, environment: Environment) -> Evidence {
        Evidence::Accepted {
            generation: Generation(generation),
            sent_at: at(hours),
            environment,
        }
    }

    /// What the app is told when it registers again, after this happened.
    fn told(claimed: Option<Environment>, seen: Vec<Evidence>, kind: Option<TokenKind>) -> Action {
        let mut history = History::new(at(0), claimed);
        for evidence in seen {
            history.record(evidence);
        }
        let before = device(history.clone(), TokenKind::Alert, at(100));
        let before = Before {
            kind: before.kind,
            proven: before.history.proven(),
            standing: before.standing,
        };
        history.record(Evidence::Registered {
            generation: history.generation.next(),
            at: at(100),
            claimed,
        });
        let registered = Registered {
            device: device(history, kind.unwrap_or_default(), at(100)),
            before: Some(before),
        };
        at_registration(&registered, kind)
    }

    #[test]
    fn a_first_registration_is_fine() {
        let registered = Registered {
            device: device(History::new(at(0), None), TokenKind::Alert, at(0)),
            before: None,
        };
        assert_eq!(at_registration(&registered, None), Action::Ok);
    }

    #[test]
    fn a_token_that_nobody_knows_is_to_be_refreshed() {
        let both = vec![
            bad(1, 1, Environment::Production),
            bad(1, 2, Environment::Sandbox),
            bad(1, 9, Environment::Production),
            bad(1, 9, Environment::Sandbox),
        ];
        assert_eq!(told(None, both.clone(), None), Action::RefreshToken);
        // Told once, it may be our mistake.
        assert_eq!(told(None, both[..2].to_vec(), None), Action::Ok);
    }

    #[test]
    fn an_app_that_is_back_with_its_token_is_fine() {
        let dead = Evidence::Unregistered {
            generation: Generation(1),
            sent_at: at(5),
            answered_at: at(5),
            environment: Environment::Production,
            dead_at: Some(at(4)),
        };
        assert_eq!(told(None, vec![dead], None), Action::Ok);
    }

    #[test]
    fn a_claim_that_the_answers_contradict_is_told_until_it_is_mended() {
        let seen = vec![accepted(1, 1, Environment::Sandbox)];
        assert_eq!(
            told(Some(Environment::Production), seen.clone(), None),
            Action::WrongEnvironment
        );
        assert_eq!(told(Some(Environment::Sandbox), seen.clone(), None), Action::Ok);
        assert_eq!(told(None, seen, None), Action::Ok);
    }

    #[test]
    fn a_token_of_another_app_or_kind_is_told() {
        let wrong = Evidence::WrongTopic {
            generation: Generation(1),
            sent_at: at(1),
            answered_at: at(1),
            environment: Environment::Production,
        };
        assert_eq!(told(None, vec![wrong.clone()], None), Action::WrongKind);
        assert_eq!(
            told(None, vec![wrong.clone()], Some(TokenKind::Alert)),
            Action::WrongKind
        );
        assert_eq!(
            told(None, vec![wrong], Some(TokenKind::Voip)),
            Action::Ok,
            "corrected"
        );
        let proven = vec![accepted(1, 1, Environment::Production)];
        assert_eq!(told(None, proven, Some(TokenKind::Voip)), Action::WrongKind);
    }
}
