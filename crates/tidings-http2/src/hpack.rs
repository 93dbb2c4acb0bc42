//! HPACK (RFC 7541): the compression of field sections, for both directions.
//!
//! A [`Decoder`] turns the peer's header blocks into a [`FieldList`]; an [`Encoder`] writes ours. Each
//! holds one direction's dynamic table, so there is one of each per connection, and every block must pass
//! through it, whole and in order, even when nobody wants what it says.
//!
//! Both are built for a connection that says nearly the same thing a million times: nothing is allocated
//! once buffers have grown to their working size, the fields that never change are a [`Template`] that
//! costs one copy, and the few that always change go out as a [`CachedName`] with a raw value.
//!
//! ```
//! use tidings_http2::hpack::{CachedName, Decoder, Encoder, FieldList, Template};
//!
//! let mut encoder = Encoder::new(4096);
//! let mut always = Template::new([(":method", "POST"), (":scheme", "https"), ("apns-push-type", "alert")]);
//! let mut path = CachedName::new(":path");
//!
//! let mut block = Vec::new();
//! encoder.encode_template(&mut always, &mut block);
//! encoder.encode_literal(&mut path, b"/3/device/00fc13ad", &mut block);
//!
//! let mut fields = FieldList::new();
//! Decoder::new(4096, 16 * 1024).decode(&block, &mut fields)?;
//! assert_eq!(fields.first(b":path"), Some(&b"/3/device/00fc13ad"[..]));
//! assert_eq!(fields.first(b"apns-push-type"), Some(&b"alert"[..]));
//! # Ok::<(), tidings_http2::hpack::DecodeError>(())
//! ```

mod cached_name;
mod decode_error;
mod decoder;
mod dynamic_table;
mod encoder;
mod entry;
mod field_list;
mod huffman;
mod reader;
mod stamp;
mod static_table;
mod template;
#[cfg(test)]
mod tests;
mod writer;

pub use cached_name::CachedName;
pub use decode_error::DecodeError;
pub use decoder::Decoder;
pub use encoder::{Encoder, Indexing};
pub use field_list::FieldList;
pub use template::Template;
