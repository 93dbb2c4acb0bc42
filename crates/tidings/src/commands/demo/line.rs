//! One line of the story: what was done, what the server said, what that means, and whether it was so.

use serde::Serialize;

/// One line of the story.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    event: &'static str,
    /// What was done.
    pub(super) what: String,
    /// What the server said, in a few words.
    pub(super) said: String,
    /// What that means.
    pub(super) means: Option<String>,
    /// What the simulator knows to be so.
    pub(super) truth: String,
    /// Whether the server said what was expected, and it was so.
    pub(super) came_true: bool,
}

impl Line {
    /// A line about what the server said; `is_expected` says whether it should have said it.
    pub(super) fn said(said: impl Into<String>, is_expected: bool) -> Self {
        Self {
            event: "line",
            what: String::new(),
            said: said.into(),
            means: None,
            truth: String::new(),
            came_true: is_expected,
        }
    }

    /// A line that could not be played.
    pub(super) fn broken(error: &anyhow::Error) -> Self {
        Self::said("nothing", false).truth(format!("{error:#}"), false)
    }

    /// What the line is called in the story.
    pub(super) fn called(self, what: &str) -> Self {
        Self {
            what: what.to_owned(),
            ..self
        }
    }

    /// What it means.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_true_only_if_it_was_expected_and_it_was_so() {
        assert!(Line::said("delivered", true).truth("shown", true).came_true);
        assert!(!Line::said("rejected", false).truth("shown", true).came_true);
        let line = Line::said("delivered", true).truth("shown", false);
        assert!(!line.came_true);
        assert_eq!(line.truth, "NOT SO: shown");
    }

    #[test]
    fn a_line_that_could_not_be_played_says_why() {
        let line = Line::broken(&anyhow::anyhow!("no server"));
        assert!(!line.came_true && line.truth.contains("no server"));
    }
}
