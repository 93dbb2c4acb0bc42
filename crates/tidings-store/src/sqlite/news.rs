//! What one operation finds out about many device tokens, told together: a campaign that learns where a million of them
//! belong must not write a million events.

use std::collections::BTreeMap;

use tidings_apns::{Environment, Timestamp};
use tidings_truth::History;

use super::waves;
use super::writing::Writing;
use crate::event::{DeviceLearned, NewEvent, RegistrationConflict};
use crate::ids::AppId;
use crate::store_error::StoreError;

/// How many device tokens are named.
const EXAMPLES: usize = 20;

/// What is known of where a device token belongs.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Belonging {
    claimed: Option<Environment>,
    in_production: bool,
    in_sandbox: bool,
}

/// What was found out about a device token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It belongs there, which nobody had said.
    Learned(Environment),
    /// The app says that it belongs there, and it belongs in the other.
    Conflict(Environment),
}

impl Belonging {
    pub(crate) fn of(history: &History) -> Self {
        Self {
            claimed: history.claimed,
            in_production: history.accepted_production.is_some(),
            in_sandbox: history.accepted_sandbox.is_some(),
        }
    }

    /// What is to be told that was not known before.
    pub(crate) fn news_since(self, before: Self) -> impl Iterator<Item = Found> {
        let learned = Environment::ALL.into_iter().filter(move |environment| {
            self.is_proven_in(*environment)
                && !before.is_proven_in(*environment)
                && self.claimed != Some(*environment)
        });
        let conflict = self.conflict().filter(|_| self.conflict() != before.conflict());
        learned.map(Found::Learned).chain(conflict.map(Found::Conflict))
    }

    const fn is_proven_in(self, environment: Environment) -> bool {
        match environment {
            Environment::Production => self.in_production,
            Environment::Sandbox => self.in_sandbox,
        }
    }

    /// What the app claims, where it is proven in the other environment alone.
    fn conflict(self) -> Option<Environment> {
        self.claimed
            .filter(|claimed| !self.is_proven_in(*claimed) && (self.in_production || self.in_sandbox))
    }
}

/// What an operation has found out so far.
pub(crate) struct News {
    /// A few: an operation is about one app or two.
    found: Vec<Group>,
    unregistered: BTreeMap<AppId, u64>,
    at: Timestamp,
}

struct Group {
    app: AppId,
    found: Found,
    count: u64,
    devices: Vec<String>,
}

impl Default for News {
    fn default() -> Self {
        Self {
            found: Vec::new(),
            unregistered: BTreeMap::new(),
            at: Timestamp::from_unix_millis(0),
        }
    }
}

impl News {
    /// One device token more; its fingerprint is asked for only where it is told.
    pub(crate) fn note(
        &mut self,
        app: AppId,
        found: Found,
        fingerprint: impl FnOnce() -> Result<String, StoreError>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.at = self.at.max(now);
        let known = self
            .found
            .iter()
            .position(|group| (group.app, group.found) == (app, found));
        let place = known.unwrap_or(self.found.len());
        if known.is_none() {
            self.found.push(Group {
                app,
                found,
                count: 0,
                devices: Vec::new(),
            });
        }
        let Some(group) = self.found.get_mut(place) else {
            return Ok(());
        };
        group.count += 1;
        if group.devices.len() < EXAMPLES {
            group.devices.push(fingerprint()?);
        }
        Ok(())
    }

    /// APNs reported one more as unregistered.
    pub(crate) fn note_unregistered(&mut self, app: AppId, now: Timestamp) {
        self.at = self.at.max(now);
        *self.unregistered.entry(app).or_default() += 1;
    }
}

/// Tells what an operation has found out.
pub(crate) fn tell(writing: &mut Writing) -> Result<(), StoreError> {
    let news = std::mem::take(&mut writing.news);
    let now = news.at;
    for group in news.found {
        let event = event(group);
        writing.event(&event, now)?;
    }
    for (app, count) in news.unregistered {
        waves::count(writing, app, count, now)?;
    }
    Ok(())
}

fn event(group: Group) -> NewEvent {
    let Group {
        app,
        found,
        count,
        devices,
    } = group;
    let subject = devices.first().cloned().unwrap_or_default();
    match found {
        Found::Learned(environment) => {
            let says = DeviceLearned {
                environment,
                count,
                devices,
            };
            NewEvent::new(Some(app), subject, &says)
        }
        Found::Conflict(claimed) => {
            let says = RegistrationConflict {
                claimed,
                proven: claimed.other(),
                count,
                devices,
            };
            NewEvent::new(Some(app), subject, &says)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn belonging(claimed: Option<Environment>, in_production: bool, in_sandbox: bool) -> Belonging {
        Belonging {
            claimed,
            in_production,
            in_sandbox,
        }
    }

    #[test]
    fn what_was_claimed_rightly_is_no_news() {
        let claimed = Some(Environment::Production);
        let before = belonging(claimed, false, false);
        assert_eq!(belonging(claimed, true, false).news_since(before).count(), 0);
    }

    #[test]
    fn what_nobody_claimed_is_learned_once() {
        let (before, after) = (belonging(None, false, false), belonging(None, false, true));
        let news: Vec<_> = after.news_since(before).collect();
        assert_eq!(news, [Found::Learned(Environment::Sandbox)]);
        assert_eq!(after.news_since(after).count(), 0);
    }

    #[test]
    fn a_wrong_claim_is_a_conflict_once_until_it_changes() {
        let sandbox = Some(Environment::Sandbox);
        let after = belonging(sandbox, true, false);
        let news: Vec<_> = after.news_since(belonging(sandbox, false, false)).collect();
        assert_eq!(
            news,
            [
                Found::Learned(Environment::Production),
                Found::Conflict(Environment::Sandbox)
            ]
        );
        assert_eq!(after.news_since(after).count(), 0);
        let right = belonging(Some(Environment::Production), true, false);
        assert_eq!(right.news_since(after).count(), 0);
        assert_eq!(
            after.news_since(right).collect::<Vec<_>>(),
            [Found::Conflict(Environment::Sandbox)]
        );
    }
}
