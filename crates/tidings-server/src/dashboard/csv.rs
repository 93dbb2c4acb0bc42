//! Lines of a table for spreadsheets. What comes from outside must neither begin a cell of its own, nor be taken for a
//! formula, nor do anything in a terminal.

use std::fmt::Write as _;

use super::wording::is_hidden;

/// What a spreadsheet takes for the beginning of a formula; the wide ones, too, which some fold.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Adds a line.
pub(super) fn line(out: &mut String, cells: &[&str]) {
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        quoted(out, cell);
    }
    out.push_str("\r\n");
}

fn quoted(out: &mut String, cell: &str) {
    out.push('"');
    if cell.trim_start().starts_with(FORMULA) || cell.starts_with(['\t', '\r', '\n']) {
        // Spreadsheets take what follows it for text, and some show it.
        out.push('\'');
    }
    for character in cell.chars() {
        match character {
            '"' => out.push_str("\"\""),
            // Writing to a string cannot fail.
            hidden if is_hidden(hidden) => drop(write!(out, "⟨U+{:04X}⟩", u32::from(hidden))),
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(cells: &[&str]) -> String {
        let mut out = String::new();
        line(&mut out, cells);
        out
    }

    #[test]
    fn cells_keep_what_is_in_them_to_themselves() {
        assert_eq!(
            written(&["a,b", "say \"x\"", ""]),
            "\"a,b\",\"say \"\"x\"\"\",\"\"\r\n"
        );
        assert_eq!(
            written(&["a\nb\u{1b}[31m\u{202e}"]),
            "\"a⟨U+000A⟩b⟨U+001B⟩[31m⟨U+202E⟩\"\r\n"
        );
    }

    #[test]
    fn nothing_is_a_formula() {
        for formula in [
            "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "－1",
        ] {
            assert!(written(&[formula]).starts_with("\"'"), "{formula:?}");
        }
        assert_eq!(written(&["a=1", "1-2"]), "\"a=1\",\"1-2\"\r\n");
    }
}
