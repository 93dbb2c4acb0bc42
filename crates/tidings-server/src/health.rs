//! Whether the process lives, and whether it can take requests. APNs is not asked: its troubles are no reason to send
//! requests elsewhere.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use tidings_delivery::EngineHealth;
use tidings_store::Health;
use utoipa::ToSchema;

use crate::server::{Phase, Shared};

/// Whether requests can be taken.
#[derive(Serialize, ToSchema)]
pub(crate) struct Readiness {
    ready: bool,
    /// `healthy`, `full`, `broken` or `closed`.
    store: &'static str,
    /// `working`, `draining`, `drained` or `stopped`.
    engine: &'static str,
    /// Whether the end of the process has been asked for.
    draining: bool,
}

/// Says that the process lives
#[utoipa::path(
    get,
    path = "/livez",
    operation_id = "live",
    tag = "operation",
    responses((status = 200, description = "It does", body = str, content_type = "text/plain"))
)]
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// Says whether requests can be taken
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "ready",
    tag = "operation",
    responses(
        (status = 200, description = "They can", body = Readiness),
        (status = 503, description = "They cannot: the process is to end, or the store cannot be written", body = Readiness)
    )
)]
pub(crate) async fn ready(State(server): State<Shared>) -> (StatusCode, axum::Json<Readiness>) {
    let health = server.store.health();
    let engine = server.engine.health();
    let draining = *server.phase.borrow() != Phase::Serving;
    let ready = !draining && health == Health::Healthy && matches!(engine, EngineHealth::Working);
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let readiness = Readiness {
        ready,
        store: match health {
            Health::Healthy => "healthy",
            Health::Full => "full",
            Health::Broken => "broken",
            Health::Closed => "closed",
        },
        engine: match engine {
            EngineHealth::Working => "working",
            EngineHealth::Draining => "draining",
            EngineHealth::Drained => "drained",
            EngineHealth::Stopped(_) => "stopped",
        },
        draining,
    };
    (status, axum::Json(readiness))
}
