//! The code signature of a slice: a table of blobs, of which a few matter here. All numbers in it are big-endian.

use std::io::{self, Read};

use super::Signature;
use super::forward::Forward;
use super::layout::{Endianness, Range};
use crate::entitlements::{Entitlements, EntitlementsForm, IsVersioned};
use crate::property_list;
use crate::text::non_empty;

const SUPER_BLOB: u32 = 0xfade_0cc0;
const CODE_DIRECTORY: u32 = 0xfade_0c02;

const SLOT_CODE_DIRECTORY: u32 = 0;
const SLOT_ENTITLEMENTS: u32 = 5;
const SLOT_ENTITLEMENTS_DER: u32 = 7;
const SLOT_SIGNATURE: u32 = 0x1_0000;

/// More blobs than signatures have.
const MAX_BLOBS: u32 = 64;

/// Of each blob so much is read. Entitlements are a few kilobytes, and the names in a code directory stand before the
/// hashes of all its pages.
const MAX_BLOB_BYTES: u64 = 256 << 10;

/// Of what signs the code directory only this much: whether there is anything.
const SIGNATURE_BYTES: u64 = 16;

/// Blobs begin with their kind and their length.
const BLOB_HEADER: u64 = 8;

/// The code directory's flag for a signature that nobody vouches for.
const FLAG_AD_HOC: u32 = 0x2;

/// The first version of the code directory that names a team.
const VERSION_WITH_TEAM: u32 = 0x2_0200;

/// Reads the signature that begins at a place of the stream, and says what is odd about it.
pub(super) fn read<R: Read>(
    stream: &mut Forward<R>,
    start: u64,
    range: Range,
) -> io::Result<(Signature, Vec<String>)> {
    let start = start.saturating_add(range.offset);
    stream.skip_to(start)?;
    let head = stream.take(12)?;
    let count = number(&head, 8).filter(|count| *count <= MAX_BLOBS);
    let Some(count) = count.filter(|_| number(&head, 0) == Some(SUPER_BLOB)) else {
        return Err(damaged("its signature is no table of blobs"));
    };
    let table = stream.take(count as usize * 8)?;
    let mut blobs = Blobs::default();
    for (slot, offset) in wanted(&table) {
        stream.skip_to(start.saturating_add(offset))?;
        blobs.add(slot, read_blob(stream, slot)?);
    }
    Ok(blobs.signature())
}

/// The slots that matter and where they are, in the order of the file.
fn wanted(table: &[u8]) -> Vec<(u32, u64)> {
    let slots = [
        SLOT_CODE_DIRECTORY,
        SLOT_ENTITLEMENTS,
        SLOT_ENTITLEMENTS_DER,
        SLOT_SIGNATURE,
    ];
    let entries = table.chunks_exact(8).filter_map(|entry| {
        let (slot, offset) = (number(entry, 0)?, number(entry, 4)?);
        slots.contains(&slot).then_some((slot, u64::from(offset)))
    });
    let mut wanted: Vec<_> = entries.collect();
    wanted.sort_by_key(|(_, offset)| *offset);
    wanted.dedup_by_key(|(_, offset)| *offset);
    wanted
}

/// A blob with its header, or the beginning of a long one.
fn read_blob<R: Read>(stream: &mut Forward<R>, slot: u32) -> io::Result<Vec<u8>> {
    let mut blob = stream.take(8)?;
    let length = u64::from(number(&blob, 4).unwrap_or_default());
    let limit = match slot {
        SLOT_SIGNATURE => SIGNATURE_BYTES,
        _ => MAX_BLOB_BYTES,
    };
    let body = length.saturating_sub(BLOB_HEADER).min(limit);
    blob.extend(stream.take(usize::try_from(body).unwrap_or_default())?);
    Ok(blob)
}

/// The blobs that matter, each with its header.
#[derive(Debug, Default)]
struct Blobs {
    code_directory: Option<Vec<u8>>,
    entitlements: Option<Vec<u8>>,
    entitlements_der: Option<Vec<u8>>,
    is_signed: bool,
}

impl Blobs {
    fn add(&mut self, slot: u32, blob: Vec<u8>) {
        match slot {
            SLOT_CODE_DIRECTORY => self.code_directory = Some(blob),
            SLOT_ENTITLEMENTS => self.entitlements = Some(blob),
            SLOT_ENTITLEMENTS_DER => self.entitlements_der = Some(blob),
            _ => self.is_signed = blob.len() as u64 > BLOB_HEADER,
        }
    }

    fn signature(self) -> (Signature, Vec<String>) {
        let directory = CodeDirectory(self.code_directory.as_deref().unwrap_or_default());
        let mut problems = Vec::new();
        let xml = self.entitlements.as_deref().map(xml);
        let der = self.entitlements_der.as_deref().map(der);
        if matches!(xml, Some(None)) || matches!(der, Some(None)) {
            problems.push("entitlements in its signature are damaged".to_owned());
        }
        let (xml, der) = (xml.flatten(), der.flatten());
        if let (Some((_, xml)), Some((_, der))) = (&xml, &der)
            && xml.aps_environment != der.aps_environment
        {
            problems.push(
                "the two forms of entitlements in its signature give different `aps-environment`".to_owned(),
            );
        }
        let signature = Signature {
            identifier: directory.identifier(),
            team_id: directory.team_id(),
            is_ad_hoc: !self.is_signed || directory.is_ad_hoc(),
            forms: [&xml, &der]
                .into_iter()
                .flatten()
                .map(|(form, _)| *form)
                .collect(),
            entitlements: xml.or(der),
        };
        (signature, problems)
    }
}

fn xml(blob: &[u8]) -> Option<(EntitlementsForm, Entitlements)> {
    let (_, list) = property_list::read(body(blob))?;
    Some((EntitlementsForm::Xml, Entitlements::from_list(&list)))
}

fn der(blob: &[u8]) -> Option<(EntitlementsForm, Entitlements)> {
    let (entitlements, IsVersioned(is_versioned)) = Entitlements::from_der(body(blob))?;
    let form = if is_versioned {
        EntitlementsForm::Der
    } else {
        EntitlementsForm::DerSet
    };
    Some((form, entitlements))
}

fn body(blob: &[u8]) -> &[u8] {
    blob.get(8..).unwrap_or_default()
}

/// A code directory with its header.
struct CodeDirectory<'a>(&'a [u8]);

impl CodeDirectory<'_> {
    fn identifier(&self) -> Option<String> {
        self.text_at(20)
    }

    fn team_id(&self) -> Option<String> {
        self.field(8)
            .filter(|version| *version >= VERSION_WITH_TEAM)
            .and_then(|_| self.text_at(48))
    }

    fn is_ad_hoc(&self) -> bool {
        self.field(12).is_some_and(|flags| flags & FLAG_AD_HOC != 0)
    }

    fn field(&self, at: usize) -> Option<u32> {
        let is_one = number(self.0, 0)? == CODE_DIRECTORY;
        is_one.then(|| number(self.0, at))?
    }

    /// The text that ends with a zero and begins at the offset that stands in a field.
    fn text_at(&self, field: usize) -> Option<String> {
        let offset = self.field(field).filter(|offset| *offset != 0)?;
        let text = self.0.get(offset as usize..)?.split(|byte| *byte == 0).next()?;
        let text = text.get(..text.len().min(1024))?;
        non_empty(std::str::from_utf8(text).ok())
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Endianness::Big.u32(bytes, at)
}

pub(super) fn damaged(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
