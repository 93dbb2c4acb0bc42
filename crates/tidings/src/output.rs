//! Everything that is printed goes through here: data to stdout, talk to stderr, colour only where it is wanted.

use std::fmt::{self, Display, Write as _};
use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use serde::Serialize;

/// All went well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// It did not.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// It may not do what was meant.
pub(crate) const DOUBTFUL: Style = AnsiColor::Yellow.on_default().bold();
/// What to do, and other signposts.
pub(crate) const SIGN: Style = AnsiColor::Cyan.on_default().bold();
/// What is there for completeness.
pub(crate) const DIM: Style = Style::new().dimmed();
/// The text itself.
pub(crate) const PLAIN: Style = Style::new();
/// What is looked for first.
pub(crate) const STRONG: Style = Style::new().bold();

/// Texts are not made wider than this, however wide the terminal: long lines are hard to read.
const WIDEST: usize = 100;

/// How data is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON object on a line.
    Json,
}

/// The option that says how data is printed.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct FormatArgs {
    /// How it is printed: text or json
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        hide_possible_values = true
    )]
    pub(crate) format: Format,
}

/// Prints to stdout, at once even into a pipe.
pub(crate) fn print(text: impl Display) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    write!(stdout, "{text}")?;
    stdout.flush()
}

/// Prints a line to stdout.
pub(crate) fn print_line(text: impl Display) -> io::Result<()> {
    print(format_args!("{text}\n"))
}

/// Prints a value to stdout as one line of JSON.
pub(crate) fn json(value: &impl Serialize) -> io::Result<()> {
    print_line(serde_json::to_string(value).map_err(io::Error::from)?)
}

/// Writes bytes to stdout as they are.
pub(crate) fn print_bytes(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Tells a line on stderr. That nobody listens is no reason to stop.
pub(crate) fn tell(text: impl Display) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// A text in a style.
pub(crate) fn styled(style: Style, text: impl Display) -> impl Display {
    Styled { style, text }
}

struct Styled<T> {
    style: Style,
    text: T,
}

impl<T: Display> Display for Styled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { style, text } = self;
        write!(f, "{style}")?;
        text.fmt(f)?;
        write!(f, "{style:#}")
    }
}

/// The columns there are for text.
pub(crate) fn width() -> usize {
    let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    terminal.unwrap_or(WIDEST).clamp(40, WIDEST)
}

/// A named text, in lines of its own column: `  name   text that goes on\n         below`.
pub(crate) fn field(name: &str, text: &str) -> String {
    const COLUMN: usize = 18;
    let lines = wrapped(text, width().saturating_sub(COLUMN));
    let mut out = String::new();
    for (number, line) in lines.iter().enumerate() {
        let name = if number == 0 { name } else { "" };
        let name = styled(DIM, format!("{name:<16}"));
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  {name}{line}");
    }
    out
}

/// The text in lines of at most `width` characters, broken between words; a word that is longer stays whole.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut length = 0;
    for word in text.split_whitespace() {
        let word_length = word.chars().count();
        if length > 0 && length + 1 + word_length > width {
            lines.push(String::new());
            length = 0;
        }
        let Some(line) = lines.last_mut() else { continue };
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += word_length;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_between_words_and_nothing_is_lost() {
        assert_eq!(wrapped("tea is ready", 6), ["tea is", "ready"]);
        assert_eq!(wrapped("tea is ready", 100), ["tea is ready"]);
        assert_eq!(wrapped("unbreakable tea", 4), ["unbreakable", "tea"]);
        assert_eq!(wrapped("", 4), [""]);
        assert_eq!(wrapped("żółć żółć", 4), ["żółć", "żółć"]);
    }

    #[test]
    fn a_field_goes_on_under_its_own_text() {
        let long = "word ".repeat(60);
        let field = anstream::adapter::strip_str(&field("meaning", &long)).to_string();
        let mut lines = field.lines();
        assert!(
            lines
                .next()
                .is_some_and(|line| line.starts_with("  meaning         word"))
        );
        assert!(
            lines.all(|line| line.starts_with("                  word") && line.chars().count() <= WIDEST)
        );
    }
}
