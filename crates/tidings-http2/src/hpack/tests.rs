//! HPACK as a whole: the RFC's examples, properties, bounds, and other implementations.

mod bounds;
mod other_implementations;
mod properties;
mod reuse;
mod rfc_examples;

use super::dynamic_table::DynamicTable;
use super::{DecodeError, Decoder, FieldList};

type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

fn pairs<'a>(fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Pairs {
    fields
        .into_iter()
        .map(|(name, value)| (name.to_vec(), value.to_vec()))
        .collect()
}

fn text_pairs(fields: &[(&str, &str)]) -> Pairs {
    pairs(
        fields
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes())),
    )
}

fn decode(decoder: &mut Decoder, block: &[u8]) -> Result<Pairs, DecodeError> {
    let mut fields = FieldList::new();
    decoder.decode(block, &mut fields)?;
    Ok(pairs(fields.iter()))
}

fn table_pairs(table: &DynamicTable) -> Pairs {
    pairs(table.entries().map(|(_, entry)| (entry.name(), entry.value())))
}

fn from_hex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .map(|digit| u8::try_from(digit).unwrap())
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
