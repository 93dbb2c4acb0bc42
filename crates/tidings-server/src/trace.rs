//! Requests that are followed: their spans, and the notifications that they make.

use std::convert::Infallible;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use tidings_delivery::{Span, SpanKind, SpanValue, TraceContext, TraceParent};
use tidings_store::NotificationId;

use crate::server::Shared;

/// Only the API and its doors are followed: not health, metrics and pages.
const FOLLOWED: [&str; 3] = ["/v1/", "/api/push", "/3/device/"];

/// The header by which a client says of which trace its request is a part.
pub(crate) const TRACEPARENT: &str = "traceparent";

/// A request that is followed.
pub(crate) struct Begun {
    context: TraceContext,
    parent: Option<u64>,
    at: Duration,
}

/// Begins to follow a request, if it is one of those.
pub(crate) fn begin(server: &Shared, route: &str, traceparent: Option<&str>) -> Option<Begun> {
    let tracer = server.config.tracer.as_ref()?;
    if !FOLLOWED.iter().any(|followed| route.starts_with(followed)) {
        return None;
    }
    let parent = traceparent.and_then(TraceParent::parse);
    Some(Begun {
        context: tracer.request(parent)?,
        parent: parent.map(|parent| parent.context.span_id),
        at: since_1970(),
    })
}

/// Tells how it ended. Not to be told of requests of strangers: as many as they like would reach the collector.
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

impl Begun {
    /// What its handler needs of it.
    pub(crate) const fn traced(&self) -> Traced {
        Traced(Some(self.context))
    }
}

impl Traced {
    /// A request that is not followed.
    pub(crate) const NOT: Self = Self(None);

    /// The request makes this notification; to be told before anybody can send it.
    pub(crate) fn makes(self, server: &Shared, notification: NotificationId) {
        if let (Some(tracer), Some(context)) = (&server.config.tracer, self.0) {
            tracer.remember(notification, context);
        }
    }

    /// What is known of a request's head.
    pub(crate) fn of(parts: &Parts) -> Self {
        parts.extensions.get().copied().unwrap_or(Self::NOT)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Traced {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}
