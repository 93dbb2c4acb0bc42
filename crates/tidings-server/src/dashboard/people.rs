//! People: who may see this, who is signed in, and links for others.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use tidings_apns::Timestamp;
use tidings_store::{DashboardRole, DashboardSession, Person};
use zeroize::Zeroizing;

use super::account::{SessionLine, read_id};
use super::form::Form;
use super::links::{check_link_name, new_pass};
use super::navigation::Place as Page;
use super::page::{self, Frame, Shown};
use super::refusal::Refusal;
use super::session::{self, Admin, As};
use super::wording::{Foreign, Moment};
use crate::parameters::{Parameters, Place};
use crate::server::Shared;

/// Sessions that are shown.
const SESSIONS: usize = 200;

#[derive(Template)]
#[template(path = "dashboard/people.html")]
struct PeoplePage {
    frame: Frame,
    people: Vec<PersonLine>,
    sessions: Vec<SessionLine>,
    roles: Vec<(&'static str, &'static str)>,
    /// The path of a link that was just made, and whom it is for.
    made: Option<(Zeroizing<String>, Foreign)>,
    complaint: Option<Foreign>,
}

struct PersonLine {
    id: i64,
    name: Foreign,
    role: &'static str,
    has_password: bool,
    /// Whether the key that made their link is still good; if not, so is nothing of theirs.
    is_vouched_for: bool,
    sessions: usize,
    seen: Moment,
    is_you: bool,
}

/// `GET /dashboard/people`.
pub(crate) async fn list(State(server): State<Shared>, who: As<Admin>, mut parameters: Parameters) -> Shown {
    let done = parameters.text("done")?;
    parameters.finish()?;
    let notice = done.as_deref().and_then(|done| match done {
        "ended" => Some("The session has ended."),
        "password" => Some("The password is taken away. Sessions go on until they end or are ended."),
        "removed" => Some("They are forgotten, and their sessions have ended."),
        _ => None,
    });
    shown(&server, &who, notice, None, None).await
}

async fn shown(
    server: &Shared,
    who: &As<Admin>,
    notice: Option<&str>,
    made: Option<(Zeroizing<String>, Foreign)>,
    complaint: Option<String>,
) -> Shown {
    let frame = Frame::new(Page::People, who, server).await?;
    let now = server.clock.now();
    let sessions = server.store.dashboard_sessions(now).await?;
    let mut people = Vec::new();
    let mut vouchers: HashMap<String, bool> = HashMap::new();
    for person in server.store.people().await? {
        let mut line = PersonLine::new(&person, &sessions, now);
        line.is_vouched_for = match vouchers.get(&person.made_by) {
            Some(is_good) => *is_good,
            None => session::is_good_voucher(&person.made_by, server).await?,
        };
        vouchers.insert(person.made_by, line.is_vouched_for);
        line.is_you = who.person == Some(person.id);
        people.push(line);
    }
    let roles = DashboardRole::ALL.map(|role| (role.as_str(), meaning(role)));
    let shown = sessions.iter().take(SESSIONS);
    page::show(&PeoplePage {
        frame: frame.with_notice(notice.map(str::to_owned)),
        people,
        sessions: shown.map(|session| SessionLine::new(session, who, now)).collect(),
        roles: roles.into(),
        made,
        complaint: complaint.map(Foreign::new),
    })
}

const fn meaning(role: DashboardRole) -> &'static str {
    match role {
        DashboardRole::Viewer => "sees everything but payloads, and changes nothing",
        DashboardRole::Operator => "sends, cancels, restores devices, ends incidents",
        DashboardRole::Admin => "also changes credentials, webhooks, API keys, and who may see this",
    }
}

impl PersonLine {
    fn new(person: &Person, sessions: &[DashboardSession], now: Timestamp) -> Self {
        let own = sessions
            .iter()
            .filter(|session| session.person == Some(person.id));
        Self {
            id: person.id.0,
            name: Foreign::short(&person.name, 64),
            role: person.role.as_str(),
            has_password: person.has_password,
            is_vouched_for: true,
            sessions: own.count(),
            seen: Moment::new(person.seen_at, now),
            is_you: false,
        }
    }
}

/// `POST /dashboard/people`: a link for somebody.
pub(crate) async fn invite(State(server): State<Shared>, who: As<Admin>, form: Form) -> Shown {
    let fields = form.of(&who)?;
    let name = fields.text("name");
    if let Err(why) = check_link_name(name) {
        return shown(&server, &who, None, None, Some(format!("The name: {why}"))).await;
    }
    let role: Option<DashboardRole> = fields.value("role")?;
    let now = server.clock.now();
    // It is worth as much as what its maker was let in by.
    let role = role.unwrap_or(DashboardRole::Viewer);
    let (pass, path) = new_pass(name, role, &who.pass.made_by, now);
    server.store.add_dashboard_link(pass, now).await?;
    let made = (Zeroizing::new(path), Foreign::new(name));
    shown(&server, &who, None, Some(made), None).await
}

/// `POST /dashboard/people/{id}/password/remove`.
pub(crate) async fn remove_password(
    State(server): State<Shared>,
    who: As<Admin>,
    Place(id): Place<String>,
    form: Form,
) -> Shown {
    form.of(&who)?;
    let (id, actor, now) = (read_id(&id)?, who.actor(), server.clock.now());
    let removed = server.store.remove_dashboard_password(id, &actor, now);
    if !removed.await? {
        return Err(Refusal::not_found("password"));
    }
    Ok(Redirect::to("/dashboard/people?done=password").into_response())
}

/// `POST /dashboard/people/{id}/remove`.
pub(crate) async fn remove(
    State(server): State<Shared>,
    who: As<Admin>,
    Place(id): Place<String>,
    form: Form,
) -> Shown {
    form.of(&who)?;
    let (id, now) = (read_id(&id)?, server.clock.now());
    if who.person == Some(id) {
        let complaint = "Nobody forgets themselves: another admin can, or end your sessions instead.";
        return shown(&server, &who, None, None, Some(complaint.to_owned())).await;
    }
    if !server.store.remove_person(id, &who.actor(), now).await? {
        return Err(Refusal::not_found("person"));
    }
    Ok(Redirect::to("/dashboard/people?done=removed").into_response())
}
