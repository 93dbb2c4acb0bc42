//! The audit log over HTTP: who did what.

use axum::extract::State;
use serde::Serialize;
use tidings_store::{AuditRecord, AuditVerdict};
use utoipa::ToSchema;

use crate::authentication::{Admin, By};
use crate::hex;
use crate::parameters::{Parameters, invalid};
use crate::problem::Answered;
use crate::server::{BundleIds, Shared};

/// Something that somebody did.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditRecord)]
pub(crate) struct AuditBody {
    /// Its number: 1, 2, 3, …
    number: i64,
    #[schema(format = DateTime)]
    at: String,
    /// Who: the id of an API key, or `tidings`.
    actor: String,
    /// What, such as `credential.added`.
    action: String,
    /// The app, where it concerns one.
    bundle_id: Option<String>,
    /// To what.
    subject: String,
    /// More, without secrets.
    #[schema(value_type = Object)]
    data: serde_json::Value,
    /// A hash over this record and the one before.
    hash: String,
}

/// A page of the audit log.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditPage {
    records: Vec<AuditBody>,
    /// What to give as `after` for the next page; `null` at the end.
    next_after: Option<i64>,
}

/// Whether the audit log is as it was written.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditVerdict)]
pub(crate) struct VerdictBody {
    intact: bool,
    /// How many records were looked at, when all are as they were written.
    records: Option<u64>,
    /// The first record that was changed, or before which one is missing.
    broken_at: Option<i64>,
}

/// Lists who did what, the oldest first
#[utoipa::path(
    get,
    path = "/v1/audit",
    operation_id = "list_audit_records",
    tag = "audit",
    params(
        ("after" = Option<i64>, Query, description = "Only records with greater numbers", minimum = 0),
        ("limit" = Option<u16>, Query, description = "How many at most", minimum = 1, maximum = 1000)
    ),
    responses((status = 200, description = "A page of records", body = AuditPage)),
    security(("api_key" = ["admin"]))
)]
pub(crate) async fn list(
    State(server): State<Shared>,
    by: By<Admin>,
    mut parameters: Parameters,
) -> Answered<axum::Json<AuditPage>> {
    by.must_be_for_all_apps()?;
    let limit = parameters.limit()?;
    let after: i64 = parameters.value("after")?.unwrap_or_default();
    parameters.finish()?;
    if after < 0 {
        return Err(invalid("after", "Numbers begin with 1."));
    }
    let records = server.store.audit_log(after, limit).await?;
    let names = server.bundle_ids().await?;
    let last = records.last().filter(|_| records.len() == limit);
    Ok(axum::Json(AuditPage {
        next_after: last.map(|record| record.number),
        records: records
            .into_iter()
            .map(|record| AuditBody::new(record, &names))
            .collect(),
    }))
}

/// Checks that nothing in the audit log was changed
#[utoipa::path(
    get,
    path = "/v1/audit:verify",
    operation_id = "verify_audit_log",
    tag = "audit",
    responses((status = 200, description = "What was found", body = VerdictBody)),
    security(("api_key" = ["admin"]))
)]
pub(crate) async fn verify(State(server): State<Shared>, by: By<Admin>) -> Answered<axum::Json<VerdictBody>> {
    by.must_be_for_all_apps()?;
    Ok(axum::Json(match server.store.audit_verify().await? {
        AuditVerdict::Intact { records } => VerdictBody {
            intact: true,
            records: Some(records),
            broken_at: None,
        },
        AuditVerdict::Broken { number } => VerdictBody {
            intact: false,
            records: None,
            broken_at: Some(number),
        },
    }))
}

impl AuditBody {
    fn new(record: AuditRecord, names: &BundleIds) -> Self {
        let AuditRecord { number, entry, hash } = record;
        Self {
            number,
            at: entry.at.to_string(),
            actor: entry.actor,
            action: entry.action,
            bundle_id: entry
                .app_id
                .and_then(|app| names.get(&app))
                .map(ToString::to_string),
            subject: entry.subject,
            data: entry.data,
            hash: hex::encode(&hash),
        }
    }
}
