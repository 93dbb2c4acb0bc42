//! Binary property lists: objects in any order, a table of where each begins, and references between them.
//!
//! An object may be referred to any number of times, and each time costs its whole size again; the budget pays for that.

use tidings_apns::Timestamp;

use super::Value;
use super::budget::Budget;

const TRAILER: usize = 32;

/// 1 January 2001, from which dates are counted, in milliseconds since 1970.
const EPOCH_MILLIS: f64 = 978_307_200_000.0;

/// The first instant that RFC 3339 cannot write: later dates are nonsense.
const END_OF_TIME_MILLIS: f64 = 253_402_300_800_000.0;

pub(super) fn read(bytes: &[u8], budget: &mut Budget) -> Option<Value> {
    let objects = Objects::of(bytes)?;
    objects.value(objects.root, budget)
}

/// A file seen through its trailer.
struct Objects<'a> {
    bytes: &'a [u8],
    offsets: &'a [u8],
    offset_size: usize,
    reference_size: usize,
    root: usize,
}

impl<'a> Objects<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let trailer = bytes.get(bytes.len().checked_sub(TRAILER)?..)?;
        let (offset_size, reference_size) = (usize::from(trailer[6]), usize::from(trailer[7]));
        let sizes = 1..=8;
        if !sizes.contains(&offset_size) || !sizes.contains(&reference_size) {
            return None;
        }
        let count = number(trailer.get(8..16)?)?;
        let table = number(trailer.get(24..32)?)?;
        let table_end = table.checked_add(count.checked_mul(offset_size)?)?;
        Some(Self {
            bytes: bytes.get(..bytes.len() - TRAILER)?,
            offsets: bytes.get(table..table_end)?,
            offset_size,
            reference_size,
            root: number(trailer.get(16..24)?)?,
        })
    }

    fn value(&self, object: usize, budget: &mut Budget) -> Option<Value> {
        let (marker, rest) = self.object(object)?;
        let low = marker & 0x0f;
        match marker >> 4 {
            0x0 | 0x1 | 0x2 | 0x8 => {
                budget.pay(0)?;
                Some(plain(marker))
            }
            0x3 => {
                budget.pay(0)?;
                Some(instant(rest.get(..8)?))
            }
            0x4 => {
                let data = sized(low, rest, 1)?;
                budget.pay(data.len())?;
                Some(Value::Bytes(data.to_vec()))
            }
            0x5 | 0x7 => {
                let text = sized(low, rest, 1)?;
                budget.pay(text.len())?;
                Some(Value::Text(String::from_utf8_lossy(text).into_owned()))
            }
            0x6 => {
                let text = sized(low, rest, 2)?;
                budget.pay(text.len())?;
                Some(Value::Text(utf16(text)))
            }
            0xa => self.list(low, rest, budget),
            0xd => self.table(low, rest, budget),
            _ => None,
        }
    }

    fn list(&self, low: u8, rest: &[u8], budget: &mut Budget) -> Option<Value> {
        let references = sized(low, rest, self.reference_size)?;
        budget.pay(0)?;
        budget.enter()?;
        let mut items = Vec::new();
        for reference in references.chunks_exact(self.reference_size) {
            items.push(self.value(number(reference)?, budget)?);
        }
        budget.leave();
        Some(Value::List(items))
    }

    fn table(&self, low: u8, rest: &[u8], budget: &mut Budget) -> Option<Value> {
        let references = sized(low, rest, self.reference_size.checked_mul(2)?)?;
        let (keys, values) = references.split_at_checked(references.len() / 2)?;
        budget.pay(0)?;
        budget.enter()?;
        let mut entries = Vec::new();
        let keys = keys.chunks_exact(self.reference_size);
        for (key, value) in keys.zip(values.chunks_exact(self.reference_size)) {
            let key = self.value(number(key)?, budget)?;
            let value = self.value(number(value)?, budget)?;
            if let Value::Text(key) = key {
                entries.push((key, value));
            }
        }
        budget.leave();
        Some(Value::Table(entries))
    }

    /// The marker of an object, and what follows it.
    fn object(&self, index: usize) -> Option<(u8, &'a [u8])> {
        let start = index.checked_mul(self.offset_size)?;
        let offset = self.offsets.get(start..start.checked_add(self.offset_size)?)?;
        let (marker, rest) = self.bytes.get(number(offset)?..)?.split_first()?;
        Some((*marker, rest))
    }
}

/// What a marker alone says.
fn plain(marker: u8) -> Value {
    match marker {
        0x08 => Value::Flag(false),
        0x09 => Value::Flag(true),
        _ => Value::Other,
    }
}

/// So many units of so many bytes: the count is in the marker, or is a number after it.
fn sized(low: u8, rest: &[u8], unit: usize) -> Option<&[u8]> {
    let (count, rest) = if low == 0x0f {
        let (marker, rest) = rest.split_first()?;
        let size = (marker >> 4 == 1).then(|| 1_usize << (marker & 0x0f).min(4))?;
        let (count, rest) = rest.split_at_checked(size)?;
        (number(count)?, rest)
    } else {
        (usize::from(low), rest)
    };
    rest.get(..count.checked_mul(unit)?)
}

fn number(bytes: &[u8]) -> Option<usize> {
    let significant = bytes.iter().skip_while(|byte| **byte == 0);
    significant
        .clone()
        .count()
        .le(&size_of::<usize>())
        .then(|| significant.fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
}

fn utf16(bytes: &[u8]) -> String {
    let units = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    char::decode_utf16(units)
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn instant(bytes: &[u8]) -> Value {
    let seconds = bytes.try_into().map_or(f64::NAN, f64::from_be_bytes);
    let millis = seconds * 1000.0 + EPOCH_MILLIS;
    if (0.0..END_OF_TIME_MILLIS).contains(&millis) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the year 10000, as was just seen"
        )]
        return Value::Instant(Timestamp::from_unix_millis(millis as u64));
    }
    Value::Other
}
