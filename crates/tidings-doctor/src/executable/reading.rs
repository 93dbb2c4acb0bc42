//! Reading a Mach-O file from its beginning to its signatures.

use std::io::{self, Read};

use super::forward::Forward;
use super::layout::{Commands, Header, MAX_COMMANDS, Magic, Range, fat_table_bytes, slice_offsets};
use super::{Executable, Signature, Slice, seal};
use crate::entitlements::Entitlements;
use crate::property_list;

/// More entitlements than a section holds.
const MAX_SECTION: u64 = 1 << 20;

/// Whether a file begins as a Mach-O file does.
pub(crate) fn is_executable(bytes: &[u8]) -> bool {
    Magic::of(bytes).is_some()
}

/// Reads an executable forwards, to the end of the last signature and no further.
pub(crate) fn read<R: Read>(source: R) -> io::Result<Executable> {
    let mut stream = Forward::new(source);
    let head = stream.take(8)?;
    match Magic::of(&head).ok_or_else(|| seal::damaged("it is no Mach-O file"))? {
        Magic::Thin(..) => Ok(Executable {
            slices: vec![read_slice(&mut stream, 0, head)?],
            is_fat: false,
        }),
        Magic::Fat { count, wide } => {
            let table = stream.take(fat_table_bytes(count, wide))?;
            read_fat(&mut stream, &slice_offsets(&table, wide))
        }
    }
}

/// The slices up to the first that cannot be reached.
fn read_fat<R: Read>(stream: &mut Forward<R>, offsets: &[u64]) -> io::Result<Executable> {
    let mut slices = Vec::new();
    for offset in offsets {
        let slice = stream.skip_to(*offset).and_then(|()| {
            let head = stream.take(8)?;
            read_slice(stream, *offset, head)
        });
        match slice {
            Ok(slice) => slices.push(slice),
            Err(error) if slices.is_empty() => return Err(error),
            Err(error) => {
                if let Some(last) = slices.last_mut() {
                    last.problems.push(format!(
                        "what follows it in the file is damaged: {}",
                        clause(&error)
                    ));
                }
                break;
            }
        }
    }
    Ok(Executable { slices, is_fat: true })
}

/// A slice whose first eight bytes were read.
fn read_slice<R: Read>(stream: &mut Forward<R>, start: u64, head: Vec<u8>) -> io::Result<Slice> {
    let Some(Magic::Thin(endianness, width)) = Magic::of(&head) else {
        return Err(seal::damaged("a slice of it is no Mach-O file"));
    };
    let mut bytes = head;
    bytes.extend(stream.take(Header::bytes(width) - bytes.len())?);
    let header = Header::of(&bytes, endianness).ok_or(io::ErrorKind::UnexpectedEof)?;
    if header.command_bytes > MAX_COMMANDS {
        return Err(seal::damaged(
            "its load commands are longer than any linker writes",
        ));
    }
    let commands = Commands::of(&stream.take(header.command_bytes as usize)?, &header);
    let mut slice = Slice {
        architecture: header.architecture,
        platform: commands.platform.map(str::to_owned),
        is_encrypted: commands.is_encrypted,
        signature: None,
        section_entitlements: None,
        problems: Vec::new(),
    };
    slice.add_section(stream, start, commands.entitlements);
    slice.add_signature(stream, start, commands.signature);
    Ok(slice)
}

impl Slice {
    fn add_section<R: Read>(&mut self, stream: &mut Forward<R>, start: u64, range: Option<Range>) {
        let Some(range) = range.filter(|range| range.bytes > 0) else {
            return;
        };
        match section(stream, start, range) {
            Ok(entitlements) => self.section_entitlements = entitlements,
            Err(error) => self.problems.push(format!(
                "its section of entitlements cannot be read: {}",
                clause(&error)
            )),
        }
    }

    /// A signature that is announced and cannot be read is still a signature: one of which nothing is known.
    fn add_signature<R: Read>(&mut self, stream: &mut Forward<R>, start: u64, range: Option<Range>) {
        let Some(range) = range else {
            return;
        };
        match seal::read(stream, start, range) {
            Ok((signature, problems)) => {
                self.signature = Some(signature);
                self.problems.extend(problems);
            }
            Err(error) => {
                self.signature = Some(Signature::default());
                self.problems
                    .push(format!("its signature cannot be read: {}", clause(&error)));
            }
        }
    }
}

fn section<R: Read>(stream: &mut Forward<R>, start: u64, range: Range) -> io::Result<Option<Entitlements>> {
    if range.bytes > MAX_SECTION {
        return Err(seal::damaged("it is too long"));
    }
    stream.skip_to(start.saturating_add(range.offset))?;
    let bytes = stream.take(usize::try_from(range.bytes).unwrap_or_default())?;
    let list = property_list::read(&bytes).map(|(_, list)| list);
    Ok(list.map(|list| Entitlements::from_list(&list)))
}

/// An error of reading, in a clause that begins with what it is about.
pub(crate) fn clause(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
        _ => error.to_string(),
    }
}
