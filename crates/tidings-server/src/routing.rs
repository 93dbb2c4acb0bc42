//! Which path and method is which operation, and what is done around each: counting, limiting, catching.

mod allowed;

use std::panic::AssertUnwindSafe;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get, post, put};
use futures_util::FutureExt as _;

use allowed::Allowed;

use crate::problem::{Problem, ProblemKind};
use crate::server::Shared;
use crate::trace::{self, TRACEPARENT};
use crate::{
    api_keys, apps, audit, backup, book, channels, connections, credentials, dashboard, devices, diagnosis,
    events, gorush_door, health, help, incidents, metrics, notifications, openapi, problems, webhooks,
};

/// Paths that are answered however much there is to do.
const ALWAYS: [&str; 3] = ["/livez", "/readyz", "/metrics"];

/// All routes. A segment `name:action` is one segment to the router, and is taken apart by its handler.
pub(crate) fn router(shared: Shared) -> Router {
    Router::new()
        .route("/v1/apps", get(apps::list))
        .route("/v1/apps/{bundle_id}", get(apps::describe))
        .route("/v1/apps/{bundle_id}/diagnosis", get(diagnosis::describe))
        .route("/v1/apps/{bundle_id}/devices", get(devices::list))
        .route("/v1/apps/{bundle_id}/devices:import", post(devices::import))
        .route(
            "/v1/apps/{bundle_id}/devices/{token}",
            put(devices::register)
                .get(devices::describe)
                .delete(devices::forget)
                .post(devices::act),
        )
        .route(
            "/v1/apps/{bundle_id}/notifications",
            post(notifications::send).get(notifications::list),
        )
        .route(
            "/v1/apps/{bundle_id}/notifications:batch",
            post(notifications::send_batch),
        )
        .route(
            "/v1/apps/{bundle_id}/notifications/{id}",
            get(notifications::describe).delete(notifications::cancel),
        )
        .route(
            "/v1/apps/{bundle_id}/notifications/{id}/recipients",
            get(notifications::recipients),
        )
        .route("/v1/apps/{bundle_id}/problems", get(problems::list))
        .route(
            "/v1/apps/{bundle_id}/problems/{problem}",
            get(problems::describe).post(problems::act),
        )
        .route(
            "/v1/apps/{bundle_id}/replays/{id}",
            get(problems::replay::describe).post(problems::replay::act),
        )
        .route("/v1/apps/{bundle_id}/incidents", get(incidents::list))
        .route(
            "/v1/apps/{bundle_id}/incidents/{id}",
            get(incidents::describe).post(incidents::act),
        )
        .route(
            "/v1/apps/{bundle_id}/credentials",
            get(credentials::list).post(credentials::upload),
        )
        .route(
            "/v1/apps/{bundle_id}/credentials/{id}",
            delete(credentials::remove).post(credentials::probe::act),
        )
        .route(
            "/v1/apps/{bundle_id}/channels",
            get(channels::list).post(channels::create),
        )
        .route(
            "/v1/apps/{bundle_id}/channels/{channel_id}",
            get(channels::describe)
                .delete(channels::remove)
                .post(channels::act),
        )
        .route("/v1/api-keys", get(api_keys::list).post(api_keys::create))
        .route("/v1/api-keys/{id}", delete(api_keys::revoke))
        .route("/v1/dashboard-links", post(dashboard::links::create))
        .route("/v1/connections", get(connections::list))
        .route("/v1/events", get(events::stream))
        .route("/v1/webhooks", get(webhooks::list).post(webhooks::create))
        .route(
            "/v1/webhooks/{id}",
            get(webhooks::describe)
                .patch(webhooks::change)
                .delete(webhooks::remove)
                .post(webhooks::act),
        )
        .route("/v1/webhooks/{id}/deliveries", get(webhooks::deliveries))
        .route("/v1/audit", get(audit::list))
        .route("/v1/audit:verify", get(audit::verify))
        .route("/v1/backup", post(backup::make))
        .route("/help", get(help::list))
        .route("/help/{code}", get(help::describe))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::scrape))
        .route("/openapi.json", get(openapi::document))
        .route("/docs", get(book::begin))
        .route("/docs/{*path}", get(book::page))
        .merge(dashboard::routes())
        .merge(gorush_door::routes(&shared))
        .fallback(unknown_route)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(shared.clone(), around))
        .with_state(shared)
}

async fn unknown_route() -> Problem {
    Problem::new(ProblemKind::UnknownRoute, "No path looks like this.")
}

async fn method_not_allowed(method: Method) -> Problem {
    let detail = format!("{method} is not among the methods of this path.");
    Problem::new(ProblemKind::MethodNotAllowed, detail)
}

/// An action that a path does not have.
pub(crate) fn unknown_action() -> Problem {
    Problem::new(ProblemKind::UnknownRoute, "No action of this path has this name.")
}

/// What is done around every request.
async fn around(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let begun = shared.metrics.begin();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let path = route.as_ref().map_or("other", MatchedPath::as_str);
    let allowed = Allowed::of(path, request.uri());
    let refusal = allowed.and_then(|allowed| allowed.refusal(&method));
    let traceparent = request.headers().get(TRACEPARENT);
    let traceparent = traceparent.and_then(|value| value.to_str().ok());
    let followed = trace::begin(&shared, path, traceparent);
    if let Some(followed) = &followed {
        request.extensions_mut().insert(followed.traced());
    }
    let room = shared.requests.try_acquire();
    let response = if let Some(refusal) = refusal {
        refusal
    } else if room.is_ok() || ALWAYS.contains(&path) {
        run(request, next, path).await
    } else {
        let detail = "As many requests as the configuration allows are being worked on.";
        Problem::new(ProblemKind::Overloaded, detail).into_response()
    };
    let status = response.status();
    shared.metrics.end(&begun, &method, path, status);
    if let Some(followed) = followed
        && status != StatusCode::UNAUTHORIZED
    {
        trace::end(&shared, &followed, &method, path, status);
    }
    // The path itself may hold a device token; the route never does.
    tracing::debug!(%method, route = path, status = status.as_u16(), "answered");
    response
}

/// Runs a handler. What panics is a mistake of ours, and is answered as one.
async fn run(request: Request, next: Next, path: &str) -> Response {
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_panic) => {
            tracing::error!(route = path, "a handler panicked");
            Problem::new(
                ProblemKind::Internal,
                "It was interrupted by a mistake of the server.",
            )
            .into_response()
        }
    }
}
