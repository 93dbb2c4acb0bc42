//! The names under which headings can be linked to.

use std::collections::HashMap;

/// Gives each heading of a page a name of its own.
#[derive(Debug, Default)]
pub(crate) struct Anchors {
    used: HashMap<String, usize>,
}

impl Anchors {
    /// The name of a heading: its own, or with a number if another has it already.
    pub(crate) fn name(&mut self, heading: &str) -> String {
        let name = plain(heading);
        let before = self.used.entry(name.clone()).or_default();
        *before += 1;
        match *before {
            1 => name,
            count => format!("{name}-{}", count - 1),
        }
    }
}

/// As the usual renderers make it: lower case, spaces to dashes, other signs dropped.
fn plain(heading: &str) -> String {
    let kept = heading
        .trim()
        .chars()
        .filter(|sign| sign.is_alphanumeric() || matches!(sign, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase)
        .map(|sign| if sign == ' ' { '-' } else { sign })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_renderers_make_of_a_heading_and_is_given_once() {
        let mut anchors = Anchors::default();
        assert_eq!(anchors.name("`410` means: what?"), "410-means-what");
        assert_eq!(anchors.name("410 means what"), "410-means-what-1");
        assert_eq!(anchors.name("server.listen"), "serverlisten");
    }
}
