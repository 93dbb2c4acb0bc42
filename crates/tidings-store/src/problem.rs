//! What went wrong, by its cause: recipients of one app that were answered alike, or ended alike where nobody answered.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use tidings_apns::{Environment, Timestamp};

use crate::hex;
use crate::ids::AppId;
use crate::recipient::{RecipientOutcome, RecipientState};

/// Where a recipient with a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemStage {
    /// It is tried again.
    Waiting,
    /// It waits until something changes.
    Held,
    /// It waits for the end of an incident.
    Parked,
    /// It has ended.
    Ended(RecipientOutcome),
}

impl ProblemStage {
    /// The name of the stage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Held => "held",
            Self::Parked => "parked",
            Self::Ended(outcome) => outcome.as_str(),
        }
    }

    /// Whether it ended without reaching anybody, though nobody had wanted that.
    pub const fn is_failure(self) -> bool {
        match self {
            Self::Waiting | Self::Held | Self::Parked => false,
            Self::Ended(outcome) => outcome.is_failure(),
        }
    }
}

impl From<RecipientState> for ProblemStage {
    fn from(state: RecipientState) -> Self {
        match state {
            RecipientState::Waiting { .. } => Self::Waiting,
            RecipientState::Held => Self::Held,
            RecipientState::Parked { .. } => Self::Parked,
            RecipientState::Done(outcome) => Self::Ended(outcome),
        }
    }
}

/// What recipients with one problem have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProblemCause {
    /// The app.
    pub app_id: AppId,
    /// Where it was sent; `None` where it was not.
    pub environment: Option<Environment>,
    /// The status of the answer and the name of its reason; `None` where there was none.
    pub answer: Option<(u16, String)>,
    /// Where they are, if there was no answer; otherwise they may be anywhere.
    pub stage: Option<ProblemStage>,
}

impl ProblemCause {
    /// Its name, which is the same wherever and whenever it is asked for.
    pub fn id(&self) -> ProblemId {
        let environment = self.environment.map_or("", Environment::as_str);
        let (status, reason) = match &self.answer {
            Some((status, reason)) => (*status, reason.as_str()),
            None => (0, ""),
        };
        let stage = self.stage.map_or("", ProblemStage::as_str);
        let text = format!("{}\n{environment}\n{status}\n{stage}\n{reason}", self.app_id);
        let hash = digest(&SHA256, text.as_bytes());
        let mut id = [0; 8];
        id.copy_from_slice(&hash.as_ref()[..8]);
        ProblemId(id)
    }
}

/// The name of a cause: sixteen hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProblemId(pub(crate) [u8; 8]);

/// A text is not the name of a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name of a problem is sixteen hexadecimal digits")]
pub struct ReadProblemIdError;

impl fmt::Display for ProblemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl FromStr for ProblemId {
    type Err = ReadProblemIdError;

    fn from_str(text: &str) -> Result<Self, ReadProblemIdError> {
        let is_good = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = is_good.then(|| u64::from_str_radix(text, 16).ok()).flatten();
        number
            .map(|number| Self(number.to_be_bytes()))
            .ok_or(ReadProblemIdError)
    }
}

/// A problem: how many it concerns, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What they have in common.
    pub cause: ProblemCause,
    /// How many recipients are where, of those that are kept.
    pub stages: Vec<(ProblemStage, u64)>,
    /// When it was met first.
    pub first_at: Timestamp,
    /// When it was met last.
    pub last_at: Timestamp,
    /// The rows of which it is made.
    pub(crate) numbers: Vec<(i64, ProblemStage)>,
}

impl Problem {
    /// How many recipients it concerns.
    pub fn recipients(&self) -> u64 {
        self.stages.iter().map(|(_, count)| count).sum()
    }

    /// How many of them have failed for good.
    pub fn failed(&self) -> u64 {
        let failed = self.stages.iter().filter(|(stage, _)| stage.is_failure());
        failed.map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_have_names_of_their_own_that_can_be_read_back() {
        let of = |environment, answer: Option<(u16, &str)>, stage| {
            let answer = answer.map(|(status, reason)| (status, reason.to_owned()));
            let cause = ProblemCause {
                app_id: AppId(1),
                environment,
                answer,
                stage,
            };
            cause.id()
        };
        let production = Some(Environment::Production);
        let expired = ProblemStage::Ended(RecipientOutcome::Expired);
        let all = [
            of(production, Some((400, "BadDeviceToken")), None),
            of(Some(Environment::Sandbox), Some((400, "BadDeviceToken")), None),
            of(production, Some((400, "BadTopic")), None),
            of(production, None, Some(expired)),
            of(None, None, Some(expired)),
            of(None, None, Some(ProblemStage::Held)),
        ];
        for (place, id) in all.iter().enumerate() {
            assert_eq!(id.to_string().parse(), Ok(*id));
            assert!(!all[..place].contains(id));
        }
        assert_eq!("12".parse::<ProblemId>(), Err(ReadProblemIdError));
        assert_eq!("+23456789abcdef0".parse::<ProblemId>(), Err(ReadProblemIdError));
    }
}
