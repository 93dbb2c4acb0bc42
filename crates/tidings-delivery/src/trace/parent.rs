//! The header `traceparent` (W3C, *Trace Context*): who asks, and whether that is followed.

use super::TraceContext;

/// What `traceparent` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    /// The span of whoever asks.
    pub context: TraceContext,
    /// Whether it is followed.
    pub is_sampled: bool,
}

impl TraceParent {
    /// Reads the header; what is not as it should be says nothing.
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.splitn(5, '-');
        let version = hexadecimal(parts.next()?, 2)?;
        let trace_id = hexadecimal(parts.next()?, 32)?;
        let span_id = hexadecimal(parts.next()?, 16)?;
        let flags = hexadecimal(parts.next()?, 2)?;
        // Later versions may say more; this one does not.
        let is_whole = version != 0 || parts.next().is_none();
        let is_named = trace_id != 0 && span_id != 0 && version != 0xff;
        (is_whole && is_named).then_some(Self {
            context: TraceContext {
                trace_id,
                span_id: u64::try_from(span_id).ok()?,
            },
            is_sampled: flags & 1 == 1,
        })
    }
}

/// A number of so many digits, in lower case.
fn hexadecimal(text: &str, digits: usize) -> Option<u128> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_number = text.len() == digits && text.bytes().all(is_digit);
    is_number.then(|| u128::from_str_radix(text, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    #[test]
    fn a_parent_is_read() {
        let read = TraceParent::parse(&format!("00-{TRACE}-{SPAN}-01")).unwrap();
        assert_eq!(read.context.trace_id, 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c);
        assert_eq!(read.context.span_id, 0xb7ad_6b71_6920_3331);
        assert!(read.is_sampled);
        assert!(TraceParent::parse(&format!("cc-{TRACE}-{SPAN}-00-more")).is_some());
    }

    #[test]
    fn what_is_not_as_it_should_be_says_nothing() {
        let zeros = "0".repeat(32);
        for header in [
            String::new(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{zeros}-{SPAN}-01"),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-{SPAN}-+1"),
            "é".repeat(40),
        ] {
            assert_eq!(TraceParent::parse(&header), None, "{header}");
        }
    }
}
