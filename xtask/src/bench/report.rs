//! The figures as Markdown.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result};

use super::run::Measured;
use super::scenario::Scenario;
use crate::program::root;

/// Where the tables stand in the book.
const PAGE: &str = "docs/book/src/benchmarks.md";
const BEGIN: &str = "<!-- measured: written by `cargo xtask bench --write` -->\n";
const END: &str = "<!-- end of what was measured -->";

/// The table of one scenario: median and range of each figure, and the processor time as a multiple of our first.
pub(crate) fn table(scenario: &Scenario, series: &[Vec<Measured>]) -> String {
    let mut table = format!("### {}\n\n{}\n\n", scenario.title, scenario.explanation);
    table.push_str("| client | CPU µs | × ours | a second | p50 ms | p99 ms | MiB | server CPU µs |\n");
    table.push_str("| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    let ours = series.first().map_or(f64::NAN, |runs| {
        median(runs, |run| Some(run.cpu_us)).unwrap_or(f64::NAN)
    });
    for (client, runs) in scenario.clients.iter().zip(series) {
        let cpu = median(runs, |run| Some(run.cpu_us)).unwrap_or(f64::NAN);
        let share = scenario.allowed.and_then(|allowed| {
            Some(format!(
                " ({:.0} % of what is allowed)",
                median(runs, |run| Some(run.per_second))? / allowed * 100.0
            ))
        });
        // Writing into a string cannot fail.
        let _written = writeln!(
            table,
            "| {} | {} | {:.1} | {}{} | {} | {} | {} | {} |",
            client.label,
            spread(runs, 2, |run| Some(run.cpu_us)),
            cpu / ours,
            spread(runs, 0, |run| Some(run.per_second)),
            share.unwrap_or_default(),
            spread(runs, 2, |run| run.p50_us.map(|us| us / 1e3)),
            spread(runs, 2, |run| run.p99_us.map(|us| us / 1e3)),
            spread(runs, 0, |run| run.rss_mib),
            spread(runs, 2, |run| Some(run.sink_cpu_us)),
        );
    }
    table
}

/// Puts the tables between the marks of the page.
pub(crate) fn write_into_book(report: &str) -> Result<()> {
    let path = root().join(PAGE);
    let page = fs::read_to_string(&path).with_context(|| format!("reading {PAGE}"))?;
    let (before, rest) = page
        .split_once(BEGIN)
        .with_context(|| format!("{PAGE} has no mark for the tables"))?;
    let (_old, after) = rest
        .split_once(END)
        .with_context(|| format!("{PAGE} has no mark for their end"))?;
    fs::write(&path, format!("{before}{BEGIN}\n{report}\n{END}{after}"))
        .with_context(|| format!("writing {PAGE}"))
}

fn sorted(runs: &[Measured], figure: impl Fn(&Measured) -> Option<f64>) -> Vec<f64> {
    let mut figures: Vec<f64> = runs.iter().filter_map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures
}

fn median(runs: &[Measured], figure: impl Fn(&Measured) -> Option<f64>) -> Option<f64> {
    let figures = sorted(runs, figure);
    figures.get(figures.len() / 2).copied()
}

/// `median [least–most]`.
fn spread(runs: &[Measured], digits: usize, figure: impl Fn(&Measured) -> Option<f64>) -> String {
    let figures = sorted(runs, figure);
    match (figures.get(figures.len() / 2), figures.first(), figures.last()) {
        (Some(median), Some(least), Some(most)) if least < most => {
            format!("{median:.digits$} [{least:.digits$}–{most:.digits$}]")
        }
        (Some(only), ..) => format!("{only:.digits$}"),
        _ => "–".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(cpu_us: f64) -> Measured {
        Measured {
            cpu_us,
            per_second: 1.0,
            p50_us: None,
            p99_us: None,
            rss_mib: None,
            sink_cpu_us: 0.0,
        }
    }

    #[test]
    fn a_figure_is_the_median_with_its_range() {
        let runs = [run(3.0), run(1.0), run(2.0)];
        assert_eq!(spread(&runs, 1, |run| Some(run.cpu_us)), "2.0 [1.0–3.0]");
        assert_eq!(spread(&runs[..1], 1, |run| Some(run.cpu_us)), "3.0");
        assert_eq!(spread(&runs, 1, |run| run.p50_us), "–");
    }
}
