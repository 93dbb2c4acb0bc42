//! The report for people: a table, and in words where ours is worse than another.

use std::fmt::Write as _;

use super::{Figures, Report};
use crate::output::{self, BAD, DIM, GOOD, STRONG, styled};

/// A column: its two lines of title, and its cell.
type Column = ([&'static str; 2], fn(&Figures) -> String);

const COLUMNS: [Column; 9] = [
    (["live devices", "lost"], |row| {
        count(row.live_devices_lost as u64)
    }),
    (["undelivered", "to live"], |row| count(row.undelivered_to_live)),
    (["of them after", "repair"], |row| {
        count(row.undelivered_after_repair)
    }),
    (["pushes to", "dead"], |row| count(row.pushes_to_dead)),
    (["to one after", "first 410"], |row| {
        row.pushes_to_dead_after_first_410_max.to_string()
    }),
    (["hours to", "notice"], |row| {
        row.hours_to_notice
            .map_or("–".to_owned(), |hours| format!("{hours:.1}"))
    }),
    (["delivered", "late"], |row| count(row.delivered_late)),
    (["mean delay", "seconds"], |row| {
        format!("{:.1}", row.mean_delay_seconds)
    }),
    (["rows at", "the end"], |row| count(row.registry_rows as u64)),
];

/// The name of ours.
const OURS: &str = "tidings";

pub(in crate::bench::truth) fn render(report: &Report) -> String {
    let mut text = format!(
        "{}\n\n",
        styled(
            STRONG,
            format!("The world {}, seed {}", report.world, report.seed)
        )
    );
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{} devices at the start, {} days, {} mistakes of the operator, {} notifications due to living devices.\n",
        count(u64::from(report.devices)),
        report.days,
        report.mistakes,
        report
            .policies
            .first()
            .map_or_else(String::new, |row| count(row.notifications_due)),
    );
    text.push_str(&table(&report.policies));
    text.push('\n');
    for line in where_ours_is_worse(&report.policies) {
        for part in output::wrapped(&line, output::width()) {
            let _ = writeln!(text, "{part}");
        }
    }
    text
}

fn table(rows: &[Figures]) -> String {
    let name_width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let mut cells: Vec<Vec<String>> = Vec::new();
    for line in 0..2 {
        cells.push(COLUMNS.iter().map(|(title, _)| title[line].to_owned()).collect());
    }
    cells.extend(
        rows.iter()
            .map(|row| COLUMNS.iter().map(|(_, cell)| cell(row)).collect()),
    );
    let widths: Vec<usize> = (0..COLUMNS.len())
        .map(|column| {
            cells
                .iter()
                .map(|line| line[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for (number, line) in cells.iter().enumerate() {
        let row = number.checked_sub(2).and_then(|number| rows.get(number));
        let name = format!("{:name_width$}", row.map_or("", |row| row.name));
        let mut shown = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            let _ = write!(shown, "  {cell:>width$}");
        }
        if row.is_none() {
            shown = styled(DIM, shown).to_string();
        }
        let style = match row {
            Some(row) if row.name == OURS => GOOD,
            _ => output::PLAIN,
        };
        let _ = writeln!(text, "{}{shown}", styled(style, name));
    }
    text
}

/// In what ours is compared, and why it may be worse.
struct Comparison {
    what: &'static str,
    value: fn(&Figures) -> f64,
    why: &'static str,
}

const COMPARISONS: [Comparison; 6] = [
    Comparison {
        what: "lost living devices",
        value: |row| row.live_devices_lost as f64,
        why: "a rule of ours gave up or held a living device token",
    },
    Comparison {
        what: "notifications undelivered to living devices",
        value: |row| row.undelivered_to_live as f64,
        why: "a device token in doubt is tried again after a pause, and what expires in it is not sent",
    },
    Comparison {
        what: "pushes to dead device tokens",
        value: |row| row.pushes_to_dead as f64,
        why: "a 400, and a 410 that is dated before the newest registration, are asked for again before they are believed",
    },
    Comparison {
        what: "pushes to one device token after its first 410",
        value: |row| f64::from(row.pushes_to_dead_after_first_410_max),
        why: "a 410 that is dated before the registration is asked for again twice, after a day and after three",
    },
    Comparison {
        what: "seconds of delay on average",
        value: |row| row.mean_delay_seconds,
        why: "what others lose during a mistake waits, and arrives late",
    },
    Comparison {
        what: "rows in the registry",
        value: |row| row.registry_rows as f64,
        why: "what was given up is kept for 90 days, so that it can be explained and restored",
    },
];

fn where_ours_is_worse(rows: &[Figures]) -> Vec<String> {
    let Some(ours) = rows.iter().find(|row| row.name == OURS) else {
        return Vec::new();
    };
    let lines: Vec<String> = COMPARISONS
        .iter()
        .filter_map(|comparison| comparison.line(ours, rows))
        .collect();
    if lines.is_empty() {
        return vec!["In none of these figures is ours worse than another's.".to_owned()];
    }
    let title = styled(BAD, "Where ours is worse:").to_string();
    std::iter::once(title).chain(lines).collect()
}

impl Comparison {
    /// `None` if nobody does better.
    fn line(&self, ours: &Figures, rows: &[Figures]) -> Option<String> {
        let value = self.value;
        let best = rows
            .iter()
            .min_by(|one, other| value(one).total_cmp(&value(other)))?;
        (value(best) < value(ours)).then(|| {
            let Self { what, why, .. } = self;
            let (of_ours, of_best) = (number(value(ours)), number(value(best)));
            format!("- {what}: {of_ours}, and {of_best} by {}: {why}.", best.name)
        })
    }
}

fn number(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

/// With separators.
fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(name: &'static str, lost: usize, rows: usize) -> Figures {
        Figures {
            name,
            live_devices_lost: lost,
            notifications_due: 1_000_000,
            undelivered_to_live: 0,
            undelivered_after_repair: 0,
            delivered_late: 0,
            mean_delay_seconds: 0.0,
            pushes: 0,
            pushes_to_dead: 0,
            pushes_to_dead_after_first_410_max: 0,
            hours_to_notice: None,
            registry_rows: rows,
        }
    }

    #[test]
    fn what_is_worse_is_said_with_both_figures() {
        let rows = [figures("delete_on_410", 7, 900), figures(OURS, 0, 1200)];
        let lines = where_ours_is_worse(&rows);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[1].contains("rows in the registry: 1200, and 900 by delete_on_410"));
        let better = [figures("delete_on_410", 7, 900), figures(OURS, 0, 900)];
        assert!(where_ours_is_worse(&better)[0].starts_with("In none"));
    }

    #[test]
    fn the_columns_of_the_table_stand_below_each_other() {
        let table = table(&[figures("a", 1, 1_234_567), figures(OURS, 0, 2)]);
        let plain = anstream::adapter::strip_str(&table).to_string();
        let lengths: Vec<usize> = plain.lines().map(|line| line.chars().count()).collect();
        assert_eq!(lengths.len(), 4);
        assert!(lengths.windows(2).all(|pair| pair[0] == pair[1]), "{plain}");
        assert!(plain.contains("1,234,567"));
    }
}
