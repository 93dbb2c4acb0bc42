//! What became of everything under one policy, counted against what is so.

use std::collections::HashSet;

use tidings_apns::Response;

use super::nature::{Nature, PersonId, Second, TokenId};
use super::notification::Message;
use super::operator::Episode;

/// Later than this a notification is late.
const LATE: Second = 300;

/// So long after a mistake was mended, and after an outage in between, everything that waited should have arrived.
const GRACE: Second = 1800;

#[derive(Default)]
pub(super) struct Tally {
    lost: HashSet<PersonId>,
    pub(super) due: u64,
    pub(super) delivered: u64,
    pub(super) delivered_late: u64,
    /// Seconds that deliveries took, together.
    pub(super) waited: u64,
    pub(super) pushes: u64,
    pub(super) pushes_to_dead: u64,
    pub(super) after_first_410_max: u32,
    /// Per token: pushes since APNs first said that it was dead, plus one; 0 if it has not.
    since_410: Vec<u32>,
    /// Notifications that were submitted during an episode, by number.
    troubled: Vec<Troubled>,
    /// Share of the living devices that could be reached, each evening.
    pub(super) reachable: Vec<f64>,
    /// Device tokens that would be sent to, each evening.
    pub(super) rows: Vec<usize>,
}

/// A notification that was submitted while something was wrong.
struct Troubled {
    message: Message,
    episode: usize,
    due: u32,
    delivered: u32,
}

impl Tally {
    pub(super) fn submitted(&mut self, message: Message, due: u32, episode: Option<usize>) {
        self.due += u64::from(due);
        if let Some(episode) = episode.filter(|_| due > 0) {
            self.troubled.push(Troubled {
                message,
                episode,
                due,
                delivered: 0,
            });
        }
    }

    pub(super) fn delivered(&mut self, message: Message, now: Second) {
        let waited = now - message.sent_at;
        self.delivered += 1;
        self.waited += u64::from(waited);
        self.delivered_late += u64::from(waited > LATE);
        let found = self
            .troubled
            .binary_search_by_key(&message.number, |troubled| troubled.message.number);
        if let Ok(found) = found {
            self.troubled[found].delivered += 1;
        }
    }

    pub(super) fn pushed(&mut self, token: TokenId, is_dead: bool, answer: &Response) {
        self.pushes += 1;
        if !is_dead {
            return;
        }
        self.pushes_to_dead += 1;
        let status = answer.rejected().map_or(200, |rejected| rejected.status);
        let told = status == 410;
        if !told && status != 200 {
            // What our mistakes and Apple's outages answer is not about this token: the request did not come to it.
            return;
        }
        let since = self.since_410(token);
        match *since {
            0 => *since = u32::from(told),
            told => {
                *since = told + 1;
                self.after_first_410_max = self.after_first_410_max.max(told);
            }
        }
    }

    /// The app registered this token: what APNs said before was of another life.
    pub(super) fn registered(&mut self, token: TokenId) {
        *self.since_410(token) = 0;
    }

    pub(super) fn lost(&mut self, person: PersonId) {
        self.lost.insert(person);
    }

    pub(super) fn live_devices_lost(&self) -> usize {
        self.lost.len()
    }

    pub(super) fn undelivered(&self) -> u64 {
        self.due - self.delivered
    }

    /// What was submitted while something was wrong, had not expired when that was mended, and yet never arrived.
    pub(super) fn undelivered_after_repair(&self, nature: &Nature, episodes: &[Episode]) -> u64 {
        let left = self.troubled.iter().filter(|troubled| {
            let settled_at = settled_at(nature, episodes[troubled.episode].mended_at);
            troubled.message.expires_at > settled_at
        });
        left.map(|troubled| u64::from(troubled.due - troubled.delivered))
            .sum()
    }

    fn since_410(&mut self, token: TokenId) -> &mut u32 {
        let index = token as usize;
        if self.since_410.len() <= index {
            self.since_410.resize(index + 1, 0);
        }
        &mut self.since_410[index]
    }
}

/// When everything that waited should have arrived.
fn settled_at(nature: &Nature, mended_at: Second) -> Second {
    let mut settled_at = mended_at.saturating_add(GRACE);
    for outage in &nature.outages {
        if outage.from < settled_at && outage.to >= mended_at {
            settled_at = outage.to + GRACE;
        }
    }
    settled_at
}

#[cfg(test)]
mod tests {
    use super::super::apns::refused;
    use super::super::nature::{HOUR, START};
    use super::*;
    use tidings_apns::Reason;

    fn message(number: u32, expires_after: Second) -> Message {
        Message {
            number,
            sent_at: START,
            expires_at: START + expires_after,
        }
    }

    #[test]
    fn only_what_could_still_have_arrived_counts_as_left_behind() {
        let (mut tally, nature) = (Tally::default(), Nature::of_one());
        for (number, expires_after) in [(1, HOUR), (2, 9 * HOUR), (3, 9 * HOUR)] {
            tally.submitted(message(number, expires_after), 1, Some(0));
        }
        tally.submitted(message(4, 9 * HOUR), 1, None);
        tally.delivered(message(3, 9 * HOUR), START + 3 * HOUR);
        let episodes = [Episode {
            mended_at: START + 2 * HOUR,
        }];
        assert_eq!(tally.undelivered(), 3);
        assert_eq!(tally.undelivered_after_repair(&nature, &episodes), 1);
        assert_eq!(tally.delivered_late, 1);
    }

    #[test]
    fn pushes_after_the_first_410_are_counted_until_the_app_registers_again() {
        let mut tally = Tally::default();
        let gone = refused(410, Reason::Unregistered, Some(START));
        let accepted = Response::Accepted(tidings_apns::Accepted::default());
        tally.pushed(7, true, &accepted);
        tally.pushed(7, true, &gone);
        assert_eq!(tally.after_first_410_max, 0);
        tally.pushed(7, true, &gone);
        tally.pushed(7, true, &refused(503, Reason::ServiceUnavailable, None));
        assert_eq!(tally.after_first_410_max, 1);
        tally.registered(7);
        tally.pushed(7, true, &gone);
        assert_eq!((tally.after_first_410_max, tally.pushes_to_dead), (1, 5));
    }
}
