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
pub(crate) fn render(path: &str, text: &str, has_picture: fn(&str) -> bool) -> Rendered {
    let mut anchors = Anchors::default();
    let mut title = None;
    // Pictures that have begun, and have another for the dark.
    let mut of_two = 0;
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
            Event::Start(Tag::Image {
                link_type,
                dest_url,
                title,
                id,
            }) => {
                if let Some(dark) = dark(path, &dest_url, has_picture) {
                    events.push(Event::InlineHtml(dark.into()));
                    of_two += 1;
                }
                events.push(Event::Start(Tag::Image {
                    link_type,
                    dest_url,
                    title,
                    id,
                }));
            }
            Event::End(TagEnd::Image) => {
                events.push(Event::End(TagEnd::Image));
                if of_two > 0 {
                    events.push(Event::InlineHtml("</picture>".into()));
                    of_two -= 1;
                }
            }
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

/// The beginning of a picture of which there is another for the dark: `x-light.webp` and `x-dark.webp`.
fn dark(path: &str, picture: &str, has_picture: fn(&str) -> bool) -> Option<String> {
    let dark = format!("{}-dark.webp", picture.strip_suffix("-light.webp")?);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let place = inside(folder, &dark)?;
    has_picture(&place).then(|| {
        format!(r#"<picture><source media="(prefers-color-scheme: dark)" srcset="{dark}" type="image/webp">"#)
    })
}

/// The path in the book that a link from a folder means.
fn inside(folder: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in link.split('/') {
        match part {
            ".." => drop(parts.pop()?),
            "." => {}
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
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

    fn nothing(_: &str) -> bool {
        false
    }

    #[test]
    fn headings_are_named_and_links_lead_to_pages() {
        let rendered = render(
            "a/page.html",
            "# What `410` means\n\nSee [there](../a.md#b) and [Apple](https://apple.com/x.md).\n",
            nothing,
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
        let rendered = render("reference/x.html", "[why](../../../adr/0001-a.md#b)", nothing);
        let expected = format!("<p><a href=\"{REPOSITORY}/docs/adr/0001-a.md#b\">why</a></p>\n");
        assert_eq!(rendered.body, expected);
    }

    #[test]
    fn html_is_left_out_and_code_is_escaped() {
        let rendered = render(
            "page.html",
            "<!-- generated: x -->\n\n`<b>` <script>alert(1)</script>\n",
            nothing,
        );
        assert_eq!(rendered.body, "<p><code>&lt;b&gt;</code> alert(1)</p>\n");
    }

    #[test]
    fn a_table_can_be_scrolled_by_the_keyboard() {
        let rendered = render("page.html", "| a |\n| --- |\n| b |\n", nothing);
        assert!(
            rendered
                .body
                .starts_with(r#"<div class="wide" tabindex="0"><table>"#)
        );
        assert!(rendered.body.trim_end().ends_with("</table>\n</div>"));
    }

    #[test]
    fn a_picture_that_there_is_for_the_dark_too_is_shown_in_it() {
        let has = |path: &str| path == "pictures/a-dark.webp";
        let text = "![An *a*](../pictures/a-light.webp) ![b](../pictures/b-light.webp)\n";
        assert_eq!(
            render("guides/page.html", text, has).body,
            "<p><picture><source media=\"(prefers-color-scheme: dark)\" srcset=\"../pictures/a-dark.webp\" type=\"image/webp\">\
             <img src=\"../pictures/a-light.webp\" alt=\"An a\" /></picture> <img src=\"../pictures/b-light.webp\" alt=\"b\" /></p>\n"
        );
    }
}
