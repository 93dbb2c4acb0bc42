//! What is really so, and what no policy can see: which app is installed where, which device token is alive.

use tidings_apns::{Environment, Timestamp};

use super::chance::{Chance, Question};
use super::notification::Message;
use super::world::World;

/// An instant of the world, in seconds. The play begins at [`START`], so that there is time before it.
pub(super) type Second = u32;

/// Later than everything.
pub(super) const NEVER: Second = Second::MAX;
pub(super) const HOUR: Second = 3600;
pub(super) const DAY: Second = 24 * HOUR;

/// When the play begins.
pub(super) const START: Second = 400 * DAY;

/// The world's second 0 as Apple's clock shows it; far from 1970, and otherwise without meaning.
const EPOCH_MILLIS: u64 = 1_700_000_000_000;

pub(super) type PersonId = u32;
pub(super) type TokenId = u32;

/// Everything that is so.
pub(super) struct Nature {
    pub(super) seed: u64,
    pub(super) world: World,
    pub(super) people: Vec<Person>,
    pub(super) tokens: Vec<Token>,
    pub(super) outages: Vec<Span>,
    pub(super) waves: Vec<Span>,
    pub(super) mistakes: Vec<Mistake>,
}

/// A person with one device and the app, or who had it.
#[derive(Clone, Debug)]
pub(super) struct Person {
    /// The newest device token.
    pub(super) token: TokenId,
    pub(super) installed: bool,
    /// When the app first told of the token in its present life, or the token was imported; [`NEVER`] if it has not.
    pub(super) known_since: Second,
    /// When the token's life will end.
    pub(super) until: Second,
    /// Mean days between launches.
    pub(super) launches_every: f64,
    pub(super) environment: Environment,
    /// What the app says of its environment.
    pub(super) claim: Option<Environment>,
    /// The installation id that it sends; some send none.
    pub(super) installation: Option<u32>,
    /// Changes with every installation, so that launches of the one before are forgotten.
    pub(super) installs: u32,
}

/// A device token, or what somebody took for one.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) person: PersonId,
    /// The token that the same person had before.
    pub(super) previous: Option<TokenId>,
    pub(super) environment: Environment,
    pub(super) sort: Sort,
    /// When its app was deleted or its device erased.
    pub(super) gone_at: Second,
    /// When the app last came back under the same token; 0 if never.
    pub(super) returned_at: Second,
    /// The device can still tell APNs that the app is gone.
    pub(super) tells: bool,
    /// When APNs was told, if that was before the registry knew the token; else 0.
    pub(super) told_before: Second,
}

/// What a text that was taken for a device token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Ours,
    /// Alive, and of another app.
    Foreign,
    /// Hexadecimal, and nothing that APNs ever issued.
    Invented,
    /// Not even hexadecimal.
    Malformed,
}

/// From one instant to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) from: Second,
    pub(super) to: Second,
}

/// A mistake that the operator will make.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mistake {
    pub(super) kind: MistakeKind,
    pub(super) from: Second,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MistakeKind {
    /// What is meant for production goes to the sandbox.
    WrongEnvironment,
    /// The topic is that of another app of the team.
    WrongTopic,
    RevokedKey,
    ExpiredCertificate,
    /// The key is that of another team.
    SwappedTeam,
    SandboxKeyInProduction,
}

impl Span {
    pub(super) fn holds(self, now: Second) -> bool {
        (self.from..self.to).contains(&now)
    }
}

impl Nature {
    pub(super) fn new(world: World, seed: u64) -> Self {
        Self {
            seed,
            world,
            people: Vec::new(),
            tokens: Vec::new(),
            outages: Vec::new(),
            waves: Vec::new(),
            mistakes: Vec::new(),
        }
    }

    pub(super) fn token(&self, token: TokenId) -> &Token {
        &self.tokens[token as usize]
    }

    pub(super) fn person(&self, person: PersonId) -> &Person {
        &self.people[person as usize]
    }

    /// Whether the app is installed under this token, and has said so: it can be reached, and only so.
    pub(super) fn is_alive(&self, token: TokenId) -> bool {
        let person = self.person(self.token(token).person);
        person.token == token && person.installed && person.known_since != NEVER
    }

    /// Whether a notification to this token ought to arrive: it was alive when the notification was submitted, still is, and
    /// will be until the notification expires.
    pub(super) fn is_due(&self, token: TokenId, message: Message) -> bool {
        let person = self.person(self.token(token).person);
        let is_of_this_life = person.known_since <= message.sent_at && person.until > message.expires_at;
        self.is_alive(token) && is_of_this_life
    }

    /// The tokens of a person, newest first.
    pub(super) fn tokens_of(&self, person: PersonId) -> impl Iterator<Item = TokenId> {
        let newest = Some(self.person(person).token);
        std::iter::successors(newest, |token| self.token(*token).previous)
    }

    pub(super) fn is_out(&self, now: Second) -> bool {
        self.outages.iter().any(|outage| outage.holds(now))
    }

    pub(super) fn ends_at(&self) -> Second {
        START + self.world.days * DAY
    }

    /// What our clock shows. It is set anew every week, never exactly.
    pub(super) fn our_clock(&self, now: Second) -> Timestamp {
        let off = self.world.operator.clock_off_by_seconds.0;
        let fraction = Chance::of(self.seed, now / (7 * DAY), Question::Clock).fraction();
        let off_by_millis = (off * 2000.0 * (fraction - 0.5)).round();
        let shifted = i64::from(now) * 1000 + whole(off_by_millis);
        Timestamp::from_unix_millis(EPOCH_MILLIS.saturating_add_signed(shifted))
    }
}

/// What Apple's clock shows.
pub(super) fn apples_clock(now: Second) -> Timestamp {
    Timestamp::from_unix_millis(EPOCH_MILLIS + u64::from(now) * 1000)
}

/// So many days as seconds.
pub(super) fn days(days: f64) -> Second {
    seconds(days * f64::from(DAY))
}

/// So many hours as seconds.
pub(super) fn hours(hours: f64) -> Second {
    seconds(hours * f64::from(HOUR))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and later than everything is what is meant then"
)]
fn seconds(seconds: f64) -> Second {
    seconds.round() as Second
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds of at most hours")]
fn whole(millis: f64) -> i64 {
    millis as i64
}

#[cfg(test)]
impl Nature {
    /// One person whose app has registered, in production, and nobody else; nothing goes wrong by itself.
    pub(super) fn of_one() -> Self {
        let mut world = World::default();
        world.apple.never_reports_share = super::world::value::Share(0.0);
        world.operator.clock_off_by_seconds = super::world::value::Amount(0.0);
        let mut nature = Self::new(world, 1);
        nature.people.push(Person {
            token: 0,
            installed: true,
            known_since: 0,
            until: NEVER,
            launches_every: 1.0,
            environment: Environment::Production,
            claim: None,
            installation: Some(1),
            installs: 1,
        });
        nature.tokens.push(Token {
            person: 0,
            previous: None,
            environment: Environment::Production,
            sort: Sort::Ours,
            gone_at: NEVER,
            returned_at: 0,
            tells: true,
            told_before: 0,
        });
        nature
    }

    pub(super) fn delete_app(&mut self, at: Second) {
        self.people[0].installed = false;
        self.tokens[0].gone_at = at;
    }

    pub(super) fn return_with_the_same_token(&mut self, at: Second) {
        self.people[0].installed = true;
        self.tokens[0].gone_at = NEVER;
        self.tokens[0].returned_at = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_submitted_in_another_life_of_a_token_or_outlives_it_is_not_due() {
        let mut nature = Nature::of_one();
        nature.people[0].known_since = START + HOUR;
        nature.people[0].until = START + 10 * HOUR;
        let message = |sent_at, expires_at| Message {
            number: 1,
            sent_at: START + sent_at * HOUR,
            expires_at: START + expires_at * HOUR,
        };
        assert!(nature.is_due(0, message(1, 9)));
        assert!(!nature.is_due(0, message(0, 9)), "submitted before");
        assert!(!nature.is_due(0, message(1, 10)), "expires after");
        nature.delete_app(START + 10 * HOUR);
        assert!(!nature.is_due(0, message(1, 9)), "gone");
    }
}
