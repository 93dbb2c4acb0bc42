//! Notifications: the newest first, and the way of one in words.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use tidings_apns::{Environment, Priority, Reason, Timestamp};
use tidings_store::{
    App, Attempt, Audience, DeviceId, NotificationId, NotificationState, NotificationView, RecipientOutcome,
    RecipientState, RecipientView, fingerprint,
};
use uuid::Uuid;

use super::devices::{Choice, app_choices};
use super::form::Form;
use super::navigation::Place as Page;
use super::page::{self, Frame, Shown};
use super::preview::Preview;
use super::refusal::Refusal;
use super::session::{As, Operator, Viewer};
use super::sign::Sign;
use super::wording::{Foreign, Moment, exact, grouped, length, plain, plural, words};
use crate::cursor::List;
use crate::notifications::attempts::sentence;
use crate::notifications::recipients::{advice, explanation, outcome};
use crate::parameters::{Parameters, Place};
use crate::problem::Problem;
use crate::server::Shared;

/// Notifications of a page.
const PAGE: usize = 50;

/// Recipients of a page.
const RECIPIENTS: usize = 50;

/// Where there are so few recipients, the requests for them stand in the timeline.
const TOLD: usize = 5;

#[derive(Template)]
#[template(path = "dashboard/notifications.html")]
struct NotificationsPage {
    frame: Frame,
    apps: Vec<Choice>,
    lines: Vec<Line>,
    next: Option<String>,
    find: String,
    is_missing: bool,
}

struct Line {
    address: String,
    id: String,
    sign: Sign,
    state: String,
    title: Option<Foreign>,
    audience: String,
    outcome: String,
    accepted: Moment,
}

/// `GET /dashboard/notifications`.
pub(crate) async fn list(State(server): State<Shared>, who: As<Viewer>, mut parameters: Parameters) -> Shown {
    let frame = Frame::new(Page::Notifications, &who, &server).await?;
    let apps = server.store.apps().await?;
    let wanted = parameters.text("app")?.unwrap_or_default();
    let find = parameters.text("find")?.unwrap_or_default().trim().to_owned();
    let cursor = parameters.text("cursor")?;
    parameters.finish()?;
    if let Some(address) = find_one(&server, &apps, &find).await? {
        return Ok(Redirect::to(&address).into_response());
    }
    let chosen = apps
        .iter()
        .find(|app| app.bundle_id.as_str() == wanted)
        .or(apps.first());
    let (mut lines, mut next) = (Vec::new(), None);
    if let Some(app) = chosen {
        let list = List::new("dashboard notifications", app.id);
        let before = list
            .begins_after(cursor)?
            .map(|bytes| NotificationId(Uuid::from_bytes(bytes)));
        let now = server.clock.now();
        let page = server.store.notifications(app.id, before, PAGE, now).await?;
        let cursor = list.next(&page, PAGE, |view| view.notification.id.0.into_bytes());
        next = cursor.map(|cursor| format!("/dashboard/notifications?app={}&cursor={cursor}", app.bundle_id));
        let line = |view: &NotificationView| Line::new(view, app, &frame, now);
        lines = page.iter().map(line).collect();
    }
    page::show(&NotificationsPage {
        apps: app_choices(&apps, chosen),
        frame,
        lines,
        next,
        is_missing: !find.is_empty(),
        find,
    })
}

/// The page of the notification with this id, whichever app it is of.
async fn find_one(server: &Shared, apps: &[App], text: &str) -> Result<Option<String>, Problem> {
    let Ok(id) = text.parse::<NotificationId>() else {
        return Ok(None);
    };
    let now = server.clock.now();
    for app in apps {
        if server.store.notification(app.id, id, now).await?.is_some() {
            return Ok(Some(address(app, id)));
        }
    }
    Ok(None)
}

fn address(app: &App, id: NotificationId) -> String {
    format!("/dashboard/apps/{}/notifications/{id}", app.bundle_id)
}

impl Line {
    fn new(view: &NotificationView, app: &App, frame: &Frame, now: Timestamp) -> Self {
        let notification = &view.notification;
        let title = frame.may_operate().then(|| Preview::of(&notification.payload));
        Self {
            address: address(app, notification.id),
            id: notification.id.to_string(),
            sign: sign(view),
            state: view.state.as_str().to_owned(),
            title: title.map(|preview| preview.in_short()),
            audience: audience(&notification.audience),
            outcome: outcomes(view),
            accepted: Moment::new(view.created_at, now),
        }
    }
}

fn sign(view: &NotificationView) -> Sign {
    let counts = view.counts;
    let is_bad = counts.rejected > 0 && counts.delivered == 0;
    match view.state {
        NotificationState::Scheduled | NotificationState::Cancelled => Sign::Quiet,
        _ if is_bad => Sign::Bad,
        _ if counts.rejected + counts.held + counts.expired > 0 => Sign::Watch,
        NotificationState::Active => Sign::Quiet,
        NotificationState::Finished => Sign::Good,
    }
}

/// To whom, in words.
pub(crate) fn audience(audience: &Audience) -> String {
    let names = audience.names() as u64;
    match audience {
        Audience::Tokens(_) => plural(names, "device token"),
        Audience::Users(_) => plural(names, "user"),
        Audience::Installations(_) => plural(names, "installation"),
        Audience::Tags { any, all, none } => {
            let part = |word: &str, tags: &[String]| {
                (!tags.is_empty()).then(|| format!("{word} {}", plural(tags.len() as u64, "tag")))
            };
            let parts = [part("any of", any), part("all of", all), part("none of", none)];
            parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
        _ => "everyone".to_owned(),
    }
}

/// What became of the recipients, in one line.
fn outcomes(view: &NotificationView) -> String {
    let counts = view.counts;
    let named = [
        (counts.delivered, "delivered"),
        (counts.rejected, "refused"),
        (counts.undeliverable, "not in use any more"),
        (counts.expired, "too late"),
        (counts.cancelled, "cancelled"),
        (counts.unknown_dropped, "unknown"),
        (counts.waiting, "waiting"),
        (counts.held, "held back"),
    ];
    let parts = named.into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<_> = parts
        .map(|(count, name)| format!("{} {name}", grouped(count)))
        .collect();
    if parts.is_empty() {
        "nobody yet".to_owned()
    } else {
        parts.join(", ")
    }
}

#[derive(Template)]
#[template(path = "dashboard/notification.html")]
struct NotificationPage {
    frame: Frame,
    id: String,
    address: String,
    app: Foreign,
    app_address: String,
    sign: Sign,
    state: &'static str,
    outcome: String,
    is_live: bool,
    can_cancel: bool,
    timeline: Vec<Step>,
    facts: Vec<(&'static str, Foreign)>,
    preview: Option<Preview>,
    payload: Option<Foreign>,
    command: Option<Foreign>,
    recipients: Vec<RecipientLine>,
    next: Option<String>,
    /// The notification that it sends again, and the plan by which.
    replays: Option<(String, String)>,
    recipients_command: String,
}

/// Something on the way of a notification.
struct Step {
    at: String,
    after: String,
    text: Foreign,
}

struct RecipientLine {
    device: String,
    address: String,
    sign: Sign,
    outcome: String,
    explanation: Foreign,
    advice: Option<&'static str>,
    /// The line before is explained in the same way, and what APNs said is enough.
    as_above: Option<Foreign>,
    attempts: u16,
    environment: &'static str,
    sent: Option<String>,
    /// Its requests one by one; beside the timeline of all where that has them.
    story: Vec<(String, Foreign)>,
    dropped: Option<String>,
}

/// `GET /dashboard/apps/{bundle_id}/notifications/{id}`.
pub(crate) async fn show(
    State(server): State<Shared>,
    who: As<Viewer>,
    Place((bundle_id, id)): Place<(String, String)>,
    mut parameters: Parameters,
) -> Shown {
    let cursor = parameters.text("cursor")?;
    let done = parameters.text("done")?;
    parameters.finish()?;
    let frame = Frame::new(Page::Notifications, &who, &server).await?;
    let frame = frame.with_notice(done.and_then(|done| notice(&done)));
    let (app, id) = find(&server, &bundle_id, &id).await?;
    let now = server.clock.now();
    let view = server.store.notification(app.id, id, now).await?;
    let view = view.ok_or_else(|| Refusal::not_found("notification"))?;
    let list = List::new("dashboard recipients", (app.id, id.0));
    let after = list
        .begins_after(cursor)?
        .map(|bytes| DeviceId(i64::from_be_bytes(bytes)));
    let recipients = server.store.recipients(app.id, id, after, RECIPIENTS).await?;
    let next = list.next(&recipients, RECIPIENTS, |view| view.device_id.0.to_be_bytes());
    let origins = server.store.replay_origins(vec![id]).await?;
    let shows_payload = frame.may_operate();
    let is_live = matches!(
        view.state,
        NotificationState::Active | NotificationState::Scheduled
    );
    let payload = &view.notification.payload;
    page::show(&NotificationPage {
        id: id.to_string(),
        address: address(&app, id),
        app: Foreign::new(&app.bundle_id),
        app_address: format!("/dashboard/apps/{}", app.bundle_id),
        sign: sign(&view),
        state: view.state.as_str(),
        outcome: outcomes(&view),
        is_live,
        can_cancel: is_live && frame.may_operate(),
        timeline: timeline(&view, &recipients),
        facts: facts(&view),
        preview: shows_payload.then(|| Preview::of(payload)),
        payload: shows_payload.then(|| Foreign::new(pretty(payload))),
        command: shows_payload.then(|| Foreign::new(command(&app, &view))),
        recipients: recipient_lines(&recipients),
        replays: origins.first().map(|origin| {
            let replayed = address(&app, origin.replayed);
            (replayed, format!("/dashboard/replays/{}", origin.replay_id))
        }),
        recipients_command: recipients_command(&app, id),
        next: next.map(|cursor| format!("{}?cursor={cursor}", address(&app, id))),
        frame,
    })
}

fn notice(done: &str) -> Option<String> {
    match done {
        "sent" => Some("It is on the disk, and on its way.".to_owned()),
        "cancelled" => Some("What was not sent of it is cancelled.".to_owned()),
        _ => None,
    }
}

pub(super) async fn find(
    server: &Shared,
    bundle_id: &str,
    id: &str,
) -> Result<(App, NotificationId), Refusal> {
    let missing = || Refusal::not_found("notification");
    let id: NotificationId = id.parse().map_err(|_slip| missing())?;
    let bundle_id = bundle_id.parse().map_err(|_slip| missing())?;
    let app = server.store.app(&bundle_id).await?.ok_or_else(missing)?;
    Ok((app, id))
}

fn timeline(view: &NotificationView, recipients: &[RecipientView]) -> Vec<Step> {
    let notification = &view.notification;
    let mut steps = vec![(
        view.created_at,
        format!(
            "Accepted, and on the disk: {} to {}.",
            plural(notification.payload.len() as u64, "byte"),
            audience(&notification.audience)
        ),
    )];
    if let Some(at) = notification.send_at {
        steps.push((at, "Its time: it was not to be sent before.".to_owned()));
    }
    if let Some(at) = view.started_at {
        let whom = plural(view.counts.recipients, "recipient");
        steps.push((at, format!("Planned for {whom}, and begun to be sent.")));
    }
    if recipients.len() <= TOLD {
        steps.extend(recipients.iter().flat_map(attempts));
    }
    if let Some(at) = view.finished_at {
        steps.push((at, format!("Finished: {}.", outcomes(view))));
    }
    steps.sort_by_key(|(at, _)| *at);
    let begun = view.created_at;
    let steps = steps.into_iter().map(|(at, text)| Step {
        at: exact(at)
            .split_once(' ')
            .map_or(String::new(), |(_, time)| time.to_owned()),
        after: after(begun, at),
        text: Foreign::new(text),
    });
    steps.collect()
}

/// The requests for one recipient: each where they are kept, or the last.
fn attempts(view: &RecipientView) -> Vec<(Timestamp, String)> {
    let device = view.token.as_ref().map_or("a device".to_owned(), fingerprint);
    if view.log.attempts.is_empty() {
        return last_attempt(view, &device).into_iter().collect();
    }
    let told = view.log.attempts.iter();
    told.map(|attempt| (attempt.at, format!("{device}: {}", sentence(attempt))))
        .collect()
}

fn last_attempt(view: &RecipientView, device: &str) -> Option<(Timestamp, String)> {
    let place = view.environment.map_or("APNs", Environment::as_str);
    let answer = match (view.status, view.reason.as_deref()) {
        (Some(200), _) => "accepted".to_owned(),
        (Some(status), Some(reason)) => format!("{status} {reason}"),
        (Some(status), None) => status.to_string(),
        (None, _) => "no answer yet".to_owned(),
    };
    let text = format!(
        "Request {} for {device} went to {place}: {answer}.",
        view.attempts
    );
    Some((view.sent_at?, text))
}

fn after(begun: Timestamp, at: Timestamp) -> String {
    let passed = at.saturating_since(begun);
    if passed.as_secs() < 10 {
        format!("+{}", super::wording::latency(passed))
    } else {
        format!("+{}", length(passed))
    }
}

fn facts(view: &NotificationView) -> Vec<(&'static str, Foreign)> {
    let notification = &view.notification;
    let instant = |at: Option<Timestamp>| at.map(|at| format!("{} UTC", plain(at)));
    let expires = match notification.expires_at {
        Some(at) if at.as_unix_millis() == 0 => Some("once, never stored".to_owned()),
        other => instant(other),
    };
    let known = [
        ("Accepted", instant(Some(view.created_at))),
        ("Push type", Some(notification.push_type.as_str().to_owned())),
        ("Kind", Some(notification.kind.as_str().to_owned())),
        ("Audience", Some(audience(&notification.audience))),
        (
            "Priority",
            notification
                .priority
                .map(|priority| Priority::as_u8(priority).to_string()),
        ),
        (
            "Collapse id",
            notification.collapse_id.as_ref().map(|id| id.as_str().to_owned()),
        ),
        ("Expires", expires),
        ("Deadline", instant(notification.deadline)),
        (
            "Environment",
            notification
                .environment
                .map(|environment| environment.as_str().to_owned()),
        ),
        ("Payload", Some(plural(notification.payload.len() as u64, "byte"))),
    ];
    let known = known.into_iter();
    known
        .filter_map(|(name, value)| Some((name, Foreign::short(&value?, 80))))
        .collect()
}

fn pretty(payload: &str) -> String {
    let value: Result<serde_json::Value, _> = serde_json::from_str(payload);
    let pretty = value.and_then(|value| serde_json::to_string_pretty(&value));
    pretty.unwrap_or_else(|_odd| payload.to_owned())
}

/// The same notification from a shell, to somebody else.
fn command(app: &App, view: &NotificationView) -> String {
    let notification = &view.notification;
    let payload: serde_json::Value = serde_json::from_str(&notification.payload).unwrap_or_default();
    let mut body = serde_json::json!({
        "to": {"users": ["…"]},
        "push_type": notification.push_type.as_str(),
        "kind": notification.kind.as_str(),
    });
    if let Some(priority) = notification.priority {
        body["priority"] = Priority::as_u8(priority).into();
    }
    if let Some(collapse_id) = &notification.collapse_id {
        body["collapse_id"] = collapse_id.as_str().into();
    }
    if let serde_json::Value::Object(mut members) = payload {
        if let Some(aps) = members.remove("aps") {
            body["aps"] = aps;
        }
        if !members.is_empty() {
            body["data"] = members.into();
        }
    }
    let body = body.to_string().replace('\'', "'\\''");
    format!(
        "curl \"$TIDINGS_SERVER/v1/apps/{}/notifications\" \\\n  -H \"authorization: Bearer $TIDINGS_API_KEY\" \\\n  \
         -H 'content-type: application/json' \\\n  -d '{body}'",
        app.bundle_id
    )
}

/// What became of each recipient, from a shell.
fn recipients_command(app: &App, id: NotificationId) -> String {
    format!(
        "curl \"$TIDINGS_SERVER/v1/apps/{}/notifications/{id}/recipients\" \\\n  -H \"authorization: Bearer $TIDINGS_API_KEY\"",
        app.bundle_id
    )
}

/// What became of each. Many who failed for one cause are told the cause once.
fn recipient_lines(recipients: &[RecipientView]) -> Vec<RecipientLine> {
    let mut lines: Vec<_> = recipients.iter().map(RecipientLine::from).collect();
    for (pair, line) in recipients.windows(2).zip(lines.iter_mut().skip(1)) {
        if let [before, view] = pair
            && (before.state, before.status, &before.reason) == (view.state, view.status, &view.reason)
        {
            line.as_above = Some(Foreign::new(match (view.status, view.reason.as_deref()) {
                (Some(status), Some(reason)) => format!("As above: {status} {reason}."),
                _ => "As above.".to_owned(),
            }));
        }
    }
    lines
}

fn told(attempt: &Attempt) -> (String, Foreign) {
    (exact(attempt.at), Foreign::new(sentence(attempt)))
}

impl From<&RecipientView> for RecipientLine {
    fn from(view: &RecipientView) -> Self {
        let reason = view.reason.as_deref().map(Reason::from_name);
        Self {
            as_above: None,
            device: view.token.as_ref().map_or("forgotten".to_owned(), fingerprint),
            address: format!("/dashboard/devices/{}", view.device_id),
            sign: match view.state {
                RecipientState::Done(RecipientOutcome::Delivered) => Sign::Good,
                RecipientState::Done(RecipientOutcome::Rejected) => Sign::Bad,
                RecipientState::Waiting { .. } | RecipientState::Held | RecipientState::Parked { .. } => {
                    Sign::Watch
                }
                RecipientState::Done(_) => Sign::Quiet,
            },
            outcome: words(outcome(view.state)),
            explanation: Foreign::new(explanation(view, reason.as_ref())),
            advice: advice(view.state, reason.as_ref()),
            attempts: view.attempts,
            environment: view.environment.map_or("–", Environment::as_str),
            sent: view.sent_at.map(exact),
            story: view.log.attempts.iter().map(told).collect(),
            dropped: (view.log.dropped > 0).then(|| {
                format!(
                    "{} before them are not kept.",
                    plural(view.log.dropped.into(), "request")
                )
            }),
        }
    }
}

/// `POST …/cancel`.
pub(crate) async fn cancel(
    State(server): State<Shared>,
    who: As<Operator>,
    Place((bundle_id, id)): Place<(String, String)>,
    form: Form,
) -> Shown {
    form.of(&who)?;
    let (app, id) = find(&server, &bundle_id, &id).await?;
    let spared = server
        .store
        .cancel(app.id, id, &who.actor(), server.clock.now())
        .await?;
    spared.ok_or_else(|| Refusal::not_found("notification"))?;
    server.engine.work_arrived();
    Ok(Redirect::to(&format!("{}?done=cancelled", address(&app, id))).into_response())
}
