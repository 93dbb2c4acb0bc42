//! A device as JSON: its state, and why in words.

use serde::Serialize;
use tidings_apns::Environment;
use tidings_store::Device;
use tidings_truth::{Sending, explain};
use utoipa::ToSchema;

use super::advice::Action;
use crate::diagnosis::DiagnosisBody;
use crate::names::{EnvironmentName, KindName, TokenStateName};

/// A device token with what is known of it.
#[derive(Serialize, ToSchema)]
#[schema(as = Device)]
pub(crate) struct DeviceBody {
    /// The device token in hexadecimal digits.
    token: String,
    /// The app.
    bundle_id: String,
    /// What the token is for.
    #[schema(value_type = KindName)]
    kind: &'static str,
    /// Where it belongs, as far as that is proven or claimed; else where it is tried.
    #[schema(value_type = Option<EnvironmentName>)]
    environment: Option<&'static str>,
    /// The environment that the app claims.
    #[schema(value_type = Option<EnvironmentName>)]
    claimed_environment: Option<&'static str>,
    /// What it is.
    #[schema(value_type = TokenStateName)]
    state: &'static str,
    /// Since when.
    #[schema(format = DateTime)]
    since: String,
    /// Whether notifications are sent to it: `yes`, `later`, `held` (they are kept until something changes) or `no`.
    #[schema(value_type = SendingName)]
    sending: &'static str,
    /// What the app should do about it.
    action: Action,
    /// What decided the state, in a sentence.
    reason: String,
    /// What to do, or what will happen by itself.
    advice: String,
    /// What was seen, oldest first; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Vec<EvidenceLine>>,
    /// What the doctor says of it; only where one device is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnosis: Option<DiagnosisBody>,
    /// When the app first registered it.
    #[schema(format = DateTime)]
    first_registered_at: String,
    /// When it last did.
    #[schema(format = DateTime)]
    last_registered_at: String,
    installation_id: Option<String>,
    user_id: Option<String>,
    tags: Vec<String>,
    locale: Option<String>,
    app_version: Option<String>,
    os_version: Option<String>,
    device_model: Option<String>,
}

/// Whether notifications are sent.
#[derive(ToSchema)]
#[schema(as = Sending, rename_all = "snake_case")]
#[expect(dead_code, reason = "only the OpenAPI document needs it")]
pub(crate) enum SendingName {
    Yes,
    Later,
    Held,
    No,
}

/// One thing that was seen of a device token.
#[derive(Serialize, ToSchema)]
#[schema(as = Evidence)]
pub(crate) struct EvidenceLine {
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// What.
    text: String,
}

/// A page of devices.
#[derive(Serialize, ToSchema)]
pub(crate) struct DevicePage {
    /// Not more than were asked for; fewer, or none, where few of those that were looked at pass the filter.
    pub(crate) devices: Vec<DeviceBody>,
    /// Where the next page begins, however many devices this one has; `null` at the end.
    pub(crate) next_cursor: Option<String>,
}

impl DeviceBody {
    /// The device without its story.
    pub(crate) fn brief(bundle_id: &str, device: &Device, action: Action) -> Self {
        Self::new(bundle_id, device, action).0
    }

    /// The device with its story.
    pub(crate) fn with_evidence(bundle_id: &str, device: &Device, action: Action) -> Self {
        let (mut body, story) = Self::new(bundle_id, device, action);
        body.evidence = Some(story);
        body
    }

    /// With what the doctor says of it.
    pub(crate) fn with_diagnosis(self, diagnosis: DiagnosisBody) -> Self {
        Self {
            diagnosis: Some(diagnosis),
            ..self
        }
    }

    fn new(bundle_id: &str, device: &Device, action: Action) -> (Self, Vec<EvidenceLine>) {
        let standing = &device.standing;
        let explanation = explain(&device.history, device.kind, standing);
        let story = explanation.story.into_iter().map(|line| EvidenceLine {
            at: line.at.to_string(),
            text: line.text,
        });
        let body = Self {
            token: device.token.to_string(),
            bundle_id: bundle_id.to_owned(),
            kind: device.kind.as_str(),
            environment: standing.environment.map(Environment::as_str),
            claimed_environment: device.history.claimed.map(Environment::as_str),
            state: standing.state.as_str(),
            since: standing.since.to_string(),
            sending: match standing.sending {
                Sending::To(_) | Sending::OnProbation(_) => "yes",
                Sending::NotBefore(..) => "later",
                Sending::Held => "held",
                Sending::Never => "no",
            },
            action,
            reason: explanation.summary,
            advice: explanation.advice,
            evidence: None,
            diagnosis: None,
            first_registered_at: device.history.first_registered_at.to_string(),
            last_registered_at: device.history.registered_at.to_string(),
            installation_id: device.installation_id.clone(),
            user_id: device.user_id.clone(),
            tags: device.tags.clone(),
            locale: device.locale.clone(),
            app_version: device.app_version.clone(),
            os_version: device.os_version.clone(),
            device_model: device.device_model.clone(),
        };
        (body, story.collect())
    }
}
