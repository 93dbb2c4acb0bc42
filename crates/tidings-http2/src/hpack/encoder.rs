//! Fields to header blocks.

use std::fmt;

use super::dynamic_table::DynamicTable;
use super::entry::{Entry, OVERHEAD};
use super::stamp::Stamp;
use super::writer::{write_indexed, write_literal, write_raw_string, write_string, write_table_size};
use super::{CachedName, Template, static_table};

/// The table size that both ends start with, and the most we use even if the peer offers more.
const MAX_TABLE_SIZE: usize = 4096;

/// How often fields go out unindexed before one of them may evict others.
///
/// If all that repeats does not fit the table, most of it must stay out for the rest to be of use.
const PATIENCE: u32 = 32;

/// Whether the peer is to remember a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indexing {
    /// Remember it: it will come again.
    Incremental,
    /// Do not: it will not come again soon.
    Without,
    /// Do not, nor may anybody who passes it on: it is sensitive and could be guessed.
    Never,
}

/// Encodes the header blocks of one connection.
///
/// A block is what is encoded to one `out`; blocks must reach the peer whole and in the order in which
/// they were encoded.
pub struct Encoder {
    table: DynamicTable,
    stamp: Stamp,
    /// What the peer announced as `SETTINGS_HEADER_TABLE_SIZE`.
    peer_table_size: usize,
    /// The smallest capacity since the last block, if there is a change to announce.
    unannounced: Option<usize>,
    /// How many more times to send unindexed what has no place, before it may evict.
    patience: u32,
    /// The entry that is being inserted, kept for its memory.
    joined: Vec<u8>,
}

impl Encoder {
    /// An encoder for a peer whose decoder has a table of `peer_table_size` bytes; before its settings
    /// have come that is 4096.
    pub fn new(peer_table_size: usize) -> Self {
        let mut encoder = Self {
            table: DynamicTable::new(MAX_TABLE_SIZE),
            stamp: Stamp::default(),
            peer_table_size: MAX_TABLE_SIZE,
            unannounced: None,
            patience: 0,
            joined: Vec::new(),
        };
        encoder.set_peer_table_size(peer_table_size);
        encoder
    }

    /// Follows a change of the peer's `SETTINGS_HEADER_TABLE_SIZE`; the next block tells the peer.
    ///
    /// No block may be under way. At most 4096 bytes are used, however large the peer's table is.
    pub fn set_peer_table_size(&mut self, size: usize) {
        let capacity = size.min(MAX_TABLE_SIZE);
        if size < self.peer_table_size || capacity != self.table.capacity() {
            self.table.set_capacity(capacity);
            self.stamp.advance();
            self.unannounced = Some(self.unannounced.map_or(capacity, |least| least.min(capacity)));
        }
        self.peer_table_size = size;
    }

    /// Appends a field to the block in `out`.
    ///
    /// `name` is in lower case. Strings are Huffman-coded where that makes them shorter. A field that is
    /// in a table already goes out as a reference, unless it is never to be indexed.
    pub fn encode(&mut self, name: &[u8], value: &[u8], indexing: Indexing, out: &mut Vec<u8>) {
        self.announce_table_size(out);
        let fits = size(name, value) <= self.table.capacity();
        let indexing = if indexing == Indexing::Incremental && !fits {
            Indexing::Without
        } else {
            indexing
        };
        match self.find(name, value) {
            Match::Field { index, .. } if indexing != Indexing::Never => write_indexed(index, out),
            found => {
                if indexing == Indexing::Incremental {
                    self.insert(name, value);
                }
                write_field(indexing, found.name_index(), name, value, out);
            }
        }
    }

    /// Appends the template's fields to the block in `out`.
    #[inline]
    pub fn encode_template(&mut self, template: &mut Template, out: &mut Vec<u8>) {
        self.announce_table_size(out);
        match template.block(&self.stamp) {
            Some(block) => out.extend_from_slice(block),
            None => self.encode_fields(template, out),
        }
    }

    /// Appends a field with this name and value to the block in `out`.
    #[inline]
    pub fn encode_literal(&mut self, name: &mut CachedName, value: &[u8], out: &mut Vec<u8>) {
        self.announce_table_size(out);
        match name.index(&self.stamp) {
            Some(index) => {
                write_literal(Indexing::Without, index, out);
                write_raw_string(value, out);
            }
            None => self.encode_unknown_name(name, value, out),
        }
    }

    /// Appends a field whose value is in no table yet, and has the peer remember it, as many servers do with their
    /// ids. Saves looking for the value, which with [`Self::encode`] costs more than all the rest.
    pub fn encode_unseen(&mut self, name: &CachedName, value: &[u8], out: &mut Vec<u8>) {
        self.announce_table_size(out);
        let index = name.static_index().or_else(|| self.find_name(name.name()));
        let fits = size(name.name(), value) <= self.table.capacity();
        let indexing = if fits {
            Indexing::Incremental
        } else {
            Indexing::Without
        };
        if fits {
            self.insert(name.name(), value);
        }
        write_field(indexing, index, name.name(), value, out);
    }
}

/// The slow paths, for what the table does not have yet.
impl Encoder {
    #[cfg(test)]
    pub(super) fn table(&self) -> &DynamicTable {
        &self.table
    }

    /// Appends what says how the table's capacity has changed since the last block: at first to the
    /// smallest it had, since that is what the peer must evict for (RFC 7541, section 4.2).
    #[inline]
    fn announce_table_size(&mut self, out: &mut Vec<u8>) {
        if let Some(least) = self.unannounced.take() {
            if least < self.table.capacity() {
                write_table_size(least, out);
            }
            write_table_size(self.table.capacity(), out);
        }
    }

    #[cold]
    fn encode_fields(&mut self, template: &mut Template, out: &mut Vec<u8>) {
        let start = out.len();
        let mut round = Round::new(self.patience);
        for (name, value) in template.fields().iter() {
            self.encode_lasting(name, value, &mut round, out);
        }
        self.patience = round.patience();
        if round.is_settled() {
            template.keep_block(&out[start..], &self.stamp);
        }
    }

    /// Appends a field that will come again.
    fn encode_lasting(&mut self, name: &[u8], value: &[u8], round: &mut Round, out: &mut Vec<u8>) {
        match self.find(name, value) {
            Match::Field { index, table_size } => {
                round.claimed += table_size;
                write_indexed(index, out);
            }
            found if round.admits(size(name, value), &self.table) => {
                self.insert(name, value);
                write_field(Indexing::Incremental, found.name_index(), name, value, out);
            }
            found => write_field(Indexing::Without, found.name_index(), name, value, out),
        }
    }

    #[cold]
    fn encode_unknown_name(&mut self, name: &mut CachedName, value: &[u8], out: &mut Vec<u8>) {
        if let Some(index) = self.find(name.name(), value).name_index() {
            name.keep_index(index, &self.stamp);
            write_literal(Indexing::Without, index, out);
        } else {
            let mut round = Round::new(self.patience);
            let indexing = if round.admits(size(name.name(), value), &self.table) {
                self.insert(name.name(), value);
                Indexing::Incremental
            } else {
                Indexing::Without
            };
            self.patience = round.patience();
            write_literal(indexing, 0, out);
            write_string(name.name(), out);
        }
        write_raw_string(value, out);
    }

    /// Inserts what the peer will insert when it reads the field.
    fn insert(&mut self, name: &[u8], value: &[u8]) {
        self.joined.clear();
        self.joined.extend_from_slice(name);
        self.joined.extend_from_slice(value);
        self.table.insert(Entry::new(&self.joined, name.len()));
        self.stamp.advance();
    }

    /// The newest entry of the dynamic table with this name.
    fn find_name(&self, name: &[u8]) -> Option<usize> {
        let entry = self.table.entries().find(|(_, entry)| same(entry.name(), name));
        entry.map(|(index, _)| index + static_table::LENGTH + 1)
    }

    /// The best match in both tables; of names the one with the smallest index.
    fn find(&self, name: &[u8], value: &[u8]) -> Match {
        let fixed = static_table::entries().map(|(index, entry)| (index, 0, entry));
        let told = self.table.entries();
        let told = told.map(|(index, entry)| (index + static_table::LENGTH + 1, entry.size(), entry));
        let mut name_index = None;
        for (index, table_size, entry) in fixed.chain(told) {
            if same(entry.value(), value) && same(entry.name(), name) {
                return Match::Field { index, table_size };
            }
            if name_index.is_none() && same(entry.name(), name) {
                name_index = Some(index);
            }
        }
        name_index.map_or(Match::Nothing, Match::Name)
    }
}

/// Sizes only: what the table remembers may be secret.
impl fmt::Debug for Encoder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Encoder")
            .field("table", &self.table)
            .finish_non_exhaustive()
    }
}

/// What the tables have of a field.
#[derive(Clone, Copy)]
enum Match {
    Nothing,
    Name(usize),
    /// All of it, in an entry that takes `table_size` of the dynamic table.
    Field {
        index: usize,
        table_size: usize,
    },
}

impl Match {
    fn name_index(self) -> Option<usize> {
        match self {
            Self::Nothing => None,
            Self::Name(index) | Self::Field { index, .. } => Some(index),
        }
    }
}

/// Decides which of some fields that will come again are worth a place in the table.
struct Round {
    /// What those that are there, or will be, take of the table.
    claimed: usize,
    patience: u32,
    inserts: bool,
    evicts: bool,
    waits: bool,
}

impl Round {
    fn new(patience: u32) -> Self {
        Self {
            claimed: 0,
            patience,
            inserts: false,
            evicts: false,
            waits: false,
        }
    }

    /// Whether to insert a field of this size.
    fn admits(&mut self, size: usize, table: &DynamicTable) -> bool {
        if self.claimed + size > table.capacity() {
            return false;
        }
        let evicts = !table.has_room(size);
        if evicts && self.patience > 0 {
            self.waits = true;
            return false;
        }
        self.claimed += size;
        self.inserts = true;
        self.evicts |= evicts;
        true
    }

    /// Whether the same fields will be encoded the same while the table stays as it is.
    fn is_settled(&self) -> bool {
        !self.inserts && !self.waits
    }

    /// The patience that is left for the next round.
    fn patience(&self) -> u32 {
        match (self.evicts, self.waits) {
            (true, _) => PATIENCE,
            (false, true) => self.patience - 1,
            (false, false) => self.patience,
        }
    }
}

/// Equality that looks first at where such texts differ most.
#[inline]
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.last() == other.last() && one == other
}

/// A field's size as tables count it.
fn size(name: &[u8], value: &[u8]) -> usize {
    name.len() + value.len() + OVERHEAD
}

/// Appends a literal field whose name is at `name_index`, if anywhere.
fn write_field(indexing: Indexing, name_index: Option<usize>, name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    write_literal(indexing, name_index.unwrap_or(0), out);
    if name_index.is_none() {
        write_string(name, out);
    }
    write_string(value, out);
}
