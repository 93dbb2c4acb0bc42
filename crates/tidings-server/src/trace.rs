//! Requests that are followed: their spans, and the notifications that they make.

use std::convert::Infallible;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use tidings_delivery::{Span, SpanKind, SpanValue, TraceContext, TraceParent};
use tidings_store::NotificationId;

use crate::server::Shared;

/// Only the API is followed: not health, metrics and pages.
const FOLLOWED: &str = "/v1/";

/// A request that is followed.
pub(crate) struct Begun {
    context: TraceContext,
    parent: Option<u64>,
    at: Duration,
}

/// Begins to follow a request, if it is one of those; its handler finds it as [`Traced`].
pub(crate) fn begin(server: &Shared, route: &str, request: &mut Request) -> Option<Begun> {
    let tracer = server.config.tracer.as_ref()?;
    if !route.starts_with(FOLLOWED) {
        return None;
    }
    let header = request.headers().get("traceparent");
    let parent = header.and_then(|value| TraceParent::parse(value.to_str().ok()?));
    let context = tracer.request(parent)?;
    request.extensions_mut().insert(context);
    Some(Begun {
        context,
        parent: parent.map(|parent| parent.context.span_id),
        at: since_1970(),
    })
}

/// Tells how it ended.
pub(crate) fn end(server: &Shared, begun: &Begun, method: &Method, route: &str, status: StatusCode) {
    let Some(tracer) = &server.config.tracer else {
        return;
    };
    tracer.tell(Span {
        context: begun.context,
        parent: begun.parent,
        name: format!("{method} {route}").into(),
        kind: SpanKind::Server,
        began_at: begun.at,
        ended_at: since_1970().max(begun.at),
        attributes: vec![
            ("http.request.method", method.as_str().into()),
            ("http.route", route.into()),
            (
                "http.response.status_code",
                SpanValue::Number(i64::from(status.as_u16())),
            ),
        ],
        failed: status.is_server_error(),
    });
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The span of a request, if it is followed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traced(Option<TraceContext>);

impl Traced {
    /// The request makes this notification; to be told before anybody can send it.
    pub(crate) fn makes(self, server: &Shared, notification: NotificationId) {
        if let (Some(tracer), Some(context)) = (&server.config.tracer, self.0) {
            tracer.remember(notification, context);
        }
    }

    /// What is known of a request's head.
    pub(crate) fn of(parts: &Parts) -> Self {
        Self(parts.extensions.get().copied())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Traced {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}
