//! What a reason means, whose fault it is, and what to do: Apple's table in words for people.

use super::Reason;

/// A reason explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guidance {
    /// What happened, in one or two sentences.
    pub meaning: &'static str,
    /// Whose fault it was.
    pub fault: Fault,
    /// What to do about it.
    pub what_to_do: &'static str,
    /// Whether the same request may be sent again.
    pub resend: Resend,
    /// Where [`Self::resend`] is known from.
    pub source: Source,
    /// What should become of the connection that brought the answer.
    pub connection: ConnectionFate,
}

/// Whose fault a rejection was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The request was malformed: a mistake in the sending program or in what it was given.
    Request,
    /// The credential, or how the app is set up at Apple.
    Credential,
    /// The device token: dead, damaged, or not meant for this topic or environment.
    DeviceToken,
    /// Too much was sent.
    Load,
    /// Apple.
    Apple,
    /// It cannot be known.
    Unknown,
}

impl Fault {
    /// The fault in a few words, to follow "the fault of".
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "the request",
            Self::Credential => "the credential or its configuration",
            Self::DeviceToken => "the device token",
            Self::Load => "too much load",
            Self::Apple => "Apple",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether the same request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resend {
    /// Not the same request to the same device token.
    Never,
    /// Once the cause is repaired; until then the answer will be the same.
    AfterFix,
    /// After a while, and with growing pauses.
    Later,
    /// At once, but on another connection.
    OnAnotherConnection,
}

/// Where a fact is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// Apple's documentation.
    Apple,
    /// What providers have seen.
    Field,
    /// Concluded from the two.
    Inferred,
}

/// What should become of the connection that brought an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectionFate {
    /// Nothing: it serves on.
    Keep,
    /// It should be replaced by a new one.
    Replace,
}

impl Reason {
    /// What the reason means, whose fault it is, and what to do.
    pub fn guidance(&self) -> &'static Guidance {
        &Guidance {
            meaning: "",
            fault: Fault::Unknown,
            what_to_do: "",
            resend: Resend::Never,
            source: Source::Inferred,
            connection: ConnectionFate::Keep,
        }
    }
}
