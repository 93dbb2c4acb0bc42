//! Sends a batch of lines to the server, and waits until it is durable.

use std::time::Duration;

use anyhow::{Context as _, bail};
use hyper::Method;
use serde::Deserialize;
use tidings_apns::BundleId;
use tokio::time::sleep;

use super::line::Refusal;
use super::resume::Tally;
use crate::failure::Failure;
use crate::remote::{Answer, NDJSON, Question, Remote};

/// How often a server that has no time or no room is asked again.
const TRIES: usize = 10;

/// The pause between, if the server names none, in seconds.
const PAUSE: u64 = 2;

/// Lines that go together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The numbers of the lines in the file.
    pub(super) lines: Vec<u64>,
    /// The lines.
    text: Vec<u8>,
    /// Whether the file ended with it.
    pub(super) is_short: bool,
}

impl Batch {
    pub(super) fn add(&mut self, line: u64, json: &str) {
        self.lines.push(line);
        self.text.extend_from_slice(json.as_bytes());
        self.text.push(b'\n');
    }

    /// The number in the file of a line of the batch, counted from one.
    fn number(&self, line: u64) -> u64 {
        let index = usize::try_from(line).unwrap_or(0).saturating_sub(1);
        self.lines.get(index).copied().unwrap_or(0)
    }
}

/// A line of the server's answer.
#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    Refused {
        line: u64,
        problem: Problem,
    },
    Summary {
        summary: Summary,
        problem: Option<Problem>,
    },
}

#[derive(Deserialize)]
struct Problem {
    detail: String,
    #[serde(default)]
    field: Option<String>,
}

#[derive(Deserialize)]
struct Summary {
    created: u64,
    updated: u64,
    unchanged: u64,
    complete: bool,
}

/// Sends batches to an app of a server.
pub(super) struct Upload {
    remote: Remote,
    path: String,
}

impl Upload {
    pub(super) fn new(remote: Remote, app: &BundleId) -> Self {
        Self {
            remote,
            path: format!("/v1/apps/{app}/devices:import"),
        }
    }

    /// Sends a batch; gives back what was refused, by the numbers of the lines in the file.
    pub(super) async fn send(
        &mut self,
        batch: &Batch,
        tally: &mut Tally,
    ) -> anyhow::Result<Vec<(u64, Refusal)>> {
        if batch.lines.is_empty() {
            return Ok(Vec::new());
        }
        let answer = self.ask(batch).await?;
        let mut refused = Vec::new();
        let mut is_complete = false;
        for line in answer
            .body
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            let told =
                serde_json::from_slice(line).context("cannot read the server's answer to the import")?;
            match told {
                Told::Refused { line, problem } => refused.push((batch.number(line), problem.in_words())),
                Told::Summary { summary, problem } => {
                    if let Some(problem) = problem {
                        bail!("the server broke the import off: {}", problem.in_words());
                    }
                    tally.created += summary.created;
                    tally.updated += summary.updated;
                    tally.unchanged += summary.unchanged;
                    is_complete = summary.complete;
                }
            }
        }
        if !is_complete {
            let hint = "look at the server's log, and run the import again: what is in already does no harm";
            return Err(Failure::new("the server did not finish the import", hint).into());
        }
        Ok(refused)
    }

    /// Asks again for a while where the server has no time or no room.
    async fn ask(&mut self, batch: &Batch) -> anyhow::Result<Answer> {
        let mut tries = 0;
        loop {
            tries += 1;
            let question = Question::new(Method::POST, &self.path).with_body(NDJSON, batch.text.clone());
            let answer = self.remote.ask(question).await?;
            let is_temporary = [429, 503].contains(&answer.status.as_u16());
            if !is_temporary || tries == TRIES {
                return Ok(answer.success()?);
            }
            sleep(Duration::from_secs(answer.retry_after.unwrap_or(PAUSE).min(60))).await;
        }
    }
}

impl Problem {
    fn in_words(self) -> String {
        match self.field {
            Some(field) => format!("{field}: {}", self.detail),
            None => self.detail,
        }
    }
}
