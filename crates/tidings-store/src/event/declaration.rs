//! How a kind of event is declared: once, with the type and the meaning of all that it says, for the code that writes it
//! and for the documents that describe it.

use tidings_apns::{Environment, KeyId, TeamId, Timestamp};
use tidings_truth::{IncidentCause, IncidentEnd, TokenState};

use crate::credential::CredentialForm;
use crate::ids::NotificationId;
use crate::notification::Counts;
use crate::recipient::RecipientOutcome;

/// Something that an event says.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in `data`.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What stands there.
    pub shape: Shape,
    /// Whether `null` may stand there.
    pub is_nullable: bool,
}

/// What stands in a field, in the words of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// A text.
    Text,
    /// A number without a fraction, not negative.
    Count,
    /// A number.
    Number,
    /// A date and time of RFC 3339, in UTC.
    Instant,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// Several texts.
    Texts,
    /// Several texts, each one of these.
    SomeOf(&'static [&'static str]),
    /// An object with these numbers.
    Counts(&'static [&'static str]),
    /// An object that may grow.
    Object,
}

/// What a type looks like in JSON.
pub(crate) trait Shaped {
    const SHAPE: Shape;
    const IS_NULLABLE: bool = false;
}

impl<T: Shaped> Shaped for Option<T> {
    const SHAPE: Shape = T::SHAPE;
    const IS_NULLABLE: bool = true;
}

const ENVIRONMENTS: &[&str] = &["production", "sandbox"];

macro_rules! shaped {
    ($($type:ty = $shape:expr;)*) => {$(
        impl Shaped for $type {
            const SHAPE: Shape = $shape;
        }
    )*};
}

shaped! {
    String = Shape::Text;
    Box<str> = Shape::Text;
    KeyId = Shape::Text;
    TeamId = Shape::Text;
    NotificationId = Shape::Text;
    u16 = Shape::Count;
    u64 = Shape::Count;
    i64 = Shape::Count;
    f64 = Shape::Number;
    Timestamp = Shape::Instant;
    Vec<String> = Shape::Texts;
    &'static str = Shape::Text;
    serde_json::Value = Shape::Object;
    IncidentCause = Shape::Object;
    Environment = Shape::OneOf(ENVIRONMENTS);
    Vec<Environment> = Shape::SomeOf(ENVIRONMENTS);
    CredentialForm = Shape::OneOf(&["signing_key", "certificate"]);
    IncidentEnd = Shape::OneOf(&["recovered", "released", "confirmed"]);
    TokenState = Shape::OneOf(&["unproven", "active", "quarantined", "unregistered", "rejected", "superseded"]);
    RecipientOutcome = Shape::OneOf(&[
        "delivered", "rejected", "expired", "cancelled", "undeliverable", "unknown_dropped",
    ]);
    Counts = Shape::Counts(&[
        "recipients", "delivered", "rejected", "expired", "cancelled", "undeliverable", "unknown_dropped",
        "waiting", "held",
    ]);
}

/// Declares the kinds of events: their names, what they mean, what their subject is, and what they say.
macro_rules! happenings {
    ($(
        $(#[doc = $meaning:literal])*
        $kind:ident $name:literal about $subject:literal {
            $($(#[doc = $field_meaning:literal])* $field:ident: $type:ty,)*
        }
    )*) => {
        /// What sort of thing happened. The names do not change between versions; what an event says may grow.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum EventKind {
            $($(#[doc = $meaning])* #[serde(rename = $name)] $kind,)*
        }

        impl EventKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// What it means.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$kind => concat!($($meaning,)*),)*
                }
            }

            /// What its subject is.
            pub const fn subject(self) -> &'static str {
                match self {
                    $(Self::$kind => $subject,)*
                }
            }

            /// What it says.
            pub const fn fields(self) -> &'static [Field] {
                match self {
                    $(Self::$kind => &[$(Field {
                        name: stringify!($field),
                        meaning: concat!($($field_meaning,)*),
                        shape: <$type as Shaped>::SHAPE,
                        is_nullable: <$type as Shaped>::IS_NULLABLE,
                    },)*],)*
                }
            }
        }

        $(
            $(#[doc = $meaning])*
            #[derive(Clone, Debug, Serialize)]
            pub(crate) struct $kind {
                $($(#[doc = $field_meaning])* pub(crate) $field: $type,)*
            }

            impl Happening for $kind {
                const KIND: EventKind = EventKind::$kind;
            }
        )*
    };
}

pub(super) use happenings;

#[cfg(test)]
mod tests {
    use super::*;

    fn words<T: serde::Serialize>(all: &[T]) -> Vec<String> {
        let word = |value| serde_json::to_value(value).map(|word| word.as_str().map(str::to_owned));
        all.iter()
            .map(|value| word(value).ok().flatten().expect("it is a word"))
            .collect()
    }

    #[test]
    fn the_words_of_a_shape_are_those_that_are_written() {
        for (shape, words) in [
            (TokenState::SHAPE, words(&TokenState::ALL)),
            (Environment::SHAPE, words(&Environment::ALL)),
            (
                CredentialForm::SHAPE,
                words(&[CredentialForm::SigningKey, CredentialForm::Certificate]),
            ),
            (
                IncidentEnd::SHAPE,
                words(&[
                    IncidentEnd::Recovered,
                    IncidentEnd::Released,
                    IncidentEnd::Confirmed,
                ]),
            ),
            (
                RecipientOutcome::SHAPE,
                words(&[
                    RecipientOutcome::Delivered,
                    RecipientOutcome::Rejected,
                    RecipientOutcome::Expired,
                    RecipientOutcome::Cancelled,
                    RecipientOutcome::Undeliverable,
                    RecipientOutcome::UnknownDropped,
                ]),
            ),
        ] {
            let Shape::OneOf(declared) = shape else {
                panic!("{shape:?} is no choice of words");
            };
            assert_eq!(declared, words);
        }
    }

    #[test]
    fn the_counts_of_a_shape_are_those_that_are_written() {
        let Shape::Counts(declared) = Counts::SHAPE else {
            panic!("counts are counts");
        };
        let json = serde_json::to_value(Counts::default()).unwrap();
        let mut written: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let mut declared = declared.to_vec();
        written.sort_unstable();
        declared.sort_unstable();
        assert_eq!(written, declared);
    }
}
