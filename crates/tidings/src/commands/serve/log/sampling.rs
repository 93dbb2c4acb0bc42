//! Storms in the log: a filter that lets the first lines of a kind through, and tells how many it kept back.

use std::fmt::{self, Write as _};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::callsite::Identifier;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata};
use tracing_subscriber::layer::{Context, Filter};

use super::storms::{Alike, Storms, Suppressed};
use crate::configuration::StormRules;

/// The target of what is told of storms, which are never kept back.
const TARGET: &str = "tidings::log";

/// What says what kind of line it is. Other fields name one case, such as a notification.
const TELLING: [&str; 12] = [
    "message",
    "app",
    "environment",
    "reason",
    "error",
    "cause",
    "status",
    "kind",
    "route",
    "key",
    "webhook",
    "credential",
];

/// How often there is a look at what was kept back.
const LOOK: Duration = Duration::from_secs(1);

/// Characters of a line that are repeated when others like it were kept back.
const MOST_TEXT: usize = 300;

/// What was kept back of one kind.
#[derive(Debug)]
struct Line {
    level: Level,
    text: String,
}

/// The storms of this process's log. A handle; clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Sampling {
    storms: Arc<Mutex<Storms<Identifier, Line>>>,
    hashing: RandomState,
}

impl Sampling {
    pub(super) fn new(rules: StormRules) -> Self {
        Self {
            storms: Arc::new(Mutex::new(Storms::new(rules))),
            hashing: RandomState::new(),
        }
    }

    /// Tells what was kept back, for ever.
    pub(crate) async fn tell_for_ever(&self) {
        loop {
            tokio::time::sleep(LOOK).await;
            let suppressed = self.lock().sweep(Instant::now());
            suppressed.iter().for_each(tell);
        }
    }

    /// Tells what is left, before the end.
    pub(crate) fn finish(&self) {
        let suppressed = self.lock().finish(Instant::now());
        suppressed.iter().for_each(tell);
    }

    fn lock(&self) -> MutexGuard<'_, Storms<Identifier, Line>> {
        self.storms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> Filter<S> for Sampling {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    /// Whoever asks for the levels below `info` wants every line.
    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        let metadata = event.metadata();
        let level = *metadata.level();
        if level > Level::INFO || metadata.target() == TARGET {
            return true;
        }
        let mut said = Said::default();
        event.record(&mut said);
        let alike = Alike {
            place: metadata.callsite(),
            says: self.hash(&said.text),
        };
        let like = || Line {
            level,
            text: said.text.chars().take(MOST_TEXT).collect(),
        };
        self.lock().is_told(alike, like, Instant::now())
    }
}

impl Sampling {
    fn hash(&self, text: &str) -> u64 {
        let mut hasher = self.hashing.build_hasher();
        hasher.write(text.as_bytes());
        hasher.finish()
    }
}

/// What a line says of its kind.
#[derive(Default)]
struct Said {
    text: String,
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record(field, format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record(field, format_args!("{value:?}"));
    }
}

impl Said {
    fn record(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        let name = field.name();
        if !TELLING.contains(&name) {
            return;
        }
        let gap = if self.text.is_empty() { "" } else { " " };
        // Writing to a string cannot fail.
        let _written = match name {
            "message" => write!(self.text, "{gap}{value}"),
            name => write!(self.text, "{gap}{name}={value}"),
        };
    }
}

/// One line for all that were kept back, as grave as they were.
fn tell(suppressed: &Suppressed<Line>) {
    let (count, like) = (suppressed.count, suppressed.like.text.as_str());
    let lines = if count == 1 { "line" } else { "lines" };
    match suppressed.like.level {
        Level::ERROR => {
            tracing::error!(target: TARGET, suppressed = count, like, "kept back {count} more {lines} like this");
        }
        Level::WARN => {
            tracing::warn!(target: TARGET, suppressed = count, like, "kept back {count} more {lines} like this");
        }
        _ => {
            tracing::info!(target: TARGET, suppressed = count, like, "kept back {count} more {lines} like this");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::{Layer as _, Registry, fmt};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What stands in the log after something was done, in JSON.
    fn log_of(whole: usize, what: impl FnOnce(&Sampling)) -> Vec<serde_json::Value> {
        let lines = Lines::default();
        let writer = lines.clone();
        let interval = Duration::from_mins(1);
        let sampling = Sampling::new(StormRules { whole, interval });
        let layer = fmt::layer()
            .json()
            .flatten_event(true)
            .with_writer(move || writer.clone());
        let subscriber = Registry::default().with(layer.with_filter(sampling.clone()));
        tracing::subscriber::with_default(subscriber, || what(&sampling));
        let bytes = lines.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let text = String::from_utf8(bytes).expect("it is text");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("it is JSON"))
            .collect()
    }

    #[test]
    fn a_storm_is_a_few_lines_and_a_count_and_what_differs_is_whole() {
        let log = log_of(2, |sampling| {
            for notification in 0..1_000 {
                tracing::warn!(
                    app = "com.example.tea",
                    reason = "no way",
                    notification,
                    "nothing can be sent"
                );
            }
            tracing::warn!(app = "com.example.milk", reason = "no way", "nothing can be sent");
            tracing::error!(error = "disk full", "it could not be written");
            sampling.finish();
        });
        let messages: Vec<_> = log
            .iter()
            .map(|line| (line["level"].as_str(), line["message"].as_str()))
            .collect();
        assert_eq!(
            messages,
            [
                (Some("WARN"), Some("nothing can be sent")),
                (Some("WARN"), Some("nothing can be sent")),
                (Some("WARN"), Some("nothing can be sent")),
                (Some("ERROR"), Some("it could not be written")),
                (Some("WARN"), Some("kept back 998 more lines like this")),
            ]
        );
        assert_eq!(log[4]["suppressed"], 998);
        assert_eq!(
            log[4]["like"],
            "nothing can be sent app=com.example.tea reason=no way"
        );
    }

    #[test]
    fn whoever_asks_for_every_line_gets_it() {
        let log = log_of(1, |_| (0..50).for_each(|_| tracing::debug!("answered")));
        assert_eq!(log.len(), 50);
        let log = log_of(0, |_| (0..50).for_each(|_| tracing::warn!("again")));
        assert_eq!(log.len(), 50);
    }
}
