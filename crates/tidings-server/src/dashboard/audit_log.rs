//! The audit log: who did what, the newest first.

use askama::Template;
use axum::extract::State;
use tidings_apns::Timestamp;
use tidings_store::AuditRecord;

use super::navigation::Place;
use super::page::{self, Frame, Shown};
use super::session::{Admin, As};
use super::wording::{Foreign, Moment, words};
use crate::hex;
use crate::parameters::Parameters;
use crate::server::{BundleIds, Shared};

/// Records of a page.
const PAGE: usize = 100;

#[derive(Template)]
#[template(path = "dashboard/audit.html")]
struct AuditPage {
    frame: Frame,
    records: Vec<RecordLine>,
    next: Option<i64>,
}

struct RecordLine {
    number: i64,
    at: Moment,
    actor: Foreign,
    action: Foreign,
    app: Foreign,
    subject: Foreign,
    data: Foreign,
    hash: String,
}

/// `GET /dashboard/audit`.
pub(crate) async fn list(State(server): State<Shared>, who: As<Admin>, mut parameters: Parameters) -> Shown {
    let before: Option<i64> = parameters.value("before")?;
    parameters.finish()?;
    let frame = Frame::new(Place::AuditLog, &who, &server).await?;
    let records = server.store.newest_audit(before, PAGE).await?;
    let names = server.bundle_ids().await?;
    let now = server.clock.now();
    let last = records.last().filter(|_| records.len() == PAGE);
    page::show(&AuditPage {
        frame,
        next: last.map(|record| record.number),
        records: records
            .iter()
            .map(|record| RecordLine::new(record, &names, now))
            .collect(),
    })
}

impl RecordLine {
    fn new(record: &AuditRecord, names: &BundleIds, now: Timestamp) -> Self {
        let entry = &record.entry;
        let app = entry
            .app_id
            .and_then(|app| names.get(&app))
            .map(ToString::to_string);
        let has_data = entry.data.as_object().is_some_and(|data| !data.is_empty());
        Self {
            number: record.number,
            at: Moment::new(entry.at, now),
            actor: Foreign::short(&entry.actor, 80),
            action: Foreign::new(words(&entry.action)),
            app: Foreign::new(app.unwrap_or_default()),
            subject: Foreign::short(&entry.subject, 60),
            data: Foreign::short(
                &if has_data {
                    entry.data.to_string()
                } else {
                    String::new()
                },
                200,
            ),
            hash: hex::encode(&record.hash[..6]),
        }
    }
}
