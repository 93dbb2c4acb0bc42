//! How the world goes on: people install, launch, delete, come back; notifications are submitted. Policies only watch.

mod founding;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::chance::Chance;
use super::nature::{DAY, NEVER, Nature, PersonId, Second, Sort, Token, TokenId, days, hours};
use super::notification::Message;

/// What policies are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happening {
    /// The app of this person was launched, and registers its device token.
    Launched(PersonId),
    /// A device token was imported from elsewhere.
    Imported(TokenId),
    /// To everyone.
    Campaign(Message),
    /// To one person.
    Individual(PersonId, Message),
    /// A day is over.
    Evening,
    /// Something that nobody is told.
    Unseen,
}

/// What will happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Plan {
    Launch { person: PersonId, installs: u32 },
    Change(PersonId),
    Individual(PersonId),
    Import(TokenId),
    Campaign,
    Evening,
}

/// The future, in order.
pub(super) struct Life {
    plans: BinaryHeap<Reverse<(Second, u32, Plan)>>,
    planned: u32,
    chance: Chance,
    messages: u32,
    installations: u32,
}

const DAYS_PER_YEAR: f64 = 365.0;

impl Life {
    /// When the next thing happens.
    pub(super) fn next_at(&self) -> Option<Second> {
        self.plans.peek().map(|Reverse((at, ..))| *at)
    }

    /// Lets the next thing happen.
    pub(super) fn go_on(&mut self, nature: &mut Nature) -> Happening {
        let Some(Reverse((now, _, plan))) = self.plans.pop() else {
            return Happening::Unseen;
        };
        match plan {
            Plan::Launch { person, installs } => self.launch(nature, now, person, installs),
            Plan::Change(person) => self.change(nature, now, person),
            Plan::Individual(person) => self.individual(nature, now, person),
            Plan::Import(token) => {
                nature.people[nature.tokens[token as usize].person as usize].known_since = now;
                Happening::Imported(token)
            }
            Plan::Campaign => self.campaign(nature, now),
            Plan::Evening => {
                self.plan(now + DAY, Plan::Evening);
                Happening::Evening
            }
        }
    }

    fn plan(&mut self, at: Second, plan: Plan) {
        self.planned += 1;
        self.plans.push(Reverse((at, self.planned, plan)));
    }

    fn launch(&mut self, nature: &mut Nature, now: Second, id: PersonId, installs: u32) -> Happening {
        let person = &mut nature.people[id as usize];
        if !person.installed || person.installs != installs {
            return Happening::Unseen;
        }
        person.known_since = person.known_since.min(now);
        let next = days(self.chance.until(person.launches_every)).max(60);
        self.plan(now.saturating_add(next), Plan::Launch { person: id, installs });
        Happening::Launched(id)
    }

    /// The app is deleted or the device replaced; or the app is installed.
    fn change(&mut self, nature: &mut Nature, now: Second, id: PersonId) -> Happening {
        if !nature.person(id).installed {
            self.install(nature, now, id);
            return Happening::Unseen;
        }
        let people = &nature.world.people;
        let (deletes, replaces) = (people.uninstalls_per_year.0, people.new_devices_per_year.0);
        if self.chance.fraction() * (deletes + replaces) < deletes {
            self.delete(nature, now, id);
        } else {
            self.replace_device(nature, now, id);
        }
        Happening::Unseen
    }

    fn delete(&mut self, nature: &mut Nature, now: Second, id: PersonId) {
        let person = &mut nature.people[id as usize];
        person.installed = false;
        nature.tokens[person.token as usize].gone_at = now;
        let people = &nature.world.people;
        if self.chance.happens(people.comes_back_share) {
            let after = days(self.chance.spread(people.comes_back_after_days)).max(60);
            self.plan(now.saturating_add(after), Plan::Change(id));
        }
    }

    /// For the first time, or again on the same device.
    fn install(&mut self, nature: &mut Nature, now: Second, id: PersonId) {
        let world = nature.world.clone();
        let is_return = nature.person(id).installs > 0;
        if is_return && self.chance.happens(world.people.same_token_share) {
            let token = &mut nature.tokens[nature.people[id as usize].token as usize];
            token.gone_at = NEVER;
            token.returned_at = now;
            // Nobody knows until the app is launched.
            nature.people[id as usize].known_since = NEVER;
        } else {
            let previous = is_return.then_some(nature.person(id).token);
            new_token(nature, id, previous);
        }
        if is_return && !self.chance.happens(world.builds.installation_id_kept_share) {
            self.new_installation_id(nature, id);
        }
        nature.people[id as usize].installed = true;
        let first_launch = now + 30 + days(self.chance.fraction() * 0.01);
        self.settle(nature, now, id, first_launch);
    }

    /// A backup is restored to a new device. The old one is erased, or goes on being used, as another person's.
    fn replace_device(&mut self, nature: &mut Nature, now: Second, id: PersonId) {
        let world = nature.world.clone();
        let old = nature.person(id).token;
        let stays = self.chance.happens(world.people.old_device_stays_share);
        if stays {
            let heir = next_id(nature.people.len());
            let mut person = nature.person(id).clone();
            person.known_since = now;
            nature.people.push(person);
            nature.tokens[old as usize].person = heir;
            let next_launch = now + days(self.chance.fraction());
            self.settle(nature, now, heir, next_launch);
            self.plan_individual(nature, now, heir);
        } else {
            let token = &mut nature.tokens[old as usize];
            token.gone_at = now;
            token.tells = false;
        }
        new_token(nature, id, (!stays).then_some(old));
        if !self.chance.happens(world.builds.installation_id_copied_share) {
            self.new_installation_id(nature, id);
        }
        let after = days(self.chance.spread(world.people.new_device_launch_after_days));
        self.settle(nature, now, id, now + after);
    }

    /// A life begins under the present token: its launches, and its end.
    fn settle(&mut self, nature: &mut Nature, now: Second, id: PersonId, first_launch: Second) {
        let people = &nature.world.people;
        let changes = people.uninstalls_per_year.0 + people.new_devices_per_year.0;
        let lasts = days(self.chance.until(DAYS_PER_YEAR / changes)).max(60);
        let person = &mut nature.people[id as usize];
        person.until = now.saturating_add(lasts);
        person.installs += 1;
        let (until, installs) = (person.until, person.installs);
        self.plan(first_launch, Plan::Launch { person: id, installs });
        self.plan(until, Plan::Change(id));
    }

    fn new_installation_id(&mut self, nature: &mut Nature, id: PersonId) {
        let installation = &mut nature.people[id as usize].installation;
        if installation.is_some() {
            self.installations += 1;
            *installation = Some(self.installations);
        }
    }

    fn campaign(&mut self, nature: &Nature, now: Second) -> Happening {
        let sent = &nature.world.notifications;
        let message = self.message(now, hours(sent.campaign_expires_hours.0));
        self.plan(now + days(sent.campaign_every_days.0), Plan::Campaign);
        Happening::Campaign(message)
    }

    fn individual(&mut self, nature: &Nature, now: Second, person: PersonId) -> Happening {
        let sent = &nature.world.notifications;
        self.plan_individual(nature, now, person);
        let has_it = nature.person(person).installed;
        if !has_it && !self.chance.happens(sent.individual_to_gone_share) {
            return Happening::Unseen;
        }
        let expires = hours(self.chance.spread(sent.individual_expires_hours));
        Happening::Individual(person, self.message(now, expires))
    }

    fn plan_individual(&mut self, nature: &Nature, now: Second, person: PersonId) {
        let rate = nature.world.notifications.individual_per_year.0;
        if rate > 0.0 {
            let after = days(self.chance.until(DAYS_PER_YEAR / rate)).max(60);
            self.plan(now.saturating_add(after), Plan::Individual(person));
        }
    }

    fn message(&mut self, now: Second, expires: Second) -> Message {
        self.messages += 1;
        Message {
            number: self.messages,
            sent_at: now,
            expires_at: now.saturating_add(expires),
        }
    }
}

fn new_token(nature: &mut Nature, id: PersonId, previous: Option<TokenId>) {
    let token = next_id(nature.tokens.len());
    let person = &mut nature.people[id as usize];
    nature.tokens.push(Token {
        person: id,
        previous,
        environment: person.environment,
        sort: Sort::Ours,
        gone_at: NEVER,
        returned_at: 0,
        tells: true,
        told_before: 0,
    });
    person.token = token;
    person.known_since = NEVER;
}

fn next_id(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
