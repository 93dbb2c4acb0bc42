//! Who asks, and what they may do.
//!
//! Each handler names the scope that it needs by a type, so that none can forget to ask; the same scope stands in the
//! OpenAPI document, and a test compares the two for every operation and every scope.

mod keyring;

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use tidings_store::{ApiKeyRow, AppId, Scope};

use crate::api_key::PresentedKey;
use crate::problem::{Problem, ProblemKind};
use crate::server::Shared;

pub(crate) use keyring::Keyring;

/// A caller whose key is good.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    key: Arc<ApiKeyRow>,
}

impl Caller {
    pub(crate) const fn new(key: Arc<ApiKeyRow>) -> Self {
        Self { key }
    }

    /// The public part of the key: what the audit log calls the caller.
    pub(crate) fn key_id(&self) -> &str {
        &self.key.id
    }

    /// The apps that the key is restricted to; `None` for all.
    pub(crate) fn apps(&self) -> Option<&[AppId]> {
        self.key.app_ids.as_deref()
    }

    /// Whether the key is for this app.
    pub(crate) fn is_for(&self, app: AppId) -> bool {
        self.apps().is_none_or(|apps| apps.contains(&app))
    }

    /// Refuses a key that is for some apps only: what is asked for concerns all.
    pub(crate) fn must_be_for_all_apps(&self) -> Result<(), Problem> {
        match self.apps() {
            None => Ok(()),
            Some(_) => Err(Problem::new(
                ProblemKind::AppNotAllowed,
                "This concerns all apps, and the key is for some only.",
            )),
        }
    }

    /// Whether the key is still good: for what goes on after a request was answered.
    pub(crate) async fn is_still_good(&self, server: &Shared) -> bool {
        let now = server.clock.now();
        let row = server.store.api_key(self.key_id()).await.ok().flatten();
        row.is_some_and(|row| row.revoked_at.is_none() && row.expires_at.is_none_or(|end| end > now))
    }

    pub(crate) fn must_have(&self, scope: Scope) -> Result<(), Problem> {
        let has = |wanted| self.key.scopes.contains(&wanted);
        if has(scope) || has(Scope::Admin) {
            return Ok(());
        }
        let detail = format!("It needs the scope `{scope}`.");
        Err(Problem::new(ProblemKind::ScopeMissing, detail))
    }
}

/// A scope, as a type.
pub(crate) trait Needed {
    const SCOPE: Scope;
}

macro_rules! needed {
    ($($name:ident)*) => {$(
        #[doc = concat!("The scope `", stringify!($name), "`.")]
        #[derive(Debug)]
        pub(crate) enum $name {}

        impl Needed for $name {
            const SCOPE: Scope = Scope::$name;
        }
    )*};
}

needed!(Register Send Read Admin);

/// A caller with a scope.
#[derive(Debug)]
pub(crate) struct By<N> {
    caller: Caller,
    scope: PhantomData<fn() -> N>,
}

impl<N> Deref for By<N> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl<N: Needed> FromRequestParts<Shared> for By<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Problem> {
        let caller = server.keyring.caller(presented(parts)?, server).await?;
        caller.must_have(N::SCOPE)?;
        let scope = PhantomData;
        Ok(Self { caller, scope })
    }
}

/// The API key of a request.
pub(crate) fn presented(parts: &Parts) -> Result<PresentedKey<'_>, Problem> {
    let Some(header) = parts.headers.get(AUTHORIZATION) else {
        let detail = "There is no `Authorization` header.";
        return Err(Problem::new(ProblemKind::MissingKey, detail));
    };
    let text = header.to_str().unwrap_or_default();
    let (scheme, key) = text.split_once(' ').unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("bearer") {
        let detail = "The `Authorization` header is not of the form `Bearer tid_…`.";
        return Err(Problem::new(ProblemKind::MissingKey, detail));
    }
    PresentedKey::read(key.trim()).ok_or_else(|| {
        Problem::new(
            ProblemKind::InvalidKey,
            "It is damaged: its checksum is not right.",
        )
    })
}
