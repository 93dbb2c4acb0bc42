//! The first steps without a phone: the key of the simulator to be downloaded, a phone with the app, and what it shows. Only
//! where the server was started with a simulator of its own.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Redirect};
use tidings_apns::BundleId;
use tidings_store::Registration;

use super::form::Form;
use super::overview::Beginning;
use super::page::Shown;
use super::preview::Preview;
use super::refusal::Refusal;
use super::session::{Admin, As};
use crate::parameters::device_token;
use crate::practice::Practice;
use crate::problem::{Problem, ProblemKind};
use crate::server::Shared;

/// Whose phone it is.
const USER: &str = "you";

/// What is shown of a phone's screen.
const SHOWN: usize = 2;

/// The first steps, as the overview tells them.
pub(super) struct FirstSteps {
    pub(super) progress: Beginning,
    pub(super) bundle_id: String,
    pub(super) file_name: String,
    pub(super) team_id: String,
    pub(super) app_address: String,
    pub(super) compose_address: String,
    /// What the phones show.
    pub(super) screen: Vec<Preview>,
}

impl FirstSteps {
    /// Those of this server, if it has a simulator.
    pub(super) fn of(server: &Shared, progress: Beginning) -> Option<Self> {
        let practice = server.config.practice.as_ref()?;
        let (key, bundle_id) = (practice.key(), practice.bundle_id());
        let shown = practice.shown(SHOWN);
        // What is counted is measured now and then; what phones show is seen at once.
        let has_sent = progress.has_sent || !shown.is_empty();
        Some(Self {
            progress: Beginning { has_sent, ..progress },
            bundle_id: bundle_id.to_owned(),
            file_name: key.file_name,
            team_id: key.team_id,
            app_address: format!("/dashboard/apps/{bundle_id}"),
            compose_address: format!("/dashboard/compose?app={bundle_id}&user={USER}"),
            screen: shown.iter().map(|shown| Preview::of(&shown.payload)).collect(),
        })
    }
}

fn practice(server: &Shared) -> Result<Arc<dyn Practice>, Refusal> {
    let practice = server.config.practice.clone();
    practice.ok_or_else(|| Refusal::not_found("simulator"))
}

/// `GET /dashboard/practice/key`: as Apple lets one download a key.
pub(crate) async fn key(State(server): State<Shared>, _who: As<Admin>) -> Shown {
    let key = practice(&server)?.key();
    let mut response = key.pem.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-pem-file"),
    );
    let name = format!("attachment; filename=\"{}\"", key.file_name);
    if let Ok(value) = HeaderValue::try_from(name) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// `POST /dashboard/practice/phone`: a phone, on which the app is started and registers, as an app does at every launch.
pub(crate) async fn phone(State(server): State<Shared>, who: As<Admin>, form: Form) -> Shown {
    form.of(&who)?;
    let practice = practice(&server)?;
    let phone = practice.new_phone().ok_or_else(|| {
        let detail = "There are as many phones as the simulator lends here.";
        Problem::new(ProblemKind::Overloaded, detail)
    })?;
    let bundle_id: BundleId = practice
        .bundle_id()
        .parse()
        .map_err(|_slip| Refusal::not_found("app"))?;
    let token = device_token("token", &phone.token)?;
    let registration = Registration {
        installation_id: Some(phone.installation_id),
        environment: Some(phone.environment),
        user_id: Some(USER.to_owned()),
        device_model: Some("Simulator".to_owned()),
        ..Registration::default()
    };
    let now = server.clock.now();
    let app = server.store.ensure_app(&bundle_id, now).await?.id;
    server.store.register(app, token, registration, now).await?;
    server.engine.work_arrived();
    tracing::info!(by = who.actor(), "a phone of the simulator has registered");
    Ok(Redirect::to("/dashboard").into_response())
}
