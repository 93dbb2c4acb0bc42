//! Faults, the clock and statistics over HTTP.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::clock::ClockReading;
use super::super::faults::CreatedFault;
use super::super::problem::{Answered, Body, Problem};
use super::Control;
use crate::faults::NewFault;
use crate::stats::StatsReport;

/// How far the clock is moved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    advance_seconds: u64,
}

/// Puts a fault in force.
#[utoipa::path(
    post,
    path = "/v1/faults",
    request_body = NewFault,
    responses(
        (status = 201, description = "The fault", body = CreatedFault),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn add_fault(
    State(control): State<Control>,
    Body(new): Body<NewFault>,
) -> Answered<(StatusCode, Json<CreatedFault>)> {
    Ok((StatusCode::CREATED, Json(control.add_fault(&new)?)))
}

/// Lists the faults in force.
#[utoipa::path(
    get,
    path = "/v1/faults",
    responses(
        (status = 200, description = "The faults", body = Vec<CreatedFault>),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn list_faults(State(control): State<Control>) -> Answered<Json<Vec<CreatedFault>>> {
    Ok(Json(control.faults()))
}

/// Lifts all faults.
#[utoipa::path(
    delete,
    path = "/v1/faults",
    responses(
        (status = 204, description = "They are lifted"),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn lift_all_faults(State(control): State<Control>) -> Answered<StatusCode> {
    control.lift_all_faults();
    Ok(StatusCode::NO_CONTENT)
}

/// Lifts a fault.
#[utoipa::path(
    delete,
    path = "/v1/faults/{id}",
    params(("id" = String, Path, description = "The fault")),
    responses(
        (status = 204, description = "It is lifted"),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn lift_fault(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Answered<StatusCode> {
    control.lift_fault(&id)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reads the clock.
#[utoipa::path(
    get,
    path = "/v1/clock",
    responses(
        (status = 200, description = "What it shows", body = ClockReading),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn read_clock(State(control): State<Control>) -> Answered<Json<ClockReading>> {
    Ok(Json(control.clock()))
}

/// Moves the clock forward.
#[utoipa::path(
    post,
    path = "/v1/clock",
    request_body = Advance,
    responses(
        (status = 200, description = "What it shows then", body = ClockReading),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn advance_clock(
    State(control): State<Control>,
    Body(by): Body<Advance>,
) -> Answered<Json<ClockReading>> {
    Ok(Json(control.advance(Duration::from_secs(by.advance_seconds))))
}

/// Counts what was answered.
#[utoipa::path(
    get,
    path = "/v1/stats",
    responses(
        (status = 200, description = "The counts", body = StatsReport),
        (status = "default", description = "It was refused", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn stats(State(control): State<Control>) -> Answered<Json<StatsReport>> {
    Ok(Json(control.stats()))
}
