//! The world at its first instant, and everything in it that is planned from the start.

use tidings_apns::Environment;

use super::{DAYS_PER_YEAR, Life, Plan, new_token, next_id};
use crate::bench::truth::chance::Chance;
use crate::bench::truth::nature::{
    DAY, Mistake, MistakeKind, NEVER, Nature, Person, PersonId, START, Second, Sort, Span, Token, days, hours,
};
use crate::bench::truth::world::value::{Count, Range};
use crate::bench::truth::world::{Builds, Mistakes, World};

/// Mistakes that begin later would not be noticed before the end.
const QUIET_END: Second = 20 * DAY;

impl Life {
    /// A world with so many people who have the app, and its future.
    pub(in crate::bench::truth) fn found(world: World, devices: u32, seed: u64) -> (Nature, Self) {
        let mut nature = Nature::new(world, seed);
        let mut life = Self {
            plans: std::collections::BinaryHeap::new(),
            planned: 0,
            chance: Chance::seeded(seed),
            messages: 0,
            installations: 0,
        };
        life.fate(&mut nature);
        for _ in 0..devices {
            let person = life.person(&mut nature, None);
            new_token(&mut nature, person, None);
            nature.people[person as usize].installed = true;
            let first_launch = START + days(life.chance.fraction());
            life.settle(&mut nature, START, person, first_launch);
            life.plan_individual(&nature, START, person);
        }
        life.newcomers(&mut nature, devices);
        life.imports(&mut nature, devices);
        let first = days(life.chance.fraction() * nature.world.notifications.campaign_every_days.0);
        life.plan(START + DAY + first, Plan::Campaign);
        life.plan(START + DAY, Plan::Evening);
        (nature, life)
    }

    /// Somebody with a build for this environment, or with whatever build chance gives.
    fn person(&mut self, nature: &mut Nature, environment: Option<Environment>) -> PersonId {
        let builds = nature.world.builds.clone();
        let by_chance = || {
            if self.chance.happens(builds.debug_share) {
                Environment::Sandbox
            } else {
                Environment::Production
            }
        };
        let environment = environment.unwrap_or_else(by_chance);
        let claim = self.claim(&builds, environment);
        let installation = self.chance.happens(builds.installation_id_share).then(|| {
            self.installations += 1;
            self.installations
        });
        let id = next_id(nature.people.len());
        nature.people.push(Person {
            token: 0,
            installed: false,
            known_since: NEVER,
            until: NEVER,
            launches_every: self.chance.spread(nature.world.people.launches_every_days),
            environment,
            claim,
            installation,
            installs: 0,
        });
        id
    }

    /// What a build for this environment says of it.
    fn claim(&mut self, builds: &Builds, environment: Environment) -> Option<Environment> {
        let is_wrong = match environment {
            Environment::Sandbox => self.chance.happens(builds.debug_claims_production_share),
            Environment::Production => {
                self.chance.happens(builds.testflight_share)
                    && self.chance.happens(builds.testflight_claims_sandbox_share)
            }
        };
        let claim = if is_wrong {
            environment.other()
        } else {
            environment
        };
        self.chance
            .happens(builds.claims_environment_share)
            .then_some(claim)
    }

    /// People who will install the app for the first time.
    fn newcomers(&mut self, nature: &mut Nature, devices: u32) {
        let years = f64::from(nature.world.days) / DAYS_PER_YEAR;
        let rate = f64::from(devices) * nature.world.people.newcomers_per_year.0;
        if rate <= 0.0 {
            return;
        }
        let mut at = self.chance.until(1.0 / rate);
        while at < years {
            let comes_at = START + days(at * DAYS_PER_YEAR);
            let person = self.person(nature, None);
            self.plan(comes_at, Plan::Change(person));
            self.plan_individual(nature, comes_at, person);
            at += self.chance.until(1.0 / rate);
        }
    }

    fn imports(&mut self, nature: &mut Nature, devices: u32) {
        let Count(count) = nature.world.imports.count;
        for at in self.apart(count, nature) {
            let each = f64::from(devices) * nature.world.imports.devices_share.0;
            let mut brought = 0.0;
            while brought < each {
                brought += 1.0;
                self.import(nature, at);
            }
        }
    }

    /// One device token of an old registry.
    fn import(&mut self, nature: &mut Nature, at: Second) {
        let imports = nature.world.imports.clone();
        let mut part = self.chance.fraction();
        let mut is = |share: f64| {
            part -= share;
            part < 0.0
        };
        let (is_dead, sort, is_sandbox) = if is(imports.dead_share.0) {
            (true, Sort::Ours, false)
        } else if is(imports.foreign_share.0) {
            (true, Sort::Foreign, false)
        } else if is(imports.malformed_share.0) {
            (true, Sort::Malformed, false)
        } else if is(imports.invented_share.0) {
            (true, Sort::Invented, false)
        } else {
            (false, Sort::Ours, is(imports.sandbox_share.0))
        };
        let environment = if is_sandbox {
            Environment::Sandbox
        } else {
            Environment::Production
        };
        let person = self.person(nature, Some(environment));
        new_token(nature, person, None);
        let token = nature.people[person as usize].token;
        let imported: &mut Token = &mut nature.tokens[token as usize];
        imported.sort = sort;
        if is_dead {
            imported.gone_at = START - days(self.chance.between(Range(1.0, 390.0)));
            imported.told_before = imported.gone_at + hours(1.0);
        } else {
            nature.people[person as usize].installed = true;
            let gap = nature.people[person as usize].launches_every;
            let first_launch = at + 60 + days(self.chance.until(gap));
            self.settle(nature, at, person, first_launch);
        }
        self.plan(at, Plan::Import(token));
        self.plan_individual(nature, at, person);
    }

    /// What Apple and the operator will do.
    fn fate(&mut self, nature: &mut Nature) {
        let apple = nature.world.apple.clone();
        nature.outages = self.spans(apple.outages, apple.outage_hours, nature);
        nature.waves = self.spans(apple.waves, apple.wave_hours, nature);
        let mut kinds = kinds(&nature.world.mistakes);
        self.shuffle(&mut kinds);
        let times = self.apart(Count(next_id(kinds.len())).0, nature);
        let mistakes = kinds.into_iter().zip(times);
        nature.mistakes = mistakes.map(|(kind, from)| Mistake { kind, from }).collect();
    }

    fn spans(&mut self, Count(count): Count, long: Range, nature: &Nature) -> Vec<Span> {
        let times = self.apart(count, nature);
        let lasting = |from| Span {
            from,
            to: from + hours(self.chance.spread(long)),
        };
        times.into_iter().map(lasting).collect()
    }

    /// Instants in the play, in order: each somewhere in an equal part of it.
    fn apart(&mut self, count: u32, nature: &Nature) -> Vec<Second> {
        let (first, last) = (START + 5 * DAY, nature.ends_at() - QUIET_END);
        let part = f64::from(last - first) / f64::from(count.max(1)) / f64::from(DAY);
        let within = |number| first + days((f64::from(number) + self.chance.fraction()) * part);
        (0..count).map(within).collect()
    }

    fn shuffle(&mut self, kinds: &mut [MistakeKind]) {
        for end in (1..kinds.len()).rev() {
            let other = usize::try_from(self.chance.next() % (end as u64 + 1)).unwrap_or(0);
            kinds.swap(end, other);
        }
    }
}

fn kinds(mistakes: &Mistakes) -> Vec<MistakeKind> {
    let counts = [
        (MistakeKind::WrongEnvironment, mistakes.wrong_environment),
        (MistakeKind::WrongTopic, mistakes.wrong_topic),
        (MistakeKind::RevokedKey, mistakes.revoked_key),
        (MistakeKind::ExpiredCertificate, mistakes.expired_certificate),
        (MistakeKind::SwappedTeam, mistakes.swapped_team),
        (
            MistakeKind::SandboxKeyInProduction,
            mistakes.sandbox_key_in_production,
        ),
    ];
    let repeated = |(kind, Count(count))| std::iter::repeat_n(kind, count as usize);
    counts.into_iter().flat_map(repeated).collect()
}
