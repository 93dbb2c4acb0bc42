//! What is known of an incident, in words for whoever looks at it at night.

use serde_json::{Value, json};
use tidings_apns::Environment;
use tidings_store::{AuditRecord, StoreError};
use tidings_truth::{Incident, IncidentCause};

use crate::lane::Lane;
use crate::shared::Shared;

/// How many of the last changes are told.
const CHANGES: usize = 10;

/// Everything that is known, for people and for machines.
pub(super) async fn details(shared: &Shared, lane: &Lane, incident: &Incident) -> Result<Value, StoreError> {
    let changes = shared
        .persist(|| shared.store.audit_of_app(lane.app, CHANGES))
        .await?;
    let reason = incident.cause.reason();
    let guidance = reason.guidance();
    Ok(json!({
        "sentence": sentence(incident, lane.environment),
        "meaning": guidance.meaning,
        "what_to_do": what_to_do(incident),
        "since": incident.since.to_string(),
        "tokens": tokens(incident),
        "changed_before": changed_before(&changes, incident),
    }))
}

/// Why the lane stopped, in one sentence.
pub(super) fn sentence(incident: &Incident, environment: Environment) -> String {
    let reason = incident.cause.reason();
    if let IncidentCause::ProvenTokensRefused { against, .. } = &incident.cause {
        return format!(
            "APNs refuses device tokens in {environment} that it accepted before ({against} of them, last with {reason}): \
             the mistake is most likely ours, so nothing is sent but canaries, and no token is given up."
        );
    }
    let why = first_sentence(reason.guidance().meaning);
    format!(
        "APNs refuses the credential of this app in {environment} with {reason}, so everything waits: {why}"
    )
}

fn what_to_do(incident: &Incident) -> &'static str {
    if matches!(incident.cause, IncidentCause::ProvenTokensRefused { .. }) {
        return "Look at what was changed: the credential, its environment, the bundle id. Once that is mended, canaries find \
                out, and what waits is sent by itself. Release the incident to send at once; confirm it if the tokens really \
                are bad.";
    }
    incident.cause.reason().guidance().what_to_do
}

fn tokens(incident: &Incident) -> u32 {
    match &incident.cause {
        IncidentCause::ProvenTokensRefused { against, .. } => *against,
        // A refused credential says nothing of any token.
        _ => 0,
    }
}

fn first_sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first)
}

/// What was done about the app until the incident opened, the newest first.
fn changed_before(changes: &[AuditRecord], incident: &Incident) -> Vec<Value> {
    changes
        .iter()
        .map(|record| &record.entry)
        .filter(|entry| entry.at <= incident.opened_at)
        .map(|entry| {
            json!({
                "at": entry.at.to_string(),
                "actor": entry.actor,
                "action": entry.action,
                "subject": entry.subject,
            })
        })
        .collect()
}
