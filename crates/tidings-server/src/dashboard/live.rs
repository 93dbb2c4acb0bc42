//! Tells open pages that something has changed, at most every other second, so that they load their figures again. What has
//! changed is not said here: the page asks, and is shown what its reader may see.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use tidings_store::EventId;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::page::Shown;
use super::session::{As, Session, Viewer};
use crate::problem::{Problem, ProblemKind};
use crate::server::{Phase, Shared};
use crate::serving::ends;

/// How often there is a look.
const EVERY: Duration = Duration::from_secs(2);

/// After so many looks without news the session is looked at, and the way kept open.
const SILENT_LOOKS: u32 = 8;

/// A page that is told.
struct Watch {
    server: Shared,
    session: Session,
    news: watch::Receiver<EventId>,
    phase: watch::Receiver<Phase>,
    seen: Option<(EventId, u64, u64)>,
    _room: OwnedSemaphorePermit,
}

/// `GET /dashboard/live`.
pub(crate) async fn stream(State(server): State<Shared>, who: As<Viewer>) -> Shown {
    let room = Arc::clone(&server.streams).try_acquire_owned().map_err(|_full| {
        let detail = "As many pages are kept fresh as the server takes.";
        Problem::new(ProblemKind::Overloaded, detail)
    })?;
    let watch = Watch {
        news: server.store.watch_events(),
        phase: server.phase.subscribe(),
        session: who.clone(),
        seen: None,
        server,
        _room: room,
    };
    let ticks = stream::unfold(watch, |mut watch| async move {
        let tick = watch.next().await?;
        Some((Ok::<_, Infallible>(tick), watch))
    });
    let mut response = Response::new(Body::from_stream(ticks));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

impl Watch {
    async fn next(&mut self) -> Option<Bytes> {
        if self.seen.is_none() {
            self.seen = Some(self.state());
            // What changed after the page was made, and before it began to listen, would never be told otherwise.
            return Some(Bytes::from_static(b"retry: 5000\nevent: changed\ndata: 1\n\n"));
        }
        for _ in 0..SILENT_LOOKS {
            let mut phase = self.phase.clone();
            tokio::select! {
                () = self.server.clock.sleep(EVERY) => {}
                () = ends(&mut phase) => return None,
            }
            let state = Some(self.state());
            if state != self.seen {
                self.seen = state;
                return Some(Bytes::from_static(b"event: changed\ndata: 1\n\n"));
            }
        }
        let is_good = self.session.is_still_good(&self.server).await;
        is_good.then(|| Bytes::from_static(b":\n\n"))
    }

    /// Whatever changes when anything on a page does.
    fn state(&self) -> (EventId, u64, u64) {
        let counters = self.server.engine.counters();
        let attempts: u64 = counters.attempts.iter().map(|attempt| attempt.count).sum();
        (*self.news.borrow(), attempts, self.changes_of_connections())
    }

    /// Connections that came, could not come, or were closed by APNs.
    fn changes_of_connections(&self) -> u64 {
        let lanes = self.server.engine.connection_counts();
        let changes = lanes.iter().map(|lane| {
            let go_aways: u64 = lane.counts.go_aways.iter().map(|(_, count)| count).sum();
            lane.counts.opened + lane.counts.not_opened + go_aways
        });
        changes.sum()
    }
}
