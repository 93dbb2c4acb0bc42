//! What happened to a text on its way, told from its traces after it was read all the same. Other programs that are to
//! read the same file are less forgiving.

use std::fmt;

/// Something that happened to a text on its way. `Display` is a clause about the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mend {
    /// It is in UTF-16.
    Utf16,
    /// It begins with a byte order mark.
    ByteOrderMark,
    /// It has Windows line ends.
    WindowsLineEnds,
    /// Line ends are spelled out as `\n`.
    EscapedLineEnds,
    /// All of it is on one line.
    OneLine,
    /// Its lines begin with spaces.
    Indented,
    /// It stands in quotation marks.
    Quoted,
    /// A word processor replaced the dashes.
    Dashes,
    /// The first line is missing.
    NoFirstLine,
    /// The last line is missing.
    NoLastLine,
    /// First and last line are missing.
    NoArmour,
    /// It is the base64 of a PEM file.
    Base64OfPem,
}

impl fmt::Display for Mend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf16 => "it is written in UTF-16, as PowerShell and Windows editors do",
            Self::ByteOrderMark => "it begins with a byte order mark",
            Self::WindowsLineEnds => "it has Windows line ends",
            Self::EscapedLineEnds => r"its line ends are spelled out as \n",
            Self::OneLine => "all of it is on one line",
            Self::Indented => "its lines begin with spaces",
            Self::Quoted => "it stands in quotation marks",
            Self::Dashes => "its dashes were replaced by a word processor",
            Self::NoFirstLine => "its first line (-----BEGIN …) is missing",
            Self::NoLastLine => "its last line (-----END …) is missing",
            Self::NoArmour => "its first and last line (-----BEGIN …, -----END …) are missing",
            Self::Base64OfPem => "it is the base64 of a PEM file, not the file itself",
        })
    }
}

/// In which shape the documents stood in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Behind a first line each.
    Armoured,
    /// As base64 without a first line.
    Bare,
    /// As base64 of a whole PEM file.
    Base64OfPem,
}

/// What tells of the way of a text.
pub(crate) struct Traces<'a> {
    pub(crate) is_utf16: bool,
    /// The text as it came.
    pub(crate) raw: &'a str,
    /// The text with ordinary line ends and dashes.
    pub(crate) plain: &'a str,
    pub(crate) shape: Shape,
}

/// Everything that happened.
pub(crate) fn of(traces: &Traces<'_>) -> Vec<Mend> {
    let Traces {
        is_utf16,
        raw,
        plain,
        shape,
    } = *traces;
    let armoured = shape == Shape::Armoured;
    let has_end = plain.contains("-END ");
    let found = [
        (is_utf16, Mend::Utf16),
        (!is_utf16 && raw.starts_with('\u{feff}'), Mend::ByteOrderMark),
        (raw.contains("\r\n"), Mend::WindowsLineEnds),
        (raw.contains("\\n") || raw.contains("\\r"), Mend::EscapedLineEnds),
        (armoured && !plain.trim().contains(['\n', '\r']), Mend::OneLine),
        (plain.lines().any(is_indented), Mend::Indented),
        (raw.trim().starts_with(['"', '\'']), Mend::Quoted),
        (has_other_dashes(raw), Mend::Dashes),
        (shape == Shape::Bare && has_end, Mend::NoFirstLine),
        (armoured && lacks_an_end(plain), Mend::NoLastLine),
        (shape == Shape::Bare && !has_end, Mend::NoArmour),
        (shape == Shape::Base64OfPem, Mend::Base64OfPem),
    ];
    found
        .into_iter()
        .filter_map(|(happened, mend)| happened.then_some(mend))
        .collect()
}

/// A line of base64, or a first or last line, behind spaces.
fn is_indented(line: &str) -> bool {
    let text = line.trim_start_matches([' ', '\t']);
    let is_base64 = |text: &str| {
        text.len() >= 16
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
    };
    text.len() < line.len() && (text.starts_with("-----") || is_base64(text.trim_end()))
}

/// Whether a dash that no keyboard makes stands before a `BEGIN` or `END`.
fn has_other_dashes(raw: &str) -> bool {
    let is_other = |dash: char| matches!(dash, '\u{2010}'..='\u{2014}' | '\u{2212}');
    let before = |word: &str| {
        raw.match_indices(word).any(|(at, _)| {
            let before = raw.get(..at).unwrap_or_default().chars().rev();
            before
                .take_while(|&dash| dash == '-' || is_other(dash))
                .any(is_other)
        })
    };
    before("BEGIN ") || before("END ")
}

fn lacks_an_end(plain: &str) -> bool {
    plain.matches("-END ").count() < plain.matches("-BEGIN ").count()
}
