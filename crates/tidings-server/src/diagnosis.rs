//! The doctor's reading over HTTP: of an app with its credentials, of an incident, of a device token.

mod body;
mod case;
mod cohorts;

use axum::extract::State;
use tidings_apns::Timestamp;
use tidings_doctor::{CredentialFile, diagnose, diagnose_credential};
use tidings_store::{AppId, CredentialRow, Device, IncidentRow};

use crate::authentication::{By, Read};
use crate::parameters::Place;
use crate::problem::{Answered, Problem};
use crate::server::Shared;

pub(crate) use body::{CauseBody, DiagnosisBody, FindingBody};

/// Diagnoses an app: its credentials, what APNs refuses, and what the device tokens that fail have in common
///
/// Nothing is sent for it. Of many device tokens a sample is looked at: those that APNs refuses, and others beside them.
#[utoipa::path(
    get,
    path = "/v1/apps/{bundle_id}/diagnosis",
    operation_id = "diagnose_app",
    tag = "apps",
    params(("bundle_id" = String, Path, description = "The app's bundle id")),
    responses((status = 200, description = "What the doctor says", body = DiagnosisBody)),
    security(("api_key" = ["read"]))
)]
pub(crate) async fn describe(
    State(server): State<Shared>,
    by: By<Read>,
    Place(bundle_id): Place<String>,
) -> Answered<axum::Json<DiagnosisBody>> {
    let app = server.app(&by, &bundle_id).await?;
    let credentials = server.store.credentials(app).await?;
    let incidents = server.store.incidents(app).await?;
    let open = incidents.iter().find(|row| row.end.is_none());
    let reach = server.store.count_devices(app).await?;
    let mut case = case::of_app(&bundle_id, &credentials, server.clock.now());
    match open {
        Some(row) => case::add_incident(&mut case, row),
        None => case.reach = case::reach(&reach),
    }
    let cohorts = cohorts::of(&server.store.cohorts(app).await?);
    Ok(axum::Json(
        DiagnosisBody::new(diagnose(&case)).with_cohorts(cohorts),
    ))
}

/// What the doctor says of a credential; of its file, too, where that is at hand.
pub(crate) fn of_credential(
    bundle_id: &str,
    row: &CredentialRow,
    file: Option<&CredentialFile>,
    now: Timestamp,
) -> Vec<FindingBody> {
    let configured = case::configured(bundle_id, row);
    let findings = diagnose_credential(&configured, file, now);
    findings.into_iter().map(FindingBody::from).collect()
}

/// What the doctor says of an incident.
pub(crate) async fn of_incident(
    server: &Shared,
    bundle_id: &str,
    row: &IncidentRow,
) -> Result<DiagnosisBody, Problem> {
    let mut credentials = server.store.credentials(row.app_id).await?;
    if let Some(used) = row.credential_id {
        credentials.retain(|credential| credential.id == used);
    }
    let mut case = case::of_app(bundle_id, &credentials, server.clock.now());
    case::add_incident(&mut case, row);
    let cohorts = cohorts::of(&server.store.cohorts(row.app_id).await?);
    Ok(DiagnosisBody::new(diagnose(&case)).with_cohorts(cohorts))
}

/// What the doctor says of a device token.
pub(crate) async fn of_device(
    server: &Shared,
    app: AppId,
    bundle_id: &str,
    device: &Device,
) -> Result<DiagnosisBody, Problem> {
    let credentials = server.store.credentials(app).await?;
    let counts = server.store.count_devices(app).await?;
    let mut case = case::of_app(bundle_id, &credentials, server.clock.now());
    case::add_device(&mut case, device);
    case.reach = case::reach(&counts);
    Ok(DiagnosisBody::new(diagnose(&case)))
}
