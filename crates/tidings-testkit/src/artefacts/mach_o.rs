//! Mach-O executables: thin and fat, of 32 and 64 bits, in both orders of bytes, with signatures and sections.

use super::seal::{Seal, number};

/// An architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// 64 bits, as in today's phones.
    Arm64,
    /// The same with signed pointers.
    Arm64e,
    /// 32 bits, as in phones until 2017.
    Armv7,
    /// 64 bits, as in older Macs and simulators.
    X86_64,
    /// Big-endian, as in Macs until 2006.
    Ppc,
}

impl Architecture {
    const fn cpu(self) -> (u32, u32) {
        match self {
            Self::Arm64 => (0x0100_000c, 0),
            Self::Arm64e => (0x0100_000c, 2),
            Self::Armv7 => (12, 9),
            Self::X86_64 => (0x0100_0007, 3),
            Self::Ppc => (18, 0),
        }
    }

    const fn is_wide(self) -> bool {
        !matches!(self, Self::Armv7 | Self::Ppc)
    }

    /// Its name, as tools print it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::Arm64e => "arm64e",
            Self::Armv7 => "armv7",
            Self::X86_64 => "x86_64",
            Self::Ppc => "ppc",
        }
    }
}

/// One slice to be made.
#[derive(Clone, Debug)]
pub struct Slice {
    /// Its architecture.
    pub architecture: Architecture,
    /// The number of its platform in `LC_BUILD_VERSION`: 2 for iOS, 7 for its simulator, 1 for macOS.
    pub platform: Option<u32>,
    /// Whether there is an `LC_ENCRYPTION_INFO`, and whether it says that the slice is encrypted.
    pub encryption: Option<bool>,
    /// The section `__TEXT,__entitlements`.
    pub section: Option<Vec<u8>>,
    /// The signature.
    pub seal: Option<Seal>,
    /// Bytes of code.
    pub code: Vec<u8>,
}

impl Slice {
    /// A slice for phones with this signature.
    pub fn signed(seal: Seal) -> Self {
        Self {
            architecture: Architecture::Arm64,
            platform: Some(2),
            encryption: Some(false),
            section: None,
            seal: Some(seal),
            code: vec![0x1f; 600],
        }
    }

    fn written(&self) -> Vec<u8> {
        let writer = Writer {
            is_big: self.architecture == Architecture::Ppc,
            is_wide: self.architecture.is_wide(),
        };
        let header = if writer.is_wide { 32 } else { 28 };
        let commands_bytes = self.commands(&writer, 0, 0).concat().len();
        let section_at = header + commands_bytes;
        let seal_at = section_at + self.section.as_ref().map_or(0, Vec::len) + self.code.len();
        let commands = self.commands(&writer, section_at, seal_at);
        let (cpu, subtype) = self.architecture.cpu();
        let magic = if writer.is_wide { 0xfeed_facf } else { 0xfeed_face };
        let mut bytes = writer.words(&[
            magic,
            cpu,
            subtype,
            2,
            number(commands.len()),
            number(commands_bytes),
            0x0020_0085,
        ]);
        bytes.resize(header, 0);
        bytes.extend(commands.concat());
        bytes.extend(self.section.iter().flatten());
        bytes.extend(&self.code);
        bytes.extend(self.seal.iter().flat_map(Seal::written));
        bytes
    }

    fn commands(&self, writer: &Writer, section_at: usize, seal_at: usize) -> Vec<Vec<u8>> {
        let mut commands = vec![self.text_segment(writer, section_at)];
        if let Some(platform) = self.platform {
            commands.push(writer.words(&[0x32, 24, platform, 0x000e_0000, 0x0011_0000, 0]));
        }
        if let Some(is_encrypted) = self.encryption {
            let kind = if writer.is_wide { 0x2c } else { 0x21 };
            let mut words = vec![kind, 20, 0x4000, 0x4000, u32::from(is_encrypted)];
            if writer.is_wide {
                words[1] = 24;
                words.push(0);
            }
            commands.push(writer.words(&words));
        }
        if let Some(seal) = &self.seal {
            let bytes = seal.written().len();
            commands.push(writer.words(&[0x1d, 16, number(seal_at), number(bytes)]));
        }
        commands
    }

    /// `__TEXT`, with the section of entitlements if there is one.
    fn text_segment(&self, writer: &Writer, section_at: usize) -> Vec<u8> {
        let (segment_bytes, section_bytes) = if writer.is_wide { (72, 80) } else { (56, 68) };
        let sections = usize::from(self.section.is_some());
        let size = segment_bytes + section_bytes * sections;
        let kind = if writer.is_wide { 0x19 } else { 0x1 };
        let mut segment = writer.words(&[kind, number(size)]);
        segment.extend(name("__TEXT"));
        segment.resize(segment_bytes - 8, 0);
        segment.extend(writer.words(&[number(sections), 0]));
        if let Some(section) = &self.section {
            segment.extend(name("__entitlements"));
            segment.extend(name("__TEXT"));
            let length = number(section.len());
            let place = number(section_at);
            segment.extend(if writer.is_wide {
                writer.words(&[0, 0, length, 0, place])
            } else {
                writer.words(&[0, length, place])
            });
            segment.resize(size, 0);
        }
        segment
    }
}

/// How a fat file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fat {
    /// With places of 32 bits.
    Narrow,
    /// With places of 64 bits.
    Wide,
}

/// An executable of these slices: thin if there is one and nothing is said of fat.
///
/// # Panics
///
/// If there are several slices and it is not fat.
pub fn executable(slices: &[Slice], fat: Option<Fat>) -> Vec<u8> {
    const ALIGNMENT: usize = 0x1000;
    let Some(fat) = fat else {
        assert_eq!(slices.len(), 1, "several slices are a fat file");
        return slices.iter().flat_map(Slice::written).collect();
    };
    let writer = Writer {
        is_big: true,
        is_wide: fat == Fat::Wide,
    };
    let magic = if writer.is_wide { 0xcafe_babf } else { 0xcafe_babe };
    let mut table = writer.words(&[magic, number(slices.len())]);
    let mut bodies = Vec::new();
    let mut place = ALIGNMENT;
    for slice in slices {
        let body = slice.written();
        let (cpu, subtype) = slice.architecture.cpu();
        let (at, length) = (number(place), number(body.len()));
        table.extend(match fat {
            Fat::Narrow => writer.words(&[cpu, subtype, at, length, 12]),
            Fat::Wide => writer.words(&[cpu, subtype, 0, at, 0, length, 12, 0]),
        });
        place += body.len().next_multiple_of(ALIGNMENT);
        bodies.extend(body);
        bodies.resize(place - ALIGNMENT, 0);
    }
    table.resize(ALIGNMENT, 0);
    [table, bodies].concat()
}

struct Writer {
    is_big: bool,
    is_wide: bool,
}

impl Writer {
    fn words(&self, words: &[u32]) -> Vec<u8> {
        let bytes = |word: &u32| {
            if self.is_big {
                word.to_be_bytes()
            } else {
                word.to_le_bytes()
            }
        };
        words.iter().flat_map(bytes).collect()
    }
}

fn name(name: &str) -> Vec<u8> {
    let mut bytes = name.as_bytes().to_vec();
    bytes.resize(16, 0);
    bytes
}
