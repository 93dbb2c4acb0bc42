//! Markdown as HTML: headings get anchors, links to other pages lead to their HTML, and wide tables can be scrolled.

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use crate::anchor::Anchors;

/// A page of Markdown, rendered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rendered {
    /// Its first heading, as text.
    pub(crate) title: String,
    /// All of it, as HTML.
    pub(crate) body: String,
}

/// Where the book stands in the repository.
const BOOK: &str = "docs/book/src";

/// Where files of the repository can be read that are not in the book.
const REPOSITORY: &str = "https://github.com/tidings-push/tidings/blob/main";

/// Renders the page at a path. HTML in it is left out: comments mark what is generated, and nothing else is used.
pub(crate) fn render(path: &str, text: &str) -> Rendered {
    let mut anchors = Anchors::default();
    let mut title = None;
    let mut events: Vec<Event<'_>> = Vec::new();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Html(_) | Event::InlineHtml(_) => {}
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            }) => events.push(Event::Start(Tag::Link {
                link_type,
                dest_url: to_html(path, dest_url),
                title,
                id,
            })),
            Event::Start(Tag::Table(columns)) => {
                events.push(Event::Html(r#"<div class="wide" tabindex="0">"#.into()));
                events.push(Event::Start(Tag::Table(columns)));
            }
            Event::End(TagEnd::Table) => {
                events.push(Event::End(TagEnd::Table));
                events.push(Event::Html("</div>".into()));
            }
            Event::End(TagEnd::Heading(level)) => {
                let heading = name_heading(&mut events, level, &mut anchors);
                title.get_or_insert(heading);
                events.push(Event::End(TagEnd::Heading(level)));
            }
            other => events.push(other),
        }
    }
    let mut body = String::new();
    html::push_html(&mut body, events.into_iter());
    Rendered {
        title: title.unwrap_or_default(),
        body: without_styles(&body),
    }
}

/// Alignment by classes, since styles of elements are forbidden. The quotes of text are escaped: these are none of it.
fn without_styles(html: &str) -> String {
    html.replace(r#" style="text-align: right""#, r#" class="right""#)
        .replace(r#" style="text-align: center""#, r#" class="center""#)
        .replace(r#" style="text-align: left""#, "")
}

/// Gives the heading that has just ended its anchor; its text.
fn name_heading(events: &mut [Event<'_>], ended: HeadingLevel, anchors: &mut Anchors) -> String {
    let begun = events
        .iter()
        .rposition(|event| matches!(event, Event::Start(Tag::Heading { .. })));
    let Some(begun) = begun else {
        return String::new();
    };
    let text: String = events[begun..]
        .iter()
        .filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(&**text),
            _ => None,
        })
        .collect();
    events[begun] = Event::Start(Tag::Heading {
        level: ended,
        id: Some(anchors.name(&text).into()),
        classes: Vec::new(),
        attrs: Vec::new(),
    });
    text
}

/// `other.md#part` becomes `other.html#part`; what leads out of the book, into the repository, leads to where that can be read.
fn to_html<'a>(path: &str, link: CowStr<'a>) -> CowStr<'a> {
    if link.contains("://") || link.starts_with('#') {
        return link;
    }
    let (page, part) = link
        .split_once('#')
        .map_or((&*link, ""), |(page, part)| (page, part));
    let part = if part.is_empty() {
        String::new()
    } else {
        format!("#{part}")
    };
    if let Some(file) = outside(path, page) {
        return format!("{REPOSITORY}/{file}{part}").into();
    }
    match page.strip_suffix(".md") {
        Some(page) => format!("{page}.html{part}").into(),
        None => link,
    }
}

/// The file of the repository that a link on a page of the book means, if it is not in the book.
fn outside(path: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = BOOK.split('/').chain(path.split('/')).collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            ".." => drop(parts.pop()?),
            "." => {}
            name => parts.push(name),
        }
    }
    let file = parts.join("/");
    (!file.starts_with(BOOK)).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_named_and_links_lead_to_pages() {
        let rendered = render(
            "a/page.html",
            "# What `410` means\n\nSee [there](../a.md#b) and [Apple](https://apple.com/x.md).\n",
        );
        assert_eq!(rendered.title, "What 410 means");
        assert_eq!(
            rendered.body,
            "<h1 id=\"what-410-means\">What <code>410</code> means</h1>\n\
             <p>See <a href=\"../a.html#b\">there</a> and <a href=\"https://apple.com/x.md\">Apple</a>.</p>\n"
        );
    }

    #[test]
    fn what_is_not_in_the_book_is_read_in_the_repository() {
        let rendered = render("reference/x.html", "[why](../../../adr/0001-a.md#b)");
        let expected = format!("<p><a href=\"{REPOSITORY}/docs/adr/0001-a.md#b\">why</a></p>\n");
        assert_eq!(rendered.body, expected);
    }

    #[test]
    fn html_is_left_out_and_code_is_escaped() {
        let rendered = render(
            "page.html",
            "<!-- generated: x -->\n\n`<b>` <script>alert(1)</script>\n",
        );
        assert_eq!(rendered.body, "<p><code>&lt;b&gt;</code> alert(1)</p>\n");
    }

    #[test]
    fn a_table_can_be_scrolled_by_the_keyboard() {
        let rendered = render("page.html", "| a |\n| --- |\n| b |\n");
        assert!(
            rendered
                .body
                .starts_with(r#"<div class="wide" tabindex="0"><table>"#)
        );
        assert!(rendered.body.trim_end().ends_with("</table>\n</div>"));
    }
}
