//! The question to APNs: may this credential send for this topic?

use std::sync::Arc;
use std::time::SystemTime;

use tidings_apns::{
    ApnsId, DeviceToken, Expiration, Notification, Payload, PushType, Request, Response, Topic, UnixSeconds,
};
use tidings_client::{
    Cause, Client, ConnectError, ConnectTimeouts, Credential, DatedResponse, PoolSize, SendError,
};
use tidings_doctor::{Answer, Probe, ProbeOutcome, ProbeStep};
use uuid::Uuid;

use super::route::{failed, told};
use super::{Plan, Way};

/// The length of the device tokens of most devices, in bytes.
const TOKEN_LENGTH: usize = 32;

/// Asks about nobody, and about the device if that was chosen. Nothing comes back where there is nothing to ask with.
pub(super) async fn ask(plan: &Plan, way: &Way<'_>, clock: fn() -> SystemTime) -> Vec<Probe> {
    let (Some(credential), Some(topic)) = (&plan.credential, &plan.topic) else {
        return Vec::new();
    };
    let probe = |step, outcome| Probe {
        environment: way.endpoint.environment,
        endpoint: way.endpoint.place(),
        step,
        outcome,
    };
    let client = match client(plan, way, credential) {
        Ok(client) => client,
        Err(error) => return vec![probe(ProbeStep::Request, failed(error, None))],
    };
    let notification = Arc::new(notification(topic));
    let mut probes = Vec::new();
    if let Ok(nobody) = DeviceToken::try_from_bytes(&[0; TOKEN_LENGTH]) {
        let outcome = outcome_of(&client, &notification, nobody, clock).await;
        probes.push(probe(ProbeStep::Request, outcome));
    }
    if let Some(device) = &plan.device {
        let outcome = outcome_of(&client, &notification, device.clone(), clock).await;
        probes.push(probe(ProbeStep::Device, outcome));
    }
    client.close().await;
    probes
}

fn client(plan: &Plan, way: &Way<'_>, credential: &Credential) -> Result<Client, String> {
    let (host, port) = (way.endpoint.host.as_str(), way.endpoint.port);
    // A step gives up before the request does, so that the error names the step.
    let builder = Client::builder(way.endpoint.environment, credential.clone())
        .endpoint(host, port)
        .management_endpoint(host, port)
        .trust(plan.trust.clone())
        .resolver(way.resolver.clone())
        .connections(PoolSize::fixed(1))
        .connect_timeouts(ConnectTimeouts::each(plan.timeout * 3 / 4))
        .request_timeout(plan.timeout);
    let builder = match &plan.proxy {
        Some(proxy) => builder.proxy(proxy.clone()),
        None => builder,
    };
    builder.build().map_err(|error| told(&error))
}

/// Without content, not to be kept, and in the background; unless the topic is for another push type. It is not checked,
/// since APNs's opinion of it is what is wanted.
fn notification(topic: &Topic) -> Notification {
    let push_type = topic.suffix_kind().unwrap_or(PushType::Background);
    Notification::builder(topic.clone(), push_type, Payload::background())
        .expiration(Expiration::at(UnixSeconds(0)))
        .build_unchecked()
}

async fn outcome_of(
    client: &Client,
    notification: &Arc<Notification>,
    device_token: DeviceToken,
    clock: fn() -> SystemTime,
) -> ProbeOutcome {
    let apns_id = ApnsId::from(Uuid::new_v4());
    let request = Request::new(Arc::clone(notification), device_token, apns_id);
    match client.send_dated(&request).await {
        Ok(dated) => answered(&dated, clock()),
        Err(error) => failed(told(&error), issuer_in(&error)),
    }
}

fn answered(dated: &DatedResponse, now: SystemTime) -> ProbeOutcome {
    let answer = match &dated.response {
        Response::Accepted(_) => Answer {
            status: 200,
            reason: None,
            timestamp: None,
        },
        Response::Rejected(rejected) => Answer {
            status: rejected.status,
            reason: Some(rejected.reason.as_str().to_owned()),
            timestamp: rejected.timestamp,
        },
    };
    ProbeOutcome::Answered {
        answer,
        clock_ahead_seconds: dated.date.and_then(|date| ahead(now, date)),
    }
}

/// How far `now` is ahead of APNs's clock, in seconds.
fn ahead(now: SystemTime, date: UnixSeconds) -> Option<i64> {
    let here = i64::try_from(UnixSeconds::from(now).0).ok()?;
    here.checked_sub(i64::try_from(date.0).ok()?)
}

fn issuer_in(error: &SendError) -> Option<String> {
    match error.cause() {
        Cause::Connect(ConnectError::Tls { issuer, .. }) => issuer.clone(),
        _ => None,
    }
}
