//! The explanations of the reasons that only broadcasts and channels have.
//!
//! Meanings and faults are Apple's (*Handling notification responses from APNs*, *Handling error responses from
//! APNs*) in our words, with what providers have seen since. `source` says where `resend` is known from: Apple lists
//! what must not be sent again, and asks for a pause after its own failures; that a request which APNs calls malformed
//! or not permitted stays so until somebody changes something, is our conclusion.

use super::{ConnectionFate, Fault, Guidance, Resend, Source};

pub(super) const FEATURE_NOT_ENABLED: Guidance = Guidance {
    meaning: "Broadcasts are not enabled for this app.",
    fault: Fault::Credential,
    what_to_do: "Turn on the broadcast capability of the app's identifier in Apple's developer portal. It cannot \
         be done in Xcode.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const MISSING_CHANNEL_ID: Guidance = Guidance {
    meaning: "The request did not say which channel it is for.",
    fault: Fault::Request,
    what_to_do: "Send the channel's id in the `apns-channel-id` header.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const BAD_CHANNEL_ID: Guidance = Guidance {
    meaning: "The channel id is damaged: it is not proper base64, or too long.",
    fault: Fault::Request,
    what_to_do: "Use the id exactly as APNs gave it out when the channel was made.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const CHANNEL_NOT_REGISTERED: Guidance = Guidance {
    meaning: "There is no such channel here: it was deleted, or it belongs to the other environment or to \
         another app.",
    fault: Fault::Request,
    what_to_do: "List the app's channels in this environment, and make a new one if it is gone. A deleted channel \
         does not come back.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const BAD_REQUEST_PARAMS: Guidance = Guidance {
    meaning: "The request about a channel contains a field that APNs does not know.",
    fault: Fault::Request,
    what_to_do: "Send only `message-storage-policy` and `push-type`.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const BAD_REQUEST_PAYLOAD: Guidance = Guidance {
    meaning: "The request about a channel is not readable as JSON.",
    fault: Fault::Request,
    what_to_do: "Send a JSON object with `message-storage-policy` and `push-type`.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const CANNOT_CREATE_CHANNEL_CONFIG: Guidance = Guidance {
    meaning: "The app has as many channels as it may have: 10 000 in each environment.",
    fault: Fault::Load,
    what_to_do: "Delete the channels of events that are over, then make the new one.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const MISSING_PUSH_TYPE: Guidance = Guidance {
    meaning: "The request did not say what type of notification it is.",
    fault: Fault::Request,
    what_to_do: "Send the push type; for broadcasts `liveactivity`.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const TOPIC_MISMATCH: Guidance = Guidance {
    meaning: "The bundle id in the address is of an app that this credential does not cover.",
    fault: Fault::Credential,
    what_to_do: "Use the credential of the team that the app belongs to, or correct the bundle id.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};
