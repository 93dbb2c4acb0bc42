//! API keys: which there are, a new one (shown once), and the end of one.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use tidings_apns::Timestamp;
use tidings_store::{ApiKeyRow, Scope};
use zeroize::Zeroizing;

use super::form::{Fields, Form};
use super::navigation::Place as Page;
use super::page::{self, Frame, Shown};
use super::session::{Admin, As};
use super::sign::Sign;
use super::wording::{Foreign, Moment};
use crate::api_keys::{new_api_key, revoke_unless_last};
use crate::devices::check_name;
use crate::parameters::Place;
use crate::server::{BundleIds, Shared};

#[derive(Template)]
#[template(path = "dashboard/keys.html")]
struct KeysPage {
    frame: Frame,
    keys: Vec<KeyLine>,
    scopes: Vec<(&'static str, &'static str)>,
    /// A key that was just made.
    made: Option<Zeroizing<String>>,
    complaint: Option<Foreign>,
}

struct KeyLine {
    id: String,
    name: Foreign,
    scopes: String,
    apps: Foreign,
    made: Moment,
    sign: Sign,
    state: String,
    is_good: bool,
}

/// `GET /dashboard/keys`.
pub(crate) async fn list(State(server): State<Shared>, who: As<Admin>) -> Shown {
    shown(&server, &who, None, None).await
}

async fn shown(
    server: &Shared,
    who: &As<Admin>,
    made: Option<Zeroizing<String>>,
    complaint: Option<String>,
) -> Shown {
    let frame = Frame::new(Page::Keys, who, server).await?;
    let names = server.bundle_ids().await?;
    let now = server.clock.now();
    let rows = server.store.api_keys().await?;
    let scopes = Scope::ALL.map(|scope| (scope.as_str(), meaning(scope)));
    page::show(&KeysPage {
        frame,
        keys: rows
            .iter()
            .rev()
            .map(|row| KeyLine::new(row, &names, now))
            .collect(),
        scopes: scopes.into(),
        made,
        complaint: complaint.map(Foreign::new),
    })
}

const fn meaning(scope: Scope) -> &'static str {
    match scope {
        Scope::Register => "registers devices",
        Scope::Send => "sends notifications",
        Scope::Read => "reads",
        Scope::Admin => "everything",
    }
}

impl KeyLine {
    fn new(row: &ApiKeyRow, names: &BundleIds, now: Timestamp) -> Self {
        let scopes: Vec<_> = row.scopes.iter().map(|scope| scope.as_str()).collect();
        let name = |app| names.get(app).map(ToString::to_string).unwrap_or_default();
        let apps = row
            .app_ids
            .as_ref()
            .map(|apps| apps.iter().map(name).collect::<Vec<_>>());
        let (sign, state) = match (row.revoked_at, row.expires_at) {
            (Some(at), _) => (
                Sign::Quiet,
                format!("revoked {}", super::wording::relative(at, now)),
            ),
            (None, Some(end)) if end <= now => (Sign::Quiet, "expired".to_owned()),
            (None, Some(end)) => (Sign::Good, format!("ends {}", super::wording::relative(end, now))),
            (None, None) => (Sign::Good, "good".to_owned()),
        };
        Self {
            id: row.id.clone(),
            name: Foreign::short(&row.name, 60),
            scopes: scopes.join(", "),
            apps: Foreign::short(&apps.map_or("all".to_owned(), |apps| apps.join(", ")), 80),
            made: Moment::new(row.created_at, now),
            is_good: sign == Sign::Good,
            sign,
            state,
        }
    }
}

/// `POST /dashboard/keys`.
pub(crate) async fn create(State(server): State<Shared>, who: As<Admin>, form: Form) -> Shown {
    let fields = form.of(&who)?;
    let (name, scopes) = match described(&fields) {
        Ok(described) => described,
        Err(complaint) => return shown(&server, &who, None, Some(complaint)).await,
    };
    let (new, text) = new_api_key(&name, &scopes, None);
    let now = server.clock.now();
    server.store.create_api_key(new, &who.actor(), now).await?;
    shown(&server, &who, Some(text), None).await
}

fn described(fields: &Fields) -> Result<(String, Vec<Scope>), String> {
    let name = fields.text("name");
    check_name(name).map_err(|why| format!("The name: {why}"))?;
    let scopes: Result<Vec<Scope>, _> = fields.all("scope").map(str::parse).collect();
    let mut scopes = scopes.map_err(|_unknown| "There is no such scope.".to_owned())?;
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        return Err("Choose what the key allows.".to_owned());
    }
    Ok((name.to_owned(), scopes))
}

/// `POST /dashboard/keys/{id}/revoke`.
pub(crate) async fn revoke(
    State(server): State<Shared>,
    who: As<Admin>,
    Place(id): Place<String>,
    form: Form,
) -> Shown {
    form.of(&who)?;
    revoke_unless_last(&server, &id, &who.actor()).await?;
    Ok(Redirect::to("/dashboard/keys").into_response())
}
