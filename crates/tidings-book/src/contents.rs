//! The table of contents, as `SUMMARY.md` lists it.

/// The parts and pages of the book, in their order.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) entries: Vec<Entry>,
}

/// A line of the contents.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A part begins.
    Part(String),
    /// A page.
    Page(Page),
}

/// A page in the contents.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) title: String,
    /// Where it is, such as `reference/api.html`.
    pub(crate) path: String,
    /// Under how many other pages it stands.
    pub(crate) depth: usize,
}

impl Contents {
    pub(crate) fn read(summary: &str) -> Self {
        let entries = summary.lines().filter_map(entry).collect();
        Self { entries }
    }

    pub(crate) fn pages(&self) -> impl Iterator<Item = &Page> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Page(page) => Some(page),
            Entry::Part(_) => None,
        })
    }

    /// The pages before and after one.
    pub(crate) fn around(&self, path: &str) -> (Option<&Page>, Option<&Page>) {
        let pages: Vec<&Page> = self.pages().collect();
        let Some(here) = pages.iter().position(|page| page.path == path) else {
            return (None, None);
        };
        let before = here.checked_sub(1).and_then(|before| pages.get(before));
        (before.copied(), pages.get(here + 1).copied())
    }
}

/// The title of the whole, `# Summary`, is no part.
fn entry(line: &str) -> Option<Entry> {
    if let Some(part) = line.strip_prefix("# ") {
        return (part != "Summary").then(|| Entry::Part(part.to_owned()));
    }
    let indent = line.len() - line.trim_start().len();
    let item = line.trim().trim_start_matches("- ").strip_prefix('[')?;
    let (title, rest) = item.split_once("](")?;
    let path = rest.strip_suffix(')')?.strip_suffix(".md")?;
    Some(Entry::Page(Page {
        title: title.to_owned(),
        path: format!("{path}.html"),
        depth: indent / 2,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_pages_and_pages_under_pages_are_told_apart() {
        let contents =
            Contents::read("# Summary\n\n[Why](why.md)\n\n# Use\n\n- [One](a/one.md)\n  - [Two](two.md)\n");
        let page = |title: &str, path: &str, depth| {
            Entry::Page(Page {
                title: title.to_owned(),
                path: path.to_owned(),
                depth,
            })
        };
        let expected = [
            page("Why", "why.html", 0),
            Entry::Part("Use".to_owned()),
            page("One", "a/one.html", 0),
            page("Two", "two.html", 1),
        ];
        assert_eq!(contents.entries, expected);
        let (before, after) = contents.around("a/one.html");
        assert_eq!(before.map(|page| &*page.title), Some("Why"));
        assert_eq!(after.map(|page| &*page.title), Some("Two"));
    }
}
