//! The form of a webhook: what can be chosen, what was chosen, and what that makes.

use tidings_store::{AppId, EventKind, Revision, WebhookChange, WebhookFormat, WebhookRow};

use super::devices::Choice;
use super::form::Fields;
use super::wording::Foreign;
use crate::devices::check_name;
use crate::limits::APPS_OF_A_KEY;
use crate::problem::Problem;
use crate::server::Shared;
use crate::webhooks::acting::{Draft, host_of};

/// What a form shows.
pub(super) struct Choices {
    pub(super) url: String,
    pub(super) name: String,
    pub(super) kinds: Vec<KindChoice>,
    pub(super) apps: Vec<Choice>,
    pub(super) formats: [Choice; 2],
}

/// A type of events to be chosen.
pub(super) struct KindChoice {
    pub(super) name: &'static str,
    pub(super) meaning: Foreign,
    pub(super) is_chosen: bool,
}

impl Choices {
    /// The form of a webhook, or of a new one.
    pub(super) async fn new(server: &Shared, row: Option<&WebhookRow>) -> Result<Self, Problem> {
        let kinds = row.and_then(|row| row.kinds.as_deref()).unwrap_or_default();
        let apps = row.and_then(|row| row.app_ids.as_deref()).unwrap_or_default();
        let format = row.map(|row| row.format).unwrap_or_default();
        let url = row.map(|row| row.url.clone()).unwrap_or_default();
        let name = row.and_then(|row| row.name.clone()).unwrap_or_default();
        Self::chosen(server, url, name, kinds, apps, format).await
    }

    /// The form as it was sent, to be mended.
    pub(super) async fn of(server: &Shared, fields: &Fields) -> Result<Self, Problem> {
        let kinds: Vec<EventKind> = fields.all("event").filter_map(kind).collect();
        let apps = chosen_apps(server, fields).await?;
        let (url, name) = (fields.text("url").to_owned(), fields.text("name").to_owned());
        Self::chosen(server, url, name, &kinds, &apps, format(fields)).await
    }

    /// Whether not all is chosen.
    pub(super) fn is_narrow(&self) -> bool {
        self.kinds.iter().any(|kind| kind.is_chosen) || self.apps.iter().any(|app| app.is_chosen)
    }

    async fn chosen(
        server: &Shared,
        url: String,
        name: String,
        kinds: &[EventKind],
        apps: &[AppId],
        format: WebhookFormat,
    ) -> Result<Self, Problem> {
        let kind = |kind: &EventKind| KindChoice {
            name: kind.as_str(),
            // It is written for the book; here are no backticks.
            meaning: Foreign::new(kind.meaning().replace('`', "")),
            is_chosen: kinds.contains(kind),
        };
        let known = server.store.apps().await?;
        let app = |app: &tidings_store::App| Choice {
            value: app.bundle_id.to_string(),
            name: app.bundle_id.to_string(),
            is_chosen: apps.contains(&app.id),
        };
        let choice = |value: &str, name: &str, is: WebhookFormat| Choice {
            value: value.to_owned(),
            name: name.to_owned(),
            is_chosen: is == format,
        };
        Ok(Self {
            url,
            name,
            kinds: EventKind::ALL.iter().map(kind).collect(),
            apps: known.iter().take(APPS_OF_A_KEY).map(app).collect(),
            formats: [
                choice("tidings", "as GET /v1/events has them", WebhookFormat::Plain),
                choice("cloudevents", "CloudEvents 1.0", WebhookFormat::CloudEvents),
            ],
        })
    }
}

/// The webhook that a form describes. Where no type or no app is chosen, it wants those of all.
pub(super) async fn read(server: &Shared, fields: &Fields) -> Result<Draft, Problem> {
    let url = fields.text("url");
    host_of(server, url)?;
    let name = Some(fields.text("name")).filter(|name| !name.is_empty());
    name.map_or(Ok(()), check_name)
        .map_err(|why| Problem::field("name", why))?;
    let kinds: Option<Vec<EventKind>> = fields.all("event").map(kind).collect();
    let kinds = kinds.ok_or_else(|| Problem::field("event", "There is no such type of events."))?;
    let apps = chosen_apps(server, fields).await?;
    Ok(Draft {
        url: url.to_owned(),
        name: name.map(str::to_owned),
        kinds: (!kinds.is_empty()).then_some(kinds),
        app_ids: (!apps.is_empty()).then_some(apps),
        format: format(fields),
    })
}

/// The change that makes a webhook what the form describes; whether it is sent to stays.
pub(super) async fn read_change(server: &Shared, fields: &Fields) -> Result<WebhookChange, Problem> {
    let draft = read(server, fields).await?;
    let host = host_of(server, &draft.url)?;
    Ok(WebhookChange {
        url: Some((draft.url, host)),
        name: draft.name.map_or(Revision::Clear, Revision::Set),
        kinds: draft.kinds.map_or(Revision::Clear, Revision::Set),
        app_ids: draft.app_ids.map_or(Revision::Clear, Revision::Set),
        format: Some(draft.format),
        disabled: Revision::Keep,
    })
}

async fn chosen_apps(server: &Shared, fields: &Fields) -> Result<Vec<AppId>, Problem> {
    let known = server.store.apps().await?;
    let chosen = known
        .iter()
        .filter(|app| fields.all("app").any(|name| name == app.bundle_id.as_str()));
    Ok(chosen.take(APPS_OF_A_KEY).map(|app| app.id).collect())
}

fn kind(name: &str) -> Option<EventKind> {
    EventKind::ALL.iter().copied().find(|kind| kind.as_str() == name)
}

fn format(fields: &Fields) -> WebhookFormat {
    if fields.text("format") == "cloudevents" {
        WebhookFormat::CloudEvents
    } else {
        WebhookFormat::Plain
    }
}
