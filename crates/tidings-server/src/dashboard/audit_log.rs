//! The audit log: who did what, the newest first.

use askama::Template;
use axum::extract::State;
use serde_json::Value;
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
        Self {
            number: record.number,
            at: Moment::new(entry.at, now),
            actor: Foreign::short(&entry.actor, 80),
            action: Foreign::new(words(&entry.action)),
            app: Foreign::new(app.unwrap_or_default()),
            subject: Foreign::short(&entry.subject, 60),
            data: Foreign::short(&details(&entry.data), 200),
            hash: hex::encode(&record.hash[..6]),
        }
    }
}

/// What else is known of an action, for people: what nothing is said of is left out.
fn details(data: &Value) -> String {
    let known = data.as_object().into_iter().flatten();
    let known = known.filter(|(_, value)| !value.is_null());
    let told = known.map(|(name, value)| format!("{}: {}", words(name), plainly(value)));
    told.collect::<Vec<_>>().join("; ")
}

/// A value without the signs that programs need. Of a long fingerprint, the beginning is what other pages show.
fn plainly(value: &Value) -> String {
    match value {
        Value::String(text) if text.len() > 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            format!("{}…", text.get(..16).unwrap_or_default())
        }
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plainly).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn details_are_told_without_the_signs_of_json() {
        assert_eq!(details(&Value::Null), "");
        assert_eq!(
            details(
                &json!({"app_ids": null, "key_id": "ABCDE12345", "scopes": ["send", "read"], "touched": 7})
            ),
            "key id: ABCDE12345; scopes: send, read; touched: 7"
        );
        let fingerprint = "0123456789abcdef".repeat(4);
        assert_eq!(
            details(&json!({"fingerprint": fingerprint})),
            "fingerprint: 0123456789abcdef…"
        );
    }
}
