//! Credentials: uploaded and removed from the page of their app.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect};
use tidings_apns::{BundleId, Timestamp};
use tidings_doctor::CredentialFile;
use tidings_store::{AppId, CredentialId, CredentialRow, NewCredential};

use super::app_health::credential_name;
use super::apps::{self, Complaint, CredentialLine};
use super::form::Form;
use super::guarded_form::GuardedForm;
use super::navigation::Place as Page;
use super::page::{self, Frame, Shown};
use super::refusal::Refusal;
use super::session::{Admin, As, Operator};
use super::sign::Sign;
use super::wording::{Foreign, title};
use crate::credentials::probe::{self, Opinion, Probed};
use crate::credentials::{read_credential, tell_the_engine};
use crate::help;
use crate::parameters::Place;
use crate::problem::Problem;
use crate::server::Shared;

/// `POST …/credentials`. What is wrong with the file is said on the page of the app.
pub(crate) async fn upload(
    State(server): State<Shared>,
    who: As<Admin>,
    Place(bundle_id): Place<String>,
    form: GuardedForm,
) -> Shown {
    let upload = form.of(&who)?;
    let bundle_id: BundleId = bundle_id.parse().map_err(|_slip| Refusal::not_found("app"))?;
    let now = server.clock.now();
    let read = match upload {
        Ok(upload) => read_credential(upload, now).await,
        Err(problem) => Err(problem),
    };
    let credential = match read {
        Ok((credential, _examined)) => credential,
        Err(problem) => return complain(&server, &who, &bundle_id, &problem).await,
    };
    let app = server.store.ensure_app(&bundle_id, now).await?.id;
    server
        .store
        .add_credential(app, credential, &who.actor(), now)
        .await?;
    tell_the_engine(&server, app).await;
    Ok(Redirect::to(&format!("/dashboard/apps/{bundle_id}?done=added")).into_response())
}

async fn complain(server: &Shared, who: &As<Admin>, bundle_id: &BundleId, problem: &Problem) -> Shown {
    let complaint = Some(Complaint::from(problem));
    let mut page = apps::shown(server, who, bundle_id.as_str(), complaint, None).await?;
    *page.status_mut() = problem.status();
    Ok(page)
}

#[derive(Template)]
#[template(path = "dashboard/credential_read.html")]
struct ReadPage {
    frame: Frame,
    app: Foreign,
    address: String,
    reading: Reading,
}

#[derive(Template)]
#[template(path = "dashboard/credential_reading.html")]
struct ReadPart {
    reading: Reading,
}

/// What the doctor reads in a file, or why nothing can be read.
struct Reading {
    complaint: Option<Complaint>,
    read: Option<CredentialLine>,
    all_well: &'static str,
}

/// `POST …/credentials/read`: what the doctor reads in the file. Nothing is kept of it.
pub(crate) async fn read(
    State(server): State<Shared>,
    who: As<Admin>,
    Place(bundle_id): Place<String>,
    headers: HeaderMap,
    form: GuardedForm,
) -> Shown {
    let upload = form.of(&who)?;
    let bundle_id: BundleId = bundle_id.parse().map_err(|_slip| Refusal::not_found("app"))?;
    let now = server.clock.now();
    let read = match upload {
        Ok(upload) => read_credential(upload, now).await,
        Err(problem) => Err(problem),
    };
    let reading = match read {
        Ok((credential, file)) => Reading::of(&bundle_id, credential, file.as_ref(), now),
        Err(problem) => Reading::complaining(&problem),
    };
    if headers.contains_key("hx-request") {
        return page::show(&ReadPart { reading });
    }
    page::show(&ReadPage {
        frame: Frame::new(Page::Apps, &who, &server).await?,
        app: Foreign::new(&bundle_id),
        address: format!("/dashboard/apps/{bundle_id}"),
        reading,
    })
}

impl Reading {
    fn of(
        bundle_id: &BundleId,
        credential: NewCredential,
        file: Option<&CredentialFile>,
        now: Timestamp,
    ) -> Self {
        let row = CredentialRow {
            id: credential.id,
            app_id: AppId(0),
            form: credential.form,
            environments: credential.environments,
            key_id: credential.key_id,
            team_id: credential.team_id,
            topics: credential.topics,
            not_after: credential.not_after,
            fingerprint: credential.fingerprint,
            created_at: now,
        };
        Self {
            complaint: None,
            read: Some(CredentialLine::new(bundle_id.as_str(), &row, file, now)),
            all_well: "The doctor finds nothing wrong with it.",
        }
    }

    fn complaining(problem: &Problem) -> Self {
        Self {
            complaint: Some(Complaint::from(problem)),
            read: None,
            all_well: "",
        }
    }
}

#[derive(Template)]
#[template(path = "dashboard/probe.html")]
struct ProbePage {
    frame: Frame,
    app: Foreign,
    address: String,
    name: Foreign,
    lines: Vec<ProbeLine>,
}

struct ProbeLine {
    sign: Sign,
    title: &'static str,
    text: Foreign,
    advice: Option<Foreign>,
    book: Option<String>,
}

/// `POST …/credentials/{id}/probe`.
pub(crate) async fn probe(
    State(server): State<Shared>,
    who: As<Operator>,
    Place((bundle_id, id)): Place<(String, String)>,
    form: Form,
) -> Shown {
    form.of(&who)?;
    let id: CredentialId = id.parse().map_err(|_slip| Refusal::not_found("credential"))?;
    let missing = || Refusal::not_found("app");
    let bundle_id: BundleId = bundle_id.parse().map_err(|_slip| missing())?;
    let app = server.store.app(&bundle_id).await?.ok_or_else(missing)?;
    let (row, probed) = probe::ask(&server, app.id, &bundle_id, id).await?;
    page::show(&ProbePage {
        frame: Frame::new(Page::Apps, &who, &server).await?,
        app: Foreign::new(&bundle_id),
        address: format!("/dashboard/apps/{bundle_id}"),
        name: Foreign::new(credential_name(&row)),
        lines: probed.into_iter().map(ProbeLine::from).collect(),
    })
}

impl From<Probed> for ProbeLine {
    fn from(probed: Probed) -> Self {
        let is_good = probed.opinion == Opinion::Accepts;
        let reason = probed.reason.as_deref().filter(|_| !is_good);
        Self {
            sign: match probed.opinion {
                Opinion::Accepts => Sign::Good,
                Opinion::Refuses => Sign::Bad,
                Opinion::SaysNothing => Sign::Watch,
            },
            title: title(probed.environment),
            book: reason.map(help::page),
            text: Foreign::new(probed.explanation),
            advice: probed.advice.map(Foreign::new),
        }
    }
}

/// `POST …/credentials/{id}/remove`.
pub(crate) async fn remove(
    State(server): State<Shared>,
    who: As<Admin>,
    Place((bundle_id, id)): Place<(String, String)>,
    form: Form,
) -> Shown {
    form.of(&who)?;
    let id: CredentialId = id.parse().map_err(|_slip| Refusal::not_found("credential"))?;
    let bundle_id: BundleId = bundle_id.parse().map_err(|_slip| Refusal::not_found("app"))?;
    let app = server
        .store
        .app(&bundle_id)
        .await?
        .ok_or_else(|| Refusal::not_found("app"))?;
    let now = server.clock.now();
    if !server
        .store
        .remove_credential(app.id, id, &who.actor(), now)
        .await?
    {
        return Err(Refusal::not_found("credential"));
    }
    tell_the_engine(&server, app.id).await;
    Ok(Redirect::to(&format!("/dashboard/apps/{bundle_id}")).into_response())
}
