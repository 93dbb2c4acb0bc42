//! How many pages of an app may be on their way: few while answers take long, so that little is repeated after a crash, and
//! few while many apps have campaigns, so that none takes all the memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tidings_store::AppId;
use tokio::sync::Notify;

/// A page that took longer than this is a reason for fewer at once, and one that took a third of it for more.
const LONG: Duration = Duration::from_secs(1);

/// The fewest pages that an app may have on their way.
const LEAST: usize = 2;

/// The budgets of all apps.
#[derive(Debug, Default)]
pub(crate) struct Budgets {
    apps: Mutex<BTreeMap<AppId, Arc<Budget>>>,
}

/// The budget of one app.
#[derive(Debug)]
pub(crate) struct Budget {
    window: Mutex<Window>,
    freed: Notify,
}

/// How many pages are on their way, and how many may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    in_flight: usize,
    size: usize,
}

impl Budgets {
    /// The budget of an app.
    pub(crate) fn of(&self, app: AppId) -> Arc<Budget> {
        let new = || {
            Arc::new(Budget {
                window: Mutex::new(Window {
                    in_flight: 0,
                    size: LEAST,
                }),
                freed: Notify::new(),
            })
        };
        let mut apps = self.apps.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(apps.entry(app).or_insert_with(new))
    }

    /// What one app may have at most, when so many pages may be on their way for one app that is alone.
    pub(crate) fn share(&self, most: usize) -> usize {
        let apps = self.apps.lock().unwrap_or_else(PoisonError::into_inner);
        let active = apps.values().filter(|budget| budget.window().in_flight > 0);
        share(most, active.count())
    }
}

/// Two apps may have all that one may; more apps share.
fn share(most: usize, apps: usize) -> usize {
    (most * 2 / apps.max(1)).clamp(LEAST, most.max(LEAST))
}

impl Budget {
    /// Waits until a page may begin.
    pub(crate) async fn begin(self: &Arc<Self>, most: impl Fn() -> usize) -> PagePermit {
        loop {
            let mut freed = std::pin::pin!(self.freed.notified());
            freed.as_mut().enable();
            // Asked before the window is locked: to answer, all windows are looked at.
            let most = most();
            if self.window().try_begin(most) {
                return PagePermit(Arc::clone(self));
            }
            freed.await;
        }
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    fn try_begin(&mut self, most: usize) -> bool {
        let room = self.in_flight < self.size.min(most);
        self.in_flight += usize::from(room);
        room
    }

    fn took(&mut self, took: Duration, most: usize) {
        if took > LONG {
            self.size = (self.size - 1).max(LEAST);
        } else if took < LONG / 3 {
            self.size = (self.size + 1).min(most.max(LEAST));
        }
    }
}

/// A page is on its way until this is dropped.
#[derive(Debug)]
pub(crate) struct PagePermit(Arc<Budget>);

impl PagePermit {
    /// The page has ended after so long.
    pub(crate) fn took(&self, took: Duration, most: usize) {
        self.0.window().took(took, most);
    }
}

impl Drop for PagePermit {
    fn drop(&mut self) {
        self.0.window().in_flight -= 1;
        self.0.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn quick_pages_open_the_window_and_slow_ones_close_it() {
        let mut window = Window {
            in_flight: 0,
            size: LEAST,
        };
        for _ in 0..100 {
            window.took(Duration::from_millis(50), 16);
        }
        assert_eq!(window.size, 16);
        window.took(Duration::from_millis(500), 16);
        assert_eq!(window.size, 16);
        for _ in 0..100 {
            window.took(Duration::from_secs(2), 16);
        }
        assert_eq!(window.size, LEAST);
    }

    #[test]
    fn many_apps_share_and_none_has_nothing() {
        for (apps, expected) in [(0, 16), (1, 16), (2, 16), (4, 8), (16, 2), (1_000, 2)] {
            assert_eq!(share(16, apps), expected, "{apps} apps");
        }
    }

    #[tokio::test]
    async fn whoever_waits_begins_when_another_has_ended() {
        let budgets = Budgets::default();
        let budget = budgets.of(AppId(1));
        let first = budget.begin(|| 16).await;
        let _second = budget.begin(|| 16).await;
        let mut third = Box::pin(budget.begin(|| 16));
        assert!((&mut third).now_or_never().is_none());
        drop(first);
        assert!((&mut third).now_or_never().is_some());
    }
}
