//! Asks APNs about a credential without reaching anybody: a background notification without content to a device token of
//! zeros. No device has that, so `BadDeviceToken` says that APNs took the credential and the topic.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use serde::Serialize;
use tidings_apns::{
    ApnsId, BundleId, DeviceToken, Environment, Expiration, Fault, Notification, Payload, PushType, Rejected,
    Request, Response, Topic, UnixSeconds,
};
use tidings_client::SendError;
use tidings_store::{AppId, CredentialId, CredentialRow};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::authentication::{By, Caller, Send};
use crate::names::EnvironmentName;
use crate::parameters::{Place, action};
use crate::problem::{Answered, Problem, ProblemKind, sentence};
use crate::routing::unknown_action;
use crate::server::Shared;

/// One credential is asked about this often at most.
const PAUSE: Duration = Duration::from_secs(10);

/// Credentials of which it is remembered when they were asked about. Beyond, nobody is asked for a moment.
const REMEMBERED: usize = 1_000;

/// The length of the device tokens of most devices, in bytes.
const TOKEN_LENGTH: usize = 32;

/// When credentials were asked about.
#[derive(Debug, Default)]
pub(crate) struct Probes {
    asked_at: Mutex<HashMap<CredentialId, Duration>>,
}

impl Probes {
    /// Whether it may be asked about now; then it counts as asked about. `now` is monotonic.
    fn may_ask(&self, credential: CredentialId, now: Duration) -> bool {
        let mut asked_at = self.asked_at.lock().unwrap_or_else(PoisonError::into_inner);
        asked_at.retain(|_, at| now.saturating_sub(*at) < PAUSE);
        if asked_at.len() >= REMEMBERED || asked_at.contains_key(&credential) {
            return false;
        }
        asked_at.insert(credential, now);
        true
    }
}

/// What APNs makes of a credential in one environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opinion {
    /// It takes it, and the topic.
    Accepts,
    /// It takes it not, or not for the topic.
    Refuses,
    /// It did not judge, or did not answer.
    SaysNothing,
}

/// What was asked, and what came of it.
pub(crate) struct Probed {
    pub(crate) environment: Environment,
    pub(crate) opinion: Opinion,
    pub(crate) status: Option<u16>,
    pub(crate) reason: Option<String>,
    pub(crate) explanation: String,
    pub(crate) advice: Option<String>,
}

/// What APNs says of a credential.
#[derive(Serialize, ToSchema)]
#[schema(as = CredentialProbe)]
pub(crate) struct ProbeBody {
    #[schema(format = "uuid")]
    credential_id: String,
    /// One for each environment that it is configured to reach.
    environments: Vec<ProbedBody>,
}

/// What APNs says of a credential in one environment.
#[derive(Serialize, ToSchema)]
#[schema(as = ProbedEnvironment)]
pub(crate) struct ProbedBody {
    #[schema(value_type = EnvironmentName)]
    environment: &'static str,
    /// `accepts`, `refuses` or `says_nothing`: then it did not judge, or did not answer.
    opinion: &'static str,
    /// The status of the answer; `null` where there was none.
    status: Option<u16>,
    /// The reason that it gave. `BadDeviceToken` is the good one: it is all that is wrong.
    reason: Option<String>,
    /// What it means.
    explanation: String,
    /// What to do, where something is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
    /// Where the reason is explained: a path of this server.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri-reference", example = "/help/InvalidProviderToken")]
    help: Option<String>,
}

impl From<Probed> for ProbedBody {
    fn from(probed: Probed) -> Self {
        let is_good = probed.opinion == Opinion::Accepts;
        Self {
            environment: probed.environment.as_str(),
            opinion: match probed.opinion {
                Opinion::Accepts => "accepts",
                Opinion::Refuses => "refuses",
                Opinion::SaysNothing => "says_nothing",
            },
            status: probed.status,
            help: probed
                .reason
                .as_deref()
                .filter(|_| !is_good)
                .map(crate::help::path),
            reason: probed.reason,
            explanation: probed.explanation,
            advice: probed.advice,
        }
    }
}

/// `POST …/credentials/{id}:probe`.
pub(crate) async fn act(
    State(server): State<Shared>,
    by: By<Send>,
    Place((bundle_id, segment)): Place<(String, String)>,
) -> Answered<axum::Json<ProbeBody>> {
    match action(&segment) {
        (id, Some("probe")) => probe(&server, &by, &bundle_id, id).await,
        _ => Err(unknown_action()),
    }
}

/// Asks APNs about a credential, without reaching any device
///
/// Each environment that it is configured to reach is asked with a notification to a device token that nobody has. About one
/// credential it is asked every ten seconds at most.
#[utoipa::path(
    post,
    path = "/v1/apps/{bundle_id}/credentials/{id}:probe",
    operation_id = "probe_credential",
    tag = "credentials",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("id" = String, Path, description = "The credential", format = "uuid")
    ),
    responses((status = 200, description = "What APNs says", body = ProbeBody)),
    security(("api_key" = ["send"]))
)]
async fn probe(server: &Shared, by: &Caller, bundle_id: &str, id: &str) -> Answered<axum::Json<ProbeBody>> {
    let id: CredentialId = id
        .parse()
        .map_err(|_not_a_uuid| Problem::field("id", "It is not a UUID, as ids of credentials are."))?;
    let app = server.app(by, bundle_id).await?;
    let bundle_id: BundleId = crate::parameters::read("bundle_id", bundle_id)?;
    let (row, probed) = ask(server, app, &bundle_id, id).await?;
    Ok(axum::Json(ProbeBody {
        credential_id: row.id.to_string(),
        environments: probed.into_iter().map(ProbedBody::from).collect(),
    }))
}

/// Asks, for anybody who may.
pub(crate) async fn ask(
    server: &Shared,
    app: AppId,
    bundle_id: &BundleId,
    id: CredentialId,
) -> Result<(CredentialRow, Vec<Probed>), Problem> {
    let rows = server.store.credentials(app).await?;
    let row = rows.into_iter().find(|row| row.id == id).ok_or_else(|| {
        let detail = "There is no such credential of this app.";
        Problem::new(ProblemKind::CredentialNotFound, detail).at("id")
    })?;
    if !server.probes.may_ask(id, server.clock.monotonic()) {
        let detail = "It is asked about every ten seconds at most.";
        return Err(Problem::new(ProblemKind::AskedLately, detail));
    }
    let mut probed = Vec::new();
    for environment in row.environments.iter() {
        probed.push(ask_in(server, app, bundle_id, &row, environment).await?);
    }
    Ok((row, probed))
}

async fn ask_in(
    server: &Shared,
    app: AppId,
    bundle_id: &BundleId,
    row: &CredentialRow,
    environment: Environment,
) -> Result<Probed, Problem> {
    let asked = match question(bundle_id) {
        Some(request) => server.engine.ask(app, row.id, environment, request).await,
        None => {
            return Err(Problem::new(
                ProblemKind::Internal,
                "The question could not be put.",
            ));
        }
    };
    let silent = |explanation: String, advice: String| Probed {
        environment,
        opinion: Opinion::SaysNothing,
        status: None,
        reason: None,
        explanation,
        advice: Some(advice),
    };
    Ok(match asked {
        Ok(Ok(Response::Accepted(_))) => accepts(environment, 200, None),
        Ok(Ok(response)) => match response.rejected() {
            Some(rejected) => judged(environment, rejected),
            None => accepts(environment, 200, None),
        },
        Ok(Err(error)) => silent(silence(environment, &error), sentence(error.hint())),
        Err(error) => silent(sentence(&error.to_string()), sentence(error.hint())),
    })
}

/// Without content, not to be kept, in the background, and to nobody.
fn question(bundle_id: &BundleId) -> Option<Request> {
    let nobody = DeviceToken::try_from_bytes(&[0; TOKEN_LENGTH]).ok()?;
    let notification = Notification::builder(
        Topic::from(bundle_id),
        PushType::Background,
        Payload::background(),
    )
    .expiration(Expiration::at(UnixSeconds(0)))
    .build_unchecked();
    let apns_id = ApnsId::from(Uuid::new_v4());
    Some(Request::new(Arc::new(notification), nobody, apns_id))
}

fn accepts(environment: Environment, status: u16, reason: Option<String>) -> Probed {
    Probed {
        environment,
        opinion: Opinion::Accepts,
        status: Some(status),
        reason,
        explanation: format!(
            "APNs takes the credential and the topic in {}. It only says that nobody has the device token, which is so.",
            environment.as_str()
        ),
        advice: None,
    }
}

/// Whoever answers about the device token has let credential and topic pass.
fn judged(environment: Environment, rejected: &Rejected) -> Probed {
    let guidance = rejected.reason.guidance();
    let reason = Some(rejected.reason.as_str().to_owned());
    let (opinion, says) = match guidance.fault {
        Fault::DeviceToken => return accepts(environment, rejected.status, reason),
        Fault::Credential | Fault::Request => (Opinion::Refuses, "does not take it in"),
        Fault::Load | Fault::Apple | Fault::Unknown => (Opinion::SaysNothing, "did not judge it in"),
    };
    Probed {
        environment,
        opinion,
        status: Some(rejected.status),
        explanation: format!(
            "APNs {says} {}: {} {}. {}",
            environment.as_str(),
            rejected.status,
            rejected.reason.as_str(),
            guidance.meaning
        ),
        reason,
        advice: Some(guidance.what_to_do.to_owned()),
    }
}

fn silence(environment: Environment, error: &SendError) -> String {
    format!(
        "APNs in {} did not answer: {}.",
        environment.as_str(),
        error.cause()
    )
}

#[cfg(test)]
mod tests {
    use tidings_apns::Timestamp;

    use super::*;

    #[test]
    fn a_credential_is_asked_about_now_and_then() {
        let probes = Probes::default();
        let id = CredentialId::new(Timestamp::from_unix_millis(0));
        let other = CredentialId::new(Timestamp::from_unix_millis(0));
        assert!(probes.may_ask(id, Duration::from_secs(1)));
        assert!(!probes.may_ask(id, Duration::from_secs(10)));
        assert!(probes.may_ask(other, Duration::from_secs(10)));
        assert!(probes.may_ask(id, Duration::from_secs(11)));
    }
}
