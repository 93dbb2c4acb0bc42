//! Device tokens that are known from a sender and not from the app: they come with the first notification to them.

use tidings_apns::{DeviceToken, Environment, Timestamp, TokenKind};
use tidings_store::{AppId, Device, ImportLine, ImportedDevice, Registration, StoreError};

use crate::server::Shared;

/// A device token as a sender gives it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Introduction<'a> {
    pub(crate) token: &'a DeviceToken,
    /// What it is sent, and so, what it is for.
    pub(crate) kind: TokenKind,
    /// Where the sender believes it to belong.
    pub(crate) environment: Option<Environment>,
}

/// The device; it is registered if it is not known. When the app got the token is not known then, so whatever APNs says of
/// it is newer. What is known already is not changed by what a sender says.
pub(crate) async fn introduce(
    server: &Shared,
    app: AppId,
    introduction: Introduction<'_>,
    now: Timestamp,
) -> Result<Device, StoreError> {
    let Introduction {
        token,
        kind,
        environment,
    } = introduction;
    if let Some(known) = server.store.device(app, token, now).await? {
        return Ok(known);
    }
    let line = ImportLine {
        number: 1,
        device: ImportedDevice {
            token: token.clone(),
            registration: Registration {
                kind: Some(kind),
                environment,
                ..Registration::default()
            },
            registered_at: None,
        },
    };
    server.store.import(app, vec![line], now).await?;
    let known = server.store.device(app, token, now).await?;
    known.ok_or(StoreError::Conflict {
        what: "a device token that was forgotten as soon as it was known",
    })
}
