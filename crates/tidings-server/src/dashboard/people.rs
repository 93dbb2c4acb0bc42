//! People: who is signed in, and links for others.

use askama::Template;
use axum::extract::State;
use tidings_apns::Timestamp;
use tidings_store::{DashboardPass, DashboardRole};
use zeroize::Zeroizing;

use super::form::Form;
use super::links::{check_link_name, new_pass};
use super::navigation::Place as Page;
use super::page::{self, Frame, Shown};
use super::session::{Admin, As};
use super::wording::{Foreign, Moment};
use crate::server::Shared;

#[derive(Template)]
#[template(path = "dashboard/people.html")]
struct PeoplePage {
    frame: Frame,
    people: Vec<Person>,
    roles: Vec<(&'static str, &'static str)>,
    /// The path of a link that was just made, and whom it is for.
    made: Option<(Zeroizing<String>, Foreign)>,
    complaint: Option<Foreign>,
}

struct Person {
    name: Foreign,
    role: &'static str,
    since: Moment,
    ends: Moment,
    is_you: bool,
}

/// `GET /dashboard/people`.
pub(crate) async fn list(State(server): State<Shared>, who: As<Admin>) -> Shown {
    shown(&server, &who, None, None).await
}

async fn shown(
    server: &Shared,
    who: &As<Admin>,
    made: Option<(Zeroizing<String>, Foreign)>,
    complaint: Option<String>,
) -> Shown {
    let frame = Frame::new(Page::People, who, server).await?;
    let now = server.clock.now();
    let sessions = server.store.dashboard_sessions(now).await?;
    let person = |pass: &DashboardPass| Person::new(pass, who.pass.secret_hash == pass.secret_hash, now);
    let roles = DashboardRole::ALL.map(|role| (role.as_str(), meaning(role)));
    page::show(&PeoplePage {
        frame,
        people: sessions.iter().take(100).map(person).collect(),
        roles: roles.into(),
        made,
        complaint: complaint.map(Foreign::new),
    })
}

const fn meaning(role: DashboardRole) -> &'static str {
    match role {
        DashboardRole::Viewer => "sees everything but payloads, and changes nothing",
        DashboardRole::Operator => "sends, cancels, restores devices, ends incidents",
        DashboardRole::Admin => "also changes credentials, API keys, and who may see this",
    }
}

impl Person {
    fn new(pass: &DashboardPass, is_you: bool, now: Timestamp) -> Self {
        Self {
            name: Foreign::short(&pass.name, 64),
            role: pass.role.as_str(),
            since: Moment::new(pass.created_at, now),
            ends: Moment::new(pass.expires_at, now),
            is_you,
        }
    }
}

/// `POST /dashboard/people`: a link for somebody.
pub(crate) async fn invite(State(server): State<Shared>, who: As<Admin>, form: Form) -> Shown {
    let fields = form.of(&who)?;
    let name = fields.text("name");
    if let Err(why) = check_link_name(name) {
        return shown(&server, &who, None, Some(format!("The name: {why}"))).await;
    }
    let role: Option<DashboardRole> = fields.value("role")?;
    let now = server.clock.now();
    // It is worth as much as what its maker was let in by.
    let role = role.unwrap_or(DashboardRole::Viewer);
    let (pass, path) = new_pass(name, role, &who.pass.made_by, now);
    server.store.add_dashboard_link(pass, now).await?;
    let made = (Zeroizing::new(path), Foreign::new(name));
    shown(&server, &who, Some(made), None).await
}
