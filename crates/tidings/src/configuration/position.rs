//! From a place in a text to the line and the column that people count.

/// The line and the column of a byte of a text, both counted from one; columns are characters.
pub(super) fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_are_counted_as_people_count_them() {
        let text = "ab\nżółw = 1\n";
        for (byte, place) in [
            (0, (1, 1)),
            (1, (1, 2)),
            (3, (2, 1)),
            (5, (2, 2)),
            (text.len(), (3, 1)),
            (999, (3, 1)),
        ] {
            assert_eq!(position(text, byte), place, "{byte}");
        }
    }
}
