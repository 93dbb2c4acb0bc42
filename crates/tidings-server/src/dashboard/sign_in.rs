//! Signing in, by a link that opens once, by a password or by an API key, and out again.
//!
//! A link only shows a button: programs that look at links before people do (mail, chat) must not spend them.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use tidings_store::{DashboardRole, Person, Scope, SignedInBy};
use zeroize::Zeroizing;

use super::assets::{self, Addresses};
use super::form::Form;
use super::page::{self, Shown};
use super::refusal::Refusal;
use super::session::{self, As, Viewer};
use crate::api_key::PresentedKey;
use crate::authentication::Caller;
use crate::parameters::Parameters;
use crate::server::Shared;
use crate::serving::Peer;

#[derive(Template)]
#[template(path = "dashboard/sign_in.html")]
struct SignInPage<'a> {
    assets: &'static Addresses,
    /// The secret of a link, where there is one.
    link: &'a str,
    next: &'a str,
    /// What was wrong with the last attempt.
    complaint: Option<&'static str>,
}

/// Shows the forms.
pub(crate) async fn show(
    State(server): State<Shared>,
    headers: HeaderMap,
    mut parameters: Parameters,
) -> Shown {
    let link = parameters.text("link")?.unwrap_or_default();
    let next = parameters.text("next")?.unwrap_or_default();
    if link.is_empty() && session::current(&headers, &server).await?.is_some() {
        return Ok(Redirect::to(place(&next)).into_response());
    }
    shown(&link, &next, None)
}

fn shown(link: &str, next: &str, complaint: Option<&'static str>) -> Shown {
    page::show(&SignInPage {
        assets: assets::addresses(),
        link,
        next,
        complaint,
    })
}

/// Signs in by a link.
pub(crate) async fn redeem(
    State(server): State<Shared>,
    peer: Peer,
    headers: HeaderMap,
    form: Form,
) -> Shown {
    let fields = form.of_nobody()?;
    let now = server.clock.monotonic();
    if !server.dashboard.attempts.may_try(peer.address(), now) {
        return Err(Refusal::too_many_attempts());
    }
    let (link, next) = (fields.text("link"), fields.text("next"));
    let hash = session::hash(link);
    let found = server.store.take_dashboard_link(hash, server.clock.now()).await?;
    match found {
        Some(pass) if session::is_vouched_for(&pass, &server).await? => {
            let cookie = {
                let by = SignedInBy::Link;
                session::begin(pass.role, &pass.name, &pass.made_by, by, &headers, &server).await?
            };
            Ok(go_on(next, &cookie))
        }
        _ => {
            server.dashboard.attempts.failed(peer.address(), now);
            shown(
                "",
                next,
                Some("The link was used already, or is too old. Ask for another."),
            )
        }
    }
}

/// Signs in by a password. A name that nobody has is answered as a wrong password is, and after the same time.
pub(crate) async fn by_password(
    State(server): State<Shared>,
    peer: Peer,
    headers: HeaderMap,
    form: Form,
) -> Shown {
    let fields = form.of_nobody()?;
    let now = server.clock.monotonic();
    if !server.dashboard.attempts.begin(peer.address(), now) {
        return Err(Refusal::too_many_attempts());
    }
    let next = fields.text("next");
    let password = Zeroizing::new(fields.exact("password").to_owned());
    let Some(person) = whose(&server, fields.text("name"), password).await? else {
        tracing::info!("an attempt to sign in by a password failed");
        return shown("", next, Some("No one here has this name and this password."));
    };
    server.dashboard.attempts.forgive(peer.address(), now);
    if !session::is_good_voucher(&person.made_by, &server).await? {
        let complaint = "The API key that let you in is not good any more. Ask an admin for another link.";
        return shown("", next, Some(complaint));
    }
    let by = SignedInBy::Password(person.id);
    let cookie = session::begin(person.role, &person.name, &person.made_by, by, &headers, &server).await?;
    Ok(go_on(next, &cookie))
}

/// Who has this name and this password.
async fn whose(server: &Shared, name: &str, password: Zeroizing<String>) -> Result<Option<Person>, Refusal> {
    let found = server.store.person_by_name(name).await?;
    let kept = found.as_ref().and_then(|found| found.password.clone());
    let is_right = server.dashboard.hashing.is_right(kept, password).await?;
    Ok(found.map(|found| found.person).filter(|_| is_right))
}

/// Signs in by an API key.
pub(crate) async fn by_key(
    State(server): State<Shared>,
    peer: Peer,
    headers: HeaderMap,
    form: Form,
) -> Shown {
    let fields = form.of_nobody()?;
    let now = server.clock.monotonic();
    if !server.dashboard.attempts.may_try(peer.address(), now) {
        return Err(Refusal::too_many_attempts());
    }
    let next = fields.text("next");
    let caller = match PresentedKey::read(fields.text("key")) {
        Some(presented) => server.keyring.caller(presented, &server).await.ok(),
        None => None,
    };
    let Some(caller) = caller else {
        server.dashboard.attempts.failed(peer.address(), now);
        return shown(
            "",
            next,
            Some("This is not an API key of this server, or it is no longer good."),
        );
    };
    let Some(role) = role_of(&caller) else {
        let complaint =
            "The key is for some apps only, or may not even read; the dashboard shows everything.";
        return shown("", next, Some(complaint));
    };
    let name = format!("key {}", caller.key_id());
    let cookie = session::begin(role, &name, caller.key_id(), SignedInBy::Key, &headers, &server).await?;
    Ok(go_on(next, &cookie))
}

/// What a key makes of whoever has it: it must be for all apps, which the dashboard shows, and may at least read. Nobody may do
/// more here than with the key itself: who may restore devices and end incidents, over HTTP, is an admin.
fn role_of(caller: &Caller) -> Option<DashboardRole> {
    let may = |scope| caller.must_have(scope).is_ok();
    if caller.apps().is_some() || !may(Scope::Read) {
        return None;
    }
    Some(if may(Scope::Admin) {
        DashboardRole::Admin
    } else {
        DashboardRole::Viewer
    })
}

/// Signs out.
pub(crate) async fn sign_out(
    State(server): State<Shared>,
    who: As<Viewer>,
    headers: HeaderMap,
    form: Form,
) -> Shown {
    form.of(&who)?;
    let now = server.clock.now();
    server
        .store
        .end_dashboard_session(who.pass.secret_hash, &who.actor(), now)
        .await?;
    Ok(with_cookie(
        Redirect::to("/dashboard/sign-in").into_response(),
        &session::no_cookie(&headers),
    ))
}

fn go_on(next: &str, cookie: &str) -> Response {
    with_cookie(Redirect::to(place(next)).into_response(), cookie)
}

/// Where it goes on: a page of ours, and nothing else.
fn place(next: &str) -> &str {
    let is_page = next == "/dashboard" || next.starts_with("/dashboard/") || next.starts_with("/dashboard?");
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_sign_in = next.starts_with("/dashboard/sign-");
    if is_page && is_plain && !is_sign_in {
        next
    } else {
        "/dashboard"
    }
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::try_from(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_our_own_pages_only() {
        assert_eq!(place("/dashboard/devices?app=a"), "/dashboard/devices?app=a");
        for other in [
            "",
            "https://example.com",
            "//example.com",
            "/dashboard\\@example.com",
            "/dashboardx",
            "/dashboard/sign-in?link=x",
            "/dashboard/\r\nx",
        ] {
            assert_eq!(place(other), "/dashboard", "{other}");
        }
    }
}
