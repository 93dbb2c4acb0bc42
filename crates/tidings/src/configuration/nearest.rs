//! What was probably meant by a name that nobody knows.

/// How unlike a name may be to be taken for a slip of the pen.
const LIKENESS: f64 = 0.6;

/// How alike two names are, one of which is the beginning or the end of the other: `dir` and `directory`.
const PART: f64 = 0.8;

/// The known name that is most like the unknown one, if any is like it; of several, the first.
pub(super) fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (likeness(unknown, name), name))
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .reduce(|best, other| if other.0 > best.0 { other } else { best })
        .map(|(_, name)| name)
}

/// The last part counts most: `listen` without its section, or under another one, is `server.listen`.
fn likeness(unknown: &str, name: &str) -> f64 {
    if unknown
        .strip_prefix(name)
        .is_some_and(|rest| rest.starts_with('.'))
    {
        return 1.0;
    }
    let (section, last) = split(unknown);
    let (known_section, known_last) = split(name);
    let alike = strsim::normalized_damerau_levenshtein(last, known_last);
    let is_part = last.len() > 2 && (known_last.contains(last) || last.contains(known_last));
    let last = if is_part { alike.max(PART) } else { alike };
    last * 0.75 + strsim::normalized_damerau_levenshtein(section, known_section) * 0.25
}

fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('.').unwrap_or(("", name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 3] = ["server.listen", "data.directory", "apns.ca"];

    #[test]
    fn a_slip_of_the_pen_or_a_wrong_section_finds_what_was_meant() {
        for (unknown, meant) in [
            ("server.lisen", Some("server.listen")),
            ("listen", Some("server.listen")),
            ("sever.listen", Some("server.listen")),
            ("store.directory", Some("data.directory")),
            ("data.dir", Some("data.directory")),
            ("server.port", None),
            ("server.listen.address", Some("server.listen")),
            ("zzz.qqq", None),
        ] {
            assert_eq!(nearest(unknown, KNOWN), meant, "{unknown}");
        }
    }
}
