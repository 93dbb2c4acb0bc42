//! How urgently APNs and the device should treat a notification.

use std::fmt;
use std::str::FromStr;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::parse_error::ParseError;

/// The value of the `apns-priority` header (Apple, *Sending notification requests to APNs*).
///
/// In JSON it is a number; a text with the number is read as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// 1: the device's power comes first; it is never woken.
    PowerFirst,
    /// 5: at a time that is considerate of the device's power.
    Considerate,
    /// 10: at once. What APNs assumes when nothing is said.
    Immediate,
}

impl Priority {
    /// All three, most urgent first.
    pub const ALL: [Self; 3] = [Self::Immediate, Self::Considerate, Self::PowerFirst];

    /// The value of the header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PowerFirst => "1",
            Self::Considerate => "5",
            Self::Immediate => "10",
        }
    }

    /// The number: 10, 5 or 1.
    pub const fn as_u8(self) -> u8 {
        match self {
            Self::PowerFirst => 1,
            Self::Considerate => 5,
            Self::Immediate => 10,
        }
    }

    fn from_number(number: u64) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|priority| u64::from(priority.as_u8()) == number)
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Priority {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::ALL
            .into_iter()
            .find(|priority| priority.as_str() == text)
            .ok_or_else(|| ParseError::unknown("priority", text, "10, 5, 1"))
    }
}

impl Serialize for Priority {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.as_u8())
    }
}

impl<'de> Deserialize<'de> for Priority {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrText)
    }
}

struct NumberOrText;

impl Visitor<'_> for NumberOrText {
    type Value = Priority;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a priority: 10, 5 or 1")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Priority, E> {
        Priority::from_number(number).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Priority, E> {
        u64::try_from(number)
            .ok()
            .and_then(Priority::from_number)
            .ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Priority, E> {
        text.parse().map_err(E::custom)
    }
}
