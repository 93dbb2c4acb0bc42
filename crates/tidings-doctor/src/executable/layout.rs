//! Where things are in a Mach-O file: the slices of a fat file, and the load commands of a slice.

/// Bytes of the longest header: magic number, architecture, kind, count and size of the commands, flags, padding.
pub(super) const MAX_HEADER: usize = 32;

/// More slices than there are architectures. A Java class file begins as a fat file does, and would have at least 45.
pub(super) const MAX_SLICES: u32 = 16;

/// More bytes of load commands than linkers write.
pub(super) const MAX_COMMANDS: u32 = 2 << 20;

const FAT: u32 = 0xcafe_babe;
const FAT_64: u32 = 0xcafe_babf;
const THIN: u32 = 0xfeed_face;
const THIN_64: u32 = 0xfeed_facf;

const LC_SEGMENT: u32 = 0x1;
const LC_SEGMENT_64: u32 = 0x19;
const LC_CODE_SIGNATURE: u32 = 0x1d;
const LC_ENCRYPTION_INFO: u32 = 0x21;
const LC_ENCRYPTION_INFO_64: u32 = 0x2c;
const LC_BUILD_VERSION: u32 = 0x32;

/// What a file begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Magic {
    /// So many slices follow.
    Fat { count: u32, wide: Width },
    /// One slice.
    Thin(Endianness, Width),
}

/// Numbers of 32 bits or of 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    Narrow,
    Wide,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endianness {
    Big,
    Little,
}

impl Magic {
    /// Judged by the first eight bytes.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        let big = Endianness::Big.u32(head, 0)?;
        let count = Endianness::Big.u32(head, 4);
        let fat = |wide| {
            let count = count.filter(|count| (1..=MAX_SLICES).contains(count))?;
            Some(Self::Fat { count, wide })
        };
        match (big, Endianness::Little.u32(head, 0)?) {
            (FAT, _) => fat(Width::Narrow),
            (FAT_64, _) => fat(Width::Wide),
            (THIN, _) => Some(Self::Thin(Endianness::Big, Width::Narrow)),
            (THIN_64, _) => Some(Self::Thin(Endianness::Big, Width::Wide)),
            (_, THIN) => Some(Self::Thin(Endianness::Little, Width::Narrow)),
            (_, THIN_64) => Some(Self::Thin(Endianness::Little, Width::Wide)),
            _ => None,
        }
    }
}

impl Endianness {
    pub(super) fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let bytes = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(match self {
            Self::Big => u32::from_be_bytes(bytes),
            Self::Little => u32::from_le_bytes(bytes),
        })
    }

    fn u64(self, bytes: &[u8], at: usize) -> Option<u64> {
        let bytes = bytes.get(at..at.checked_add(8)?)?.try_into().ok()?;
        Some(match self {
            Self::Big => u64::from_be_bytes(bytes),
            Self::Little => u64::from_le_bytes(bytes),
        })
    }
}

/// Bytes of the table of a fat file.
pub(super) fn fat_table_bytes(count: u32, width: Width) -> usize {
    let entry = match width {
        Width::Narrow => 20,
        Width::Wide => 32,
    };
    entry * count as usize
}

/// Where the slices of a fat file begin, in the order of the file.
pub(super) fn slice_offsets(table: &[u8], width: Width) -> Vec<u64> {
    let big = Endianness::Big;
    let offset = |entry: &[u8]| match width {
        Width::Narrow => big.u32(entry, 8).map(u64::from),
        Width::Wide => big.u64(entry, 8),
    };
    let mut offsets: Vec<u64> = table
        .chunks_exact(fat_table_bytes(1, width))
        .filter_map(offset)
        .collect();
    offsets.sort_unstable();
    offsets.dedup();
    offsets
}

/// The header of a slice.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) architecture: String,
    pub(super) endianness: Endianness,
    pub(super) command_bytes: u32,
    is_intel: bool,
}

impl Header {
    pub(super) fn bytes(width: Width) -> usize {
        match width {
            Width::Narrow => 28,
            Width::Wide => MAX_HEADER,
        }
    }

    pub(super) fn of(bytes: &[u8], endianness: Endianness) -> Option<Self> {
        let cpu = endianness.u32(bytes, 4)?;
        Some(Self {
            architecture: architecture(cpu, endianness.u32(bytes, 8)? & 0x00ff_ffff),
            endianness,
            command_bytes: endianness.u32(bytes, 20)?,
            is_intel: matches!(cpu, 7 | 0x0100_0007),
        })
    }
}

fn architecture(cpu: u32, subtype: u32) -> String {
    let name = match (cpu, subtype) {
        (7, _) => "i386",
        (0x0100_0007, _) => "x86_64",
        (12, 9) => "armv7",
        (12, 11) => "armv7s",
        (12, 12) => "armv7k",
        (12, _) => "arm",
        (0x0100_000c, 2) => "arm64e",
        (0x0100_000c, _) => "arm64",
        (0x0200_000c, _) => "arm64_32",
        (18, _) => "ppc",
        _ => return format!("cpu {cpu:#x}"),
    };
    name.to_owned()
}

/// A part of a slice: where it begins in it, and how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) offset: u64,
    pub(super) bytes: u64,
}

/// What the load commands say.
#[derive(Clone, Debug, Default)]
pub(super) struct Commands {
    pub(super) platform: Option<&'static str>,
    pub(super) is_encrypted: bool,
    pub(super) signature: Option<Range>,
    /// `__TEXT,__entitlements`.
    pub(super) entitlements: Option<Range>,
}

impl Commands {
    pub(super) fn of(bytes: &[u8], header: &Header) -> Self {
        let endianness = header.endianness;
        let mut commands = Self::default();
        let mut rest = bytes;
        while let (Some(kind), Some(size)) = (endianness.u32(rest, 0), endianness.u32(rest, 4)) {
            let Some((command, after)) = rest.split_at_checked(size as usize).filter(|_| size >= 8) else {
                break;
            };
            commands.add(kind, command, header);
            rest = after;
        }
        commands
    }

    fn add(&mut self, kind: u32, command: &[u8], header: &Header) {
        let endianness = header.endianness;
        let field = |at| endianness.u32(command, at);
        match kind {
            LC_CODE_SIGNATURE => self.signature = range(field(8), field(12)),
            LC_ENCRYPTION_INFO | LC_ENCRYPTION_INFO_64 => {
                self.is_encrypted |= field(16).is_some_and(|id| id != 0);
            }
            LC_BUILD_VERSION => self.platform = field(8).and_then(platform).or(self.platform),
            LC_SEGMENT => self.add_sections(command, endianness, &SECTIONS),
            LC_SEGMENT_64 => self.add_sections(command, endianness, &SECTIONS_64),
            _ => self.platform = self.platform.or(old_platform(kind, header.is_intel)),
        }
    }

    fn add_sections(&mut self, command: &[u8], endianness: Endianness, layout: &SectionLayout) {
        let sections = command.get(layout.first..).unwrap_or_default();
        for section in sections.chunks_exact(layout.bytes) {
            if name(section, 0) == b"__entitlements" && name(section, 16) == b"__TEXT" {
                let size = match layout.width {
                    Width::Narrow => endianness.u32(section, 36).map(u64::from),
                    Width::Wide => endianness.u64(section, 40),
                };
                let offset = endianness.u32(section, layout.offset).map(u64::from);
                self.entitlements = offset.zip(size).map(|(offset, bytes)| Range { offset, bytes });
            }
        }
    }
}

/// Where sections stand in a segment's command, and what stands where in a section.
struct SectionLayout {
    width: Width,
    first: usize,
    bytes: usize,
    offset: usize,
}

const SECTIONS: SectionLayout = SectionLayout {
    width: Width::Narrow,
    first: 56,
    bytes: 68,
    offset: 40,
};

const SECTIONS_64: SectionLayout = SectionLayout {
    width: Width::Wide,
    first: 72,
    bytes: 80,
    offset: 48,
};

fn range(offset: Option<u32>, bytes: Option<u32>) -> Option<Range> {
    Some(Range {
        offset: offset?.into(),
        bytes: bytes?.into(),
    })
}

/// A name of at most 16 bytes, ended by a zero if it is shorter.
fn name(section: &[u8], at: usize) -> &[u8] {
    let field = section.get(at..at + 16).unwrap_or_default();
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

const fn platform(number: u32) -> Option<&'static str> {
    Some(match number {
        1 => "macos",
        2 => "ios",
        3 => "tvos",
        4 => "watchos",
        5 => "bridgeos",
        6 => "maccatalyst",
        7 => "ios-simulator",
        8 => "tvos-simulator",
        9 => "watchos-simulator",
        10 => "driverkit",
        11 => "visionos",
        12 => "visionos-simulator",
        _ => return None,
    })
}

/// The platform by a command from before `LC_BUILD_VERSION`. Only simulators run on Intel.
const fn old_platform(command: u32, is_intel: bool) -> Option<&'static str> {
    Some(match (command, is_intel) {
        (0x24, _) => "macos",
        (0x25, false) => "ios",
        (0x25, true) => "ios-simulator",
        (0x2f, false) => "tvos",
        (0x2f, true) => "tvos-simulator",
        (0x30, false) => "watchos",
        (0x30, true) => "watchos-simulator",
        _ => return None,
    })
}
