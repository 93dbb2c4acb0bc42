//! Who looks: a session, begun by a link or an API key, in a cookie that scripts cannot read and other sites cannot send.
//!
//! Each page names the role that it needs by a type, as the API does with scopes.

use std::marker::PhantomData;
use std::ops::Deref;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use tidings_apns::Timestamp;
use tidings_store::{DashboardPass, DashboardRole, DashboardSession, PersonId, SignedInBy};

use super::refusal::Refusal;
use crate::api_key::random_secret;
use crate::hex;
use crate::problem::Problem;
use crate::server::Shared;
use crate::sha256::sha256;

/// How long a session lasts.
pub(crate) const SESSION_LIFE: Duration = Duration::from_hours(12);

/// Who made what no API key has made.
pub(crate) const BY_THE_SERVER: &str = "tidings";

/// When somebody looked last is written down so often.
const SEEN_EVERY: Duration = Duration::from_mins(5);

const COOKIE: &str = "tidings_session";

/// The same where the way is encrypted: browsers then keep others from setting it.
const SECURE_COOKIE: &str = "__Host-tidings_session";

/// A session that is good.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) pass: DashboardPass,
    /// Whose it is; nobody's where an API key has begun it.
    pub(crate) person: Option<PersonId>,
    form_token: String,
}

impl Session {
    /// What a form must carry to be believed to come from one of our pages.
    pub(crate) fn form_token(&self) -> &str {
        &self.form_token
    }

    /// What the audit log calls whoever it is.
    pub(crate) fn actor(&self) -> String {
        format!("dashboard:{}", self.pass.name)
    }

    /// Whether whoever it is may do what this role may.
    pub(crate) fn may(&self, role: DashboardRole) -> bool {
        self.pass.role >= role
    }

    /// Whether it is still good: for what goes on after a request was answered.
    pub(crate) async fn is_still_good(&self, server: &Shared) -> bool {
        matches!(find(self.pass.secret_hash, server).await, Ok(Some(_)))
    }
}

/// A role, as a type.
pub(crate) trait Needed {
    const ROLE: DashboardRole;
}

macro_rules! needed {
    ($($name:ident)*) => {$(
        #[doc = concat!("The role `", stringify!($name), "`.")]
        #[derive(Debug)]
        pub(crate) enum $name {}

        impl Needed for $name {
            const ROLE: DashboardRole = DashboardRole::$name;
        }
    )*};
}

needed!(Viewer Operator Admin);

/// Somebody with a role.
#[derive(Debug)]
pub(crate) struct As<N> {
    session: Session,
    role: PhantomData<fn() -> N>,
}

impl<N> Deref for As<N> {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl<N: Needed> FromRequestParts<Shared> for As<N> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Refusal> {
        let Some(session) = current(&parts.headers, server).await? else {
            return Err(Refusal::sign_in(parts));
        };
        if !session.may(N::ROLE) {
            return Err(Refusal::role_missing(N::ROLE, session.pass.role));
        }
        let role = PhantomData;
        Ok(Self { session, role })
    }
}

/// The session of a request, if it has one that is good.
pub(crate) async fn current(headers: &HeaderMap, server: &Shared) -> Result<Option<Session>, Problem> {
    let Some(secret) = presented(headers) else {
        return Ok(None);
    };
    let Some(found) = find(hash(secret), server).await? else {
        return Ok(None);
    };
    let now = server.clock.now();
    if now.saturating_since(found.seen_at) >= SEEN_EVERY {
        let seen = server
            .store
            .dashboard_session_seen(found.pass.secret_hash, now)
            .await;
        if let Err(error) = seen {
            tracing::debug!(%error, "when a session was seen is not written down");
        }
    }
    Ok(Some(Session {
        pass: found.pass,
        person: found.person,
        form_token: form_token_of(secret),
    }))
}

async fn find(secret_hash: [u8; 32], server: &Shared) -> Result<Option<DashboardSession>, Problem> {
    let now = server.clock.now();
    let found = server.store.dashboard_session(secret_hash).await?;
    match found.filter(|session| session.pass.expires_at > now) {
        Some(session) if is_vouched_for(&session.pass, server).await? => Ok(Some(session)),
        _ => Ok(None),
    }
}

/// Whether the key that made it is still good.
pub(crate) async fn is_vouched_for(pass: &DashboardPass, server: &Shared) -> Result<bool, Problem> {
    is_good_voucher(&pass.made_by, server).await
}

/// Whether who made a link may still let somebody in.
pub(crate) async fn is_good_voucher(made_by: &str, server: &Shared) -> Result<bool, Problem> {
    if made_by == BY_THE_SERVER {
        return Ok(true);
    }
    let now = server.clock.now();
    let key = server.store.api_key(made_by).await?;
    Ok(key.is_some_and(|key| key.revoked_at.is_none() && key.expires_at.is_none_or(|end| end > now)))
}

fn presented(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let pairs = cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'));
    let mut ours = pairs.filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        [SECURE_COOKIE, COOKIE].contains(&name).then_some(value)
    });
    ours.find(|value| !value.is_empty() && value.len() <= 64)
}

/// Begins a session: the cookie that carries it.
pub(crate) async fn begin(
    role: DashboardRole,
    name: &str,
    made_by: &str,
    by: SignedInBy,
    headers: &HeaderMap,
    server: &Shared,
) -> Result<String, Problem> {
    let now = server.clock.now();
    let (pass, secret) = new_pass(name, role, made_by, SESSION_LIFE, now);
    server.store.begin_dashboard_session(pass, by, now).await?;
    Ok(cookie(&secret, SESSION_LIFE, headers))
}

/// A link or a session that is good for so long, and its secret, which is kept nowhere.
pub(super) fn new_pass(
    name: &str,
    role: DashboardRole,
    made_by: &str,
    life: Duration,
    now: Timestamp,
) -> (DashboardPass, String) {
    let secret = random_secret();
    let pass = DashboardPass {
        secret_hash: hash(&secret),
        role,
        name: name.to_owned(),
        made_by: made_by.to_owned(),
        created_at: now,
        expires_at: now.saturating_add(life),
    };
    (pass, secret)
}

/// The cookie that takes the session's away.
pub(crate) fn no_cookie(headers: &HeaderMap) -> String {
    cookie("", Duration::ZERO, headers)
}

fn cookie(value: &str, life: Duration, headers: &HeaderMap) -> String {
    let seconds = life.as_secs();
    let (name, secure) = if is_encrypted(headers) {
        (SECURE_COOKIE, "; Secure")
    } else {
        (COOKIE, "")
    };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")
}

/// Whether a proxy before us speaks TLS. Whoever lies about it only keeps the cookie from themselves.
fn is_encrypted(headers: &HeaderMap) -> bool {
    headers
        .get("x-forwarded-proto")
        .is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"))
}

/// What is kept of the secret of a link or a session.
pub(crate) fn hash(secret: &str) -> [u8; 32] {
    sha256(secret.as_bytes())
}

/// Follows from the secret, which other sites do not know, and does not lead back to it.
fn form_token_of(secret: &str) -> String {
    hex::encode(&hash(&format!("form of {secret}"))[..16])
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let parsed = pairs.iter().map(|(name, value)| {
            let name: HeaderName = name.parse().expect("it is a name");
            (name, value.parse().expect("it is a value"))
        });
        parsed.collect()
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let found = |text| presented(&headers(&[("cookie", text)])).map(str::to_owned);
        assert_eq!(found("a=b; tidings_session=xyz; c=d"), Some("xyz".to_owned()));
        assert_eq!(found("__Host-tidings_session=xyz"), Some("xyz".to_owned()));
        assert_eq!(found("tidings_session="), None);
        assert_eq!(found("tidings_sessionx=1"), None);
    }

    #[test]
    fn the_cookie_is_for_this_site_alone_and_not_for_scripts() {
        let plain = cookie("x", SESSION_LIFE, &HeaderMap::new());
        assert_eq!(
            plain,
            "tidings_session=x; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200"
        );
        let secure = cookie("x", SESSION_LIFE, &headers(&[("x-forwarded-proto", "https")]));
        assert!(secure.starts_with("__Host-tidings_session=x; Path=/;") && secure.ends_with("; Secure"));
    }
}
