//! Code signatures: a table of blobs, all numbers big-endian.

use plist::{Dictionary, Value};

use super::der::{element, utf8};
use super::property_list::{PlistForm, written};
use super::{BUNDLE, TEAM};

/// How entitlements in DER are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DerForm {
    /// As in 2021: a SET of pairs.
    Set,
    /// As since 2022: an application tag with a version and a dictionary.
    Versioned,
}

/// A code signature to be made.
#[derive(Clone, Debug)]
pub struct Seal {
    /// The identifier of the code directory.
    pub identifier: String,
    /// The team of the code directory.
    pub team: Option<String>,
    /// Entitlements in XML.
    pub xml: Option<Dictionary>,
    /// Entitlements in DER.
    pub der: Option<(DerForm, Dictionary)>,
    /// Whether nobody signs.
    pub is_ad_hoc: bool,
    /// How many hashes of pages there are.
    pub pages: usize,
}

impl Seal {
    /// A signature of the app's, with these entitlements in XML and in the DER of today.
    pub fn with(entitlements: Dictionary) -> Self {
        Self {
            identifier: BUNDLE.to_owned(),
            team: Some(TEAM.to_owned()),
            der: Some((DerForm::Versioned, entitlements.clone())),
            xml: Some(entitlements),
            is_ad_hoc: false,
            pages: 3,
        }
    }

    pub(super) fn written(&self) -> Vec<u8> {
        let mut blobs = vec![(0, self.code_directory()), (2, blob(0xfade_0c01, &[0; 4]))];
        if let Some(xml) = &self.xml {
            blobs.push((5, blob(0xfade_7171, &written(xml.clone(), PlistForm::Xml))));
        }
        if let Some((form, entitlements)) = &self.der {
            blobs.push((7, blob(0xfade_7172, &entitlements_der(entitlements, *form))));
        }
        let signature = if self.is_ad_hoc {
            Vec::new()
        } else {
            vec![0x30; 200]
        };
        blobs.push((0x1_0000, blob(0xfade_0b01, &signature)));
        super_blob(&blobs)
    }

    fn code_directory(&self) -> Vec<u8> {
        const FIXED: usize = 88;
        let identifier = [self.identifier.as_bytes(), &[0]].concat();
        let team = self.team.as_ref().map(|team| [team.as_bytes(), &[0]].concat());
        let team_offset = team.as_ref().map_or(0, |_| FIXED + identifier.len());
        let mut fields = vec![0_u8; FIXED - 8];
        let mut set = |at: usize, value: u32| {
            fields.splice(at - 8..at - 4, value.to_be_bytes());
        };
        set(8, 0x2_0400);
        set(12, if self.is_ad_hoc { 2 } else { 0 });
        set(20, number(FIXED));
        set(28, number(self.pages));
        set(48, number(team_offset));
        let hashes = vec![0xab; 32 * self.pages];
        blob(
            0xfade_0c02,
            &[fields, identifier, team.unwrap_or_default(), hashes].concat(),
        )
    }
}

/// Entitlements in DER.
pub fn entitlements_der(entitlements: &Dictionary, form: DerForm) -> Vec<u8> {
    let pairs = entitlements
        .iter()
        .map(|(key, value)| element(0x30, &[utf8(key), of_value(value)].concat()));
    let pairs = pairs.collect::<Vec<_>>().concat();
    match form {
        DerForm::Set => element(0x31, &pairs),
        DerForm::Versioned => element(0x70, &[element(0x02, &[1]), element(0xb0, &pairs)].concat()),
    }
}

fn of_value(value: &Value) -> Vec<u8> {
    match value {
        Value::Boolean(flag) => element(0x01, &[if *flag { 0xff } else { 0 }]),
        Value::String(text) => utf8(text),
        Value::Array(items) => element(0x30, &items.iter().map(of_value).collect::<Vec<_>>().concat()),
        _ => element(0x02, &[0]),
    }
}

fn super_blob(blobs: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut offset = 12 + 8 * blobs.len();
    let (mut table, mut bodies) = (Vec::new(), Vec::new());
    for (slot, body) in blobs {
        table.extend(slot.to_be_bytes());
        table.extend(number(offset).to_be_bytes());
        offset += body.len();
        bodies.extend_from_slice(body);
    }
    let count = number(blobs.len()).to_be_bytes().to_vec();
    blob(0xfade_0cc0, &[count, table, bodies].concat())
}

fn blob(magic: u32, body: &[u8]) -> Vec<u8> {
    let length = number(body.len() + 8);
    [&magic.to_be_bytes()[..], &length.to_be_bytes(), body].concat()
}

pub(super) fn number(value: usize) -> u32 {
    u32::try_from(value).expect("what is made up here is small")
}
