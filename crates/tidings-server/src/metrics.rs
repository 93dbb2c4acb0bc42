//! What can be measured, for Prometheus: requests as they come, and the store and the engine as they are when asked.
//!
//! Labels are bounded: apps, environments, push types, Apple's reasons (others are `other`), routes. No device token, no user
//! and no key is ever a label.

mod apns;
mod process;
mod reading;
pub(crate) mod scrape;

use std::sync::atomic::{AtomicI64, AtomicU64};
use std::time::Instant;

use axum::http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tidings_apns::Timestamp;
use tokio::sync::Mutex;

pub(crate) use scrape::scrape;

/// The bounds of the classes of latency, in seconds.
const LATENCIES: [f64; 12] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0,
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

/// What is counted while requests are answered.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter<u64, AtomicU64>>,
    durations: Family<RouteLabels, Histogram>,
    in_flight: Gauge<i64, AtomicI64>,
    connections: Gauge<i64, AtomicI64>,
    webhook_attempts: Family<OutcomeLabels, Counter<u64, AtomicU64>>,
    /// What was last told, and when: who asks often gets the same.
    last: Mutex<Option<(Timestamp, String)>>,
}

/// How a request to a webhook ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum WebhookOutcome {
    Delivered,
    Failed,
}

/// A request that has begun.
pub(crate) struct Begun {
    at: Instant,
    in_flight: Gauge<i64, AtomicI64>,
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.in_flight.dec();
    }
}

/// A connection that is open.
pub(crate) struct Open(Gauge<i64, AtomicI64>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let requests = Family::default();
        let durations = Family::new_with_constructor(new_histogram as fn() -> Histogram);
        let (in_flight, connections) = (Gauge::default(), Gauge::default());
        let mut registry = Registry::with_prefix("tidings");
        registry.register(
            "http_requests",
            "Requests that were answered, by method, route and status",
            requests.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "How long it took until an answer began, by method and route",
            Unit::Seconds,
            durations.clone(),
        );
        registry.register(
            "http_requests_in_flight",
            "Requests that are being worked on",
            in_flight.clone(),
        );
        registry.register(
            "http_connections",
            "Connections that are open",
            connections.clone(),
        );
        let webhook_attempts = Family::default();
        registry.register(
            "webhook_attempts",
            "Requests to webhooks, by whether the receiver took the event",
            webhook_attempts.clone(),
        );
        Self {
            registry,
            webhook_attempts,
            requests,
            durations,
            in_flight,
            connections,
            last: Mutex::default(),
        }
    }

    pub(crate) fn connection(&self) -> Open {
        self.connections.inc();
        Open(self.connections.clone())
    }

    pub(crate) fn webhook_attempt(&self, outcome: WebhookOutcome) {
        let outcome = match outcome {
            WebhookOutcome::Delivered => "delivered",
            WebhookOutcome::Failed => "failed",
        };
        self.webhook_attempts
            .get_or_create(&OutcomeLabels { outcome })
            .inc();
    }

    pub(crate) fn begin(&self) -> Begun {
        self.in_flight.inc();
        Begun {
            at: Instant::now(),
            in_flight: self.in_flight.clone(),
        }
    }

    pub(crate) fn end(&self, begun: &Begun, method: &Method, route: &str, status: StatusCode) {
        let method = method_name(method);
        let labels = RequestLabels {
            method,
            route: route.to_owned(),
            status: status.as_u16(),
        };
        self.requests.get_or_create(&labels).inc();
        let labels = RouteLabels {
            method,
            route: labels.route,
        };
        let duration = begun.at.elapsed().as_secs_f64();
        self.durations.get_or_create(&labels).observe(duration);
    }
}

fn new_histogram() -> Histogram {
    Histogram::new(LATENCIES)
}

/// Methods are the caller's text: only those that exist here are labels.
fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "POST" => "POST",
        "DELETE" => "DELETE",
        _ => "other",
    }
}
