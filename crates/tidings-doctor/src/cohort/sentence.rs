//! A cohort in a sentence.

use super::Count;
use super::attribute::Trait;

/// What is shared, by how many, and by how many of the others.
pub(super) fn of(traits: &[&Trait], also: &[&Trait], count: Count, all: Count) -> String {
    let who = if count.failing == all.failing {
        format!("All {}", grouped(all.failing))
    } else {
        format!("{} of {}", grouped(count.failing), grouped(all.failing))
    };
    let others = match count.healthy {
        0 => "none".to_owned(),
        some => grouped(some),
    };
    let more = if also.is_empty() {
        String::new()
    } else {
        format!(" Mostly, they also {}.", clauses(also))
    };
    format!(
        "{who} failing device tokens {}; so is it with {others} of {} others.{more}",
        clauses(traits),
        grouped(all.healthy)
    )
}

fn clauses(traits: &[&Trait]) -> String {
    let clauses: Vec<String> = traits.iter().map(|it| it.clause()).collect();
    clauses.join(" and ")
}

/// A number with commas between its thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 3 == first {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_kept_apart() {
        let said: Vec<String> = [0, 12, 999, 1000, 95_888, 1_000_000]
            .into_iter()
            .map(grouped)
            .collect();
        assert_eq!(said, ["0", "12", "999", "1,000", "95,888", "1,000,000"]);
    }
}
