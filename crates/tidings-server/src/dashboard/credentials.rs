//! Credentials: uploaded and removed from the page of their app.

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use tidings_apns::BundleId;
use tidings_store::CredentialId;

use super::apps::{self, Complaint};
use super::form::Form;
use super::guarded_form::GuardedForm;
use super::page::Shown;
use super::refusal::Refusal;
use super::session::{Admin, As};
use crate::credentials::{read_credential, tell_the_engine};
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
