//! What everybody has for themselves: their password, and the end of their sessions.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use tidings_apns::Timestamp;
use tidings_store::{DashboardRole, DashboardSession, PersonId, PersonSecret};
use zeroize::Zeroizing;

use super::form::Form;
use super::navigation::Place as Page;
use super::page::{self, Frame, Shown};
use super::password;
use super::refusal::Refusal;
use super::session::{As, Session, Viewer};
use super::wording::{Foreign, Moment};
use crate::hex;
use crate::parameters::{Parameters, Place};
use crate::server::Shared;
use crate::serving::Peer;

#[derive(Template)]
#[template(path = "dashboard/account.html")]
struct AccountPage {
    frame: Frame,
    sessions: Vec<SessionLine>,
    /// Whether whoever looks is somebody, and not an API key.
    is_person: bool,
    has_password: bool,
    complaint: Option<Foreign>,
}

/// A session in a list.
pub(super) struct SessionLine {
    pub(super) handle: String,
    pub(super) name: Foreign,
    pub(super) role: &'static str,
    pub(super) since: Moment,
    pub(super) seen: Moment,
    pub(super) ends: Moment,
    pub(super) is_this: bool,
}

impl SessionLine {
    pub(super) fn new(session: &DashboardSession, looking: &Session, now: Timestamp) -> Self {
        let pass = &session.pass;
        Self {
            handle: handle(session),
            name: Foreign::short(&pass.name, 64),
            role: pass.role.as_str(),
            since: Moment::new(pass.created_at, now),
            seen: Moment::new(session.seen_at, now),
            ends: Moment::new(pass.expires_at, now),
            is_this: looking.pass.secret_hash == pass.secret_hash,
        }
    }
}

/// What a session is called on pages. It does not open anything.
fn handle(session: &DashboardSession) -> String {
    hex::encode(&session.pass.secret_hash[..8])
}

/// Whether a session is of whoever looks: of the same person, or of the same key.
fn is_own(session: &DashboardSession, looking: &Session) -> bool {
    match (session.person, looking.person) {
        (Some(of), Some(who)) => of == who,
        (None, None) => session.pass.name == looking.pass.name,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// `GET /dashboard/account`.
pub(crate) async fn show(State(server): State<Shared>, who: As<Viewer>, mut parameters: Parameters) -> Shown {
    let done = parameters.text("done")?;
    parameters.finish()?;
    let notice = done.as_deref().and_then(|done| match done {
        "password" => Some("The password is set. Your other sessions have ended."),
        "ended" => Some("The session has ended."),
        _ => None,
    });
    shown(&server, &who, notice, None).await
}

async fn shown(server: &Shared, who: &Session, notice: Option<&str>, complaint: Option<String>) -> Shown {
    let frame = Frame::new(Page::Account, who, server).await?;
    let now = server.clock.now();
    let sessions = server.store.dashboard_sessions(now).await?;
    let own = sessions.iter().filter(|session| is_own(session, who)).take(50);
    let known = person(server, who).await?;
    page::show(&AccountPage {
        frame: frame.with_notice(notice.map(str::to_owned)),
        sessions: own.map(|session| SessionLine::new(session, who, now)).collect(),
        is_person: known.is_some(),
        has_password: known.is_some_and(|known| known.person.has_password),
        complaint: complaint.map(Foreign::new),
    })
}

async fn person(server: &Shared, who: &Session) -> Result<Option<PersonSecret>, Refusal> {
    match who.person {
        Some(id) => Ok(server.store.person(id).await?),
        None => Ok(None),
    }
}

/// `POST /dashboard/account/password`.
pub(crate) async fn set_password(
    State(server): State<Shared>,
    who: As<Viewer>,
    peer: Peer,
    form: Form,
) -> Shown {
    let fields = form.of(&who)?;
    let Some(known) = person(&server, &who).await? else {
        return Err(Refusal::not_found("person"));
    };
    let new = Zeroizing::new(fields.exact("new").to_owned());
    let is_twice = fields.exact("again") == new.as_str();
    let complaint = if is_twice {
        password::check(&new, &known.person.name).err()
    } else {
        Some("The two are not the same. Nothing was changed.".to_owned())
    };
    if let Some(complaint) = complaint {
        return shown(&server, &who, None, Some(complaint)).await;
    }
    let present = Zeroizing::new(fields.exact("present").to_owned());
    if known.password.is_some() && !is_present(&server, &peer, known.password, present).await? {
        let complaint = "The present password is another. An admin can take it away, if you do not know it.";
        return shown(&server, &who, None, Some(complaint.to_owned())).await;
    }
    let hash = server.dashboard.hashing.hash(new).await?;
    let now = server.clock.now();
    let (id, keeping, actor) = (known.person.id, who.pass.secret_hash, who.actor());
    let set = server
        .store
        .set_dashboard_password(id, hash, keeping, &actor, now);
    if !set.await? {
        return Err(Refusal::not_found("person"));
    }
    tracing::info!(by = actor, "a password for the dashboard was set");
    Ok(Redirect::to("/dashboard/account?done=password").into_response())
}

/// Whether somebody knows their present password; guessing is stopped, here too.
async fn is_present(
    server: &Shared,
    peer: &Peer,
    kept: Option<String>,
    present: Zeroizing<String>,
) -> Result<bool, Refusal> {
    let now = server.clock.monotonic();
    if !server.dashboard.attempts.begin(peer.address(), now) {
        return Err(Refusal::too_many_attempts());
    }
    let is_right = server.dashboard.hashing.is_right(kept, present).await?;
    if is_right {
        server.dashboard.attempts.forgive(peer.address(), now);
    }
    Ok(is_right)
}

/// `POST /dashboard/sessions/{handle}/end`: everybody their own, admins all.
pub(crate) async fn end_session(
    State(server): State<Shared>,
    who: As<Viewer>,
    Place(wanted): Place<String>,
    form: Form,
) -> Shown {
    let fields = form.of(&who)?;
    let now = server.clock.now();
    let sessions = server.store.dashboard_sessions(now).await?;
    let mut allowed = sessions
        .iter()
        .filter(|session| who.may(DashboardRole::Admin) || is_own(session, &who));
    let found = allowed.find(|session| handle(session) == wanted);
    let found = found.ok_or_else(|| Refusal::not_found("session"))?;
    let (hash, actor) = (found.pass.secret_hash, who.actor());
    server.store.end_dashboard_session(hash, &actor, now).await?;
    let page = if fields.text("from") == "people" {
        "people"
    } else {
        "account"
    };
    Ok(Redirect::to(&format!("/dashboard/{page}?done=ended")).into_response())
}

/// The id of somebody as it stands in an address.
pub(super) fn read_id(text: &str) -> Result<PersonId, Refusal> {
    text.parse()
        .map(PersonId)
        .map_err(|_slip| Refusal::not_found("person"))
}
