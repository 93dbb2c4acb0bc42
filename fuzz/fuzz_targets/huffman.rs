//! Any bytes as a Huffman-coded string: an error, or a text whose only code they are; and any bytes as text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings_http2::hpack::{DecodeError, Decoder, Encoder, FieldList, Indexing};

/// What precedes the value: a literal field, not to be indexed, with the name `x`.
const START: [u8; 3] = [0x00, 0x01, b'x'];

fuzz_target!(|data: &[u8]| {
    let data = &data[..data.len().min(126)];
    match value_of(&block(0x80, data)) {
        Ok(text) if text.len() > data.len() => assert_eq!(encode(&text), block(0x80, data)),
        Ok(text) => assert_eq!(value_of(&encode(&text)), Ok(text)),
        Err(error) => assert_eq!(error, DecodeError::Huffman),
    }
    assert_eq!(value_of(&encode(data)).as_deref(), Ok(data));
});

fn block(coding: u8, string: &[u8]) -> Vec<u8> {
    let length = u8::try_from(string.len()).expect("the string is short");
    [&START[..], &[coding | length], string].concat()
}

fn encode(text: &[u8]) -> Vec<u8> {
    let mut block = Vec::new();
    Encoder::new(4096).encode(b"x", text, Indexing::Without, &mut block);
    block
}

fn value_of(block: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut fields = FieldList::new();
    Decoder::new(4096, usize::MAX).decode(block, &mut fields)?;
    Ok(fields.first(b"x").expect("there is one field").to_vec())
}
