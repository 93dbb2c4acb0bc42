//! A page as a whole HTML document, with the contents beside it.

use std::fmt::Write as _;

use crate::contents::{Contents, Entry, Page};
use crate::markdown::Rendered;

/// The document of the page at a path.
pub(crate) fn page(path: &str, rendered: &Rendered, contents: &Contents) -> String {
    let up = "../".repeat(path.matches('/').count());
    let title = escaped(&rendered.title);
    let (before, after) = contents.around(path);
    format!(
        r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · Tidings</title>
<link rel="stylesheet" href="{up}book.css">
</head>
<body>
<a class="skip" href="#page">Skip to the page</a>
<nav class="contents" aria-label="Contents">
<details><summary>Contents</summary>
{list}</details>
</nav>
<main id="page">
{body}{ends}</main>
</body>
</html>
"##,
        list = list(path, &up, contents),
        body = rendered.body,
        ends = ends(&up, before, after),
    )
}

fn list(path: &str, up: &str, contents: &Contents) -> String {
    let mut text = String::from("<ul>\n");
    for entry in &contents.entries {
        // Writing to a string cannot fail.
        let _ = match entry {
            Entry::Part(title) => writeln!(text, r#"<li class="part">{}</li>"#, escaped(title)),
            Entry::Page(page) => {
                let here = if page.path == path {
                    r#" aria-current="page""#
                } else {
                    ""
                };
                writeln!(
                    text,
                    r#"<li class="depth-{}"><a href="{up}{}"{here}>{}</a></li>"#,
                    page.depth,
                    page.path,
                    escaped(&page.title)
                )
            }
        };
    }
    text.push_str("</ul>\n");
    text
}

/// The ways to the pages before and after.
fn ends(up: &str, before: Option<&Page>, after: Option<&Page>) -> String {
    let link = |page: Option<&Page>, rel: &str, sign: (&str, &str)| {
        page.map_or_else(String::new, |page| {
            let (left, right) = sign;
            let title = escaped(&page.title);
            format!(
                "<a rel=\"{rel}\" href=\"{up}{}\">{left}{title}{right}</a>\n",
                page.path
            )
        })
    };
    format!(
        "<nav class=\"ends\" aria-label=\"Before and after\">\n{}{}</nav>\n",
        link(before, "prev", ("← ", "")),
        link(after, "next", ("", " →")),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
