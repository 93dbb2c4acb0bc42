//! One line of the story: what was done, what APNs said, what that means, and whether it was so.

use serde::Serialize;
use tidings_apns::{GoAwayReason, Reason, Response};
use tidings_client::{Cause, SendError};

use crate::failure::in_one_line;

/// One line of the story.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    event: &'static str,
    /// What was done.
    pub(super) what: String,
    /// What APNs said, in a few words.
    pub(super) said: String,
    status: Option<u16>,
    reason: Option<String>,
    /// What that means.
    pub(super) means: Option<String>,
    /// What the simulator knows to be so.
    pub(super) truth: String,
    /// Whether APNs said what was expected, and it was so.
    pub(super) came_true: bool,
}

/// What APNs should say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// It takes the notification.
    Accepted,
    /// It refuses it.
    Rejected(u16, &'static str),
    /// It closes the connection, and says why.
    GoAway(&'static str),
}

impl Line {
    /// A line about a result.
    pub(super) fn of(result: &Result<Response, SendError>, expected: Expected) -> Self {
        let said = Said::of(result);
        Self {
            event: "line",
            what: String::new(),
            came_true: said.is(expected),
            said: said.text,
            status: said.status,
            means: said
                .reason
                .as_ref()
                .map(|reason| reason.guidance().meaning.to_owned()),
            reason: said.reason.map(|reason| reason.to_string()),
            truth: String::new(),
        }
    }

    /// A line that could not be played.
    pub(super) fn broken(error: &anyhow::Error) -> Self {
        Self {
            event: "line",
            what: String::new(),
            said: "nothing".to_owned(),
            status: None,
            reason: None,
            means: None,
            truth: format!("{error:#}"),
            came_true: false,
        }
    }

    /// What the line is called in the story.
    pub(super) fn called(self, what: &str) -> Self {
        Self {
            what: what.to_owned(),
            ..self
        }
    }

    /// What it means, where APNs's table does not say it.
    pub(super) fn meaning(self, means: impl Into<String>) -> Self {
        Self {
            means: Some(means.into()),
            ..self
        }
    }

    /// What the simulator knows, and whether it is as it should be.
    pub(super) fn truth(self, truth: impl Into<String>, is_so: bool) -> Self {
        let truth = truth.into();
        Self {
            truth: if is_so { truth } else { format!("NOT SO: {truth}") },
            came_true: self.came_true && is_so,
            ..self
        }
    }
}

/// What APNs said.
struct Said {
    text: String,
    status: Option<u16>,
    reason: Option<Reason>,
    is_goaway: bool,
}

impl Said {
    fn of(result: &Result<Response, SendError>) -> Self {
        match result {
            Ok(Response::Accepted(_)) => Self::new("200 accepted".to_owned(), Some(200), None),
            Ok(Response::Rejected(rejected)) => Self::new(
                format!("{} {}", rejected.status, rejected.reason),
                Some(rejected.status),
                Some(rejected.reason.clone()),
            ),
            Err(error) => Self::of_error(error),
        }
    }

    fn of_error(error: &SendError) -> Self {
        match error.cause() {
            Cause::GoAway {
                reason: GoAwayReason::Reason(reason),
                ..
            } => Self {
                is_goaway: true,
                ..Self::new(format!("GOAWAY {reason}"), None, Some(reason.clone()))
            },
            _ => Self::new(in_one_line(error), None, None),
        }
    }

    fn new(text: String, status: Option<u16>, reason: Option<Reason>) -> Self {
        Self {
            text,
            status,
            reason,
            is_goaway: false,
        }
    }

    fn is(&self, expected: Expected) -> bool {
        let reason = self.reason.as_ref().map(Reason::as_str);
        match expected {
            Expected::Accepted => self.status == Some(200),
            Expected::Rejected(status, name) => self.status == Some(status) && reason == Some(name),
            Expected::GoAway(name) => self.is_goaway && reason == Some(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use tidings_apns::AnswerHeaders;

    use super::*;

    fn answer(status: u16, body: &str) -> Response {
        Response::new(status, AnswerHeaders::default(), body.as_bytes())
    }

    #[test]
    fn a_line_is_true_only_if_apns_said_it_and_it_was_so() {
        let rejection = Ok(answer(400, r#"{"reason":"BadDeviceToken"}"#));
        let expected = Expected::Rejected(400, "BadDeviceToken");
        assert!(
            Line::of(&rejection, expected)
                .truth("nothing shown", true)
                .came_true
        );
        assert!(
            !Line::of(&rejection, expected)
                .truth("nothing shown", false)
                .came_true
        );
        assert!(
            !Line::of(&rejection, Expected::Accepted)
                .truth("shown", true)
                .came_true
        );
        assert!(!Line::of(&rejection, Expected::GoAway("BadDeviceToken")).came_true);
        assert!(!Line::of(&Ok(answer(200, "")), expected).came_true);
        assert!(Line::of(&Ok(answer(200, "")), Expected::Accepted).came_true);
    }

    #[test]
    fn a_refusal_is_told_with_its_meaning() {
        let line = Line::of(&Ok(answer(400, r#"{"reason":"BadTopic"}"#)), Expected::Accepted);
        assert_eq!(line.said, "400 BadTopic");
        assert_eq!(line.means.as_deref(), Some(Reason::BadTopic.guidance().meaning));
    }
}
