//! Who sends a request: whoever holds a signing key of the app, or an API key with the scope `send`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tidings_apns::{BundleId, Reason, Timestamp, Topic};
use tidings_credential::ProviderToken;
use tidings_delivery::read_signing_key;
use tidings_store::{App, CredentialForm, CredentialId, CredentialRow, Scope, StoreError};

use super::answer::Answer;
use super::order::Head;
use super::reception::unable;
use crate::api_key::PresentedKey;
use crate::problem::ProblemKind;
use crate::server::Shared;
use crate::sha256::sha256;

/// Public keys, and provider tokens that were verified, that are remembered.
const REMEMBERED: usize = 4_096;

/// How long a provider token is good, in either direction: clocks differ.
const GOOD_FOR: Duration = Duration::from_hours(1);

/// What was found to be good, so that not every request costs a verification. Whether a credential is still the app's is
/// asked for each request: one that is removed opens nothing any more.
#[derive(Default)]
pub(super) struct Proofs {
    public_keys: Mutex<HashMap<CredentialId, Arc<[u8]>>>,
    verified: Mutex<HashMap<[u8; 32], CredentialId>>,
}

/// Who sends, and for which app.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    pub(super) app: App,
    /// What the requests of this sender are kept apart by.
    pub(super) name: String,
}

impl Proofs {
    /// The sender of a request, if there is proof.
    pub(super) async fn sender(
        &self,
        server: &Shared,
        head: &Head<'_>,
        now: Timestamp,
    ) -> Result<Sender, Answer> {
        if let Some(key) = PresentedKey::read(head.bearer) {
            return by_api_key(server, key, &head.topic).await;
        }
        let token = ProviderToken::read(head.bearer).ok_or_else(invalid)?;
        is_of_now(token.issued_at(), now)?;
        let fingerprint = sha256(head.bearer.as_bytes());
        for app in apps(server, &head.topic).await? {
            if self
                .is_of_app(server, (&token, fingerprint), &app, &head.topic)
                .await?
            {
                let name = format!("apns-door:{}", app.bundle_id);
                return Ok(Sender { app, name });
            }
        }
        Err(invalid())
    }

    /// Whether a provider token was signed with a key of the app.
    async fn is_of_app(
        &self,
        server: &Shared,
        (token, fingerprint): (&ProviderToken<'_>, [u8; 32]),
        app: &App,
        topic: &Topic,
    ) -> Result<bool, Answer> {
        let credentials = server.store.credentials(app.id).await.map_err(unable)?;
        for row in credentials.iter().filter(|row| could_be(row, token, topic)) {
            if lock(&self.verified).get(&fingerprint) == Some(&row.id) {
                return Ok(true);
            }
            let Some(public_key) = self.public_key(server, row.id).await.map_err(unable)? else {
                continue;
            };
            if token.is_signed_by(&public_key) {
                remember(&self.verified, fingerprint, row.id);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The public half of a signing key; `None` if it cannot be read.
    async fn public_key(&self, server: &Shared, id: CredentialId) -> Result<Option<Arc<[u8]>>, StoreError> {
        if let Some(key) = lock(&self.public_keys).get(&id) {
            return Ok(Some(Arc::clone(key)));
        }
        let Some(secret) = server.store.credential_secret(id).await? else {
            return Ok(None);
        };
        let key = match read_signing_key(&secret) {
            Ok(Some(key)) => Arc::from(key.public_key()),
            Ok(None) => return Ok(None),
            Err(error) => {
                tracing::warn!(credential = %id, %error, "a signing key cannot be read");
                return Ok(None);
            }
        };
        remember(&self.public_keys, id, Arc::clone(&key));
        Ok(Some(key))
    }
}

/// Refuses what was made too long ago, or later than any clock could be wrong.
fn is_of_now(issued_at: Timestamp, now: Timestamp) -> Result<(), Answer> {
    if now.saturating_since(issued_at) > GOOD_FOR {
        Err(Answer::refused(&Reason::ExpiredProviderToken))
    } else if issued_at.saturating_since(now) > GOOD_FOR {
        Err(invalid())
    } else {
        Ok(())
    }
}

/// The apps that a topic may be of: its suffix may be part of a bundle id.
async fn apps(server: &Shared, topic: &Topic) -> Result<Vec<App>, Answer> {
    let mut found = Vec::new();
    let whole: Option<BundleId> = topic.as_str().parse().ok();
    let stripped = topic.suffix_kind().map(|_| topic.bundle_id());
    for bundle_id in whole.into_iter().chain(stripped) {
        found.extend(server.store.app(&bundle_id).await.map_err(unable)?);
    }
    Ok(found)
}

fn could_be(row: &CredentialRow, token: &ProviderToken<'_>, topic: &Topic) -> bool {
    let bundle_id = topic.bundle_id();
    let reaches = |named: &String| named == topic.as_str() || named == bundle_id.as_str();
    row.form == CredentialForm::SigningKey
        && row
            .key_id
            .as_ref()
            .is_some_and(|id| id.as_str() == token.key_id())
        && row
            .team_id
            .as_ref()
            .is_some_and(|id| id.as_str() == token.team_id())
        && (row.topics.is_empty() || row.topics.iter().any(reaches))
}

async fn by_api_key(server: &Shared, key: PresentedKey<'_>, topic: &Topic) -> Result<Sender, Answer> {
    let caller = server.keyring.caller(key, server).await;
    let caller = caller.map_err(|problem| match problem.kind {
        ProblemKind::ExpiredKey => Answer::refused(&Reason::ExpiredProviderToken),
        kind if kind.status() < 500 => invalid(),
        _ => Answer::refused(&Reason::ServiceUnavailable),
    })?;
    let may_send = caller.must_have(Scope::Send);
    may_send.map_err(|_scope_missing| Answer::refused(&Reason::Forbidden))?;
    let apps = apps(server, topic).await?;
    let app = apps.into_iter().find(|app| caller.is_for(app.id));
    let app = app.ok_or_else(|| Answer::refused(&Reason::TopicDisallowed))?;
    let name = caller.key_id().to_owned();
    Ok(Sender { app, name })
}

fn invalid() -> Answer {
    Answer::refused(&Reason::InvalidProviderToken)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn remember<K: std::hash::Hash + Eq, V>(map: &Mutex<HashMap<K, V>>, key: K, value: V) {
    let mut map = lock(map);
    if map.len() >= REMEMBERED {
        map.clear();
    }
    map.insert(key, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_token_is_good_for_an_hour() {
        let issued_at = Timestamp::from_unix_millis(1_800_000_000_000);
        let said = |seconds: i64| {
            let now = issued_at.as_unix_millis().saturating_add_signed(seconds * 1000);
            is_of_now(issued_at, Timestamp::from_unix_millis(now))
                .err()
                .map(|answer| answer.body())
        };
        for seconds in [0, 3_600, -3_600] {
            assert_eq!(said(seconds), None, "{seconds}");
        }
        assert_eq!(
            said(3_601).unwrap(),
            Answer::refused(&Reason::ExpiredProviderToken).body()
        );
        assert_eq!(said(-3_601).unwrap(), invalid().body());
    }
}
