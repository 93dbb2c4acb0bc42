//! Every metric of the server, as a running one tells it.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};

use super::running::of_server;

/// A metric as the text form of `OpenMetrics` describes it.
#[derive(Debug, PartialEq, Eq)]
struct Metric<'a> {
    name: &'a str,
    kind: &'a str,
    meaning: &'a str,
}

/// All metrics with their meanings, as a table.
pub(super) fn table() -> Result<String> {
    // Requests are told of once there was one.
    let text = of_server(&["/livez", "/metrics"])?;
    let mut metrics = metrics(&text)?;
    metrics.sort_by_key(|metric| metric.name);
    let mut table = String::from("| metric | type | meaning |\n| --- | --- | --- |\n");
    for metric in metrics {
        let meaning = metric.meaning.trim_end_matches('.');
        writeln!(
            table,
            "| `{}` | {} | {meaning} |",
            metric.exposed_name(),
            metric.kind
        )?;
    }
    Ok(table)
}

/// What `# HELP` and `# TYPE` lines say.
fn metrics(text: &str) -> Result<Vec<Metric<'_>>> {
    let lines_of = |word: &'static str| {
        text.lines()
            .filter_map(move |line| line.strip_prefix(word)?.trim_start().split_once(' '))
    };
    let mut metrics = Vec::new();
    for (name, meaning) in lines_of("# HELP") {
        let (_, kind) = lines_of("# TYPE")
            .find(|(typed, _)| *typed == name)
            .with_context(|| format!("{name} has no type"))?;
        metrics.push(Metric { name, kind, meaning });
    }
    ensure!(!metrics.is_empty(), "the server tells no metrics");
    Ok(metrics)
}

impl Metric<'_> {
    /// The name under which its values are found.
    fn exposed_name(&self) -> String {
        let suffix = if self.kind == "counter" { "_total" } else { "" };
        format!("{}{suffix}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_found_under_its_name_with_total() {
        let text =
            "# HELP tidings_attempts Requests.\n# TYPE tidings_attempts counter\ntidings_attempts_total 3\n";
        let found = metrics(text).unwrap();
        let expected = Metric {
            name: "tidings_attempts",
            kind: "counter",
            meaning: "Requests.",
        };
        assert_eq!(found, [expected]);
        assert_eq!(found[0].exposed_name(), "tidings_attempts_total");
    }

    #[test]
    fn a_metric_without_a_type_is_refused() {
        assert!(metrics("# HELP tidings_x What.\n").is_err());
        assert!(metrics("").is_err());
    }
}
