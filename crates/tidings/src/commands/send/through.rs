//! Sending through a server: it knows where each device token belongs, keeps the notification until it is sent, and says what
//! came of it.

mod outcome;
mod submission;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use hyper::Method;
use serde::Deserialize;
use tidings_apns::BundleId;
use tokio::time::sleep;

use self::outcome::{Counts, Recipient, Told};
use self::submission::{NAMES, Submission};
use super::Sending;
use super::args::Args;
use super::draft::Draft;
use super::recipients::Others;
use crate::failure::Failure;
use crate::output::{self, Format, print};
use crate::remote::{Address, KeyArgs, Question, Remote};
use crate::when::{self, When};

/// The first pause before it is asked again what came of a notification; the next are longer.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How a notification goes through a server.
#[derive(clap::Args)]
#[command(next_help_heading = "Through a server")]
pub(crate) struct ThroughArgs {
    // Not a doc comment: rustdoc would take the address for a link.
    #[arg(
        long,
        help = "Send through this server instead of straight to APNs, as http://127.0.0.1:8377",
        value_name = "URL",
        requires = "bundle_id",
        conflicts_with_all = ["key", "certificate", "url", "port", "ca", "proxy", "broadcast", "topic", "apns_id", "dry_run"]
    )]
    pub(super) server: Option<Address>,
    #[command(flatten)]
    pub(super) key: KeyArgs,
    /// To all devices of a user; can be repeated
    #[arg(long = "user", value_name = "ID", requires = "server")]
    pub(super) users: Vec<String>,
    /// To an installation; can be repeated
    #[arg(long = "installation", value_name = "ID", requires = "server")]
    pub(super) installations: Vec<String>,
    /// To whoever has this tag, or one of them; can be repeated
    #[arg(long = "tag", value_name = "TAG", requires = "server")]
    pub(super) tags: Vec<String>,
    /// To every device of the app
    #[arg(long, requires = "server")]
    pub(super) everyone: bool,
    /// Not before
    #[arg(long, value_name = "WHEN", requires = "server")]
    pub(super) send_at: Option<When>,
    /// With the same key, the same notification is taken only once
    #[arg(long, value_name = "KEY", requires = "server")]
    pub(super) idempotency_key: Option<String>,
    /// Wait until it is known what came of it, for so long
    #[arg(
        long,
        value_name = "TIME",
        requires = "server",
        num_args = 0..=1,
        default_missing_value = "30s",
        value_parser = when::duration
    )]
    pub(super) wait: Option<Duration>,
}

impl std::fmt::Debug for ThroughArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ThroughArgs")
            .field("server", &self.server)
            .field("wait", &self.wait)
            .finish_non_exhaustive()
    }
}

impl ThroughArgs {
    /// Whether somebody is meant who is not named by a device token.
    pub(super) fn names_somebody(&self) -> Others {
        let is_empty = self.users.is_empty() && self.installations.is_empty() && self.tags.is_empty();
        if is_empty && !self.everyone {
            Others::None
        } else {
            Others::Named
        }
    }

    /// Refuses what no server takes in one notification.
    pub(super) fn check(&self, args: &Args) -> Result<(), Failure> {
        let has_tokens = !args.recipients.tokens.is_empty() || args.recipients.tokens_file.is_some();
        let ways = [
            has_tokens,
            !self.users.is_empty(),
            !self.installations.is_empty(),
            !self.tags.is_empty(),
            self.everyone,
        ];
        if self.server.is_some() && ways.into_iter().filter(|way| *way).count() > 1 {
            let hint = "send it once for each: to device tokens, users, installations, tags, or everyone";
            return Err(Failure::usage(
                "a notification goes to one sort of recipients",
                hint,
            ));
        }
        Ok(())
    }
}

/// What the server says when it has taken a notification.
#[derive(Deserialize)]
struct Accepted {
    id: String,
}

/// How far a notification is.
#[derive(Deserialize)]
struct Status {
    state: String,
    counts: Counts,
}

#[derive(Deserialize)]
struct RecipientPage {
    recipients: Vec<Recipient>,
}

/// Sends; waits if that is wanted.
pub(super) async fn send(sending: &Sending<'_>, server: &Address) -> anyhow::Result<ExitCode> {
    let args = &sending.args.through;
    let (Draft::Notification(notification), Some(app)) = (&sending.draft, &sending.args.recipients.bundle_id)
    else {
        let hint = "give --bundle-id, and somebody to send to";
        return Err(Failure::usage("a server sends notifications to device tokens", hint).into());
    };
    let submission = Submission::new(sending, notification)?;
    let mut through = Through {
        remote: args.key.remote(server.clone())?,
        app,
        format: sending.args.run.format,
    };
    let mut is_good = true;
    // A server takes so many device tokens at once; more go in several notifications.
    let lists: Vec<_> = sending.tokens.chunks(NAMES).map(Some).collect();
    let lists = if lists.is_empty() { vec![None] } else { lists };
    for (number, tokens) in lists.into_iter().enumerate() {
        let key = args.idempotency_key.as_deref();
        let key = key.map(|key| {
            if number == 0 {
                key.to_owned()
            } else {
                format!("{key}/{number}")
            }
        });
        let id = through
            .submit(&submission.to(sending, tokens), key.as_deref())
            .await?;
        is_good &= match args.wait {
            Some(wait) => through.wait(&id, wait).await?,
            None => through.tell(&Told::accepted(id))?,
        };
    }
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// An app of a server.
struct Through<'a> {
    remote: Remote,
    app: &'a BundleId,
    format: Format,
}

impl Through<'_> {
    async fn submit(&mut self, body: &serde_json::Value, key: Option<&str>) -> anyhow::Result<String> {
        let path = format!("/v1/apps/{}/notifications", self.app);
        let headers: Vec<(&'static str, &str)> =
            key.into_iter().map(|key| ("idempotency-key", key)).collect();
        let question = Question::new(Method::POST, &path)
            .with_json(body)?
            .with_headers(&headers);
        let accepted: Accepted = self.remote.json(question).await?;
        Ok(accepted.id)
    }

    /// Waits until nothing is left to be done, and tells what came of it; whether all was well.
    async fn wait(&mut self, id: &str, longest: Duration) -> anyhow::Result<bool> {
        let path = format!("/v1/apps/{}/notifications/{id}", self.app);
        let began = Instant::now();
        let mut pause = FIRST_PAUSE;
        let status = loop {
            let status: Status = self.remote.json(Question::new(Method::GET, &path)).await?;
            let is_over = ["finished", "cancelled"].contains(&status.state.as_str());
            if is_over || began.elapsed() > longest {
                break status;
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        };
        let path = format!("{path}/recipients?limit=100");
        let page: RecipientPage = self.remote.json(Question::new(Method::GET, &path)).await?;
        self.tell(&Told::new(
            id.to_owned(),
            status.state,
            status.counts,
            page.recipients,
        ))
    }

    fn tell(&self, told: &Told) -> anyhow::Result<bool> {
        match self.format {
            Format::Text => print(told.in_words())?,
            Format::Json => output::json(told)?,
        }
        Ok(told.is_good())
    }
}
