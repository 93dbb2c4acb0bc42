//! One campaign from its first page to its last: the next page is read while the ones before are being sent.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future;
use tidings_apns::Environment;
use tidings_store::{
    Addressee, AudiencePage, DeviceId, NotificationState, OpenPage, ReadyNotification, StoreError,
};
use tokio::task::JoinSet;

use super::budget::Budget;
use super::page::{self, PageCourse};
use crate::letter::Letter;
use crate::shared::Shared;

/// A campaign whose lane takes nothing tries another page after so long, whatever the lane says.
const TRY_ANYWAY: Duration = Duration::from_secs(30);

/// The same during an incident, which ends by canaries and not by trying.
const TRY_DESPITE_INCIDENT: Duration = Duration::from_mins(5);

/// How often such a lane is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Pages that wait to be sent again after a restart are sent in any order, so many at a time.
type Pages = JoinSet<Result<PageCourse, StoreError>>;

/// Sends a campaign: first the pages that had begun before a restart, then the others.
pub(super) async fn send(
    shared: &Arc<Shared>,
    ready: ReadyNotification,
    begun: Vec<OpenPage>,
) -> Result<(), StoreError> {
    let Some(letter) = shared.letter(&ready).await? else {
        return shared
            .persist(|| {
                shared
                    .store
                    .finish_planning(ready.notification.id, shared.epoch, shared.clock.now())
            })
            .await;
    };
    let campaign = Campaign {
        shared,
        letter,
        budget: shared.budgets.of(ready.app_id),
        ready: &ready,
    };
    let mut pages = Pages::new();
    campaign.resume(begun, &mut pages).await?;
    campaign.plan(&mut pages).await?;
    while let Some(ended) = pages.join_next().await {
        ended.unwrap_or(Ok(PageCourse::Sent))?;
    }
    Ok(())
}

struct Campaign<'a> {
    shared: &'a Arc<Shared>,
    letter: Arc<Letter>,
    budget: Arc<Budget>,
    ready: &'a ReadyNotification,
}

impl Campaign<'_> {
    /// What a crash left open may have been sent, and is sent again under the same ids.
    async fn resume(&self, begun: Vec<OpenPage>, pages: &mut Pages) -> Result<(), StoreError> {
        for open in begun {
            let limit = usize::try_from(open.recipients).unwrap_or(usize::MAX);
            let addressees = self.read(open.after, open.last, limit.max(1)).await?;
            if self.is_cancelled().await? {
                page::cancel(self.shared, &self.letter, open, addressees).await?;
            } else {
                self.start(open, addressees, pages).await;
            }
        }
        Ok(())
    }

    async fn plan(&self, pages: &mut Pages) -> Result<(), StoreError> {
        let upto = self.ready.planned_upto;
        let size = self.shared.config.page_size.max(1);
        let mut after = self.ready.planned_after;
        let mut addressees = self.read(after, upto, size).await?;
        while self.shared.is_working() {
            let Some(last) = addressees.last().map(|addressee| addressee.device_id) else {
                return self.finish().await;
            };
            self.wait_for_lane(pages).await?;
            let open = OpenPage {
                after,
                last,
                recipients: u32::try_from(addressees.len()).unwrap_or(u32::MAX),
            };
            let is_last = addressees.len() < size;
            let begin = self.begin(open);
            let (begun, next) = if is_last {
                (begin.await?, Vec::new())
            } else {
                let (begun, next) = future::join(begin, self.read(last, upto, size)).await;
                (begun?, next?)
            };
            if !begun {
                return Ok(());
            }
            self.start(open, addressees, pages).await;
            (after, addressees) = (last, next);
        }
        Ok(())
    }

    /// Sends a page when the app's budget has room for it.
    async fn start(&self, open: OpenPage, addressees: Vec<Addressee>, pages: &mut Pages) {
        let shared = Arc::clone(self.shared);
        let letter = Arc::clone(&self.letter);
        let permit = self
            .budget
            .begin(|| shared.budgets.share(shared.config.pages_in_flight))
            .await;
        pages.spawn(async move { page::send(&shared, &letter, open, addressees, permit).await });
    }

    /// Waits while most of what is sent would only be put off, so that a campaign does not turn into rows that wait.
    async fn wait_for_lane(&self, pages: &mut Pages) -> Result<(), StoreError> {
        let mut closed = None;
        while let Some(ended) = pages.try_join_next() {
            if let PageCourse::PutOff(environment) = ended.unwrap_or(Ok(PageCourse::Sent))? {
                closed = Some(environment);
            }
        }
        let Some(environment) = closed else {
            return Ok(());
        };
        let since = self.shared.clock.monotonic();
        while self.shared.is_working() && !self.is_open(environment, since) {
            self.shared.clock.sleep(LOOK).await;
        }
        Ok(())
    }

    fn is_open(&self, environment: Environment, since: Duration) -> bool {
        let now = self.shared.now();
        let waited = now.monotonic.saturating_sub(since);
        let lane = self.shared.lanes.lane(self.letter.app, environment, now.wall);
        let state = lane.state();
        if state.incident().is_some() {
            return waited >= TRY_DESPITE_INCIDENT;
        }
        state.throttle.is_open() || waited >= TRY_ANYWAY
    }

    async fn read(
        &self,
        after: DeviceId,
        upto: DeviceId,
        limit: usize,
    ) -> Result<Vec<Addressee>, StoreError> {
        let page = AudiencePage {
            audience: self.ready.notification.audience.clone(),
            kind: self.ready.notification.kind,
            after,
            upto,
            limit,
        };
        let app = self.ready.app_id;
        let now = self.shared.clock.now();
        self.shared
            .persist(|| self.shared.store.addressees(app, &page, now))
            .await
    }

    async fn is_cancelled(&self) -> Result<bool, StoreError> {
        let (app, id) = (self.ready.app_id, self.letter.id);
        let now = self.shared.clock.now();
        let view = self
            .shared
            .persist(|| self.shared.store.notification(app, id, now))
            .await?;
        Ok(view.is_none_or(|view| view.state == NotificationState::Cancelled))
    }

    async fn begin(&self, open: OpenPage) -> Result<bool, StoreError> {
        let id = self.letter.id;
        let now = self.shared.clock.now();
        self.shared
            .persist(|| self.shared.store.begin_page(id, open, self.shared.epoch, now))
            .await
    }

    async fn finish(&self) -> Result<(), StoreError> {
        let id = self.letter.id;
        let now = self.shared.clock.now();
        self.shared
            .persist(|| self.shared.store.finish_planning(id, self.shared.epoch, now))
            .await
    }
}
