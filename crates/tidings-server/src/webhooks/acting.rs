//! What can be done to webhooks, by whomever: over HTTP by keys, in the dashboard by admins. Who may is decided before.

use std::time::Duration;

use tidings_apns::Timestamp;
use tidings_store::{
    AppId, EventKind, NewWebhook, Replay, WebhookChange, WebhookFormat, WebhookId, WebhookRow,
};
use zeroize::Zeroizing;

use super::courier::{self, problem_of};
use super::{body, message, not_found, secret};
use crate::problem::{Problem, ProblemKind};
use crate::server::Shared;

/// A webhook to be made.
pub(crate) struct Draft {
    pub(crate) url: String,
    pub(crate) name: Option<String>,
    pub(crate) kinds: Option<Vec<EventKind>>,
    pub(crate) app_ids: Option<Vec<AppId>>,
    pub(crate) format: WebhookFormat,
}

/// What came of a message by which a webhook was tried.
pub(crate) struct Tried {
    pub(crate) status: Option<u16>,
    /// What went wrong, in one word.
    pub(crate) problem: Option<&'static str>,
    pub(crate) took: Duration,
    /// The beginning of what was answered, where that was no success.
    pub(crate) answer: Option<String>,
}

/// Where a URL leads by name, if webhooks may go there.
pub(crate) fn host_of(server: &Shared, url: &str) -> Result<String, Problem> {
    Ok(body::destination(server, url)?.host_name())
}

/// Makes a webhook; with what signs its messages, which is never shown again.
pub(crate) async fn create(
    server: &Shared,
    draft: Draft,
    actor: &str,
) -> Result<(WebhookRow, Zeroizing<String>), Problem> {
    let host = host_of(server, &draft.url)?;
    if server.store.webhooks().await?.len() >= server.config.webhooks.most {
        let detail = format!("There are {} webhooks.", server.config.webhooks.most);
        return Err(Problem::new(ProblemKind::TooManyWebhooks, detail));
    }
    let now = server.clock.now();
    let secret = secret::generate();
    let text = Zeroizing::new(secret::reveal(&secret));
    let new = NewWebhook {
        id: WebhookId::new(now),
        host,
        url: draft.url,
        name: draft.name,
        kinds: draft.kinds,
        app_ids: draft.app_ids,
        format: draft.format,
        secret,
    };
    let row = server.store.create_webhook(new, actor, now).await?;
    tracing::info!(by = actor, webhook = %row.id, host = row.host, "a webhook was made");
    Ok((row, text))
}

/// Changes a webhook; it as it is now.
pub(crate) async fn change(
    server: &Shared,
    id: WebhookId,
    change: WebhookChange,
    actor: &str,
) -> Result<WebhookRow, Problem> {
    let now = server.clock.now();
    let changed = server.store.change_webhook(id, change, actor, now).await?;
    server.webhook_wake.notify_one();
    let row = changed.ok_or_else(not_found)?;
    tracing::info!(by = actor, webhook = %row.id, "a webhook was changed");
    Ok(row)
}

/// Removes a webhook with all that waits for it.
pub(crate) async fn remove(server: &Shared, id: WebhookId, actor: &str) -> Result<(), Problem> {
    let now = server.clock.now();
    server.store.remove_webhook(id, actor, now).await?;
    tracing::info!(by = actor, webhook = %id, "a webhook was removed");
    Ok(())
}

/// Sends a message that tells of nothing, at once and once.
pub(crate) async fn try_out(server: &Shared, row: &WebhookRow) -> Result<Tried, Problem> {
    let room = server.webhook_tests.try_acquire();
    let _room = room.map_err(|_full| {
        Problem::new(
            ProblemKind::Overloaded,
            "As many webhooks are being tried as the server takes.",
        )
    })?;
    let now = server.clock.now();
    let secrets = server.store.webhook_secrets(row.id, now).await?;
    let begun = server.clock.monotonic();
    let outcome = courier::send(server, &row.url, &secrets, message::test(row.id, row.format, now)).await;
    let took = server.clock.monotonic().saturating_sub(begun);
    Ok(match outcome {
        Ok(answered) => {
            let status = answered.status.as_u16();
            Tried {
                status: Some(status),
                problem: problem_of(status),
                took,
                answer: answered.beginning,
            }
        }
        Err(failure) => Tried {
            status: None,
            problem: Some(failure.as_str()),
            took,
            answer: None,
        },
    })
}

/// Gives a webhook another secret; what signs from now on, and until when the one before signs, too.
pub(crate) async fn rotate_secret(
    server: &Shared,
    id: WebhookId,
    overlap: Duration,
    actor: &str,
) -> Result<(Zeroizing<String>, Timestamp), Problem> {
    let now = server.clock.now();
    let previous_until = now.saturating_add(overlap);
    let secret = secret::generate();
    let text = Zeroizing::new(secret::reveal(&secret));
    let rotated = server
        .store
        .rotate_webhook_secret(id, secret, previous_until, actor, now)
        .await?;
    if !rotated {
        return Err(not_found());
    }
    tracing::info!(by = actor, webhook = %id, "the secret of a webhook was changed");
    Ok((text, previous_until))
}

/// Lets events be sent again; how many.
pub(crate) async fn replay(
    server: &Shared,
    id: WebhookId,
    what: Replay,
    actor: &str,
) -> Result<u64, Problem> {
    let now = server.clock.now();
    let count = server.store.replay_webhook(id, what, actor, now).await?;
    server.webhook_wake.notify_one();
    let count = count.ok_or_else(not_found)?;
    tracing::info!(by = actor, webhook = %id, count, "events are sent to a webhook again");
    Ok(count)
}
