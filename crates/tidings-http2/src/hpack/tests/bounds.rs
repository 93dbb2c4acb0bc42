//! What a hostile or mistaken peer may send.

use proptest::prelude::*;

use super::*;

#[test]
fn malformed_blocks_are_told_apart() {
    use DecodeError::{Huffman, IntegerOverflow, TableSize, Truncated, UnknownIndex};
    for (block, error, why) in [
        ("80", UnknownIndex, "index 0"),
        (
            "be",
            UnknownIndex,
            "the first dynamic index, and the table is empty",
        ),
        ("7e 01 61", UnknownIndex, "a name at an index that is not there"),
        ("ff", Truncated, "an integer that goes on"),
        ("ff 80", Truncated, "an integer that goes on twice"),
        (
            "ff ff ff ff ff ff 00",
            IntegerOverflow,
            "more bytes than 32 bits need",
        ),
        ("ff ff ff ff ff 7f", IntegerOverflow, "more than 32 bits"),
        ("40", Truncated, "no name"),
        ("40 01 61", Truncated, "no value"),
        ("00 01 61 05 61", Truncated, "a value that is cut off"),
        ("00 01 61 ff ff ff ff 0f", Truncated, "a value of 4 GiB"),
        ("00 01 61 81 ff", Huffman, "a byte of padding"),
        ("00 01 61 81 18", Huffman, "padding with zeros"),
        ("00 01 61 84 ff ff ff ff", Huffman, "the end symbol"),
        ("00 01 61 82 1f ff", Huffman, "padding of more than seven bits"),
        ("3f e2 1f", TableSize, "one more than the limit"),
        ("82 20", TableSize, "a new table size after a field"),
    ] {
        let result = decode(&mut Decoder::new(4096, 4096), &from_hex(block));
        assert_eq!(result, Err(error), "{why}: {block}");
    }
}

#[test]
fn an_integer_may_be_written_with_needless_zeros() {
    let block = from_hex("00 7f 82 ff ff ff 00");
    assert_eq!(
        decode(&mut Decoder::new(4096, 4096), &block),
        Err(DecodeError::Truncated)
    );
    let mut block = from_hex("00 01 61 7f 80 80 80 80 00");
    block.extend([b'v'; 127]);
    let fields = decode(&mut Decoder::new(4096, 4096), &block).unwrap();
    assert_eq!(fields, [(b"a".to_vec(), vec![b'v'; 127])]);
}

#[test]
fn a_list_that_is_too_large_leaves_the_table_in_step() {
    let mut decoder = Decoder::new(4096, 100);
    let mut fields = FieldList::new();
    // Two small fields around one that is too much; both literals are inserted.
    let mut block = from_hex("82 40 01 62 7f 11");
    block.extend([b'v'; 144]);
    block.extend(from_hex("40 01 63 01 78 83"));
    assert_eq!(
        decoder.decode(&block, &mut fields),
        Err(DecodeError::ListTooLarge)
    );
    assert_eq!(pairs(fields.iter()), text_pairs(&[(":method", "GET")]));
    assert_eq!(
        decode(&mut decoder, &from_hex("be")).unwrap(),
        text_pairs(&[("c", "x")])
    );
    assert_eq!(decoder.table().entry(1).unwrap().name(), b"b");
}

#[test]
fn the_list_limit_counts_name_value_and_overhead() {
    let block = from_hex("00 01 61 01 62");
    assert!(decode(&mut Decoder::new(4096, 34), &block).is_ok());
    assert_eq!(
        decode(&mut Decoder::new(4096, 33), &block),
        Err(DecodeError::ListTooLarge)
    );
}

#[test]
fn an_entry_larger_than_the_table_empties_it() {
    let mut decoder = Decoder::new(64, 4096);
    decode(&mut decoder, &from_hex("40 01 61 01 62")).unwrap();
    assert_eq!(decoder.table().size(), 34);
    let mut block = from_hex("40 01 61 28");
    block.extend([b'v'; 40]);
    decode(&mut decoder, &block).unwrap();
    assert_eq!(decoder.table().size(), 0);
}

#[test]
fn a_name_may_be_that_of_the_entry_it_evicts() {
    let mut decoder = Decoder::new(64, 4096);
    decode(&mut decoder, &from_hex("40 04 6e616d65 01 62")).unwrap();
    let fields = decode(&mut decoder, &from_hex("7e 01 63")).unwrap();
    assert_eq!(fields, text_pairs(&[("name", "c")]));
    assert_eq!(table_pairs(decoder.table()), fields);
}

#[test]
fn a_lowered_limit_must_be_answered_in_the_next_block() {
    let lowered = || {
        let mut decoder = Decoder::new(4096, 4096);
        decoder.set_max_table_size(100);
        decoder.set_max_table_size(4096);
        decoder
    };
    assert_eq!(
        decode(&mut lowered(), &from_hex("82")),
        Err(DecodeError::TableSize)
    );
    assert_eq!(
        decode(&mut lowered(), &from_hex("3fe11f 82")),
        Err(DecodeError::TableSize)
    );
    assert!(decode(&mut lowered(), &from_hex("3f45 3fe11f 82")).is_ok());
    assert!(decode(&mut lowered(), &from_hex("20 82")).is_ok());
    assert!(
        decode(&mut lowered(), &[]).is_ok(),
        "an empty block has no place for an answer"
    );
}

#[test]
fn a_raised_limit_need_not_be_answered() {
    let mut decoder = Decoder::new(100, 4096);
    decoder.set_max_table_size(4096);
    assert!(decode(&mut decoder, &from_hex("82")).is_ok());
    assert!(decode(&mut decoder, &from_hex("3fe11f 82")).is_ok());
}

#[test]
fn every_two_bytes_are_a_field_or_an_error() {
    let tails: [&[u8]; 4] = [&[], &[0], &[0xff; 12], b"\x03abc\x82\x1c\x7f"];
    for bytes in 0..=u16::MAX {
        for tail in tails {
            check_bounds(
                &[&bytes.to_be_bytes()[..], tail].concat(),
                &mut Decoder::new(256, 128),
            );
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_blocks_stay_within_bounds(
        blocks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..8)
    ) {
        let mut decoder = Decoder::new(256, 128);
        for block in blocks {
            check_bounds(&block, &mut decoder);
        }
    }
}

fn check_bounds(block: &[u8], decoder: &mut Decoder) {
    let mut fields = FieldList::new();
    let _ = decoder.decode(block, &mut fields);
    let size: usize = fields
        .iter()
        .map(|(name, value)| name.len() + value.len() + 32)
        .sum();
    assert!(size <= 128);
    let table: usize = decoder.table().entries().map(|(_, entry)| entry.size()).sum();
    assert!(table <= 256);
    assert_eq!(table, decoder.table().size());
}
