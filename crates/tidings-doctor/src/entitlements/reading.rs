//! Entitlements from a property list, and from both forms of DER that signatures hold.

use super::{ApsEnvironment, Entitlements};
use crate::ber::{self, Element};
use crate::property_list::Value;
use crate::text::shortened;

/// More keys than there are entitlements.
const MAX_KEYS: usize = 4096;

/// Tag of the versioned form: an application tag, 16.
const VERSIONED: u8 = 0x70;

/// Tag of a dictionary in the versioned form: context-specific, 16.
const DICTIONARY: u8 = 0xb0;

const BOOLEAN: u8 = 0x01;

/// One value as both sources give it.
enum Claim {
    Texts(Vec<String>),
    Flag(bool),
    Other,
}

impl Entitlements {
    /// The entitlements in a property list.
    pub(crate) fn from_list(list: &Value) -> Self {
        let mut entitlements = Self::default();
        for (key, value) in list.table().unwrap_or_default().iter().take(MAX_KEYS) {
            entitlements.add(key, Claim::of_value(value));
        }
        entitlements
    }

    /// The entitlements in DER, and whether they are in the versioned form of 2022.
    pub(crate) fn from_der(bytes: &[u8]) -> Option<(Self, IsVersioned)> {
        let outer = ber::elements(bytes).next()?;
        let (entries, is_versioned) = match outer.tag {
            VERSIONED => (
                outer.children().find(|part| part.tag == DICTIONARY)?,
                IsVersioned(true),
            ),
            ber::SET => (outer, IsVersioned(false)),
            _ => return None,
        };
        let mut entitlements = Self::default();
        for entry in entries.children().take(MAX_KEYS) {
            let mut pair = entry.children();
            let key = pair.expect(ber::UTF8_STRING)?;
            let value = pair.next()?;
            entitlements.add(&String::from_utf8_lossy(key.content), Claim::of_element(&value));
        }
        Some((entitlements, is_versioned))
    }

    fn add(&mut self, key: &str, claim: Claim) {
        self.keys += 1;
        match key {
            "aps-environment" | "com.apple.developer.aps-environment" => {
                self.aps_environment = Some(ApsEnvironment::of(claim));
            }
            "application-identifier" | "com.apple.application-identifier" => {
                self.application_identifier = claim.text();
            }
            "com.apple.developer.team-identifier" => self.team_id = claim.text(),
            "get-task-allow" | "com.apple.security.get-task-allow" => self.get_task_allow = claim.flag(),
            "beta-reports-active" => self.beta_reports_active = claim.flag(),
            _ => {}
        }
    }

    /// `application-identifier` without its prefix: a bundle id, or a wildcard.
    pub(crate) fn app_id_suffix(&self) -> Option<&str> {
        Some(self.application_identifier.as_deref()?.split_once('.')?.1)
    }
}

/// Whether DER is in the form that begins with a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IsVersioned(pub(crate) bool);

impl Claim {
    fn of_value(value: &Value) -> Self {
        match value {
            Value::Text(text) => Self::Texts(vec![shortened(text)]),
            Value::List(items) => Self::Texts(
                items
                    .iter()
                    .filter_map(Value::text)
                    .take(8)
                    .map(shortened)
                    .collect(),
            ),
            Value::Flag(flag) => Self::Flag(*flag),
            _ => Self::Other,
        }
    }

    fn of_element(element: &Element<'_>) -> Self {
        let text = |element: &Element<'_>| shortened(&String::from_utf8_lossy(element.content));
        match element.tag {
            ber::UTF8_STRING => Self::Texts(vec![text(element)]),
            ber::SEQUENCE => {
                let items = element.children().filter(|item| item.tag == ber::UTF8_STRING);
                Self::Texts(items.take(8).map(|item| text(&item)).collect())
            }
            BOOLEAN => Self::Flag(element.content.iter().any(|byte| *byte != 0)),
            _ => Self::Other,
        }
    }

    fn text(self) -> Option<String> {
        match self {
            Self::Texts(texts) => texts.into_iter().next().filter(|text| !text.is_empty()),
            Self::Flag(_) | Self::Other => None,
        }
    }

    const fn flag(&self) -> Option<bool> {
        match self {
            Self::Flag(flag) => Some(*flag),
            Self::Texts(_) | Self::Other => None,
        }
    }
}

impl ApsEnvironment {
    /// One value, or a list of them; a list that holds one value over and over holds that one.
    fn of(claim: Claim) -> Self {
        let Claim::Texts(texts) = claim else {
            return Self::Unknown("no text".to_owned());
        };
        let mut values: Vec<Self> = texts.into_iter().map(Self::of_text).collect();
        values.dedup();
        match values.as_slice() {
            [] => Self::Unknown(String::new()),
            [_] => values.swap_remove(0),
            [Self::One(_), Self::One(_), ..] => Self::Both,
            _ => Self::Unknown("a list".to_owned()),
        }
    }

    fn of_text(text: String) -> Self {
        let is_variable = |open: &str, close: char| text.contains(open) && text.contains(close);
        match text.trim().parse() {
            Ok(environment) => Self::One(environment),
            Err(_) if is_variable("$(", ')') || is_variable("${", '}') => Self::Unresolved(text),
            Err(_) => Self::Unknown(text),
        }
    }
}
