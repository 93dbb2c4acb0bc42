//! Traces: what became of a request, from the API to the answers of APNs, as spans that somebody else shows.
//!
//! Off unless the configuration holds a [`Tracer`]. Then one request in so many is followed, chosen when it comes in; the
//! notifications that it made are remembered in memory for as long as there is room, so that a restart ends their traces and
//! nothing is written for them. A span never holds a device token, a payload or a secret.

mod known;
mod parent;

use std::collections::hash_map::RandomState;
use std::fmt::Debug;
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tidings_apns::{Environment, Response, Timestamp};
use tidings_client::SendError;
use tidings_store::NotificationId;

pub use self::parent::TraceParent;

use self::known::Known;
use crate::letter::Letter;

/// Characters of what APNs gives as a reason that a span repeats.
const MOST_REASON: usize = 64;

/// One piece of work in a trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Which.
    pub context: TraceContext,
    /// The span that caused it.
    pub parent: Option<u64>,
    /// What was done.
    pub name: Box<str>,
    /// From whose side it is seen.
    pub kind: SpanKind,
    /// When it began: the time since 1970.
    pub began_at: Duration,
    /// When it ended.
    pub ended_at: Duration,
    /// What else is known.
    pub attributes: Vec<(&'static str, SpanValue)>,
    /// It did not do what it was for.
    pub failed: bool,
}

/// The name of a span: its trace, and its number there. Neither is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace.
    pub trace_id: u128,
    /// The span.
    pub span_id: u64,
}

/// From whose side a span is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// Within this process.
    Internal,
    /// By whoever answers a request.
    Server,
    /// By whoever makes a request.
    Client,
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum SpanValue {
    /// A text.
    Text(Box<str>),
    /// A whole number.
    Number(i64),
}

impl From<&str> for SpanValue {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<i64> for SpanValue {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// Where spans go. It must never wait.
pub trait SpanSink: Debug + Send + Sync {
    /// Takes a span, or drops it and counts that.
    fn take(&self, span: Span);

    /// How many spans went where.
    fn counts(&self) -> SpanCounts;
}

/// How many spans went where since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpanCounts {
    /// Taken by the collector.
    pub exported: u64,
    /// Dropped: there was no room, or the collector did not take them.
    pub dropped: u64,
}

/// Decides what is followed, and names spans.
#[derive(Debug)]
pub struct Tracer {
    sink: Arc<dyn SpanSink>,
    ratio: f64,
    hashing: RandomState,
    drawn: AtomicU64,
    known: Mutex<Known>,
}

impl Tracer {
    /// Follows this part of the requests, from 0 to 1; those that were followed before they came here, in any case.
    pub fn new(sink: Arc<dyn SpanSink>, ratio: f64) -> Self {
        Self {
            sink,
            ratio,
            hashing: RandomState::new(),
            drawn: AtomicU64::new(0),
            known: Mutex::default(),
        }
    }

    /// The span of a request that comes in; `None` if it is not followed.
    pub fn request(&self, parent: Option<TraceParent>) -> Option<TraceContext> {
        let new = || (u128::from(self.random()) << 64) | u128::from(self.random());
        let trace_id = match parent {
            Some(parent) => parent.is_sampled.then_some(parent.context.trace_id)?,
            None => self.is_chosen().then(new)?,
        };
        let span_id = self.random();
        Some(TraceContext { trace_id, span_id })
    }

    /// A notification was made by a request that is followed.
    pub fn remember(&self, notification: NotificationId, context: TraceContext) {
        self.known().insert(notification, context);
    }

    /// A span has ended.
    pub fn tell(&self, span: Span) {
        self.sink.take(span);
    }

    /// How many spans went where.
    pub fn counts(&self) -> SpanCounts {
        self.sink.counts()
    }

    /// An attempt has ended.
    pub(crate) fn attempt(&self, attempt: &Attempt<'_>) {
        let letter = attempt.letter;
        let Some(follow) = self.known().attempt(letter.id) else {
            return;
        };
        let ended_at = Duration::from_millis(attempt.now.as_unix_millis());
        let began_at = ended_at.saturating_sub(attempt.elapsed);
        let context = |span_id| TraceContext {
            trace_id: follow.context.trace_id,
            span_id,
        };
        let parent = Some(follow.context.span_id);
        let notification = (
            "tidings.notification.id",
            SpanValue::from(&*letter.id.to_string()),
        );
        if follow.is_first {
            let due_at = Duration::from_millis(letter.due_at.as_unix_millis());
            self.tell(Span {
                context: context(self.random()),
                parent,
                name: "plan".into(),
                kind: SpanKind::Internal,
                began_at: due_at.min(began_at),
                ended_at: began_at,
                attributes: vec![notification.clone()],
                failed: false,
            });
        }
        let mut attributes = vec![
            ("messaging.system", "apns".into()),
            ("messaging.operation.type", "send".into()),
            notification,
            ("tidings.environment", attempt.environment.as_str().into()),
            ("tidings.push_type", letter.push_type.as_str().into()),
            ("tidings.attempt", i64::from(attempt.number).into()),
        ];
        attributes.extend(outcome(attempt.result));
        self.tell(Span {
            context: context(self.random()),
            parent,
            name: "send apns".into(),
            kind: SpanKind::Client,
            began_at,
            ended_at,
            attributes,
            failed: !matches!(attempt.result, Ok(Response::Accepted(_))),
        });
    }

    fn is_chosen(&self) -> bool {
        let number = (self.random() >> 11) as f64 / (1_u64 << 53) as f64;
        number < self.ratio
    }

    /// A number that is not 0. It keeps no secret; it only must not come twice.
    fn random(&self) -> u64 {
        self.hashing
            .hash_one(self.drawn.fetch_add(1, Ordering::Relaxed))
            .max(1)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request to APNs that has ended.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    pub(crate) letter: &'a Letter,
    pub(crate) environment: Environment,
    pub(crate) number: u16,
    pub(crate) now: Timestamp,
    pub(crate) elapsed: Duration,
    pub(crate) result: &'a Result<Response, SendError>,
}

fn outcome(result: &Result<Response, SendError>) -> Vec<(&'static str, SpanValue)> {
    const STATUS: &str = "http.response.status_code";
    match result {
        Ok(answer) => match answer.rejected() {
            None => vec![(STATUS, 200.into())],
            Some(rejected) => {
                let reason: String = rejected.reason.as_str().chars().take(MOST_REASON).collect();
                let status = i64::from(rejected.status);
                vec![(STATUS, status.into()), ("error.type", reason.as_str().into())]
            }
        },
        Err(error) if error.is_unsent() => vec![("error.type", "not_sent".into())],
        Err(_) => vec![("error.type", "unknown".into())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default)]
    struct Nowhere;

    impl SpanSink for Nowhere {
        fn take(&self, _: Span) {}

        fn counts(&self) -> SpanCounts {
            SpanCounts::default()
        }
    }

    fn followed(ratio: f64, parent: Option<&str>) -> usize {
        let tracer = Tracer::new(Arc::new(Nowhere), ratio);
        let parent = parent.and_then(TraceParent::parse);
        (0..1_000).filter(|_| tracer.request(parent).is_some()).count()
    }

    #[test]
    fn so_many_are_followed_as_was_said() {
        assert_eq!(followed(0.0, None), 0);
        assert_eq!(followed(1.0, None), 1_000);
        assert!((50..150).contains(&followed(0.1, None)));
    }

    #[test]
    fn whoever_asks_decides_for_what_is_caused() {
        let sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(followed(0.0, Some(sampled)), 1_000);
        let unsampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
        assert_eq!(followed(1.0, Some(unsampled)), 0);
    }
}
