//! Any header blocks, one after the other: fields within the limit or an error, and the table follows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings_http2::hpack::{DecodeError, Decoder, FieldList};

const MAX_LIST_SIZE: usize = 256;

fuzz_target!(|data: &[u8]| {
    let mut decoder = Decoder::new(512, MAX_LIST_SIZE);
    let mut fields = FieldList::new();
    let mut rest = data;
    while let Some((&length, after)) = rest.split_first() {
        let (block, next) = after.split_at(after.len().min(usize::from(length)));
        rest = next;
        let result = decoder.decode(block, &mut fields);
        let size: usize = fields
            .iter()
            .map(|(name, value)| name.len() + value.len() + 32)
            .sum();
        assert!(size <= MAX_LIST_SIZE);
        if !matches!(result, Ok(()) | Err(DecodeError::ListTooLarge)) {
            return;
        }
    }
});
