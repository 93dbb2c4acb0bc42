//! Finding the property list of a profile in whatever it came in, and who signed it.

use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::ProfileEncoding;
use super::certificate::common_name_without_person;
use crate::ber::{self, Element};
use crate::property_list::{self, Form, Value};

/// 1.2.840.113549.1.7.2, `signedData`.
const SIGNED_DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

/// The largest signed message that is looked into: twice the largest property list.
const MAX_MESSAGE: usize = 2 * property_list::MAX_BYTES;

/// More certificates than a chain has.
const MAX_CERTIFICATES: usize = 32;

/// A property list, how it was written, and who signed it.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) encoding: ProfileEncoding,
    pub(crate) list: Value,
    pub(crate) signer: Option<String>,
    /// Whether bodies of `<data>` had to be left out for it to be read.
    pub(crate) without_data: bool,
}

/// The property list of a file that begins as one, or as a signed message.
pub(crate) fn open(bytes: &[u8]) -> Option<Opened> {
    if property_list::is_binary(bytes) {
        return unsigned(bytes);
    }
    if property_list::is_xml(bytes) {
        return unsigned(bytes).or_else(|| carve(bytes));
    }
    signed(bytes)
}

/// The property list that lies somewhere in a damaged file, from its first tag to its last.
pub(crate) fn carve(bytes: &[u8]) -> Option<Opened> {
    let starts = [&b"<?xml"[..], b"<plist"];
    let start = starts.iter().find_map(|start| find(bytes, start))?;
    let end = rfind(bytes, b"</plist>")? + b"</plist>".len();
    let (list, without_data) = forgiving(bytes.get(start..end)?)?;
    Some(Opened {
        encoding: ProfileEncoding::Carved,
        list,
        signer: None,
        without_data,
    })
}

fn unsigned(bytes: &[u8]) -> Option<Opened> {
    let encoding = if property_list::is_binary(bytes) {
        ProfileEncoding::Binary
    } else {
        ProfileEncoding::Xml
    };
    let (list, without_data) = forgiving(bytes)?;
    Some(Opened {
        encoding,
        list,
        signer: None,
        without_data,
    })
}

fn signed(bytes: &[u8]) -> Option<Opened> {
    if bytes.len() > MAX_MESSAGE {
        return None;
    }
    let message = Message::of(bytes)?;
    let (list, without_data) = forgiving(&message.content)?;
    Some(Opened {
        encoding: message.encoding,
        list,
        signer: message.signer,
        without_data,
    })
}

/// Reads a property list; if that fails, once more without what stands in `<data>`, which is often made up by hand.
fn forgiving(bytes: &[u8]) -> Option<(Value, bool)> {
    if let Some((_, list)) = property_list::read(bytes) {
        return Some((list, false));
    }
    match property_list::read(&without_data(bytes))? {
        (Form::Xml, list) => Some((list, true)),
        (Form::Binary, _) => None,
    }
}

fn without_data(bytes: &[u8]) -> Vec<u8> {
    const OPEN: &[u8] = b"<data>";
    const CLOSE: &[u8] = b"</data>";
    let mut kept = Vec::with_capacity(bytes.len().min(property_list::MAX_BYTES));
    let mut rest = bytes;
    while let Some(start) = find(rest, OPEN) {
        let (before, body) = rest.split_at(start + OPEN.len());
        kept.extend_from_slice(before);
        rest = find(body, CLOSE)
            .and_then(|end| body.get(end..))
            .unwrap_or_default();
    }
    kept.extend_from_slice(rest);
    kept
}

/// A signed message: its content, and who signed.
struct Message {
    encoding: ProfileEncoding,
    content: Vec<u8>,
    signer: Option<String>,
}

impl Message {
    fn of(bytes: &[u8]) -> Option<Self> {
        let outer = ber::elements(bytes).expect(ber::SEQUENCE)?;
        let mut parts = outer.children();
        if parts.expect(ber::OBJECT_ID)?.content != SIGNED_DATA {
            return None;
        }
        let signed_data = parts.expect(ber::context(0))?.children().expect(ber::SEQUENCE)?;
        let mut parts = signed_data.children();
        parts.expect(ber::INTEGER)?;
        parts.expect(ber::SET)?;
        let inner = parts.expect(ber::SEQUENCE)?;
        let mut inner_parts = inner.children();
        inner_parts.expect(ber::OBJECT_ID)?;
        let explicit = inner_parts.expect(ber::context(0))?;
        let string = explicit.children().next()?;
        if string.tag & !0x20 != ber::OCTET_STRING {
            return None;
        }
        let is_ber = [outer, signed_data, inner, explicit, string]
            .iter()
            .any(|element| element.is_indefinite)
            || string.tag != ber::OCTET_STRING;
        Some(Self {
            encoding: if is_ber {
                ProfileEncoding::Ber
            } else {
                ProfileEncoding::Der
            },
            content: string.octets()?,
            signer: signer(parts),
        })
    }
}

/// The name of who signed: of the certificate that the first signature names, or else of the first that issues no others.
fn signer<'a>(parts: impl Iterator<Item = Element<'a>>) -> Option<String> {
    let (mut certificates, mut serial) = (Vec::new(), None);
    for part in parts {
        if part.tag == ber::context(0) {
            let found = part.children().take(MAX_CERTIFICATES);
            certificates
                .extend(found.filter_map(|found| Some(X509Certificate::from_der(found.whole).ok()?.1)));
        } else if part.tag == ber::SET {
            serial = part
                .children()
                .next()
                .and_then(|signature| signer_serial(&signature));
        }
    }
    let named = certificates
        .iter()
        .find(|certificate| Some(certificate.raw_serial()) == serial);
    let leaf = || certificates.iter().find(|certificate| !certificate.is_ca());
    common_name_without_person(named.or_else(leaf)?)
}

/// The serial number of the certificate by which something was signed.
fn signer_serial<'a>(signature: &Element<'a>) -> Option<&'a [u8]> {
    let mut parts = signature.children();
    parts.expect(ber::INTEGER)?;
    let issuer_and_serial = parts.expect(ber::SEQUENCE)?;
    let mut parts = issuer_and_serial.children();
    parts.expect(ber::SEQUENCE)?;
    Some(parts.expect(ber::INTEGER)?.content)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    loop {
        let rest = bytes.get(from..)?;
        let at = from + rest.iter().position(|byte| *byte == first)?;
        if bytes.get(at..)?.starts_with(wanted) {
            return Some(at);
        }
        from = at + 1;
    }
}

fn rfind(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).rposition(|window| window == wanted)
}
