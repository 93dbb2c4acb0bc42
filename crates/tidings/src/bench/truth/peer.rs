//! What others do: a row for each device token, and a rule for when APNs refuses it. Read from their code; see the book.

use std::collections::HashMap;

use tidings_apns::{Environment, Reason, Rejected, Timestamp};

use super::nature::{NEVER, Nature, PersonId, Second, TokenId};
use super::notification::Message;
use super::policy::Policy;
use super::sender::{Sender, index};

/// When a row is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// On 400 `BadDeviceToken` and `DeviceTokenNotForTopic`, and on 410: the common recipe.
    On400And410,
    /// On 410.
    On410,
    /// On 410 if its date is not before the registration, and on 400 `BadDeviceToken`: the best rule that was found.
    TimestampedOn410And400,
    Never,
}

/// A registry with a rule. It sends again what met a 5xx until it expires, which is more than many do; a notification
/// that met any other refusal has failed.
pub(super) struct Peer {
    rule: Rule,
    rows: Vec<Option<Row>>,
    /// The token that an installation registered last, for the rule that keeps one per installation.
    newest: HashMap<u32, TokenId>,
    waiting: [Vec<(TokenId, Message)>; 2],
    sender: Sender,
}

#[derive(Clone, Copy)]
struct Row {
    registered_at: Timestamp,
    environment: Environment,
}

impl Peer {
    pub(super) fn new(rule: Rule) -> Self {
        Self {
            rule,
            rows: Vec::new(),
            newest: HashMap::new(),
            waiting: [const { Vec::new() }; 2],
            sender: Sender::default(),
        }
    }

    fn row(&self, token: TokenId) -> Option<Row> {
        self.rows.get(token as usize).copied().flatten()
    }

    fn put(&mut self, token: TokenId, row: Row) {
        let index = token as usize;
        if self.rows.len() <= index {
            self.rows.resize(index + 1, None);
        }
        self.rows[index] = Some(row);
    }

    fn send(&mut self, nature: &Nature, now: Second, token: TokenId, message: Message) {
        let Some(row) = self.row(token) else { return };
        if self.sender.patient_until(row.environment) > now {
            self.waiting[index(row.environment)].push((token, message));
            return;
        }
        let answer = self.sender.push(nature, now, token, row.environment, message);
        let Some(rejected) = answer.rejected() else { return };
        if rejected.status >= 500 {
            self.waiting[index(row.environment)].push((token, message));
        } else if self.condemns(rejected, row) {
            self.delete(nature, token);
        }
    }

    fn condemns(&self, rejected: &Rejected, row: Row) -> bool {
        let is_gone = rejected.status == 410;
        let is_bad = rejected.reason == Reason::BadDeviceToken;
        match self.rule {
            Rule::On400And410 => is_gone || is_bad || rejected.reason == Reason::DeviceTokenNotForTopic,
            Rule::On410 => is_gone,
            Rule::TimestampedOn410And400 => {
                is_bad || (is_gone && rejected.timestamp.is_none_or(|at| at >= row.registered_at))
            }
            Rule::Never => false,
        }
    }

    fn delete(&mut self, nature: &Nature, token: TokenId) {
        self.rows[token as usize] = None;
        if nature.is_alive(token) {
            self.sender.lost(nature.token(token).person);
        }
    }

    /// The best peer keeps one token for each device of an account.
    fn replace_older(&mut self, nature: &Nature, installation: Option<u32>, token: TokenId) {
        let Some(installation) = installation.filter(|_| self.rule == Rule::TimestampedOn410And400) else {
            return;
        };
        let older = self.newest.insert(installation, token);
        if let Some(older) = older.filter(|older| *older != token && self.row(*older).is_some()) {
            self.delete(nature, older);
        }
    }

    /// What waited for APNs to be well again.
    fn resume(&mut self, nature: &Nature, now: Second, environment: Environment) {
        for (token, message) in std::mem::take(&mut self.waiting[index(environment)]) {
            if !message.is_expired(now) {
                self.send(nature, now, token, message);
            }
        }
    }

    fn resumes_at(&self, environment: Environment) -> Second {
        if self.waiting[index(environment)].is_empty() {
            NEVER
        } else {
            self.sender.patient_until(environment)
        }
    }
}

impl Policy for Peer {
    fn name(&self) -> &'static str {
        match self.rule {
            Rule::On400And410 => "delete_on_400_and_410",
            Rule::On410 => "delete_on_410",
            Rule::TimestampedOn410And400 => "timestamped_410_and_400",
            Rule::Never => "never_delete",
        }
    }

    fn wake(&mut self, nature: &Nature, now: Second) {
        loop {
            let acts_at = self.sender.operator_acts_at(nature);
            let resumes = Environment::ALL.map(|environment| (self.resumes_at(environment), environment));
            let next = resumes.into_iter().min_by_key(|(at, _)| *at);
            match next {
                _ if acts_at <= now && next.is_none_or(|(at, _)| acts_at <= at) => {
                    self.sender.operator_acts(nature, acts_at);
                }
                Some((at, environment)) if at <= now => self.resume(nature, at, environment),
                _ => return,
            }
        }
    }

    fn register(&mut self, nature: &Nature, now: Second, person: PersonId) {
        let person = nature.person(person);
        self.replace_older(nature, person.installation, person.token);
        let row = Row {
            registered_at: nature.our_clock(now),
            environment: person.claim.unwrap_or(Environment::Production),
        };
        self.put(person.token, row);
        self.sender.tally.registered(person.token);
    }

    fn import(&mut self, nature: &Nature, now: Second, token: TokenId) {
        let row = Row {
            registered_at: nature.our_clock(now),
            environment: Environment::Production,
        };
        self.put(token, row);
    }

    fn send_to_all(&mut self, nature: &Nature, now: Second, message: Message) {
        for token in (0..).take(self.rows.len()) {
            self.send(nature, now, token, message);
        }
    }

    fn send_to(&mut self, nature: &Nature, now: Second, person: PersonId, message: Message) {
        for token in nature.tokens_of(person) {
            self.send(nature, now, token, message);
        }
    }

    fn has(&self, token: TokenId) -> bool {
        self.row(token).is_some()
    }

    fn rows(&self, _: &Nature, _: Second) -> usize {
        self.rows.iter().flatten().count()
    }

    fn sender(&self) -> &Sender {
        &self.sender
    }

    fn sender_mut(&mut self) -> &mut Sender {
        &mut self.sender
    }
}

#[cfg(test)]
mod tests {
    use super::super::apns::refused;
    use super::super::nature::{START, apples_clock};
    use super::*;

    const ALL: [Rule; 4] = [
        Rule::On400And410,
        Rule::On410,
        Rule::TimestampedOn410And400,
        Rule::Never,
    ];

    /// Which rules delete a row of START on this answer.
    fn who_deletes(status: u16, reason: Reason, dead_at: Option<Second>) -> [bool; 4] {
        let answer = refused(status, reason, dead_at);
        let row = Row {
            registered_at: apples_clock(START),
            environment: Environment::Production,
        };
        ALL.map(|rule| {
            let rejected = answer.rejected().expect("it is a refusal");
            Peer::new(rule).condemns(rejected, row)
        })
    }

    #[test]
    fn each_rule_deletes_on_what_it_is_named_after() {
        let bad = who_deletes(400, Reason::BadDeviceToken, None);
        assert_eq!(bad, [true, false, true, false]);
        let topic = who_deletes(400, Reason::DeviceTokenNotForTopic, None);
        assert_eq!(topic, [true, false, false, false]);
        let gone = who_deletes(410, Reason::Unregistered, Some(START + 1));
        assert_eq!(gone, [true, true, true, false]);
        let gone_before = who_deletes(410, Reason::Unregistered, Some(START - 1));
        assert_eq!(gone_before, [true, true, false, false]);
        for (status, reason) in [
            (403, Reason::InvalidProviderToken),
            (400, Reason::TopicDisallowed),
        ] {
            assert_eq!(who_deletes(status, reason, None), [false; 4]);
        }
    }
}
