//! Checks of the credential: client certificate or provider token.

use std::sync::Arc;
use std::time::Duration;

use crate::authentication::{Presented, VerifiedToken};
use crate::behaviour::KeyEnvironmentReason;
use crate::vocabulary::Rejection;
use crate::world::key::Key;

use super::Examination;

pub(super) fn present(examination: &Examination<'_>) -> Option<Rejection> {
    matches!(examination.presented, Presented::Nothing).then_some(Rejection::MISSING_PROVIDER_TOKEN)
}

pub(super) fn certificate_valid(examination: &Examination<'_>) -> Option<Rejection> {
    let Presented::Certificate(certificate) = examination.presented else {
        return None;
    };
    if !examination
        .world
        .accounts
        .knows_certificate(&certificate.fingerprint)
        || !certificate.is_valid_at(examination.now)
    {
        return Some(Rejection::BAD_CERTIFICATE);
    }
    let is_of_environment = certificate
        .environments
        .contains(&examination.session.environment);
    (!is_of_environment).then_some(Rejection::BAD_CERTIFICATE_ENVIRONMENT)
}

pub(super) fn provider_token_valid(examination: &Examination<'_>) -> Option<Rejection> {
    match examination.presented {
        Presented::InvalidToken => Some(Rejection::INVALID_PROVIDER_TOKEN),
        Presented::Token(token) => {
            let tolerance = Duration::from_secs(
                examination
                    .world
                    .behaviour
                    .provider_token
                    .future_tolerance_seconds,
            );
            let is_good =
                key(examination, token).is_some() && token.issued_at.since(examination.now) <= tolerance;
            (!is_good).then_some(Rejection::INVALID_PROVIDER_TOKEN)
        }
        Presented::Nothing | Presented::Certificate(_) => None,
    }
}

pub(super) fn key_environment(examination: &Examination<'_>) -> Option<Rejection> {
    let (_, key) = token_and_key(examination)?;
    let is_of_environment = key.environments.contains(&examination.session.environment);
    let spelling = examination.world.behaviour.provider_token.key_environment_reason;
    (!is_of_environment).then_some(match spelling {
        KeyEnvironmentReason::Observed => Rejection::BAD_ENVIRONMENT_KEY_IN_TOKEN,
        KeyEnvironmentReason::Documented => Rejection::BAD_ENVIRONMENT_KEY_ID_IN_TOKEN,
    })
}

pub(super) fn key_relation(examination: &Examination<'_>) -> Option<Rejection> {
    let (_, key) = token_and_key(examination)?;
    let identity = examination.session.identity.as_ref()?;
    (!key.may_follow(&identity.key)).then_some(Rejection::UNRELATED_KEY_ID_IN_TOKEN)
}

pub(super) fn provider_token_age(examination: &Examination<'_>) -> Option<Rejection> {
    let (token, _) = token_and_key(examination)?;
    let limit = Duration::from_secs(examination.world.behaviour.provider_token.max_age_seconds);
    (examination.now.since(token.issued_at) > limit).then_some(Rejection::EXPIRED_PROVIDER_TOKEN)
}

pub(super) fn provider_token_updates(examination: &Examination<'_>) -> Option<Rejection> {
    let (token, _) = token_and_key(examination)?;
    let interval = Duration::from_secs(examination.world.behaviour.provider_token.update_interval_seconds);
    let is_too_soon = examination.session.provider_token.is_some_and(|current| {
        current.digest != token.digest && examination.now.since(current.since) < interval
    });
    (is_too_soon || examination.too_many_tokens_of_address)
        .then_some(Rejection::TOO_MANY_PROVIDER_TOKEN_UPDATES)
}

/// The key that a token names, if it still exists and is its team's.
pub(super) fn key<'a>(examination: &'a Examination<'_>, token: &VerifiedToken) -> Option<&'a Arc<Key>> {
    examination
        .world
        .accounts
        .key(&token.key_id)
        .filter(|key| key.team_id == token.team_id)
}

fn token_and_key<'a>(examination: &'a Examination<'_>) -> Option<(&'a VerifiedToken, &'a Key)> {
    let Presented::Token(token) = examination.presented else {
        return None;
    };
    key(examination, token).map(|key| (&**token, &**key))
}

/// Whether the credential covers an app: its team owns it, the key is not for other topics only, and the connection
/// is not older than the app. Checks that ran in another order may have let a request without credential pass.
pub(super) fn covers_app(examination: &Examination<'_>, bundle_id: &str) -> bool {
    match examination.presented {
        Presented::Certificate(certificate) => certificate.topics.contains(bundle_id),
        Presented::Token(token) => {
            key(examination, token).is_none_or(|key| key_covers(examination, key, bundle_id))
        }
        Presented::Nothing | Presented::InvalidToken => true,
    }
}

fn key_covers(examination: &Examination<'_>, key: &Key, bundle_id: &str) -> bool {
    let world = examination.world;
    let Some(app) = world.accounts.app(bundle_id) else {
        return false;
    };
    let is_known_here = examination.session.identity.as_ref().is_none_or(|identity| {
        app.registered <= identity.registrations || !world.behaviour.provider_token.fix_topics_at_first_push
    });
    app.team_id == key.team_id
        && key
            .topics
            .as_ref()
            .is_none_or(|topics| topics.contains(bundle_id))
        && is_known_here
}
