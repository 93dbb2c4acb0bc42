//! Finding out what a file is, by its content only, and having it read.

use std::io::{Cursor, Read};

use super::{Artefact, Content, Unreadable};
use crate::build::{DistributionSummary, ExportOptions, read_ipa};
use crate::credential;
use crate::entitlements::Entitlements;
use crate::executable;
use crate::info_plist;
use crate::profile::{self, Opened};
use crate::property_list::Value;
use crate::provider_token;

/// Longer than a provider token, with whatever somebody pasted around it.
const MAX_TEXT: usize = 64 << 10;

/// Reads any file. What it is is judged by its content, since names of such files lie; passwords are tried on what is
/// encrypted. It never fails: what cannot be read is [`Content::Unreadable`].
pub fn read(path: &str, bytes: &[u8], passwords: &[&str]) -> Artefact {
    if is_zip(bytes) {
        return read_ipa(path, Cursor::new(bytes));
    }
    if executable::is_executable(bytes) {
        return read_executable(path, bytes);
    }
    Artefact::new(path, content(path, bytes, passwords))
}

/// Reads an executable of any size as a stream, forwards, to the end of its last signature.
pub fn read_executable<R: Read>(path: &str, source: R) -> Artefact {
    let content = match executable::read(source) {
        Ok(executable) => Content::Executable(executable),
        Err(error) => Content::Unreadable(Unreadable {
            looks_like: Some("a Mach-O executable".to_owned()),
            why: executable::clause(&error),
            advice: "build or download it once more".to_owned(),
        }),
    };
    Artefact::new(path, content)
}

fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

fn content(path: &str, bytes: &[u8], passwords: &[&str]) -> Content {
    let opened = profile::open(bytes).and_then(|opened| of_list(path, opened));
    opened
        .or_else(|| of_provider_token(bytes))
        .or_else(|| of_list(path, profile::carve(bytes)?))
        .or_else(|| credential::read(path, bytes, passwords).map(Content::Credential))
        .unwrap_or_else(|| Content::Unreadable(unreadable(bytes)))
}

/// Which of the kinds of property lists it is. The most telling keys come first.
fn of_list(path: &str, opened: Opened) -> Option<Content> {
    let list = &opened.list;
    if profile::is_profile(list) {
        return Some(Content::Profile(Box::new(profile::read(opened))));
    }
    if let Some(properties) = list.at("ApplicationProperties") {
        return Some(Content::InfoPlist(info_plist::read(properties)));
    }
    if info_plist::is_info_plist(list) {
        return Some(Content::InfoPlist(info_plist::read(list)));
    }
    if let Some(options) = ExportOptions::of_list(list) {
        return Some(Content::ExportOptions(options));
    }
    if let Some(summary) = DistributionSummary::of_list(list) {
        return Some(Content::DistributionSummary(summary));
    }
    is_entitlements(path, list).then(|| Content::Entitlements(Entitlements::from_list(list)))
}

/// Whether a table has keys of entitlements. Of an empty one only the name can tell.
fn is_entitlements(path: &str, list: &Value) -> bool {
    let Some(entries) = list.table() else {
        return false;
    };
    let named = || matches!(path.rsplit('.').next(), Some("entitlements" | "xcent"));
    if entries.is_empty() {
        return named();
    }
    entries.iter().any(|(key, _)| is_entitlement(key))
}

fn is_entitlement(key: &str) -> bool {
    let known = [
        "aps-environment",
        "application-identifier",
        "get-task-allow",
        "beta-reports-active",
        "keychain-access-groups",
    ];
    known.contains(&key)
        || key.starts_with("com.apple.developer.")
        || key.starts_with("com.apple.security.")
        || key == "com.apple.application-identifier"
}

fn of_provider_token(bytes: &[u8]) -> Option<Content> {
    let text = std::str::from_utf8(bytes.get(..bytes.len().min(MAX_TEXT))?).ok()?;
    provider_token::read(text).map(Content::ProviderToken)
}

fn unreadable(bytes: &[u8]) -> Unreadable {
    let (looks_like, why) = look(bytes);
    Unreadable {
        looks_like: looks_like.map(str::to_owned),
        why: why.to_owned(),
        advice: "give a build, a provisioning profile, an Info.plist, entitlements, a key or a certificate"
            .to_owned(),
    }
}

/// What a file looks like that no reader took, and what can be said of it.
fn look(bytes: &[u8]) -> (Option<&'static str>, &'static str) {
    let starts = |start: &[u8]| bytes.starts_with(start);
    let text = bytes
        .get(..bytes.len().min(64))
        .unwrap_or_default()
        .trim_ascii_start();
    if bytes.is_empty() {
        (None, "it is empty")
    } else if starts(b"bplist") {
        (
            Some("a binary property list"),
            "it is damaged, or nothing that has to do with push",
        )
    } else if text.starts_with(b"<?xml") || text.starts_with(b"<plist") {
        (
            Some("an XML file"),
            "it is damaged, or nothing that has to do with push",
        )
    } else if text.starts_with(b"<!") || text.starts_with(b"<html") {
        (
            Some("a web page"),
            "it was saved instead of the file that the page leads to",
        )
    } else if text.starts_with(b"{") || text.starts_with(b"[") {
        (Some("JSON"), "nothing that is known here is written so")
    } else if starts(&[0x1f, 0x8b]) {
        (Some("a gzip archive"), "it has to be unpacked first")
    } else if starts(&[0x30]) {
        (
            Some("a file in DER"),
            "it is damaged, or no kind of profile, key or certificate",
        )
    } else {
        (None, "it is nothing that is known here")
    }
}
