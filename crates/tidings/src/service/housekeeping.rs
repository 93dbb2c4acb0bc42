//! What has been kept long enough goes, a little at a time.

use std::sync::Arc;
use std::time::Duration;

use tidings_delivery::Clock;
use tidings_store::{Retention, Store};

/// How often there is a look.
const EVERY: Duration = Duration::from_mins(10);

/// The pause between two steps, so that registrations and notifications do not wait.
const BETWEEN: Duration = Duration::from_millis(20);

/// Purges until the end of the process.
pub(super) async fn purge(store: Store, retention: Retention, clock: Arc<dyn Clock>) {
    loop {
        clock.sleep(EVERY).await;
        while purge_some(&store, &retention, clock.as_ref()).await {
            clock.sleep(BETWEEN).await;
        }
    }
}

/// Whether there is more.
async fn purge_some(store: &Store, retention: &Retention, clock: &dyn Clock) -> bool {
    match store.purge(clock.now(), retention).await {
        Ok(report) => {
            let sum = report.devices + report.notifications + report.events;
            if sum > 0 {
                tracing::debug!(
                    devices = report.devices,
                    notifications = report.notifications,
                    events = report.events,
                    "what was kept long enough is gone"
                );
            }
            report.has_more
        }
        Err(error) => {
            tracing::warn!(%error, hint = error.hint(), "cannot purge now");
            false
        }
    }
}
