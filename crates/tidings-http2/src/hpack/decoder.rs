//! The peer's header blocks to fields.

use super::dynamic_table::DynamicTable;
use super::entry::Entry;
use super::reader::Reader;
use super::{DecodeError, FieldList, static_table};

/// Decodes the header blocks of one connection, each whole and in the order they came.
#[derive(Debug)]
pub struct Decoder {
    table: DynamicTable,
    /// What we announced as `SETTINGS_HEADER_TABLE_SIZE`.
    max_table_size: usize,
    max_list_size: usize,
    /// The next block must start by making the table no larger than this.
    due_table_size: Option<usize>,
}

impl Decoder {
    /// A decoder whose dynamic table may have `max_table_size` bytes, and which accepts fields of
    /// `max_list_size` bytes in a block; both count names, values, and 32 for each field.
    pub fn new(max_table_size: usize, max_list_size: usize) -> Self {
        Self {
            table: DynamicTable::new(max_table_size),
            max_table_size,
            max_list_size,
            due_table_size: None,
        }
    }

    /// Changes the limit of the dynamic table, once the peer has acknowledged the setting that says so.
    ///
    /// If the table is larger now, the peer must say in its next block that is not empty how it follows
    /// (RFC 9113, section 4.3.1).
    pub fn set_max_table_size(&mut self, size: usize) {
        self.max_table_size = size;
        if size < self.table.capacity() {
            self.table.set_capacity(size);
            self.due_table_size = Some(size);
        }
    }

    /// Decodes one block into `out`, whose former content is dropped.
    ///
    /// On [`DecodeError::ListTooLarge`] the block has been decoded to its end, and `out` has the fields
    /// up to the first that was too much. After any other error the decoder must not be used again.
    pub fn decode(&mut self, block: &[u8], out: &mut FieldList) -> Result<(), DecodeError> {
        out.clear();
        let mut reader = Reader::new(block);
        self.update_table_size(&mut reader)?;
        let mut budget = Budget(Some(self.max_list_size));
        while let Some(byte) = reader.peek() {
            match byte {
                0x80.. => self.indexed(&mut reader, &mut budget, out)?,
                0x40.. => self.literal(6, &mut reader, &mut budget, out)?,
                0x20.. => return Err(DecodeError::TableSize),
                _ => self.literal(4, &mut reader, &mut budget, out)?,
            }
        }
        budget.0.map(drop).ok_or(DecodeError::ListTooLarge)
    }

    #[cfg(test)]
    pub(super) fn table(&self) -> &DynamicTable {
        &self.table
    }

    /// The changes of the table's size at the start of a block.
    fn update_table_size(&mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        while let Some(0x20..=0x3f) = reader.peek() {
            let size = reader.integer(5)?;
            if size > self.due_table_size.take().unwrap_or(self.max_table_size) {
                return Err(DecodeError::TableSize);
            }
            self.table.set_capacity(size);
        }
        if self.due_table_size.is_some() && reader.peek().is_some() {
            Err(DecodeError::TableSize)
        } else {
            Ok(())
        }
    }

    #[inline]
    fn indexed(
        &self,
        reader: &mut Reader<'_>,
        budget: &mut Budget,
        out: &mut FieldList,
    ) -> Result<(), DecodeError> {
        let entry = self.entry(reader.integer(7)?)?;
        if budget.spend(entry.size()) {
            out.push_entry(entry);
        }
        Ok(())
    }

    /// A field whose first byte has `prefix` bits for the name's index; six if it is to be inserted.
    #[inline]
    fn literal(
        &mut self,
        prefix: u32,
        reader: &mut Reader<'_>,
        budget: &mut Budget,
        out: &mut FieldList,
    ) -> Result<(), DecodeError> {
        let start = out.used();
        match reader.integer(prefix)? {
            0 => reader.string(out)?,
            index => out.append(self.entry(index)?.name()),
        }
        let name_len = out.used() - start;
        reader.string(out)?;
        let entry = out.tail(start, name_len);
        if prefix == 6 {
            self.table.insert(entry);
        }
        if budget.spend(entry.size()) {
            out.add_field(start, name_len);
        } else {
            out.discard_tail(start);
        }
        Ok(())
    }

    #[inline]
    fn entry(&self, index: usize) -> Result<Entry<'_>, DecodeError> {
        let entry = match index.checked_sub(static_table::LENGTH + 1) {
            Some(dynamic) => self.table.entry(dynamic),
            None => static_table::entry(index),
        };
        entry.ok_or(DecodeError::UnknownIndex)
    }
}

/// What the list may still grow by; `None` once it was too much.
struct Budget(Option<usize>);

impl Budget {
    #[inline]
    fn spend(&mut self, size: usize) -> bool {
        self.0 = self.0.and_then(|left| left.checked_sub(size));
        self.0.is_some()
    }
}
