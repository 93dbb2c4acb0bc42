//! The door shaped like gorush: `POST /api/push` on the API's own port, so that a program that speaks to gorush today speaks
//! to Tidings by another address. What gorush would do at once is accepted, durable, and done.

mod answer;
mod body;
mod desk;
mod payload;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::ORIGIN;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use tidings_apns::BundleId;
use tidings_store::Scope;

use self::answer::{Pushed, Refused};
use self::body::Body;
use self::desk::Desk;
use crate::authentication::{Caller, presented};
use crate::body::{parse, read};
use crate::limits::JSON_BODY_BYTES;
use crate::problem::{Problem, ProblemKind};
use crate::server::Shared;
use crate::trace::Traced;

/// Notifications of one request, as many as gorush takes where nothing else is configured.
const NOTIFICATIONS: usize = 100;

/// How the door shaped like gorush works.
#[derive(Clone, Debug)]
pub struct GorushDoorConfig {
    app: BundleId,
    authentication: GorushAuthentication,
}

impl GorushDoorConfig {
    /// A door by which notifications without a topic go to this app.
    pub const fn new(app: BundleId, authentication: GorushAuthentication) -> Self {
        Self { app, authentication }
    }
}

/// Who may send by the door shaped like gorush.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GorushAuthentication {
    /// Whoever has an API key with the scope `send`.
    #[default]
    ApiKey,
    /// Everybody who reaches it, to the one app: gorush asks for nothing.
    Nothing,
}

/// The one route, if there is to be one.
pub(crate) fn routes(server: &Shared) -> Router<Shared> {
    match server.config.gorush_door {
        Some(_) => Router::new().route("/api/push", post(push)),
        None => Router::new(),
    }
}

async fn push(State(server): State<Shared>, request: Request) -> Response {
    match answer(&server, request).await {
        Ok(pushed) => pushed.into_response(),
        Err(problem) => Refused(problem).into_response(),
    }
}

async fn answer(server: &Shared, request: Request) -> Result<Pushed, Problem> {
    let closed = || {
        Problem::new(
            ProblemKind::UnknownRoute,
            "The door shaped like gorush is closed.",
        )
    };
    let config = server.config.gorush_door.as_ref().ok_or_else(closed)?;
    let (parts, body) = request.into_parts();
    let caller = match config.authentication {
        GorushAuthentication::ApiKey => Some(caller(server, &parts).await?),
        GorushAuthentication::Nothing => {
            must_not_be_a_page(&parts)?;
            None
        }
    };
    let bytes = read(body, JSON_BODY_BYTES, server.config.request_timeout).await?;
    let Body { notifications } = parse(&bytes)?;
    if notifications.is_empty() {
        return Err(Problem::field("/notifications", "It is empty."));
    }
    if notifications.len() > NOTIFICATIONS {
        let detail = format!(
            "There are {} in it, and at most {NOTIFICATIONS} are taken.",
            notifications.len()
        );
        return Err(Problem::field("/notifications", detail));
    }
    let desk = Desk {
        server,
        caller: caller.as_ref(),
        default_app: &config.app,
        traced: Traced::of(&parts),
    };
    let mut pushed = Pushed::default();
    for notification in &notifications {
        desk.take(notification, &mut pushed).await;
    }
    server.engine.work_arrived();
    Ok(pushed)
}

/// A page that somebody on this machine looks at reaches the port, too. Browsers say whose request it is.
fn must_not_be_a_page(parts: &Parts) -> Result<(), Problem> {
    if !parts.headers.contains_key(ORIGIN) {
        return Ok(());
    }
    let detail = "It comes from a page in a browser, and none may send without authentication.";
    Err(Problem::new(ProblemKind::MissingKey, detail))
}

/// For the fuzz target.
pub(crate) fn read_notification(data: &[u8]) {
    let Ok(notification) = serde_json::from_slice::<body::Notification>(data) else {
        return;
    };
    let aps = payload::aps(&notification);
    assert!(aps.values().all(|value| !value.is_null()), "a key says nothing");
}

async fn caller(server: &Shared, parts: &Parts) -> Result<Caller, Problem> {
    let caller = server.keyring.caller(presented(parts)?, server).await?;
    caller.must_have(Scope::Send)?;
    Ok(caller)
}
