//! Who may use whom, from the table that tidy holds the crates to.

use crate::tidy::ALLOWED_EDGES;

pub(super) fn table() -> String {
    let rows = ALLOWED_EDGES
        .iter()
        .map(|(name, uses)| format!("| `{name}` | {} |\n", listed(uses)));
    format!("| crate | may use |\n| --- | --- |\n{}", rows.collect::<String>())
}

fn listed(uses: &[&str]) -> String {
    if uses.is_empty() {
        return "nothing of ours".to_owned();
    }
    uses.iter()
        .map(|used| format!("`{used}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
