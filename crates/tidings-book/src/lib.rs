//! The book of Tidings, inside the program.
//!
#![doc = include_str!("../README.md")]

mod anchor;
mod contents;
mod document;
mod markdown;

use std::borrow::Cow;

use contents::Contents;

/// Every file of the book by its path, in the order of the paths.
const FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// Every picture of the book by its path, in the order of the paths.
const PICTURES: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/pictures.rs"));

/// The page where the book begins.
const FIRST: &str = "introduction.html";

const STYLE: &str = include_str!("book.css");

/// Something that a browser can show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its media type, with the character set of a text.
    pub media_type: &'static str,
    /// What it is.
    pub body: Cow<'static, [u8]>,
}

/// What is at a path of the book, such as `reference/api.html`; nothing if there is no such page or file. The empty path is
/// the first page.
pub fn get(path: &str) -> Option<Resource> {
    let path = if path.is_empty() { FIRST } else { path };
    if path == "book.css" {
        return Some(Resource {
            media_type: "text/css; charset=utf-8",
            body: STYLE.as_bytes().into(),
        });
    }
    match path.strip_suffix(".html") {
        Some(page) => page_at(page, path),
        None => file_at(path),
    }
}

fn page_at(name: &str, path: &str) -> Option<Resource> {
    let contents = Contents::read(file("SUMMARY.md")?);
    // What is not in the contents is no page, such as the contents themselves.
    contents.pages().find(|page| page.path == path)?;
    let text = file(&format!("{name}.md"))?;
    Some(Resource {
        media_type: "text/html; charset=utf-8",
        body: document::page(path, &markdown::render(path, text, has_picture), &contents)
            .into_bytes()
            .into(),
    })
}

fn file_at(path: &str) -> Option<Resource> {
    if let Some(picture) = picture(path) {
        return Some(Resource {
            media_type: "image/webp",
            body: picture.into(),
        });
    }
    let media_type = match path.rsplit_once('.')?.1 {
        "svg" => "image/svg+xml",
        "json" => "application/json",
        _ => return None,
    };
    Some(Resource {
        media_type,
        body: file(path)?.as_bytes().into(),
    })
}

fn file(path: &str) -> Option<&'static str> {
    let found = FILES.binary_search_by_key(&path, |(name, _)| name).ok()?;
    Some(FILES[found].1)
}

fn picture(path: &str) -> Option<&'static [u8]> {
    let found = PICTURES.binary_search_by_key(&path, |(name, _)| name).ok()?;
    Some(PICTURES[found].1)
}

fn has_picture(path: &str) -> bool {
    picture(path).is_some()
}

#[cfg(test)]
mod tests;
