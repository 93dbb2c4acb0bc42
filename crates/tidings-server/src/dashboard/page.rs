//! What every page has: where it stands among the others, who looks at it, and what its forms must carry.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use tidings_store::DashboardRole;

use super::assets::{self, Addresses};
use super::navigation::{Group, Place};
use super::refusal::Refusal;
use super::session::Session;
use super::wording::Foreign;
use crate::problem::{Problem, ProblemKind};
use crate::server::Shared;

/// What is around a page.
pub(crate) struct Frame {
    pub(crate) assets: &'static Addresses,
    pub(crate) navigation: Vec<Group>,
    /// Who looks.
    pub(crate) name: Foreign,
    /// The same, for a field.
    pub(crate) plain_name: String,
    pub(crate) role: DashboardRole,
    pub(crate) form_token: String,
    pub(crate) version: &'static str,
    /// Incidents that go on, to be seen on every page.
    pub(crate) incidents: usize,
    /// What was just done, where something was.
    pub(crate) notice: Option<Foreign>,
}

impl Frame {
    /// The frame of a page.
    pub(crate) async fn new(place: Place, session: &Session, server: &Shared) -> Result<Self, Problem> {
        let incidents = server.store.open_incidents().await?.len();
        Ok(Self {
            assets: assets::addresses(),
            navigation: Group::all(place, session),
            name: Foreign::new(&session.pass.name),
            plain_name: session.pass.name.clone(),
            role: session.pass.role,
            form_token: session.form_token().to_owned(),
            version: env!("CARGO_PKG_VERSION"),
            incidents,
            notice: None,
        })
    }

    /// With a word on what was just done.
    pub(crate) fn with_notice(mut self, notice: Option<String>) -> Self {
        self.notice = notice.map(Foreign::new);
        self
    }

    /// Whether whoever looks may do what an operator may.
    pub(crate) fn may_operate(&self) -> bool {
        self.role >= DashboardRole::Operator
    }

    /// Whether whoever looks may do what an admin may.
    pub(crate) fn may_administer(&self) -> bool {
        self.role >= DashboardRole::Admin
    }
}

/// A page, or why it is not shown.
pub(crate) type Shown = Result<Response, Refusal>;

/// A page as an answer.
pub(crate) fn show(page: &impl Template) -> Shown {
    let html = page.render().map_err(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a page could not be written"
        );
        Problem::new(ProblemKind::Internal, "The page could not be written.")
    })?;
    Ok(Html(html).into_response())
}
