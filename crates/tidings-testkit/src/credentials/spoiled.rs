//! What happens to files on their way.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A file that something happened to.
#[derive(Clone, Debug)]
pub struct Spoiled {
    /// What happened.
    pub what: &'static str,
    /// What is left.
    pub bytes: Vec<u8>,
    /// A piece of the note that a reader should make of it; empty if it makes none.
    pub note: &'static str,
}

/// A document as PEM.
pub fn pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in STANDARD.encode(der).as_bytes().chunks(64) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}

/// A PEM file with everything that happens to such files and can be mended.
pub fn spoiled(pem: &str) -> Vec<Spoiled> {
    let body = pem
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect::<Vec<_>>()
        .join("\n");
    let after_first = pem.split_once('\n').map_or("", |(_, rest)| rest);
    let before_last = pem.split_once("-----END").map_or("", |(start, _)| start);
    let of = |what, bytes: Vec<u8>, note| Spoiled { what, bytes, note };
    vec![
        of("nothing", pem.into(), ""),
        of("no line end at its end", pem.trim_end().into(), ""),
        of(
            "mail around it",
            format!("Hi,\nhere -- as promised -- is the key:\n\n{pem}\nBest\n").into(),
            "",
        ),
        of(
            "windows line ends",
            pem.replace('\n', "\r\n").into(),
            "Windows line ends",
        ),
        of(
            "a byte order mark",
            format!("\u{feff}{pem}").into(),
            "byte order mark",
        ),
        of("utf-16 little-endian", utf16(pem, u16::to_le_bytes), "UTF-16"),
        of("utf-16 big-endian", utf16(pem, u16::to_be_bytes), "UTF-16"),
        of(
            "leading spaces",
            pem.replace('\n', "\n    ").into(),
            "begin with spaces",
        ),
        of(
            "line ends spelled out",
            pem.replace('\n', "\\n").into(),
            r"spelled out as \n",
        ),
        of(
            "quotes",
            format!("\"{}\"", pem.trim().replace('\n', "\\n")).into(),
            "quotation marks",
        ),
        of("one line", pem.replace('\n', " ").into(), "on one line"),
        of("no spaces at all", pem.replace('\n', "").into(), "on one line"),
        of(
            "em dashes",
            pem.replace("-----", "\u{2014}\u{2014}-").into(),
            "dashes were replaced",
        ),
        of(
            "en dashes",
            pem.replace("-----", "\u{2013}\u{2013}\u{2013}\u{2013}\u{2013}")
                .into(),
            "dashes were replaced",
        ),
        of("first line lost", after_first.into(), "first line"),
        of("last line lost", before_last.into(), "last line"),
        of("both lines lost", body.clone().into(), "first and last line"),
        of(
            "only base64",
            body.replace('\n', "").into(),
            "first and last line",
        ),
        of(
            "base64 of the file",
            STANDARD.encode(pem).into(),
            "base64 of a PEM file",
        ),
    ]
}

/// Every beginning of a file, and the file with a bit changed: in steps that keep the number near 200.
pub fn damaged(file: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let step = (file.len() / 100).max(1);
    let cut = (0..file.len())
        .step_by(step)
        .map(|end| file.iter().take(end).copied().collect());
    let flipped = (0..file.len()).step_by(step).map(|at| {
        let mut bytes = file.to_vec();
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << (at % 8);
        }
        bytes
    });
    cut.chain(flipped)
}

fn utf16(text: &str, bytes_of: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let marked = format!("\u{feff}{text}");
    marked.encode_utf16().flat_map(bytes_of).collect()
}
