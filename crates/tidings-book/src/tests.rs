//! The book as a whole: every page is there, and every link leads somewhere.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

fn html(path: &str) -> String {
    let found = get(path).unwrap_or_else(|| panic!("there is no {path}"));
    String::from_utf8(found.body.into_owned()).expect("a page is text")
}

/// The paths of all pages, in the order of the book.
fn pages() -> Vec<String> {
    let contents = Contents::read(file("SUMMARY.md").expect("the book has contents"));
    contents.pages().map(|page| page.path.clone()).collect()
}

/// The values of an attribute in a document.
fn values<'a>(document: &'a str, attribute: &str) -> Vec<&'a str> {
    let begin = format!(" {attribute}=\"");
    let parts = document.split(&*begin).skip(1);
    parts.filter_map(|rest| rest.split('"').next()).collect()
}

/// The path that a link on a page means.
fn resolve(from: &str, link: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            ".." => {
                assert!(parts.pop().is_some(), "{from}: {link} leaves the book");
            }
            "." => {}
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[test]
fn every_page_is_there_and_every_link_of_it_leads_somewhere() {
    let documents: BTreeMap<String, String> = pages()
        .into_iter()
        .map(|path| (path.clone(), html(&path)))
        .collect();
    assert!(documents.len() > 20);
    for (path, document) in &documents {
        for link in values(document, "href")
            .into_iter()
            .chain(values(document, "src"))
            .chain(values(document, "srcset"))
        {
            if link.contains("://") {
                continue;
            }
            let (page, part) = link.split_once('#').unwrap_or((link, ""));
            let target = if page.is_empty() {
                path.clone()
            } else {
                resolve(path, page)
            };
            let is_there = documents.contains_key(&target) || get(&target).is_some();
            assert!(is_there, "{path}: {link} leads nowhere");
            if !part.is_empty() {
                let ids = values(&documents[&target], "id");
                assert!(ids.contains(&part), "{path}: {link} has no such heading");
            }
        }
    }
}

#[test]
fn every_markdown_file_is_a_page_and_no_heading_has_the_name_of_another() {
    let listed: BTreeSet<String> = pages().into_iter().collect();
    let markdown = FILES.iter().filter_map(|(name, _)| name.strip_suffix(".md"));
    for name in markdown.filter(|name| *name != "SUMMARY") {
        let path = format!("{name}.html");
        assert!(listed.contains(&path), "{path} is not in SUMMARY.md");
        let document = html(&path);
        let ids = values(&document, "id");
        let different: BTreeSet<&&str> = ids.iter().collect();
        assert_eq!(different.len(), ids.len(), "{name}");
    }
}

#[test]
fn a_page_has_a_title_and_neither_scripts_nor_styles_of_its_own() {
    for path in pages() {
        let document = html(&path);
        assert!(!document.contains("<title> · Tidings"), "{path} has no heading");
        for forbidden in ["<script", "style=", "<style", "javascript:"] {
            assert!(!document.contains(forbidden), "{path}: {forbidden}");
        }
    }
}

#[test]
fn what_is_not_in_the_book_is_not_given() {
    for path in [
        "SUMMARY.html",
        "SUMMARY.md",
        "../Cargo.html",
        "nothing.html",
        "introduction.md",
        ".",
        "/etc/passwd",
    ] {
        assert_eq!(get(path), None, "{path}");
    }
    assert_eq!(get(""), get("introduction.html"));
}

#[test]
fn every_picture_is_shown_somewhere_in_light_and_dark_and_is_small() {
    let documents: Vec<(String, String)> = pages().into_iter().map(|path| (html(&path), path)).collect();
    let shown: BTreeSet<String> = documents
        .iter()
        .flat_map(|(document, path)| {
            let pictures = values(document, "src")
                .into_iter()
                .chain(values(document, "srcset"));
            pictures.map(|picture| resolve(path, picture)).collect::<Vec<_>>()
        })
        .collect();
    assert!(!PICTURES.is_empty());
    for (path, bytes) in PICTURES {
        assert!(shown.contains(*path), "{path} is on no page");
        assert!(bytes.len() <= 60 << 10, "{path} has {} bytes", bytes.len());
        assert!(
            bytes.starts_with(b"RIFF") && bytes[8..].starts_with(b"WEBP"),
            "{path}"
        );
        let found = get(path).expect("it is given");
        assert_eq!((found.media_type, &*found.body), ("image/webp", *bytes));
    }
}
