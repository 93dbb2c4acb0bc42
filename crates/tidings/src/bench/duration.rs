//! Durations on the command line: `50ms`, `250us`, `2s`.

use std::time::Duration;

/// Reads a duration with its unit.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(char::is_alphabetic);
    let number: f64 = digits
        .parse()
        .map_err(|_not_a_number| format!("`{text}` is not a duration like `50ms`"))?;
    let seconds = match text.strip_prefix(digits) {
        Some("us") => number / 1e6,
        Some("ms") => number / 1e3,
        Some("s") => number,
        _ => {
            return Err(format!(
                "`{text}` has no unit: write `us`, `ms` or `s` behind the number"
            ));
        }
    };
    Duration::try_from_secs_f64(seconds).map_err(|_out_of_range| format!("`{text}` is out of range"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        assert_eq!(parse("50ms"), Ok(Duration::from_millis(50)));
        assert_eq!(parse("250us"), Ok(Duration::from_micros(250)));
        assert_eq!(parse("1.5s"), Ok(Duration::from_millis(1500)));
        for bad in ["", "50", "ms", "-1s", "1h", "nans"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
