//! `/metrics`: the requests as they were counted, and the store and the engine as they are now.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::registry::Registry;
use tidings_apns::{Environment, Reason, Timestamp};
use tidings_delivery::{AnswerClass, CountersSnapshot, EngineHealth, LaneStatus};
use tidings_store::{AppId, Conservation, Health, QueueDepth};

use super::reading::{Reading, Readings};
use super::{apns, process};
use crate::problem::{Answered, Problem, ProblemKind};
use crate::server::{BundleIds, Shared};

/// Who asks more often gets what was told before: some of it is counted row by row.
const FRESH: Duration = Duration::from_secs(1);

/// Measures, for Prometheus
///
/// In the text form of `OpenMetrics`.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "operation",
    responses((status = 200, description = "The measures", body = str, content_type = "application/openmetrics-text"))
)]
pub(crate) async fn scrape(State(server): State<Shared>) -> Answered<Response> {
    const CONTENT_TYPE: HeaderValue =
        HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    let now = server.clock.now();
    let mut last = server.metrics.last.lock().await;
    let text = match &*last {
        Some((at, text)) if now.saturating_since(*at) < FRESH && *at <= now => text.clone(),
        _ => {
            let text = measure(&server, now).await?;
            *last = Some((now, text.clone()));
            text
        }
    };
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}

async fn measure(server: &Shared, now: Timestamp) -> Result<String, Problem> {
    let names = server.bundle_ids().await?;
    let mut readings = server_itself(server);
    readings.extend(queue(server.store.queue_depth(now).await?, now));
    readings.extend(conservation(server.store.conservation().await?));
    readings.push(devices(server, &names).await?);
    readings.push(credentials(server, &names).await?);
    readings.extend(lanes(&server.engine.lanes(), &names));
    readings.extend(attempts(server.engine.counters(), &names));
    let (connections, counts) = (server.engine.connections(), server.engine.connection_counts());
    readings.extend(apns::connections(&connections, &counts, &names));
    readings.extend(spans(server));
    let mut of_process = Registry::default();
    of_process.register_collector(Box::new(Readings(process::readings())));
    let mut registry = Registry::with_prefix("tidings");
    registry.register_collector(Box::new(Readings(readings)));
    let mut text = String::new();
    encode_registry(&mut text, &server.metrics.registry)
        .and_then(|()| encode_registry(&mut text, &registry))
        .and_then(|()| encode_registry(&mut text, &of_process))
        .and_then(|()| encode_eof(&mut text))
        .map_err(|_never| Problem::new(ProblemKind::Internal, "The measures could not be written."))?;
    Ok(text)
}

fn server_itself(server: &Shared) -> Vec<Reading> {
    let healthy = server.store.health() == Health::Healthy;
    let working = matches!(server.engine.health(), EngineHealth::Working);
    let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    vec![
        Reading::gauges(
            "build_info",
            "Always 1; the version that runs is its label",
            vec![(version, 1.0)],
        ),
        Reading::gauge(
            "store_healthy",
            "1 while the store can be written, 0 when it cannot",
            f64::from(healthy),
        ),
        Reading::gauge(
            "engine_working",
            "1 while notifications are being sent, 0 when delivery has stopped",
            f64::from(working),
        ),
    ]
}

/// Spans of traces; nothing is counted while there are none.
fn spans(server: &Shared) -> [Reading; 2] {
    let counts = server.config.tracer.as_ref().map(|tracer| tracer.counts());
    let counts = counts.unwrap_or_default();
    [
        Reading::counter(
            "spans_exported",
            "Spans of traces that the collector took",
            counts.exported,
        ),
        Reading::counter(
            "spans_dropped",
            "Spans of traces that were dropped: there was no room, or the collector did not take them",
            counts.dropped,
        ),
    ]
}

fn queue(depth: QueueDepth, now: Timestamp) -> [Reading; 3] {
    let age = depth
        .oldest_at
        .map_or(Duration::ZERO, |oldest| now.saturating_since(oldest));
    let recipients = vec![
        (vec![("state", "waiting".to_owned())], depth.waiting as f64),
        (vec![("state", "held".to_owned())], depth.held as f64),
    ];
    [
        Reading::gauge(
            "queue_notifications",
            "Notifications of which not all recipients have been looked up",
            depth.notifications as f64,
        ),
        Reading::gauge(
            "queue_oldest_age_seconds",
            "How long ago the oldest notification was accepted whose time has come and of which not all recipients have been looked up",
            age.as_secs_f64(),
        ),
        Reading::gauges(
            "queue_recipients",
            "Recipients that wait, by state: waiting for an instant, or held until something changes",
            recipients,
        ),
    ]
}

fn conservation(sums: Conservation) -> [Reading; 4] {
    [
        Reading::counter(
            "recipients_accepted",
            "Recipients of all notifications that were accepted",
            sums.accepted,
        ),
        Reading::counter("recipients_terminal", "Recipients that have ended", sums.terminal),
        Reading::gauge(
            "recipients_pending",
            "Recipients that have not ended",
            sums.pending as f64,
        ),
        Reading::gauge(
            "recipients_conservation_mismatch",
            "How far accepted recipients are from those that have ended and those that are pending; anything but 0 is a mistake of Tidings",
            sums.mismatch() as f64,
        ),
    ]
}

async fn devices(server: &Shared, names: &BundleIds) -> Result<Reading, Problem> {
    let mut values = Vec::new();
    for app in names.keys() {
        for count in server.store.count_devices(*app).await? {
            let labels = vec![
                ("app", name(names, *app)),
                ("environment", environment_name(count.environment)),
                ("state", count.state.as_str().to_owned()),
            ];
            values.push((labels, count.count as f64));
        }
    }
    Ok(Reading::gauges(
        "devices",
        "Device tokens, by app, environment and state",
        values,
    ))
}

/// Of several credentials that reach an environment, the one that lasts longest counts.
async fn credentials(server: &Shared, names: &BundleIds) -> Result<Reading, Problem> {
    let mut values = Vec::new();
    for app in names.keys() {
        let rows = server.store.credentials(*app).await?;
        for environment in Environment::ALL {
            let reaching = rows.iter().filter(|row| row.environments.contains(environment));
            let ends: Option<Vec<Timestamp>> = reaching.map(|row| row.not_after).collect();
            // One without an end, such as a signing key, is nothing to watch.
            let Some(end) = ends.and_then(|ends| ends.into_iter().max()) else {
                continue;
            };
            let labels = vec![
                ("app", name(names, *app)),
                ("environment", environment.as_str().to_owned()),
            ];
            values.push((labels, end.as_unix_millis() as f64 / 1000.0));
        }
    }
    Ok(Reading::gauges(
        "credential_expiry_timestamp_seconds",
        "When the last certificate of an app ends, by app and environment; absent where a signing key is used, which has no end",
        values,
    ))
}

fn lanes(lanes: &[LaneStatus], names: &BundleIds) -> [Reading; 2] {
    let labels = |lane: &LaneStatus| {
        vec![
            ("app", name(names, lane.app_id)),
            ("environment", lane.environment.as_str().to_owned()),
        ]
    };
    let health = lanes.iter().map(|lane| {
        let mut labels = labels(lane);
        labels.push(("health", lane.health.as_str().to_owned()));
        (labels, 1.0)
    });
    let in_flight = lanes.iter().map(|lane| (labels(lane), lane.in_flight as f64));
    [
        Reading::gauges(
            "lane_health",
            "1 for the present health of each lane, by app, environment and health",
            health.collect(),
        ),
        Reading::gauges(
            "lane_requests_in_flight",
            "Requests of each lane that APNs has not answered, by app and environment",
            in_flight.collect(),
        ),
    ]
}

fn attempts(counters: CountersSnapshot, names: &BundleIds) -> Vec<Reading> {
    let mut sums: BTreeMap<[String; 5], u64> = BTreeMap::new();
    for attempt in counters.attempts {
        let (status, reason) = answer_names(&attempt.answer);
        let labels = [
            name(names, attempt.app_id),
            attempt.environment.as_str().to_owned(),
            attempt.push_type.as_str().to_owned(),
            status,
            reason,
        ];
        *sums.entry(labels).or_default() += attempt.count;
    }
    let values = sums
        .into_iter()
        .map(|([app, environment, push_type, status, reason], count)| {
            let labels = vec![
                ("app", app),
                ("environment", environment),
                ("push_type", push_type),
                ("status", status),
                ("reason", reason),
            ];
            (labels, count)
        });
    vec![
        Reading::counters(
            "attempts",
            "Requests to APNs, by app, environment, push_type, status and reason; status is none where nothing was answered",
            values.collect(),
        ),
        Reading::histogram(
            "apns_answer_seconds",
            "How long APNs took to answer",
            counters.answer_latency,
        ),
        Reading::histogram(
            "delivery_seconds",
            "How long it took from the acceptance of a notification to its answer",
            counters.delivery_latency,
        ),
        Reading::counter(
            "attempts_unknown",
            "Requests of which it is not known whether APNs has them",
            counters.unknown,
        ),
        Reading::counter(
            "attempts_possibly_repeated",
            "Requests that APNs may have had before",
            counters.possible_duplicates,
        ),
        Reading::counter(
            "attempts_rerouted",
            "Requests that went to the other environment",
            counters.rerouted,
        ),
        Reading::gauge(
            "requests_in_flight",
            "Requests of all lanes that APNs has not answered",
            counters.in_flight as f64,
        ),
    ]
}

/// Apple's reasons are labels; what is no known one is `other`.
fn answer_names(answer: &AnswerClass) -> (String, String) {
    let status = match answer.status {
        0 => "none".to_owned(),
        status => status.to_string(),
    };
    // What the engine says where there was no answer is no foreign text.
    let is_known = answer.status == 0 || Reason::from_name(&answer.reason).is_known();
    let reason = match &*answer.reason {
        "" => "",
        reason if is_known => reason,
        _ => "other",
    };
    (status, reason.to_owned())
}

fn name(names: &BundleIds, app: AppId) -> String {
    names.get(&app).map(ToString::to_string).unwrap_or_default()
}

fn environment_name(environment: Option<Environment>) -> String {
    environment.map_or("unknown", Environment::as_str).to_owned()
}
