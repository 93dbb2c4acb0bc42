//! The detector's figures for people.

use std::fmt::{self, Write as _};

use super::{BURST, Report, WITHIN};
use crate::output::{STRONG, styled};

pub(in crate::bench::truth) fn render(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, report);
    text
}

fn write(text: &mut String, report: &Report) -> fmt::Result {
    let title = format!("The detector with its own rules, seed {}", report.seed);
    writeln!(text, "{}\n", styled(STRONG, title))?;
    backgrounds(text, report)?;
    bursts(text, report)?;
    faults(text, report)?;
    let [fresh, seasoned] = report.tokens_to_alarm;
    writeln!(
        text,
        "When nothing is accepted any more it takes {fresh} different tokens in a new lane, {seasoned} in a seasoned one."
    )
}

fn backgrounds(text: &mut String, report: &Report) -> fmt::Result {
    writeln!(
        text,
        "Nothing is wrong; so many proven tokens go bad by themselves ({} answers each):",
        report.answers
    )?;
    writeln!(text, "  {:>8}  {:>30}", "share", "false alarms a million answers")?;
    for row in &report.background {
        writeln!(text, "  {:>8}  {:>30.2}", percent(row.share), row.per_million)?;
    }
    writeln!(text)
}

fn bursts(text: &mut String, report: &Report) -> fmt::Result {
    writeln!(
        text,
        "Nothing is wrong; {BURST} answers in a row hold so many refusals ({} bursts each):",
        report.trials
    )?;
    writeln!(
        text,
        "  {:<14}  {:>8}  {:>21}",
        "refusal", "share", "bursts with an alarm"
    )?;
    for row in &report.bursts {
        let (share, alarmed) = (percent(row.share), percent(row.false_alarm_share));
        writeln!(text, "  {:<14}  {share:>8}  {alarmed:>21}", row.what)?;
    }
    writeln!(text)
}

fn faults(text: &mut String, report: &Report) -> fmt::Result {
    writeln!(
        text,
        "A mistake strikes so many proven tokens (missed: no alarm within {WITHIN} answers; {} mistakes each):",
        report.trials
    )?;
    writeln!(
        text,
        "  {:>8}  {:>8}  {:>25}  {:>15}",
        "share", "missed", "answers to alarm, median", "99th percentile"
    )?;
    let shown = |answers: Option<u32>| answers.map_or("–".to_owned(), |answers| answers.to_string());
    for row in &report.faults {
        let (share, missed) = (percent(row.share), percent(row.missed_share));
        let (median, p99) = (shown(row.median), shown(row.p99));
        writeln!(text, "  {share:>8}  {missed:>8}  {median:>25}  {p99:>15}")?;
    }
    writeln!(text)
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
