//! Whether a client told what APNs answered, and whether the simulator did what it answered.

use std::ops::RangeInclusive;

use serde_json::Value;

use crate::case::{Answer, Told};
use crate::client::Client;
use crate::errand::{Errand, Line};
use crate::scene::Scene;

/// A case that was put to a client.
pub(crate) struct Outcome<'a> {
    pub(crate) client: Client,
    pub(crate) errand: &'a Errand,
    pub(crate) lines: &'a [Line],
    pub(crate) answer: Answer,
    pub(crate) told: Told,
    /// The simulated time of the arrangement, in milliseconds.
    pub(crate) arranged: RangeInclusive<u64>,
}

/// `Err` says what is wrong.
type Verdict = Result<(), String>;

impl Outcome<'_> {
    pub(crate) fn check(&self, scene: &Scene) -> Verdict {
        let (last, earlier) = self.lines.split_last().ok_or("no line came")?;
        earlier
            .iter()
            .try_for_each(|line| self.check_line(line, Answer::Accepted))?;
        self.check_line(last, self.answer)?;
        self.check_answered(&scene.answered())?;
        self.check_shown(&scene.shown())
    }

    /// What the client told.
    fn check_line(&self, line: &Line, answer: Answer) -> Verdict {
        same("client", line.client.as_str(), self.client.name())?;
        same("token", &line.token, &self.errand.device_token)?;
        match self.told {
            Told::All => self.check_all(line, answer),
            Told::Class => same("status class", line.status_class.as_deref(), answer.class()),
            Told::Error(texts) => {
                same("status", line.status, None)?;
                let error = line.error.as_deref().unwrap_or_default();
                let missing = texts.iter().find(|text| !error.contains(**text));
                missing.map_or(Ok(()), |text| Err(format!("{text} is not in the error")))
            }
            Told::Unable(why) => Err(format!("it was put to it although it {why}")),
        }
    }

    fn check_all(&self, line: &Line, answer: Answer) -> Verdict {
        same("status", line.status, answer.status())?;
        same("reason", line.reason.as_deref(), answer.reason())?;
        same("error", line.error.as_deref(), None)?;
        match (answer, line.timestamp) {
            (Answer::RejectedSince(..), Some(at)) if self.arranged.contains(&at) => Ok(()),
            (Answer::RejectedSince(..), at) => Err(format!("timestamp {at:?} is not in {:?}", self.arranged)),
            (_, at) => same("timestamp", at, None),
        }
    }

    /// What the simulator says to have answered: nothing more than it was asked.
    fn check_answered(&self, answered: &[(u64, Option<String>, u64)]) -> Verdict {
        let accepted = self.accepted();
        let mut expected = Vec::new();
        if accepted > 0 {
            expected.push((200, None, accepted));
        }
        if let (Some(status), Some(reason)) = (self.answer.status(), self.answer.reason()) {
            expected.push((u64::from(status), Some(reason.to_owned()), 1));
        }
        same("answers counted by the simulator", answered, &*expected)
    }

    /// What has reached the device: each accepted notification once, as it was sent.
    fn check_shown(&self, shown: &[Value]) -> Verdict {
        same("notifications shown", shown.len() as u64, self.accepted())?;
        shown
            .iter()
            .zip(self.lines)
            .try_for_each(|(shown, line)| self.check_notification(shown, line))
    }

    fn check_notification(&self, shown: &Value, line: &Line) -> Verdict {
        let field = |name: &str| shown[name].as_str();
        let header = |name: &str| shown["headers"][name].as_str();
        same("payload", &shown["payload"], &self.errand.payload)?;
        same("environment", field("environment"), Some(self.errand.environment))?;
        same("topic", field("topic"), Some(self.errand.topic))?;
        same("apns-topic", header("apns-topic"), Some(self.errand.topic))?;
        same("apns-push-type", header("apns-push-type"), Some("alert"))?;
        if let Some(id) = &line.apns_id {
            same("apns-id", field("apns_id"), Some(id.as_str()))?;
        }
        let priority = header("apns-priority").unwrap_or("10");
        same("apns-priority", priority, "10")
    }

    fn accepted(&self) -> u64 {
        let is_last_accepted = matches!(self.answer, Answer::Accepted);
        self.lines.len() as u64 - u64::from(!is_last_accepted)
    }
}

fn same<T: PartialEq + std::fmt::Debug + Copy>(what: &str, found: T, expected: T) -> Verdict {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what} is {found:?}, not {expected:?}"))
    }
}
