//! The control API: JSON over HTTP/1.1, described by `/openapi.json`.

mod accounts;
mod devices;
mod installs;
mod other;

use std::future::Future;
use std::io;

use axum::response::IntoResponse;
use axum::{Json, Router};
use tokio::net::TcpListener;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Control;
use super::problem::Problem;

/// The whole API in OpenAPI's words.
#[derive(OpenApi)]
#[openapi(info(
    title = "Tidings simulator: control",
    description = "The world behind the simulated APNs: accounts, devices, faults, time."
))]
struct Description;

/// Serves the control API until `shutdown` is over.
pub(crate) async fn serve(
    socket: TcpListener,
    control: Control,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(socket, router(control))
        .with_graceful_shutdown(shutdown)
        .await
}

fn router(control: Control) -> Router {
    let (router, description) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(accounts::create_key))
        .routes(routes!(accounts::revoke_key))
        .routes(routes!(accounts::issue_certificate))
        .routes(routes!(accounts::revoke_certificate))
        .routes(routes!(accounts::create_app, accounts::list_apps))
        .routes(routes!(accounts::transfer_app))
        .routes(routes!(accounts::set_broadcast))
        .routes(routes!(devices::create_device, devices::list_devices))
        .routes(routes!(devices::describe_device))
        .routes(routes!(devices::restore_device))
        .routes(routes!(devices::erase_device))
        .routes(routes!(devices::upgrade_device))
        .routes(routes!(devices::set_connectivity))
        .routes(routes!(devices::list_notifications))
        .routes(routes!(installs::install))
        .routes(routes!(installs::launch))
        .routes(routes!(installs::uninstall))
        .routes(routes!(installs::set_permission))
        .routes(routes!(installs::end_activity))
        .routes(routes!(installs::subscribe))
        .routes(routes!(
            other::add_fault,
            other::list_faults,
            other::lift_all_faults
        ))
        .routes(routes!(other::lift_fault))
        .routes(routes!(other::read_clock, other::advance_clock))
        .routes(routes!(other::stats))
        .split_for_parts();
    let openapi = axum::routing::get(move || std::future::ready(Json(description.clone()).into_response()));
    router
        .route("/openapi.json", openapi)
        .fallback(|| std::future::ready(Problem::not_found()))
        .with_state(control)
}
