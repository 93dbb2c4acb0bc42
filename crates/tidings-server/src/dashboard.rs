//! The dashboard: pages for people under `/dashboard`.
//!
//! They are rendered here, from the same store and engine as the API, and everything that they need is in the binary. They
//! can be read, and their forms sent, without scripts; scripts only keep figures fresh and check while somebody types. All
//! state of a page is in its address. Nothing is inline, so that the content security policy allows nothing inline; what
//! comes from outside is escaped by the templates, and told apart by [`wording::Foreign`]. Whole device tokens are never
//! shown, and payloads only to those who may send.

mod account;
mod app_health;
mod apps;
mod assets;
mod audit_log;
mod chart;
mod compose;
mod connections;
mod credentials;
mod csv;
mod devices;
mod diagnosed;
mod examples;
mod export;
mod form;
mod guarded_form;
mod happenings;
mod headers;
mod incidents;
mod keys;
pub(crate) mod links;
mod live;
mod navigation;
mod notifications;
mod overview;
mod page;
mod password;
mod people;
mod practice;
mod preview;
mod problems;
mod pulse;
mod refusal;
mod replays;
mod session;
mod setting;
mod settings;
mod sign;
mod sign_in;
mod throttle;
mod webhook;
mod webhook_delivery;
mod webhook_form;
mod webhooks;
mod wording;

use axum::Router;
use axum::middleware::map_response;
use axum::response::Redirect;
use axum::routing::{get, post};

use crate::server::Shared;

use self::password::Hashing;
use self::pulse::Pulse;
use self::throttle::Throttle;
pub(crate) use links::new_link;
pub(crate) use pulse::beat_for_ever;
pub use setting::ShownSetting;

/// What the dashboard remembers between requests.
#[derive(Debug, Default)]
pub(crate) struct Room {
    pub(crate) pulse: Pulse,
    /// Failed attempts to sign in.
    pub(crate) attempts: Throttle,
    /// Passwords that are looked at.
    pub(crate) hashing: Hashing,
}

/// All pages, and what they are made of.
pub(crate) fn routes() -> Router<Shared> {
    let pages = Router::new()
        .route("/dashboard", get(overview::show))
        .route("/dashboard/problems", get(problems::show))
        .route(
            "/dashboard/apps/{bundle_id}/problems/{problem}/replay",
            post(replays::plan),
        )
        .route("/dashboard/replays/{id}", get(replays::show))
        .route("/dashboard/replays/{id}/send", post(replays::send))
        .route("/dashboard/replays/{id}/stop", post(replays::stop))
        .route("/dashboard/incidents", get(incidents::list))
        .route("/dashboard/incidents/{id}", get(incidents::show))
        .route("/dashboard/incidents/{id}/release", post(incidents::release))
        .route("/dashboard/incidents/{id}/confirm", post(incidents::confirm))
        .route("/dashboard/devices", get(devices::list))
        .route("/dashboard/devices.csv", get(export::devices))
        .route("/dashboard/notifications.csv", get(export::notifications))
        .route(
            "/dashboard/apps/{bundle_id}/notifications/{id}/recipients.csv",
            get(export::recipients),
        )
        .route("/dashboard/devices/{id}", get(devices::show))
        .route("/dashboard/devices/{id}/restore", post(devices::restore))
        .route("/dashboard/notifications", get(notifications::list))
        .route(
            "/dashboard/apps/{bundle_id}/notifications/{id}",
            get(notifications::show),
        )
        .route(
            "/dashboard/apps/{bundle_id}/notifications/{id}/cancel",
            post(notifications::cancel),
        )
        .route("/dashboard/compose", get(compose::show).post(compose::send))
        .route("/dashboard/compose/check", post(compose::check))
        .route("/dashboard/apps", get(apps::list))
        .route("/dashboard/apps/{bundle_id}", get(apps::show))
        .route(
            "/dashboard/apps/{bundle_id}/credentials",
            post(credentials::upload),
        )
        .route(
            "/dashboard/apps/{bundle_id}/credentials/read",
            post(credentials::read),
        )
        .route(
            "/dashboard/apps/{bundle_id}/credentials/{id}/probe",
            post(credentials::probe),
        )
        .route(
            "/dashboard/apps/{bundle_id}/credentials/{id}/remove",
            post(credentials::remove),
        )
        .route("/dashboard/connections", get(connections::show))
        .route("/dashboard/keys", get(keys::list).post(keys::create))
        .route("/dashboard/keys/{id}/revoke", post(keys::revoke))
        .route("/dashboard/people", get(people::list).post(people::invite))
        .route(
            "/dashboard/people/{id}/password/remove",
            post(people::remove_password),
        )
        .route("/dashboard/people/{id}/remove", post(people::remove))
        .route("/dashboard/account", get(account::show))
        .route("/dashboard/account/password", post(account::set_password))
        .route("/dashboard/sessions/{handle}/end", post(account::end_session))
        .merge(webhook_routes())
        .route("/dashboard/audit", get(audit_log::list))
        .route("/dashboard/settings", get(settings::show))
        .route("/dashboard/practice/key", get(practice::key))
        .route("/dashboard/practice/phone", post(practice::phone))
        .route("/dashboard/live", get(live::stream))
        .route("/dashboard/sign-in", get(sign_in::show).post(sign_in::redeem))
        .route("/dashboard/sign-in/key", post(sign_in::by_key))
        .route("/dashboard/sign-in/password", post(sign_in::by_password))
        .route("/dashboard/sign-out", post(sign_in::sign_out))
        .route("/dashboard/assets/{name}", get(assets::serve))
        .layer(map_response(headers::add));
    Router::new()
        .route("/", get(async || Redirect::to("/dashboard")))
        .merge(pages)
}

/// The pages of webhooks.
fn webhook_routes() -> Router<Shared> {
    Router::new()
        .route("/dashboard/webhooks", get(webhooks::list).post(webhooks::create))
        .route("/dashboard/webhooks/{id}", get(webhook::show))
        .route("/dashboard/webhooks/{id}/change", post(webhook::change))
        .route("/dashboard/webhooks/{id}/enable", post(webhook::enable))
        .route("/dashboard/webhooks/{id}/disable", post(webhook::disable))
        .route("/dashboard/webhooks/{id}/remove", post(webhook::remove))
        .route("/dashboard/webhooks/{id}/rotate", post(webhook::rotate))
        .route("/dashboard/webhooks/{id}/test", post(webhook::test))
        .route("/dashboard/webhooks/{id}/replay", post(webhook::replay))
        .route(
            "/dashboard/webhooks/{id}/deliveries/{delivery}",
            get(webhook_delivery::show),
        )
        .route(
            "/dashboard/webhooks/{id}/deliveries/{delivery}/replay",
            post(webhook_delivery::replay),
        )
}
