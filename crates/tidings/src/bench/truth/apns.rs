//! APNs as one policy meets it: what it answers follows from what is so, and from what this policy made known to it.
//!
//! That an app was deleted APNs learns only when something is sent to it and the device reports; then it waits, on purpose,
//! before it says 410, and sometimes for ever. So a policy that sends more makes APNs learn more.

use tidings_apns::{Environment, Reason, Rejected, Response};

use super::chance::{Chance, Question};
use super::nature::{NEVER, Nature, Second, Sort, TokenId, apples_clock, days, hours};

/// What APNs was told about device tokens, for one policy.
#[derive(Default)]
pub(super) struct Apns {
    /// When it was told that the app of a token is gone; 0 if never.
    told_at: Vec<Second>,
    answers: u32,
}

/// How a request arrives, whatever was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    /// The environment of the host that it reached.
    pub(super) environment: Environment,
    /// It names the app's topic.
    pub(super) topic_is_right: bool,
}

impl Apns {
    /// The answer to one request with a credential that is in order.
    pub(super) fn answer(
        &mut self,
        nature: &Nature,
        now: Second,
        token: TokenId,
        arrival: Arrival,
    ) -> Response {
        let known = nature.token(token);
        let is_unknown = matches!(known.sort, Sort::Invented | Sort::Malformed);
        if is_unknown || known.environment != arrival.environment {
            return refused(400, Reason::BadDeviceToken, None);
        }
        if !arrival.topic_is_right || known.sort == Sort::Foreign {
            return refused(400, Reason::DeviceTokenNotForTopic, None);
        }
        let told_at = if known.gone_at <= now {
            self.of_the_dead(nature, now, token)
        } else {
            self.of_the_returned(nature, now, token)
        };
        match told_at {
            Some(at) => refused(410, Reason::Unregistered, Some(at)),
            None if known.gone_at > now && self.is_whimsical(nature) => {
                refused(400, Reason::BadDeviceToken, None)
            }
            None => Response::Accepted(tidings_apns::Accepted::default()),
        }
    }

    /// Since when the token is said to be dead, if APNs says so by now.
    fn of_the_dead(&mut self, nature: &Nature, now: Second, token: TokenId) -> Option<Second> {
        let known = nature.token(token);
        let told_at = self.told_at(nature, token);
        if *told_at < known.gone_at && known.tells {
            let mut chance = Chance::of(nature.seed, token, Question::Offline);
            *told_at = now.saturating_add(days(chance.spread(nature.world.apple.offline_days)));
        }
        let told_at = *told_at;
        let is_known = told_at >= known.gone_at && told_at <= now;
        (is_known && reported_from(nature, token, told_at) <= now).then_some(told_at)
    }

    /// The same for a token that was dead once, while not every server knows that it has come back; or in a wave.
    fn of_the_returned(&mut self, nature: &Nature, now: Second, token: TokenId) -> Option<Second> {
        let returned_at = nature.token(token).returned_at;
        let told_at = *self.told_at(nature, token);
        if returned_at == 0 || told_at == 0 || told_at > returned_at {
            return None;
        }
        let mut chance = Chance::of(nature.seed, token, Question::Forget);
        let forgotten_at =
            returned_at.saturating_add(hours(chance.spread(nature.world.apple.forgets_after_hours)));
        let still_said = now < forgotten_at && reported_from(nature, token, told_at) <= returned_at;
        let said_again = || {
            let strikes =
                |number| wave_strikes(nature, token, number, nature.world.apple.wave_returned_share);
            let mut waves = (0..).zip(&nature.waves);
            waves.any(|(number, wave)| wave.holds(now) && wave.from > returned_at && strikes(number))
        };
        (still_said || said_again()).then_some(told_at)
    }

    fn told_at(&mut self, nature: &Nature, token: TokenId) -> &mut Second {
        let index = token as usize;
        for later in self.told_at.len()..=index {
            self.told_at.push(nature.tokens[later].told_before);
        }
        &mut self.told_at[index]
    }

    fn is_whimsical(&mut self, nature: &Nature) -> bool {
        let share = nature.world.apple.sporadic_bad_share;
        self.answers = self.answers.wrapping_add(1);
        share.0 > 0.0 && Chance::of(nature.seed, self.answers, Question::Wave).happens(share)
    }
}

/// From when APNs says that a token is dead of which it was told then.
fn reported_from(nature: &Nature, token: TokenId, told_at: Second) -> Second {
    let apple = &nature.world.apple;
    let mut chance = Chance::of(nature.seed, token, Question::Report);
    let by_itself = if chance.happens(apple.never_reports_share) {
        NEVER
    } else {
        told_at.saturating_add(days(chance.spread(apple.reports_after_days)))
    };
    let waves = (0..).zip(&nature.waves);
    let struck = waves.filter(|(number, wave)| {
        wave.from >= told_at && wave_strikes(nature, token, *number, apple.wave_dead_share)
    });
    struck.map(|(_, wave)| wave.from).fold(by_itself, Second::min)
}

fn wave_strikes(nature: &Nature, token: TokenId, number: u64, share: super::world::value::Share) -> bool {
    let seed = nature.seed.wrapping_add(number.wrapping_mul(0x1_0001));
    Chance::of(seed, token, Question::Wave).happens(share)
}

/// A refusal; `dead_at` is what goes into the timestamp of a 410.
pub(super) fn refused(status: u16, reason: Reason, dead_at: Option<Second>) -> Response {
    Response::Rejected(Box::new(Rejected {
        status,
        reason,
        timestamp: dead_at.map(apples_clock),
        retry_after: None,
        apns_id: None,
        apns_unique_id: None,
    }))
}

#[cfg(test)]
mod tests {
    use tidings_apns::Timestamp;

    use super::super::nature::{DAY, START};
    use super::*;

    const RIGHT: Arrival = Arrival {
        environment: Environment::Production,
        topic_is_right: true,
    };

    /// The reason and the date of a refusal.
    fn ask(apns: &mut Apns, nature: &Nature, now: Second) -> Option<(Reason, Option<Timestamp>)> {
        let answer = apns.answer(nature, now, 0, RIGHT);
        answer
            .rejected()
            .map(|rejected| (rejected.reason.clone(), rejected.timestamp))
    }

    /// The first day on which a daily notification is refused with 410, and its date.
    fn first_410(apns: &mut Apns, nature: &Nature, from: Second) -> (Second, Timestamp) {
        let mut days = (0..200).map(|day| from + day * DAY);
        let found = days.find_map(|now| match ask(apns, nature, now) {
            Some((Reason::Unregistered, Some(at))) => Some((now, at)),
            _ => None,
        });
        found.expect("APNs says so within 123 days")
    }

    #[test]
    fn a_token_is_bad_elsewhere_and_of_no_use_under_another_topic() {
        let (mut apns, nature) = (Apns::default(), Nature::of_one());
        assert_eq!(ask(&mut apns, &nature, START), None);
        let reason = |apns: &mut Apns, arrival| {
            let answer = apns.answer(&nature, START, 0, arrival);
            answer.rejected().map(|rejected| rejected.reason.clone())
        };
        let sandbox = Arrival {
            environment: Environment::Sandbox,
            topic_is_right: false,
        };
        assert_eq!(reason(&mut apns, sandbox), Some(Reason::BadDeviceToken));
        let other_topic = Arrival {
            topic_is_right: false,
            ..RIGHT
        };
        assert_eq!(
            reason(&mut apns, other_topic),
            Some(Reason::DeviceTokenNotForTopic)
        );
    }

    #[test]
    fn a_death_is_told_after_the_device_was_asked_and_is_dated_then() {
        let (mut apns, mut nature) = (Apns::default(), Nature::of_one());
        nature.delete_app(START);
        let asked_at = START + 30 * DAY;
        assert_eq!(ask(&mut apns, &nature, asked_at), None, "nobody asked before");
        let (told_on, dated) = first_410(&mut apns, &nature, asked_at + DAY);
        assert!(dated >= apples_clock(asked_at) && dated <= apples_clock(asked_at + 3 * DAY));
        assert!(told_on >= asked_at + DAY / 4);
    }

    #[test]
    fn an_erased_device_never_tells() {
        let (mut apns, mut nature) = (Apns::default(), Nature::of_one());
        nature.delete_app(START);
        nature.tokens[0].tells = false;
        assert!((0..300).all(|day| ask(&mut apns, &nature, START + day * DAY).is_none()));
    }

    #[test]
    fn a_token_that_came_back_may_be_called_dead_for_a_while_with_the_old_date() {
        let (mut apns, mut nature) = (Apns::default(), Nature::of_one());
        nature.delete_app(START);
        let (told_on, dated) = first_410(&mut apns, &nature, START);
        nature.return_with_the_same_token(told_on + 60);
        assert_eq!(
            ask(&mut apns, &nature, told_on + 61),
            Some((Reason::Unregistered, Some(dated)))
        );
        assert_eq!(ask(&mut apns, &nature, told_on + DAY), None);
    }
}
