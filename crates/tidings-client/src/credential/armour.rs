//! PEM as people have it: with Windows line ends, a byte order mark, mail above and below, `\n` spelled out by an
//! environment variable, all on one line, dashes "improved" by a word processor, without its first or last line,
//! base64 of the whole file, or not PEM at all but DER.
//!
//! Being liberal is safe here because a key or certificate is checked as a whole afterwards: text that was read
//! wrongly does not become a different key, it becomes none.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::der;
use super::material::Material;

/// More than any key, chain or keystore takes.
pub(crate) const SIZE_LIMIT: usize = 1 << 20;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// One document found in a file.
#[derive(Debug)]
pub(crate) struct Section {
    /// What it is, by structure if that is known, else by label.
    pub(crate) material: Material,
    /// Its bytes; empty if the text between the markers was not base64.
    pub(crate) der: Zeroizing<Vec<u8>>,
}

impl Section {
    fn of_der(der: Zeroizing<Vec<u8>>) -> Self {
        Self {
            material: Material::of_der(&der),
            der,
        }
    }
}

/// Every document in `input`, in order; or what the input is instead.
pub(crate) fn sections(input: &[u8]) -> Result<Vec<Section>, Material> {
    if input.len() > SIZE_LIMIT {
        return Err(Material::TooLarge);
    }
    if let Some((document, _)) = der::read(input)
        && document.tag == der::SEQUENCE
        && Material::of_der(input) != Material::Unknown
    {
        return Ok(vec![Section::of_der(Zeroizing::new(input.to_vec()))]);
    }
    if input.starts_with(&[0xfe, 0xed, 0xfe, 0xed]) {
        return Err(Material::JavaKeystore);
    }
    of_text(&plain_text(input).ok_or(Material::Unknown)?)
}

/// The input as text with ordinary line ends and dashes.
fn plain_text(input: &[u8]) -> Option<Zeroizing<String>> {
    let text = match input {
        [0xff, 0xfe, units @ ..] => utf16(units, u16::from_le_bytes)?,
        [0xfe, 0xff, units @ ..] => utf16(units, u16::from_be_bytes)?,
        _ => Zeroizing::new(std::str::from_utf8(input).ok()?.to_owned()),
    };
    let mut plain = Zeroizing::new(String::with_capacity(text.len() * 2));
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let escaped = ["\\r", "\\n"].iter().find(|escape| rest.starts_with(**escape));
        match first {
            _ if escaped.is_some() => plain.push('\n'),
            '\u{feff}' => {}
            '\u{2014}' => plain.push_str("--"),
            '\u{2010}'..='\u{2013}' | '\u{2212}' => plain.push('-'),
            other => plain.push(other),
        }
        let taken = escaped.map_or(first.len_utf8(), |escape| escape.len());
        rest = rest.get(taken..).unwrap_or_default();
    }
    Some(plain)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<Zeroizing<String>> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let units: Zeroizing<Vec<u16>> = Zeroizing::new(pairs.iter().copied().map(unit).collect());
    odd.is_empty()
        .then(|| String::from_utf16(&units).ok())?
        .map(Zeroizing::new)
}

fn of_text(text: &str) -> Result<Vec<Section>, Material> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(Material::Empty);
    }
    let found = armoured(trimmed);
    if !found.is_empty() {
        return Ok(found);
    }
    if trimmed.starts_with('<') {
        return Err(Material::Markup);
    }
    bare(trimmed).ok_or(Material::Unknown)
}

/// Text without a first line: the base64 of a document, or of a whole PEM file.
fn bare(text: &str) -> Option<Vec<Section>> {
    let body = text.split_once("--").map_or(text, |(body, _)| body);
    let decoded = decode(body)?;
    if decoded.starts_with(b"-----BEGIN ") {
        let inner = armoured(std::str::from_utf8(&decoded).ok()?);
        return (!inner.is_empty()).then_some(inner);
    }
    let section = Section::of_der(decoded);
    (section.material != Material::Unknown).then(|| vec![section])
}

/// Every `-----BEGIN label-----` with what follows it, up to the next dashes.
fn armoured(text: &str) -> Vec<Section> {
    text.split("-BEGIN ").skip(1).filter_map(section).collect()
}

fn section(text: &str) -> Option<Section> {
    let (label, after) = text.split_once('-')?;
    let body = after.trim_start_matches('-');
    let body = body.split_once("--").map_or(body, |(body, _)| body);
    if body.contains("ENCRYPTED") {
        return Some(Section {
            material: Material::EncryptedKey,
            der: Zeroizing::default(),
        });
    }
    let mut section = Section::of_der(decode(body).unwrap_or_default());
    if section.material == Material::Unknown {
        section.material = Material::of_label(label.trim());
    }
    Some(section)
}

/// Base64 with white space, quotes and stray backslashes in it.
fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut compact = Zeroizing::new(Vec::with_capacity(text.len()));
    compact.extend(
        text.bytes()
            .filter(|byte| !byte.is_ascii_whitespace() && !b"\"'\\".contains(byte)),
    );
    LENIENT.decode(&*compact).ok().map(Zeroizing::new)
}
