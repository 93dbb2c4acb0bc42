//! What was probably meant by a name that nobody knows.

/// How unlike a name may be to be taken for a slip of the pen.
const LIKENESS: f64 = 0.75;

/// The known name that is most like the unknown one, if any is like it.
pub(super) fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |name: &str| {
        let whole = strsim::jaro_winkler(unknown, name);
        // `listen` without its section, or under another one, is `server.listen`.
        let (last, name_last) = (last_part(unknown), last_part(name));
        whole.max(strsim::normalized_damerau_levenshtein(last, name_last) * 0.99)
    };
    known
        .into_iter()
        .map(|name| (likeness(name), name))
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, name)| name)
}

fn last_part(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, last)| last)
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
            ("data.dirctory", Some("data.directory")),
            ("zzz.qqq", None),
        ] {
            assert_eq!(nearest(unknown, KNOWN), meant, "{unknown}");
        }
    }
}
