//! How numbers, instants and foreign text look.

use std::fmt::{self, Write as _};
use std::time::Duration;

use askama::filters::HtmlSafe;
use tidings_apns::{Environment, Timestamp};

/// Text from outside: set apart from the text around it, so that its direction changes nothing there, and with what cannot
/// be seen made visible. It escapes itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Foreign(String);

impl Foreign {
    pub(crate) fn new(text: impl AsRef<str>) -> Self {
        Self(text.as_ref().to_owned())
    }

    /// The same, cut off where it is long.
    pub(crate) fn short(text: &str, most: usize) -> Self {
        if text.chars().count() <= most {
            return Self::new(text);
        }
        let mut kept: String = text.chars().take(most).collect();
        kept.push('…');
        Self(kept)
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<bdi>")?;
        for character in self.0.chars() {
            match character {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => f.write_char(character)?,
                hidden if is_hidden(hidden) => write!(f, "⟨U+{:04X}⟩", u32::from(hidden))?,
                other => f.write_char(other)?,
            }
        }
        f.write_str("</bdi>")
    }
}

impl HtmlSafe for Foreign {}

/// Characters that do something instead of being seen: controls, and those that turn the direction of text.
pub(crate) fn is_hidden(character: char) -> bool {
    let turns = matches!(
        character,
        '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}'
    );
    character.is_control() || turns
}

/// An instant: how long ago, with the date and time to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    at: Timestamp,
    now: Timestamp,
}

impl Moment {
    pub(crate) const fn new(at: Timestamp, now: Timestamp) -> Self {
        Self { at, now }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, text) = (plain(self.at), relative(self.at, self.now));
        write!(
            f,
            "<time datetime=\"{}\" title=\"{at} UTC\">{text}</time>",
            self.at
        )
    }
}

impl HtmlSafe for Moment {}

/// An instant in the middle of a page: date and time in UTC, to the millisecond.
pub(crate) fn exact(at: Timestamp) -> String {
    at.to_string().replace('T', " ").replace('Z', "")
}

/// An instant to the second.
pub(crate) fn plain(at: Timestamp) -> String {
    let text = exact(at);
    text.split('.').next().unwrap_or_default().to_owned()
}

/// How far an instant is away.
pub(crate) fn relative(at: Timestamp, now: Timestamp) -> String {
    let (past, future) = (now.saturating_since(at), at.saturating_since(now));
    if future >= Duration::from_secs(1) {
        return format!("in {}", length(future));
    }
    if future > Duration::ZERO {
        return "now".to_owned();
    }
    if past < Duration::from_secs(5) {
        return "just now".to_owned();
    }
    format!("{} ago", length(past))
}

/// A duration in its largest unit that makes two or more, or one.
pub(crate) fn length(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    plural(count, unit)
}

/// A number with its noun.
pub(crate) fn plural(count: u64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(count))
}

/// A number with its digits in groups of three, with thin spaces that do not break.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push('\u{202F}');
        }
        out.push(digit);
    }
    out
}

/// Milliseconds below a second, else seconds.
pub(crate) fn latency(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis < 1_000 {
        format!("{millis}\u{202F}ms")
    } else {
        format!("{:.1}\u{202F}s", duration.as_secs_f64())
    }
}

/// An environment at the beginning of a sentence.
pub(crate) const fn title(environment: Environment) -> &'static str {
    match environment {
        Environment::Production => "Production",
        Environment::Sandbox => "Sandbox",
    }
}

/// A name as a word: `not_sent` as "not sent".
pub(crate) fn words(name: &str) -> String {
    name.replace(['_', '.'], " ")
}

/// The beginning and the end of a device token: enough to recognise one, not to send to it.
pub(crate) fn masked(token: &str) -> String {
    let (start, end) = (token.get(..6), token.get(token.len().saturating_sub(4)..));
    match (start, end) {
        (Some(start), Some(end)) if token.len() > 16 => format!("{start}…{end}"),
        _ => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_does_nothing_but_be_read() {
        let shown = Foreign::new("<script>\u{202E}\u{1b}[31m\"'&").to_string();
        assert_eq!(
            shown,
            "<bdi>&lt;script&gt;⟨U+202E⟩⟨U+001B⟩[31m&quot;&#39;&amp;</bdi>"
        );
        assert_eq!(Foreign::short("äöü", 2).to_string(), "<bdi>äö…</bdi>");
    }

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1\u{202F}234\u{202F}567");
        assert_eq!(plural(1, "device"), "1 device");
    }

    #[test]
    fn instants_are_told_from_now() {
        let now = Timestamp::from_unix_millis(1_800_000_000_000);
        let ago = |seconds| relative(now.saturating_sub(Duration::from_secs(seconds)), now);
        assert_eq!(ago(1), "just now");
        assert_eq!(ago(90), "90 seconds ago");
        assert_eq!(ago(180), "3 minutes ago");
        assert_eq!(ago(86_400 * 3), "3 days ago");
        assert_eq!(
            relative(now.saturating_add(Duration::from_mins(1)), now),
            "in 60 seconds"
        );
        assert_eq!(
            relative(now.saturating_add(Duration::from_millis(999)), now),
            "now"
        );
    }

    #[test]
    fn a_device_token_is_never_whole() {
        assert_eq!(masked("00ff"), "…");
        assert_eq!(masked(&"ab".repeat(32)), "ababab…abab");
    }
}
