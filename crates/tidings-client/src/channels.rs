//! Broadcast channels and their management (Apple, *Sending channel management requests to APNs*).

use serde::{Deserialize, Serialize};
use tidings_apns::{BundleId, ChannelId, Rejected, Response, StoragePolicy};

use crate::client::Client;
use crate::exchange::{Exchange, RawAnswer};
use crate::send_error::SendError;

/// The broadcast channels of a client's apps. Channels of the two environments have nothing to do with each other.
#[derive(Clone, Copy, Debug)]
pub struct Channels<'a> {
    client: &'a Client,
}

/// Why there is no result of an operation on channels.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManageChannelError {
    /// APNs refused.
    #[error("APNs refused: {} ({})", .0.reason, .0.status)]
    Rejected(Box<Rejected>),
    /// There is no answer.
    #[error("APNs did not answer the request about a channel")]
    Send(#[source] SendError),
    /// APNs answered with something else than its documentation says.
    #[error("the answer about a channel, with status {status}, is not understood")]
    Answer {
        /// The status of the answer.
        status: u16,
    },
}

#[derive(Serialize, Deserialize)]
struct ChannelDescription {
    #[serde(rename = "message-storage-policy")]
    storage_policy: u8,
    #[serde(rename = "push-type")]
    push_type: String,
}

#[derive(Deserialize)]
struct ChannelList {
    channels: Vec<String>,
}

/// The push type as the bodies of channel management spell it.
const PUSH_TYPE: &str = "LiveActivity";

impl<'a> Channels<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// Makes a channel. Its policy can never be changed, and an app has at most 10,000 in each environment.
    ///
    /// # Errors
    ///
    /// APNs refused, or there is no answer.
    pub async fn create(
        self,
        app: &BundleId,
        policy: StoragePolicy,
    ) -> Result<ChannelId, ManageChannelError> {
        let description = ChannelDescription {
            storage_policy: policy.as_u8(),
            push_type: PUSH_TYPE.to_owned(),
        };
        let body = serde_json::to_vec(&description).unwrap_or_default();
        let answer = self.ask("POST", path(app, "channels"), None, body).await?;
        let id = answer.channel_id.as_deref().and_then(|id| id.parse().ok());
        id.ok_or_else(|| not_understood(&answer))
    }

    /// Reads what a channel stores.
    ///
    /// # Errors
    ///
    /// APNs refused, or there is no answer.
    pub async fn read(
        self,
        app: &BundleId,
        channel: &ChannelId,
    ) -> Result<StoragePolicy, ManageChannelError> {
        let answer = self
            .ask("GET", path(app, "channels"), Some(channel), Vec::new())
            .await?;
        let description: Option<ChannelDescription> = serde_json::from_slice(&answer.body).ok();
        let policy = description.and_then(|description| StoragePolicy::from_u8(description.storage_policy));
        policy.ok_or_else(|| not_understood(&answer))
    }

    /// Lists all channels of an app.
    ///
    /// # Errors
    ///
    /// APNs refused, or there is no answer.
    pub async fn list(self, app: &BundleId) -> Result<Vec<ChannelId>, ManageChannelError> {
        let answer = self
            .ask("GET", path(app, "all-channels"), None, Vec::new())
            .await?;
        let list: Option<ChannelList> = serde_json::from_slice(&answer.body).ok();
        let ids = list.and_then(|list| list.channels.iter().map(|id| id.parse().ok()).collect());
        ids.ok_or_else(|| not_understood(&answer))
    }

    /// Deletes a channel. Its id is never given out again; a stored update may still be delivered.
    ///
    /// # Errors
    ///
    /// APNs refused, or there is no answer.
    pub async fn delete(self, app: &BundleId, channel: &ChannelId) -> Result<(), ManageChannelError> {
        self.ask("DELETE", path(app, "channels"), Some(channel), Vec::new())
            .await
            .map(drop)
    }

    async fn ask(
        self,
        method: &'static str,
        path: String,
        channel: Option<&ChannelId>,
        body: Vec<u8>,
    ) -> Result<RawAnswer, ManageChannelError> {
        let mut headers = Vec::new();
        headers.extend(channel.map(|channel| ("apns-channel-id", channel.as_str().to_owned())));
        if !body.is_empty() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        let exchange = Exchange {
            method,
            path,
            headers,
            body,
        };
        let answer = self
            .client
            .manage(exchange)
            .await
            .map_err(ManageChannelError::Send)?;
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        let status = answer.status;
        match answer.into_response() {
            Response::Rejected(rejected) => Err(ManageChannelError::Rejected(rejected)),
            Response::Accepted(_) => Err(ManageChannelError::Answer { status }),
        }
    }
}

fn path(app: &BundleId, what: &str) -> String {
    format!("/1/apps/{app}/{what}")
}

fn not_understood(answer: &RawAnswer) -> ManageChannelError {
    ManageChannelError::Answer {
        status: answer.status,
    }
}
