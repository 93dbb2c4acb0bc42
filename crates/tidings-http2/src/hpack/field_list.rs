//! The fields of one header block.

use std::fmt;

use super::entry::Entry;
use super::huffman;

/// A list of fields, kept for reuse: clearing it keeps its memory, so that decoding one block after the
/// other into the same list allocates nothing.
///
/// Names and values are bytes as they came; nothing but HPACK has been checked.
#[derive(Clone, Default)]
pub struct FieldList {
    /// Longer than what is used, so that there is always room that needs no clearing.
    bytes: Vec<u8>,
    used: usize,
    fields: Vec<Field>,
}

/// Where in the bytes a field lies: the value follows the name.
#[derive(Clone, Copy)]
struct Field {
    start: usize,
    name_len: usize,
    end: usize,
}

impl FieldList {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// All fields as (name, value), in the order they came.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> {
        self.fields.iter().map(|&field| self.at(field))
    }

    /// The value of the first field with this name.
    pub fn first(&self, name: &[u8]) -> Option<&[u8]> {
        self.iter()
            .find(|(candidate, _)| *candidate == name)
            .map(|(_, value)| value)
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Forgets all fields and keeps the memory.
    pub fn clear(&mut self) {
        self.used = 0;
        self.fields.clear();
    }

    /// Adds a field at the end.
    pub fn push(&mut self, name: &[u8], value: &[u8]) {
        let start = self.used;
        self.append(name);
        self.append(value);
        self.add_field(start, name.len());
    }

    /// Adds a table's entry at the end.
    #[inline]
    pub(super) fn push_entry(&mut self, entry: Entry<'_>) {
        let start = self.used;
        self.append(entry.joined());
        self.add_field(start, entry.name_len());
    }

    /// How many bytes there are, those that belong to no field yet included.
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// Adds bytes that belong to no field yet.
    #[inline]
    pub(super) fn append(&mut self, bytes: &[u8]) {
        let start = self.used;
        self.used += bytes.len();
        self.provide(self.used);
        self.bytes[start..self.used].copy_from_slice(bytes);
    }

    /// As [`Self::append`], of Huffman-coded bytes; `None` if they are not valid.
    #[inline]
    pub(super) fn append_huffman(&mut self, code: &[u8]) -> Option<()> {
        self.provide(self.used + huffman::decoded_bound(code.len()));
        self.used += huffman::decode(code, &mut self.bytes[self.used..])?;
        Some(())
    }

    /// The bytes from `start` on as an entry.
    #[inline]
    pub(super) fn tail(&self, start: usize, name_len: usize) -> Entry<'_> {
        Entry::new(&self.bytes[start..self.used], name_len)
    }

    /// Makes the bytes from `start` on a field.
    #[inline]
    pub(super) fn add_field(&mut self, start: usize, name_len: usize) {
        self.fields.push(Field {
            start,
            name_len,
            end: self.used,
        });
    }

    /// Drops the bytes from `start` on, which belong to no field.
    pub(super) fn discard_tail(&mut self, start: usize) {
        self.used = start;
    }

    #[inline]
    fn provide(&mut self, length: usize) {
        if self.bytes.len() < length {
            self.bytes.resize(length, 0);
        }
    }

    fn at(&self, field: Field) -> (&[u8], &[u8]) {
        self.bytes[field.start..field.end].split_at(field.name_len)
    }
}

/// Names only: values may be secret.
impl fmt::Debug for FieldList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.iter().map(|(name, _)| name.escape_ascii().to_string());
        formatter.debug_list().entries(names).finish()
    }
}
