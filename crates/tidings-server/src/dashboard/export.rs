//! Lists as CSV, as they are filtered on their pages: read and sent page by page, however long they are. Device tokens are
//! never whole, and what notifications say is for those who may send.

use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use tidings_apns::{Environment, Timestamp};
use tidings_store::{App, Device, DeviceId, NotificationId, NotificationView, RecipientView, fingerprint};
use tidings_truth::explain;
use tokio::sync::OwnedSemaphorePermit;

use super::csv::line;
use super::devices::{Query, choice};
use super::notifications::{audience, find};
use super::page::Shown;
use super::preview::Preview;
use super::refusal::Refusal;
use super::session::{As, Session, Viewer};
use super::wording::{masked, plain};
use crate::notifications::recipients::outcome;
use crate::parameters::{Parameters, Place};
use crate::problem::{Problem, ProblemKind};
use crate::server::Shared;

/// Rows that are read at once.
const AT_ONCE: usize = 500;

/// A list on its way.
struct Export<A, P> {
    server: Shared,
    session: Session,
    /// Where the next page begins; nothing after the last.
    at: Option<A>,
    page: P,
    _room: OwnedSemaphorePermit,
}

/// A list as an answer: its head, and then page after page. One that cannot go on breaks off, so that nobody takes it for
/// whole.
fn export<A, P, F>(
    server: Shared,
    session: Session,
    (name, head): (&str, &[&str]),
    first: A,
    page: P,
) -> Shown
where
    A: Send + 'static,
    P: Fn(Shared, A) -> F + Send + 'static,
    F: Future<Output = Result<(String, Option<A>), Problem>> + Send,
{
    let room = Arc::clone(&server.streams).try_acquire_owned().map_err(|_full| {
        let detail = "As many lists are being sent as the server takes.";
        Problem::new(ProblemKind::Overloaded, detail)
    })?;
    let mut text = String::new();
    line(&mut text, head);
    let export = Export {
        server,
        session,
        at: Some(first),
        page,
        _room: room,
    };
    let pages = stream::unfold(export, |mut export| async move {
        let at = export.at.take()?;
        let page = export.next(at).await;
        Some((page, export))
    });
    let head = stream::iter([Ok::<_, io::Error>(Bytes::from(text))]);
    let mut response = Response::new(Body::from_stream(futures_util::StreamExt::chain(head, pages)));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/csv; charset=utf-8; header=present"),
    );
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{name}.csv\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

impl<A, P, F> Export<A, P>
where
    P: Fn(Shared, A) -> F,
    F: Future<Output = Result<(String, Option<A>), Problem>>,
{
    async fn next(&mut self, at: A) -> Result<Bytes, io::Error> {
        if !self.session.is_still_good(&self.server).await {
            return Err(io::Error::other("the session has ended"));
        }
        match (self.page)(self.server.clone(), at).await {
            Ok((text, next)) => {
                self.at = next;
                Ok(Bytes::from(text))
            }
            Err(problem) => Err(io::Error::other(problem.detail().to_owned())),
        }
    }
}

const DEVICE_HEAD: [&str; 15] = [
    "fingerprint",
    "device_token",
    "state",
    "since",
    "why",
    "kind",
    "environment",
    "user",
    "installation",
    "tags",
    "locale",
    "app_version",
    "os_version",
    "device_model",
    "registered_at",
];

/// `GET /dashboard/devices.csv`.
pub(crate) async fn devices(
    State(server): State<Shared>,
    who: As<Viewer>,
    mut parameters: Parameters,
) -> Shown {
    let wanted = parameters.text("app")?.unwrap_or_default();
    let find = parameters.text("find")?.unwrap_or_default().trim().to_owned();
    let state = choice(&mut parameters, "state")?;
    let environment = choice(&mut parameters, "environment")?;
    parameters.finish()?;
    let query = Query {
        app: app(&server, &wanted).await?,
        find,
        state,
        environment,
    };
    let name = format!("devices-{}", query.app.bundle_id);
    let first: Option<DeviceId> = None;
    let query = Arc::new(query);
    export(
        server,
        who.clone(),
        (&name, &DEVICE_HEAD),
        first,
        move |server, after| {
            let query = Arc::clone(&query);
            async move {
                let now = server.clock.now();
                if !query.find.is_empty() {
                    return Ok((device_lines(&query.search(&server, now).await?), None));
                }
                let page =
                    server
                        .store
                        .devices_among(query.app.id, query.filter(), after, AT_ONCE, AT_ONCE, now);
                let (found, next) = page.await?;
                Ok((device_lines(&found), next.map(Some)))
            }
        },
    )
}

fn device_lines(devices: &[Device]) -> String {
    let mut text = String::new();
    for device in devices {
        let standing = &device.standing;
        let explanation = explain(&device.history, device.kind, standing);
        let or_empty = |value: &Option<String>| value.clone().unwrap_or_default();
        line(
            &mut text,
            &[
                &fingerprint(&device.token),
                &masked(&device.token.to_string()),
                standing.state.as_str(),
                &plain(standing.since),
                &explanation.summary,
                device.kind.as_str(),
                standing.environment.map_or("", Environment::as_str),
                &or_empty(&device.user_id),
                &or_empty(&device.installation_id),
                &device.tags.join(" "),
                &or_empty(&device.locale),
                &or_empty(&device.app_version),
                &or_empty(&device.os_version),
                &or_empty(&device.device_model),
                &plain(device.history.registered_at),
            ],
        );
    }
    text
}

const NOTIFICATION_HEAD: [&str; 15] = [
    "id",
    "accepted_at",
    "state",
    "to",
    "push_type",
    "delivered",
    "rejected",
    "undeliverable",
    "expired",
    "cancelled",
    "unknown",
    "waiting",
    "held",
    "finished_at",
    "title",
];

/// `GET /dashboard/notifications.csv`. What a notification says is for those who may send.
pub(crate) async fn notifications(
    State(server): State<Shared>,
    who: As<Viewer>,
    mut parameters: Parameters,
) -> Shown {
    let wanted = parameters.text("app")?.unwrap_or_default();
    let _of_the_form = parameters.text("find")?;
    parameters.finish()?;
    let app = app(&server, &wanted).await?;
    let shows_titles = who.may(tidings_store::DashboardRole::Operator);
    let columns = NOTIFICATION_HEAD.len() - usize::from(!shows_titles);
    let name = format!("notifications-{}", app.bundle_id);
    let first: Option<NotificationId> = None;
    let id = app.id;
    export(
        server,
        who.clone(),
        (&name, &NOTIFICATION_HEAD[..columns]),
        first,
        move |server, before| async move {
            let now = server.clock.now();
            let found = server.store.notifications(id, before, AT_ONCE, now).await?;
            let last = found.last().filter(|_| found.len() == AT_ONCE);
            let next = last.map(|view| Some(view.notification.id));
            Ok((notification_lines(&found, columns), next))
        },
    )
}

fn notification_lines(views: &[NotificationView], columns: usize) -> String {
    let mut text = String::new();
    for view in views {
        let (notification, counts) = (&view.notification, view.counts);
        let title = Preview::of(&notification.payload).title_or_text();
        let cells = [
            notification.id.to_string(),
            plain(view.created_at),
            view.state.as_str().to_owned(),
            audience(&notification.audience),
            notification.push_type.as_str().to_owned(),
            counts.delivered.to_string(),
            counts.rejected.to_string(),
            counts.undeliverable.to_string(),
            counts.expired.to_string(),
            counts.cancelled.to_string(),
            counts.unknown_dropped.to_string(),
            counts.waiting.to_string(),
            counts.held.to_string(),
            at(view.finished_at),
            title,
        ];
        let cells: Vec<&str> = cells.iter().take(columns).map(String::as_str).collect();
        line(&mut text, &cells);
    }
    text
}

const RECIPIENT_HEAD: [&str; 9] = [
    "fingerprint",
    "device_token",
    "outcome",
    "status",
    "reason",
    "attempts",
    "environment",
    "sent_at",
    "next_at",
];

/// `GET …/recipients.csv`: those to whom something happened.
pub(crate) async fn recipients(
    State(server): State<Shared>,
    who: As<Viewer>,
    Place((bundle_id, id)): Place<(String, String)>,
) -> Shown {
    let (app, id) = find(&server, &bundle_id, &id).await?;
    let now = server.clock.now();
    let known = server.store.notification(app.id, id, now).await?;
    known.ok_or_else(|| Refusal::not_found("notification"))?;
    let name = format!("recipients-{id}");
    let first: Option<DeviceId> = None;
    export(
        server,
        who.clone(),
        (&name, &RECIPIENT_HEAD),
        first,
        move |server, after| async move {
            let found = server.store.recipients(app.id, id, after, AT_ONCE).await?;
            let last = found.last().filter(|_| found.len() == AT_ONCE);
            let next = last.map(|view| Some(view.device_id));
            Ok((recipient_lines(&found), next))
        },
    )
}

fn recipient_lines(views: &[RecipientView]) -> String {
    let mut text = String::new();
    for view in views {
        let token = view.token.as_ref();
        line(
            &mut text,
            &[
                &token.map(fingerprint).unwrap_or_default(),
                &token.map(|token| masked(&token.to_string())).unwrap_or_default(),
                outcome(view.state),
                &view.status.map(|status| status.to_string()).unwrap_or_default(),
                view.reason.as_deref().unwrap_or_default(),
                &view.attempts.to_string(),
                view.environment.map_or("", Environment::as_str),
                &at(view.sent_at),
                &at(view.next_at()),
            ],
        );
    }
    text
}

fn at(instant: Option<Timestamp>) -> String {
    instant.map(plain).unwrap_or_default()
}

/// The app that is asked for, else the first, as on the pages.
async fn app(server: &Shared, wanted: &str) -> Result<App, Refusal> {
    let apps = server.store.apps().await?;
    let found = apps.iter().find(|app| app.bundle_id.as_str() == wanted);
    let found = found.or(apps.first()).cloned();
    found.ok_or_else(|| Refusal::not_found("app"))
}
