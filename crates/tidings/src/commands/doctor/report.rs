//! What the doctor found, for people: the verdict first, then what it rests on, and what to change.

use std::fmt::Write as _;

use anstyle::Style;

use super::reading::{Cause, Certainty, Found, Grade, Looked, Reading, Verdict};
use crate::output::{BAD, DIM, DOUBTFUL, GOOD, SIGN, STRONG, styled, width, wrapped};

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// What is wrong, and what may be.
    Problems,
    /// Also what was read, and what is only good to know.
    Everything,
}

/// How many causes are told beside the verdict.
const CAUSES: usize = 4;

/// How far evidence stands to the right.
const INDENT: usize = 4;

/// The whole report.
pub(super) fn text(reading: &Reading, detail: Detail) -> String {
    let mut out = verdict(reading, detail);
    for found in reading
        .findings
        .iter()
        .filter(|found| is_told(found, reading, detail))
    {
        out.push('\n');
        out.push_str(&finding(found, &reading.verdict));
    }
    for cohort in &reading.cohorts {
        out.push('\n');
        paragraph(
            &mut out,
            0,
            2,
            &format!(
                "{} {}",
                styled(SIGN, format!("{}:", cohort.what)),
                cohort.sentence
            ),
        );
    }
    out.push_str(&other_causes(reading));
    if !reading.artefacts.is_empty() && (detail == Detail::Everything || !reading.is_healthy()) {
        out.push_str(&looked_at(&reading.artefacts));
    }
    out
}

/// What is only good to know is told on request, or beside what is wrong.
fn is_told(found: &Found, reading: &Reading, detail: Detail) -> bool {
    detail == Detail::Everything || found.severity != Grade::Info || !reading.is_healthy()
}

/// One sentence. Where nothing is found at all, it is all there is.
fn verdict(reading: &Reading, detail: Detail) -> String {
    let Verdict {
        cause,
        confidence,
        explanation,
    } = &reading.verdict;
    let untold = reading.findings.iter();
    let untold = untold.filter(|found| !is_told(found, reading, detail)).count();
    let more = match untold {
        0 => String::new(),
        count => format!(" ({count} more to know: --verbose)"),
    };
    let (style, sign, said) = match (cause, confidence) {
        (None, _) => return format!("{} {explanation}{}\n", styled(GOOD, "✔"), styled(DIM, more)),
        (Some(_), _) if reading.is_healthy() => (DOUBTFUL, "!", explanation.clone()),
        (Some(_), Certainty::Certain) => (BAD, "✘", format!("{explanation} (certain)")),
        (Some(_), Certainty::Likely) => (DOUBTFUL, "?", format!("{explanation} (likely)")),
        (Some(_), Certainty::Ask) => (DOUBTFUL, "?", explanation.clone()),
    };
    let mut out = String::new();
    for (number, line) in wrapped(&said, width() - 2).into_iter().enumerate() {
        let sign = if number == 0 { sign } else { " " };
        let _ = writeln!(out, "{} {}", styled(style, sign), styled(STRONG, line));
    }
    out
}

/// A finding: what, by what it was seen, what to do. What the verdict has said is not said again.
fn finding(found: &Found, verdict: &Verdict) -> String {
    let (style, word) = found.severity.shown();
    let mut out = String::new();
    let head = format!("{word}: {}", found.title);
    let is_said = verdict.explanation.starts_with(&found.title);
    let lines = if is_said {
        Vec::new()
    } else {
        wrapped(&head, width())
    };
    for (number, line) in lines.into_iter().enumerate() {
        let told = match line.strip_prefix(word).filter(|_| number == 0) {
            Some(rest) => format!("{}{}", styled(style, word), styled(STRONG, rest)),
            None => format!("  {}", styled(STRONG, line)),
        };
        let _ = writeln!(out, "{told}");
    }
    for line in &found.evidence {
        out.push_str(&evidence(line, style));
    }
    let mut fix = String::new();
    paragraph(&mut fix, 2, 5, &found.fix);
    let _ = write!(
        out,
        "  {}{}",
        styled(SIGN, "fix:"),
        fix.get(1..).unwrap_or_default()
    );
    let _ = writeln!(
        out,
        "  {}",
        styled(DIM, format!("more: tidings explain {}", found.code))
    );
    out
}

/// A line of evidence, with the value that it is about pointed at where there is room for that.
fn evidence(line: &str, style: Style) -> String {
    let room = width().saturating_sub(INDENT + 2);
    let mut out = String::new();
    let (before, value, behind) = split(line);
    if value.is_empty() || line.chars().count() > room {
        for (number, part) in wrapped(line, room).into_iter().enumerate() {
            let bar = if number == 0 { "│ " } else { "│   " };
            let _ = writeln!(out, "  {}{part}", styled(DIM, bar));
        }
        return out;
    }
    let _ = writeln!(
        out,
        "  {}{before}{}{behind}",
        styled(DIM, "│ "),
        styled(style, value)
    );
    let (blank, carets) = (
        " ".repeat(before.chars().count()),
        "^".repeat(value.chars().count()),
    );
    let _ = writeln!(out, "  {}{blank}{}", styled(DIM, "│ "), styled(style, carets));
    out
}

/// Where a line of evidence says that it is about a value, as in `name = value (why)` or `where: value in a place`: what stands
/// before the value, the value, and what stands behind it.
fn split(line: &str) -> (&str, &str, &str) {
    let after = |separator: &str| line.rfind(separator).map(|at| at + separator.len());
    let Some(at) = after(" = ").or_else(|| after(": ")) else {
        return (line, "", "");
    };
    let (before, rest) = line.split_at(at);
    let end = [" (", " in "].iter().filter_map(|end| rest.find(end)).min();
    let (value, behind) = rest.split_at(end.unwrap_or(rest.len()));
    (before, value, behind)
}

/// What else would explain it, with the question that would decide.
fn other_causes(reading: &Reading) -> String {
    let told = reading.verdict.cause.as_deref();
    let is_found = |cause: &Cause| {
        reading
            .findings
            .iter()
            .any(|found| found.title == cause.explanation)
    };
    let is_another = |cause: &&Cause| Some(cause.code.as_str()) != told && !is_found(cause);
    let others: Vec<&Cause> = reading.causes.iter().filter(is_another).collect();
    let mut out = String::new();
    let question = reading
        .causes
        .iter()
        .find(|cause| Some(cause.code.as_str()) == told)
        .and_then(|cause| cause.question.as_deref())
        .filter(|question| !reading.verdict.explanation.contains(question));
    if let Some(question) = question {
        let _ = write!(out, "\n{}", styled(SIGN, "what would decide: "));
        out.push_str(wrapped(question, width().saturating_sub(2)).join("\n  ").as_str());
        out.push('\n');
    }
    if others.is_empty() {
        return out;
    }
    let _ = writeln!(out, "\n{}", styled(STRONG, "It could also be:"));
    for cause in others.iter().take(CAUSES) {
        let said = format!("{} ({})", cause.explanation, cause.confidence.in_words());
        paragraph(&mut out, 2, 4, &format!("· {said}"));
        if let Some(question) = &cause.question {
            paragraph(&mut out, 4, 4, question);
        }
    }
    if others.len() > CAUSES {
        let _ = writeln!(
            out,
            "  {}",
            styled(DIM, format!("and {} more: --format json", others.len() - CAUSES))
        );
    }
    out
}

/// What was read, a line each.
fn looked_at(artefacts: &[Looked]) -> String {
    let mut out = format!("\n{}\n", styled(STRONG, "Looked at:"));
    for artefact in artefacts {
        paragraph(
            &mut out,
            2,
            6,
            &format!("{}: {}", artefact.path, artefact.in_words()),
        );
    }
    out
}

/// A text in lines, the first and the others with so many spaces before.
fn paragraph(out: &mut String, first: usize, others: usize, text: &str) {
    let lines = wrapped(text, width().saturating_sub(others.max(first)));
    for (number, line) in lines.into_iter().enumerate() {
        let indent = if number == 0 { first } else { others };
        let _ = writeln!(out, "{}{line}", " ".repeat(indent));
    }
}

impl Looked {
    fn in_words(&self) -> String {
        if let Some(why) = &self.unreadable {
            return why.clone();
        }
        let kind = [self.distribution.as_deref(), Some(self.kind.as_str())];
        let kind: Vec<String> = kind
            .into_iter()
            .flatten()
            .map(|word| word.replace('_', " "))
            .collect();
        let named = |name: &str, value: &Option<String>| {
            let value = value.as_deref()?;
            Some(format!("{name} {value}"))
        };
        let parts = [
            Some(kind.join(" ")),
            named("of", &self.bundle_id),
            named("key", &self.key_id),
            named("team", &self.team_id),
            self.environment.as_deref().map(|environment| match environment {
                "both" => "for production and sandbox".to_owned(),
                one => format!("for {one}"),
            }),
            named("ends", &self.expires_at),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl Grade {
    const fn shown(self) -> (Style, &'static str) {
        match self {
            Self::Error => (BAD, "error"),
            Self::Warning => (DOUBTFUL, "warning"),
            Self::Info => (SIGN, "to know"),
        }
    }
}

impl Certainty {
    const fn in_words(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Ask => "to be asked",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(json: serde_json::Value) -> Reading {
        serde_json::from_value(json).unwrap()
    }

    fn plain(reading: &Reading) -> String {
        anstream::adapter::strip_str(&text(reading, Detail::Problems)).to_string()
    }

    #[test]
    fn what_is_healthy_is_told_in_one_line() {
        let healthy = reading(serde_json::json!({
            "artefacts": [], "causes": [],
            "findings": [{"code": "a", "severity": "info", "title": "T", "evidence": [], "fix": "F"}],
            "verdict": {"cause": null, "confidence": "certain", "explanation": "All agrees."}
        }));
        assert!(healthy.is_healthy());
        assert_eq!(plain(&healthy), "✔ All agrees. (1 more to know: --verbose)\n");
    }

    #[test]
    fn the_value_that_is_wrong_is_pointed_at() {
        let sick = reading(serde_json::json!({
            "artefacts": [], "causes": [],
            "findings": [{
                "code": "wrong-environment", "severity": "error", "title": "The environment is wrong.",
                "evidence": ["App.ipa: aps-environment = production"], "fix": "Send to production."
            }],
            "verdict": {"cause": "wrong-environment", "confidence": "certain", "explanation": "It is wrong."}
        }));
        assert!(!sick.is_healthy());
        assert_eq!(
            plain(&sick),
            "✘ It is wrong. (certain)\n\nerror: The environment is wrong.\n  │ App.ipa: aps-environment = production\n  \
             │                            ^^^^^^^^^^\n  fix: Send to production.\n  more: tidings explain wrong-environment\n"
        );
    }
}
