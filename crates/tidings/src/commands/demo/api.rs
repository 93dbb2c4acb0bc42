//! The server's API as the story uses it: like any other client of it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use hyper::Method;
use serde_json::{Value, json};
use tidings_simulator::CreatedKey;
use tokio::time::sleep;

use super::stage::APP;
use crate::remote::{Question, Remote};

/// How long something may take that should happen at once.
const PATIENCE: Duration = Duration::from_secs(20);

/// The pause between two looks.
const GLANCE: Duration = Duration::from_millis(5);

/// A client of the server.
pub(super) struct Api {
    remote: Remote,
}

/// How far a notification is.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    pub(super) state: String,
    pub(super) counts: Value,
}

impl Api {
    pub(super) fn new(remote: Remote) -> Self {
        Self { remote }
    }

    /// An app tells its device token, as at every launch.
    pub(super) async fn register(&mut self, token: &str, body: &Value) -> anyhow::Result<Value> {
        self.call(Method::PUT, &format!("devices/{token}"), Some(body))
            .await
    }

    /// What is known of a device token.
    pub(super) async fn device(&mut self, token: &str) -> anyhow::Result<Value> {
        self.call(Method::GET, &format!("devices/{token}"), None).await
    }

    /// The state of a device token.
    pub(super) async fn state(&mut self, token: &str) -> anyhow::Result<String> {
        Ok(text(&self.device(token).await?, "state").to_owned())
    }

    /// Hands a notification over; its id.
    pub(super) async fn send(&mut self, body: &Value) -> anyhow::Result<String> {
        let accepted = self.call(Method::POST, "notifications", Some(body)).await?;
        Ok(text(&accepted, "id").to_owned())
    }

    /// Hands a notification over, and waits until nothing of it is left to be done.
    pub(super) async fn deliver(&mut self, body: &Value) -> anyhow::Result<Progress> {
        let id = self.send(body).await?;
        self.finished(&id).await
    }

    /// Waits until nothing of a notification is left to be done.
    pub(super) async fn finished(&mut self, id: &str) -> anyhow::Result<Progress> {
        self.until(id, |progress| progress.state == "finished").await
    }

    /// Waits until a notification is as it should be.
    pub(super) async fn until(
        &mut self,
        id: &str,
        is_so: impl Fn(&Progress) -> bool,
    ) -> anyhow::Result<Progress> {
        let began = Instant::now();
        loop {
            let told = self
                .call(Method::GET, &format!("notifications/{id}"), None)
                .await?;
            let progress = Progress {
                state: text(&told, "state").to_owned(),
                counts: told["counts"].clone(),
            };
            if is_so(&progress) {
                return Ok(progress);
            }
            if began.elapsed() > PATIENCE {
                bail!(
                    "the notification is still {} with {}",
                    progress.state,
                    progress.counts
                );
            }
            sleep(GLANCE).await;
        }
    }

    /// What became of the recipients of a notification, one by one.
    pub(super) async fn recipients(&mut self, id: &str) -> anyhow::Result<Vec<Value>> {
        let page = self
            .call(Method::GET, &format!("notifications/{id}/recipients"), None)
            .await?;
        let list = page["recipients"].as_array();
        Ok(list.cloned().unwrap_or_default())
    }

    /// Gives the server a signing key to send with.
    pub(super) async fn upload(&mut self, key: &CreatedKey) -> anyhow::Result<Value> {
        let body = json!({"p8": key.private_key_pem, "key_id": key.key_id, "team_id": key.team_id});
        self.call(Method::POST, "credentials", Some(&body)).await
    }

    /// Waits for an incident that goes on.
    pub(super) async fn open_incident(&mut self) -> anyhow::Result<Value> {
        self.incident("incidents?open=true").await
    }

    /// Waits until no incident goes on; the one that ended last.
    pub(super) async fn ended_incident(&mut self) -> anyhow::Result<Value> {
        let began = Instant::now();
        loop {
            let list = self.call(Method::GET, "incidents", None).await?;
            let list = list["incidents"].as_array().cloned().unwrap_or_default();
            let goes_on = list.iter().any(|incident| incident["open"] == true);
            if let Some(newest) = list.first().filter(|_| !goes_on) {
                return Ok(newest.clone());
            }
            if began.elapsed() > PATIENCE {
                bail!("the incident does not end");
            }
            sleep(GLANCE).await;
        }
    }

    /// A broadcast channel for Live Activities.
    pub(super) async fn create_channel(&mut self) -> anyhow::Result<String> {
        let body = json!({"storage": "no_storage"});
        let channel = self.call(Method::POST, "channels", Some(&body)).await?;
        Ok(text(&channel, "channel_id").to_owned())
    }

    /// Publishes to everybody who follows a channel.
    pub(super) async fn publish(&mut self, channel: &str, aps: &Value) -> anyhow::Result<Value> {
        let channel = channel
            .replace('+', "%2B")
            .replace('/', "%2F")
            .replace('=', "%3D");
        let body = json!({"aps": aps});
        self.call(Method::POST, &format!("channels/{channel}:publish"), Some(&body))
            .await
    }

    async fn incident(&mut self, path: &str) -> anyhow::Result<Value> {
        let began = Instant::now();
        loop {
            let list = self.call(Method::GET, path, None).await?;
            if let Some(incident) = list["incidents"].as_array().and_then(|list| list.first()) {
                return Ok(incident.clone());
            }
            if began.elapsed() > PATIENCE {
                bail!("there is no incident");
            }
            sleep(GLANCE).await;
        }
    }

    async fn call(&mut self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let what = format!("{method} …/{}", path.split('/').next().unwrap_or_default());
        let path = format!("/v1/apps/{APP}/{path}");
        let mut question = Question::new(method, &path);
        if let Some(body) = body {
            question = question.with_json(body)?;
        }
        self.remote.json(question).await.context(what)
    }
}

impl Progress {
    /// How many recipients ended, or wait, in this way.
    pub(super) fn count(&self, name: &str) -> u64 {
        self.counts[name].as_u64().unwrap_or_default()
    }

    /// How many of how many APNs has.
    pub(super) fn in_words(&self) -> String {
        format!(
            "{} of {} delivered",
            self.count("delivered"),
            self.count("recipients")
        )
    }

    /// Whether it was for so many, and APNs has it for all of them.
    pub(super) fn reached(&self, count: usize) -> bool {
        let count = count as u64;
        self.count("recipients") == count && self.count("delivered") == count
    }
}

/// A text in an answer.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}
