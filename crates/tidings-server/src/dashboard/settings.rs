//! Settings: each with its value, and where that was set.

use askama::Template;
use axum::extract::State;

use super::navigation::Place;
use super::page::{self, Frame, Shown};
use super::session::{Admin, As};
use super::wording::Foreign;
use crate::server::Shared;

#[derive(Template)]
#[template(path = "dashboard/settings.html")]
struct SettingsPage {
    frame: Frame,
    settings: Vec<SettingLine>,
}

struct SettingLine {
    name: Foreign,
    value: Foreign,
    origin: Foreign,
    meaning: Foreign,
    is_default: bool,
}

/// `GET /dashboard/settings`.
pub(crate) async fn show(State(server): State<Shared>, who: As<Admin>) -> Shown {
    let frame = Frame::new(Place::Settings, &who, &server).await?;
    let settings = server.config.settings.iter().map(|setting| SettingLine {
        name: Foreign::new(&setting.name),
        value: Foreign::short(&setting.value, 200),
        origin: Foreign::new(&setting.origin),
        meaning: Foreign::new(&setting.meaning),
        is_default: setting.origin == "default",
    });
    let settings = settings.collect();
    page::show(&SettingsPage { frame, settings })
}
