//! PEM as people have it: with Windows line ends, a byte order mark, mail above and below, `\n` spelled out by an
//! environment variable, all on one line, dashes "improved" by a word processor, without its first or last line,
//! base64 of the whole file, or not PEM at all but DER.
//!
//! Being liberal is safe here because a key or certificate is checked as a whole afterwards: text that was read
//! wrongly does not become a different key, it becomes none.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use crate::der;
use crate::material::Material;
use crate::mend::{self, Mend, Shape, Traces};
use crate::private_key::PrivateKey;

/// More than any key, chain or keystore takes.
pub const SIZE_LIMIT: usize = 1 << 20;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// One document found in a file. It is wiped from memory when it is dropped, since it can be a key.
pub struct Section {
    /// What it is, by structure if that is known, else by label.
    pub material: Material,
    /// Its bytes; empty if the text between the markers was not base64.
    pub der: Zeroizing<Vec<u8>>,
}

/// What was found in a file, and what had to be mended to find it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Reading {
    /// The documents, in the order of the file; at least one.
    pub sections: Vec<Section>,
    /// How they were written.
    pub encoding: Encoding,
    /// What had happened to the text on its way.
    pub mends: Vec<Mend>,
}

/// How a document was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As text, more or less PEM.
    Text,
    /// In DER.
    Der,
}

impl Section {
    fn of_der(der: Zeroizing<Vec<u8>>) -> Self {
        Self {
            material: Material::of_der(&der),
            der,
        }
    }

    /// The section as a private key.
    pub fn into_key(self) -> PrivateKey {
        PrivateKey::new(self.material, self.der)
    }
}

impl fmt::Debug for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Section")
            .field("material", &self.material)
            .finish_non_exhaustive()
    }
}

/// Every document in `input`, in order; or what the input is instead.
pub fn sections(input: &[u8]) -> Result<Vec<Section>, Material> {
    read(input).map(|reading| reading.sections)
}

/// Every document in `input`, and what had to be mended; or what the input is instead.
pub fn read(input: &[u8]) -> Result<Reading, Material> {
    if input.len() > SIZE_LIMIT {
        return Err(Material::TooLarge);
    }
    if let Some((document, _)) = der::read(input)
        && document.tag == der::SEQUENCE
        && Material::of_der(input) != Material::Unknown
    {
        return Ok(Reading {
            sections: vec![Section::of_der(Zeroizing::new(input.to_vec()))],
            encoding: Encoding::Der,
            mends: Vec::new(),
        });
    }
    if input.starts_with(&[0xfe, 0xed, 0xfe, 0xed]) {
        return Err(Material::JavaKeystore);
    }
    let raw = text(input).ok_or(Material::Unknown)?;
    let plain = plain_text(&raw);
    let (sections, shape) = of_text(&plain)?;
    let mends = mend::of(&Traces {
        is_utf16: input.starts_with(&[0xff, 0xfe]) || input.starts_with(&[0xfe, 0xff]),
        raw: &raw,
        plain: &plain,
        shape,
    });
    Ok(Reading {
        sections,
        encoding: Encoding::Text,
        mends,
    })
}

/// The input as text, in any of the encodings that editors write.
fn text(input: &[u8]) -> Option<Zeroizing<String>> {
    match input {
        [0xff, 0xfe, units @ ..] => utf16(units, u16::from_le_bytes),
        [0xfe, 0xff, units @ ..] => utf16(units, u16::from_be_bytes),
        _ => Some(Zeroizing::new(std::str::from_utf8(input).ok()?.to_owned())),
    }
}

/// The text with ordinary line ends and dashes.
fn plain_text(text: &str) -> Zeroizing<String> {
    let mut plain = Zeroizing::new(String::with_capacity(text.len() * 2));
    let mut rest = text;
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
    plain
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<Zeroizing<String>> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let units: Zeroizing<Vec<u16>> = Zeroizing::new(pairs.iter().copied().map(unit).collect());
    odd.is_empty()
        .then(|| String::from_utf16(&units).ok())?
        .map(Zeroizing::new)
}

fn of_text(text: &str) -> Result<(Vec<Section>, Shape), Material> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(Material::Empty);
    }
    let found = armoured(trimmed);
    if !found.is_empty() {
        return Ok((found, Shape::Armoured));
    }
    if trimmed.starts_with('<') {
        return Err(Material::Markup);
    }
    bare(trimmed).ok_or(Material::Unknown)
}

/// Text without a first line: the base64 of a document, or of a whole PEM file.
fn bare(text: &str) -> Option<(Vec<Section>, Shape)> {
    let body = text.split_once("--").map_or(text, |(body, _)| body);
    let decoded = decode(body)?;
    if decoded.starts_with(b"-----BEGIN ") {
        let inner = armoured(std::str::from_utf8(&decoded).ok()?);
        return (!inner.is_empty()).then_some((inner, Shape::Base64OfPem));
    }
    let section = Section::of_der(decoded);
    (section.material != Material::Unknown).then(|| (vec![section], Shape::Bare))
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
