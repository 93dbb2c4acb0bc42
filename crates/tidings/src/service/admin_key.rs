//! The first API key: who starts a server for the first time can use it.

use anyhow::Context as _;
use tidings_apns::Timestamp;
use tidings_server::new_api_key;
use tidings_store::{Scope, Store};
use zeroize::Zeroizing;

/// Makes an admin key if there is no key at all.
pub(super) async fn create_first(store: &Store, now: Timestamp) -> anyhow::Result<Option<Zeroizing<String>>> {
    let keys = store.api_keys().await.context("cannot look for API keys")?;
    if !keys.is_empty() {
        return Ok(None);
    }
    let (key, text) = new_api_key("first", &[Scope::Admin], None);
    let created = store.create_api_key(key, "first start", now).await;
    created.context("cannot keep the first API key")?;
    Ok(Some(text))
}
