//! What the server knows, laid together for the doctor.

use tidings_apns::{Environment, Reason, Timestamp};
use tidings_doctor::{Answer, Case, ConfiguredCredential, Reach, Registration};
use tidings_store::{CredentialForm, CredentialRow, Device, DeviceCount, IncidentRow};
use tidings_truth::{Evidence, IncidentCause, TokenState};

/// A case about an app and its credentials.
pub(super) fn of_app(bundle_id: &str, credentials: &[CredentialRow], now: Timestamp) -> Case {
    let mut case = Case::new(now);
    case.bundle_id = Some(bundle_id.to_owned());
    case.credentials = credentials.iter().map(|row| configured(bundle_id, row)).collect();
    case
}

/// A credential of the store. Its file is not opened for it.
pub(super) fn configured(bundle_id: &str, row: &CredentialRow) -> ConfiguredCredential {
    let origin = match (row.form, &row.key_id) {
        (CredentialForm::SigningKey, Some(key_id)) => format!("the signing key {key_id}"),
        (CredentialForm::SigningKey, None) => format!("the signing key {}", row.id),
        (CredentialForm::Certificate, _) => format!("the certificate {}", row.id),
    };
    ConfiguredCredential {
        origin,
        bundle_id: Some(bundle_id.to_owned()),
        path: None,
        key_id: row.key_id.as_ref().map(ToString::to_string),
        team_id: row.team_id.as_ref().map(ToString::to_string),
        environments: row.environments.iter().collect(),
        topics: row.topics.clone(),
        expires_at: row.not_after,
    }
}

/// What APNs answers while an incident goes on. It concerns all that is sent by the lane.
pub(super) fn add_incident(case: &mut Case, row: &IncidentRow) {
    let reason = row.incident.cause.reason();
    let status = match &row.incident.cause {
        IncidentCause::CredentialRefused { status, .. } => *status,
        _ => reason.documented_statuses().first().copied().unwrap_or(400),
    };
    case.environment = Some(row.environment);
    case.reach = Some(Reach::All);
    case.answer = Some(Answer {
        status,
        reason: Some(reason.as_str().to_owned()),
        timestamp: None,
    });
}

/// A device token, and what APNs said of it last, if that still counts.
pub(super) fn add_device(case: &mut Case, device: &Device) {
    let history = &device.history;
    case.device_token = Some(device.token.to_string());
    case.registration = Some(Registration {
        kind: device.kind,
        claimed: history.claimed,
        proven: history.proven().iter().collect(),
        registered_at: Some(history.registered_at),
        app_version: device.app_version.clone(),
        device_model: device.device_model.clone(),
    });
    if device.standing.state == TokenState::Active {
        return;
    }
    let counts = |evidence: &&Evidence| evidence.generation() == history.generation;
    let answers = history.exceptions().iter().rev().filter(counts).find_map(answer);
    if let Some((environment, answer)) = answers {
        case.environment = Some(environment);
        case.answer = Some(answer);
    }
}

/// The answer of APNs that is a piece of evidence.
fn answer(evidence: &Evidence) -> Option<(Environment, Answer)> {
    let (environment, reason, timestamp) = match evidence {
        Evidence::Unregistered {
            environment, dead_at, ..
        } => (*environment, Reason::Unregistered, *dead_at),
        Evidence::Expired {
            environment, dead_at, ..
        } => (*environment, Reason::ExpiredToken, *dead_at),
        Evidence::BadToken { environment, .. } => (*environment, Reason::BadDeviceToken, None),
        Evidence::WrongTopic { environment, .. } => (*environment, Reason::DeviceTokenNotForTopic, None),
        _ => return None,
    };
    let answer = Answer {
        status: reason.documented_statuses().first().copied()?,
        reason: Some(reason.as_str().to_owned()),
        timestamp,
    };
    Some((environment, answer))
}

/// How many of an app's device tokens APNs refuses, beside others.
pub(super) fn reach(counts: &[DeviceCount]) -> Option<Reach> {
    let count = |states: &[TokenState]| -> u64 {
        let wanted = counts.iter().filter(|count| states.contains(&count.state));
        wanted.map(|count| count.count).sum()
    };
    let bad = count(&[TokenState::Quarantined, TokenState::Rejected]);
    let good = count(&[TokenState::Active]);
    match (bad, good) {
        (0, _) => None,
        (1, 1..) => Some(Reach::One),
        (_, 1..) => Some(Reach::Some),
        (_, 0) => Some(Reach::All),
    }
}
