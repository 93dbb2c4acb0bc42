//! Credentials that are no good any more, or in the wrong place.

use std::collections::BTreeSet;
use std::time::Duration;

use tidings_apns::Environment;
use tidings_client::{ClientCertificate, Credential};
use tidings_simulator::{Build, NewCertificate, Timestamp, TokenKind};

use super::super::line::{Expected, Line};
use super::super::narrator::Narrator;
use super::super::stage::{APP, Phone, Sent, Stage, TEAM};
use super::{alert, line, says};

/// A provider token is good for an hour (Apple, *Establishing a token-based connection to APNs*).
const PAST_ITS_HOUR: Duration = Duration::from_mins(61);

pub(super) async fn tell(stage: &Stage, narrator: &mut Narrator) -> anyhow::Result<()> {
    narrator.chapter("Credentials that are no good any more")?;
    narrator.tell("a certificate that has expired", expired_certificate(stage).await)?;
    narrator.tell(
        "a sandbox certificate at production",
        misplaced_certificate(stage).await,
    )?;
    narrator.tell("a key that was revoked", revoked_key(stage).await)?;
    narrator.tell(
        "a provider token older than an hour",
        expired_provider_token(stage).await,
    )?;
    narrator.tell("the same once more", renewed_provider_token(stage).await)?;
    Ok(())
}

async fn expired_certificate(stage: &Stage) -> anyhow::Result<Line> {
    let day = Duration::from_hours(24);
    let now = stage.control().clock().now.as_seconds();
    let certificate = certificate(
        stage,
        &[],
        Some(Timestamp::from_seconds(now.saturating_sub(day.as_secs()))),
    )?;
    refused(
        stage,
        certificate.into(),
        Expected::Rejected(403, "BadCertificate"),
    )
    .await
}

async fn misplaced_certificate(stage: &Stage) -> anyhow::Result<Line> {
    let certificate = certificate(stage, &[tidings_simulator::Environment::Sandbox], None)?;
    refused(
        stage,
        certificate.into(),
        Expected::GoAway("BadCertificateEnvironment"),
    )
    .await
}

async fn revoked_key(stage: &Stage) -> anyhow::Result<Line> {
    let key = stage.new_key()?;
    stage.control().revoke_key(key.key_id().as_str())?;
    refused(stage, key.into(), Expected::Rejected(403, "InvalidProviderToken")).await
}

async fn expired_provider_token(stage: &Stage) -> anyhow::Result<Line> {
    let phone = app_store_phone(stage)?;
    stage.control().advance(PAST_ITS_HOUR);
    let sent = stage
        .push(&phone, TokenKind::Alert, alert("Still here?")?)
        .await?;
    let line = line(&sent, Expected::Rejected(403, "ExpiredProviderToken"));
    Ok(line.truth("the phone shows nothing", stage.is_quiet(&phone)?))
}

/// Nobody had to do anything: the client has signed a new one when it heard that the old one had expired.
async fn renewed_provider_token(stage: &Stage) -> anyhow::Result<Line> {
    let phone = app_store_phone(stage)?;
    let sent = stage.push(&phone, TokenKind::Alert, alert("Still here")?).await?;
    let is_shown = stage
        .seen(&phone, &sent)?
        .is_some_and(|shown| says(&shown, "Still here"));
    let line =
        line(&sent, Expected::Accepted).meaning("The client has signed a new provider token by itself.");
    Ok(line.truth("the phone shows “Still here”", is_shown))
}

/// Sends with a credential that is no good to a phone that is.
async fn refused(stage: &Stage, credential: Credential, expected: Expected) -> anyhow::Result<Line> {
    let phone = app_store_phone(stage)?;
    let client = stage.client_with(Environment::Production, credential)?;
    let sent = Sent::by(&client, phone.token(TokenKind::Alert)?, alert("Never seen")?).await?;
    client.close().await;
    Ok(line(&sent, expected).truth("the phone shows nothing", stage.is_quiet(&phone)?))
}

fn app_store_phone(stage: &Stage) -> anyhow::Result<Phone> {
    stage.phone(Build::AppStore, &[TokenKind::Alert])
}

fn certificate(
    stage: &Stage,
    environments: &[tidings_simulator::Environment],
    not_after: Option<Timestamp>,
) -> anyhow::Result<ClientCertificate> {
    let issued = stage.control().issue_certificate(&NewCertificate {
        team_id: TEAM.to_owned(),
        bundle_id: APP.to_owned(),
        kinds: BTreeSet::new(),
        environments: environments.iter().copied().collect(),
        not_after,
    })?;
    let (certificate, key) = (issued.certificate_pem, issued.private_key_pem);
    Ok(ClientCertificate::from_pem_pair(
        certificate.as_bytes(),
        key.as_bytes(),
    )?)
}
