//! Traces to a collector, by OTLP over HTTP with JSON. Delivery never waits for it: spans go into a queue, and what does not
//! fit, or is not taken, is dropped and counted.

mod otlp;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::ensure;
use hyper::Method;
use tidings_delivery::{Span, SpanCounts, SpanSink};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use crate::remote::{Address, JSON, Question, Remote};

/// Spans that may wait.
const QUEUE: usize = 4_096;

/// Spans that are sent together.
const BATCH: usize = 512;

/// How long spans are gathered.
const GATHER: Duration = Duration::from_secs(2);

/// How long the collector may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The way into the queue.
#[derive(Debug)]
struct Queue {
    spans: mpsc::Sender<Span>,
    tally: Arc<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    exported: AtomicU64,
    dropped: AtomicU64,
}

/// What takes spans to the collector.
pub(crate) struct Exporter {
    collector: Remote,
    spans: mpsc::Receiver<Span>,
    tally: Arc<Tally>,
    /// The last batch was not taken: that is said once, and not with each.
    is_failing: bool,
}

/// A queue for spans, and what empties it.
pub(crate) fn begin(collector: Address) -> (Arc<dyn SpanSink>, Exporter) {
    let (sender, spans) = mpsc::channel(QUEUE);
    let tally = Arc::new(Tally::default());
    let queue = Queue {
        spans: sender,
        tally: Arc::clone(&tally),
    };
    let exporter = Exporter {
        collector: Remote::new(collector, None),
        spans,
        tally,
        is_failing: false,
    };
    (Arc::new(queue), exporter)
}

impl SpanSink for Queue {
    fn take(&self, span: Span) {
        if self.spans.try_send(span).is_err() {
            self.tally.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn counts(&self) -> SpanCounts {
        SpanCounts {
            exported: self.tally.exported.load(Ordering::Relaxed),
            dropped: self.tally.dropped.load(Ordering::Relaxed),
        }
    }
}

impl Exporter {
    /// Brings spans to the collector, until nobody is left who could make one and all are there.
    pub(crate) async fn run(mut self) {
        while let Some(first) = self.spans.recv().await {
            let batch = self.gather(first).await;
            let sent = timeout(PATIENCE, self.send(&batch)).await;
            let sent = sent.unwrap_or_else(|_elapsed| Err(anyhow::anyhow!("the collector does not answer")));
            self.note(batch.len() as u64, sent);
        }
    }

    /// What comes within a while.
    async fn gather(&mut self, first: Span) -> Vec<Span> {
        let until = Instant::now() + GATHER;
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Ok(Some(span)) = timeout_at(until, self.spans.recv()).await
        {
            batch.push(span);
        }
        batch
    }

    async fn send(&mut self, batch: &[Span]) -> anyhow::Result<()> {
        let body = otlp::request(batch).to_string();
        let question = Question::new(Method::POST, "/v1/traces").with_body(JSON, body);
        let answer = self.collector.ask(question).await?;
        ensure!(
            answer.status.is_success(),
            "the collector answers {}",
            answer.status.as_u16()
        );
        Ok(())
    }

    fn note(&mut self, spans: u64, sent: anyhow::Result<()>) {
        match sent {
            Ok(()) => {
                self.tally.exported.fetch_add(spans, Ordering::Relaxed);
                self.is_failing = false;
            }
            Err(error) => {
                self.tally.dropped.fetch_add(spans, Ordering::Relaxed);
                if !std::mem::replace(&mut self.is_failing, true) {
                    tracing::warn!(error = format!("{error:#}"), "traces do not reach the collector");
                }
            }
        }
    }
}
