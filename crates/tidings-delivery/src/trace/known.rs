//! The notifications that are followed, for as long as there is room.

use std::collections::{HashMap, VecDeque};

use tidings_store::NotificationId;

use super::TraceContext;

/// Notifications that are remembered; the oldest make room.
const MOST: usize = 10_000;

/// Attempts of one notification that are told: a campaign to millions is not.
const MOST_ATTEMPTS: u32 = 100;

/// The notifications that are followed.
#[derive(Debug, Default)]
pub(super) struct Known {
    notifications: HashMap<NotificationId, Followed>,
    order: VecDeque<NotificationId>,
}

#[derive(Debug)]
struct Followed {
    context: TraceContext,
    attempts: u32,
}

/// What an attempt belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Follow {
    pub(super) context: TraceContext,
    pub(super) is_first: bool,
}

impl Known {
    pub(super) fn insert(&mut self, notification: NotificationId, context: TraceContext) {
        if self.order.len() >= MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.notifications.remove(&oldest);
        }
        let followed = Followed { context, attempts: 0 };
        if self.notifications.insert(notification, followed).is_none() {
            self.order.push_back(notification);
        }
    }

    /// Counts an attempt, and answers what it belongs to if it is to be told.
    pub(super) fn attempt(&mut self, notification: NotificationId) -> Option<Follow> {
        let followed = self.notifications.get_mut(&notification)?;
        followed.attempts = followed.attempts.saturating_add(1);
        (followed.attempts <= MOST_ATTEMPTS).then_some(Follow {
            context: followed.context,
            is_first: followed.attempts == 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXT: TraceContext = TraceContext {
        trace_id: 1,
        span_id: 2,
    };

    fn id(n: usize) -> NotificationId {
        NotificationId(uuid::Uuid::from_u128(n as u128))
    }

    #[test]
    fn a_campaign_is_told_by_its_first_attempts() {
        let mut known = Known::default();
        known.insert(id(1), CONTEXT);
        let told: Vec<_> = (0..1_000).filter_map(|_| known.attempt(id(1))).collect();
        assert_eq!(told.len(), MOST_ATTEMPTS as usize);
        assert_eq!(told.iter().filter(|follow| follow.is_first).count(), 1);
        assert_eq!(known.attempt(id(2)), None);
    }

    #[test]
    fn the_oldest_make_room() {
        let mut known = Known::default();
        (0..=MOST).for_each(|n| known.insert(id(n), CONTEXT));
        assert_eq!(known.attempt(id(0)), None);
        assert!(known.attempt(id(MOST)).is_some());
        assert_eq!(known.notifications.len(), MOST);
    }
}
