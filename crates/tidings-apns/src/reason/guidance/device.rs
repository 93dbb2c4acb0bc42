//! The explanations of the reasons for notifications, in the order of the reasons.
//!
//! Meanings and faults are Apple's (*Handling notification responses from APNs*, *Handling error responses from
//! APNs*) in our words, with what providers have seen since. `source` says where `resend` is known from: Apple lists
//! what must not be sent again, and asks for a pause after its own failures; that a request which APNs calls malformed
//! or not permitted stays so until somebody changes something, is our conclusion.

use super::{ConnectionFate, Fault, Guidance, Resend, Source};

pub(super) const BAD_COLLAPSE_ID: Guidance = Guidance {
    meaning: "The collapse id, which lets one notification replace an earlier one, was longer than the 64 \
         bytes that are allowed.",
    fault: Fault::Request,
    what_to_do: "Shorten the collapse id to at most 64 bytes. Nothing is wrong with the device token.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const BAD_DEVICE_TOKEN: Guidance = Guidance {
    meaning: "APNs does not know this device token in this environment. Mostly the token is fine but belongs \
         to the other one: an app run from Xcode has sandbox tokens, an app from TestFlight or the App \
         Store has production tokens. It can also be cut off, made up, or the token of another push \
         system.",
    fault: Fault::DeviceToken,
    what_to_do: "Find out how the app got on the device and send to that environment. If the other environment \
         refuses it too, stop using the token until the app registers again. Do not delete tokens because \
         of this answer alone: if many are refused at once, the configuration is wrong, not the tokens.",
    resend: Resend::Never,
    source: Source::Apple,
    connection: ConnectionFate::Keep,
};

pub(super) const BAD_EXPIRATION_DATE: Guidance = Guidance {
    meaning: "The expiration was not a number of seconds since 1970. For a broadcast it can also mean that the \
         channel stores nothing, and then only 0 is accepted.",
    fault: Fault::Request,
    what_to_do: "Send seconds, not milliseconds and not a date as text; send 0 to a channel without storage.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const BAD_MESSAGE_ID: Guidance = Guidance {
    meaning: "The id that was given to the request is not a UUID.",
    fault: Fault::Request,
    what_to_do: "Write the id as a UUID in its usual form of 8-4-4-4-12 hexadecimal digits, or leave it out and \
         let APNs make one.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const BAD_PRIORITY: Guidance = Guidance {
    meaning: "The priority was not one of 10 (at once), 5 (considerate of the battery) and 1 (battery first).",
    fault: Fault::Request,
    what_to_do: "Send one of these three numbers, or none at all, which means 10.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const BAD_TOPIC: Guidance = Guidance {
    meaning: "The topic is not one that can exist, or its ending contradicts the push type.",
    fault: Fault::Request,
    what_to_do: "The topic must be the app's bundle id, followed for some push types by an ending such as \
         `.voip`. Compare it letter by letter with the bundle id in Xcode and with the push type.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const DEVICE_TOKEN_NOT_FOR_TOPIC: Guidance = Guidance {
    meaning: "The device token is real and belongs to this environment, but to another topic: another app, \
         another variant of this app, or another kind of token of the same app (a VoIP token, say, sent \
         to the ordinary topic).",
    fault: Fault::DeviceToken,
    what_to_do: "Look up which bundle id and which kind the app registered this token for and send to that topic. \
         The token may well be alive there, so do not delete it.",
    resend: Resend::Never,
    source: Source::Apple,
    connection: ConnectionFate::Keep,
};

pub(super) const DUPLICATE_HEADERS: Guidance = Guidance {
    meaning: "The same header was sent twice in one request.",
    fault: Fault::Request,
    what_to_do: "This is a mistake in the sending program, or in a proxy that adds headers: send each header \
         once.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const IDLE_TIMEOUT: Guidance = Guidance {
    meaning: "The connection was not used for so long that APNs gave it up.",
    fault: Fault::Apple,
    what_to_do: "Open a new connection and send the notification there. Send a ping now and then if connections \
         are to stay open while there is nothing to send.",
    resend: Resend::OnAnotherConnection,
    source: Source::Inferred,
    connection: ConnectionFate::Replace,
};

pub(super) const INVALID_PUSH_TYPE: Guidance = Guidance {
    meaning: "The push type is not one that APNs knows, or not one that may be used here: only Live Activities \
         can be broadcast.",
    fault: Fault::Request,
    what_to_do: "Use one of Apple's push types, such as `alert` or `background`; for broadcasts `liveactivity`.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const MISSING_DEVICE_TOKEN: Guidance = Guidance {
    meaning: "The request named no device at all: the device token in its path was empty.",
    fault: Fault::Request,
    what_to_do: "Look for empty device tokens in your own records.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const MISSING_TOPIC: Guidance = Guidance {
    meaning: "The request did not say for which app it is, and the credential does not settle it: a signing \
         key never does, and this certificate covers several topics.",
    fault: Fault::Request,
    what_to_do: "Send the topic, which is the app's bundle id, with every request.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const PAYLOAD_EMPTY: Guidance = Guidance {
    meaning: "The notification had no content at all, not even an empty JSON object.",
    fault: Fault::Request,
    what_to_do: "Send a JSON object; a notification without content is at least `{}`.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const TOPIC_DISALLOWED: Guidance = Guidance {
    meaning: "This credential may not send to this app. For a broadcast or a channel it usually means that an \
         ending such as `.push-type.liveactivity` was left on the bundle id.",
    fault: Fault::Credential,
    what_to_do: "Check that the signing key or certificate belongs to the app's team, covers the app, and that \
         the app has push notifications enabled. Open new connections after an app was added: old ones do \
         not learn of it.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const BAD_CERTIFICATE: Guidance = Guidance {
    meaning: "The client certificate is not valid: it has expired, was revoked, or is no push certificate.",
    fault: Fault::Credential,
    what_to_do: "Make a new certificate in Apple's developer portal, install it and open new connections.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Replace,
};

pub(super) const BAD_CERTIFICATE_ENVIRONMENT: Guidance = Guidance {
    meaning: "The client certificate is for the other environment: a development certificate was used for \
         production, or the reverse.",
    fault: Fault::Credential,
    what_to_do: "Use a certificate that covers this environment, or send to the environment that it covers.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Replace,
};

pub(super) const EXPIRED_PROVIDER_TOKEN: Guidance = Guidance {
    meaning: "The provider token that vouches for your server is more than an hour old. Either it was not \
         renewed in time or the clock of the server is wrong.",
    fault: Fault::Credential,
    what_to_do: "Make a new provider token about every 50 minutes and send the notification again over a new \
         connection. If the token was fresh, set the server's clock.",
    resend: Resend::OnAnotherConnection,
    source: Source::Field,
    connection: ConnectionFate::Replace,
};

pub(super) const FORBIDDEN: Guidance = Guidance {
    meaning: "APNs does not allow this, and does not say why. A revoked signing key has been suspected.",
    fault: Fault::Credential,
    what_to_do: "Do not send it again. Look in Apple's developer portal whether the key, the certificate, the app \
         and the membership are in order, and ask Apple if they are.",
    resend: Resend::Never,
    source: Source::Apple,
    connection: ConnectionFate::Keep,
};

pub(super) const INVALID_PROVIDER_TOKEN: Guidance = Guidance {
    meaning: "APNs could not verify the provider token that vouches for your server: the key id or the team id \
         is wrong, the key was revoked, or the token was not signed with it.",
    fault: Fault::Credential,
    what_to_do: "Check that key id, team id and key file belong together and that the key still exists in Apple's \
         developer portal. If nothing was changed and it happens only now and then, it passes: send again \
         a little later.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const MISSING_PROVIDER_TOKEN: Guidance = Guidance {
    meaning: "The request came without any proof of who sends it: no client certificate and no provider token.",
    fault: Fault::Credential,
    what_to_do: "Configure a signing key or a client certificate for this app.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const UNRELATED_KEY_ID_IN_TOKEN: Guidance = Guidance {
    meaning: "The connection was first used with another signing key. It stays bound to that key, and this one \
         is not related to it.",
    fault: Fault::Credential,
    what_to_do: "Use a connection of its own for each signing key.",
    resend: Resend::OnAnotherConnection,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const BAD_ENVIRONMENT_KEY_ID_IN_TOKEN: Guidance = Guidance {
    meaning: "The signing key may be used in the other environment only. Since 2025 a key can be limited to \
         either production or sandbox.",
    fault: Fault::Credential,
    what_to_do: "Configure a signing key for each environment, or one that serves both. The device token is not \
         at fault.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const BAD_PATH: Guidance = Guidance {
    meaning: "The address in the request is not one that APNs has. When a channel is deleted, it can mean that \
         the channel is gone already.",
    fault: Fault::Request,
    what_to_do: "Check the path and that the request went to the right host: notifications, broadcasts and \
         channel management have different ones.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const METHOD_NOT_ALLOWED: Guidance = Guidance {
    meaning: "The request used an HTTP method that is not allowed there.",
    fault: Fault::Request,
    what_to_do: "Notifications and broadcasts are sent with POST. This is a mistake in the sending program.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const EXPIRED_TOKEN: Guidance = Guidance {
    meaning: "The device token was valid once and is no longer. Tokens of Live Activities end this way when \
         the activity is over.",
    fault: Fault::DeviceToken,
    what_to_do: "Stop sending to this token, unless the app registered it again after the time in the answer.",
    resend: Resend::Never,
    source: Source::Apple,
    connection: ConnectionFate::Keep,
};

pub(super) const UNREGISTERED: Guidance = Guidance {
    meaning: "The app can no longer be reached under this device token, mostly because it was deleted from the \
         device. Apple reports this late, on purpose.",
    fault: Fault::DeviceToken,
    what_to_do: "Stop sending to this token, unless the app registered it again after the time in the answer. The \
         same device may have a newer token.",
    resend: Resend::Never,
    source: Source::Apple,
    connection: ConnectionFate::Keep,
};

pub(super) const PAYLOAD_TOO_LARGE: Guidance = Guidance {
    meaning: "The content was larger than APNs takes: 4096 bytes, or 5120 for VoIP notifications and \
         broadcasts.",
    fault: Fault::Request,
    what_to_do: "Shorten the content, for instance by sending an id and letting the app fetch the rest.",
    resend: Resend::Never,
    source: Source::Apple,
    connection: ConnectionFate::Keep,
};

pub(super) const TOO_MANY_PROVIDER_TOKEN_UPDATES: Guidance = Guidance {
    meaning: "The provider token that vouches for your server was replaced too often: a connection accepts a \
         new one only every 20 minutes.",
    fault: Fault::Credential,
    what_to_do: "Make one provider token per signing key about every 50 minutes and share it between all \
         connections, processes and servers. Keep using the present one, on a new connection.",
    resend: Resend::Later,
    source: Source::Field,
    connection: ConnectionFate::Replace,
};

pub(super) const TOO_MANY_REQUESTS: Guidance = Guidance {
    meaning: "Too much was sent to one device in a short time, or to one broadcast channel.",
    fault: Fault::Load,
    what_to_do: "Send less to this device or channel, and pause longer after each such answer. Notifications that \
         replace each other can be merged before they are sent.",
    resend: Resend::Later,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};

pub(super) const INTERNAL_SERVER_ERROR: Guidance = Guidance {
    meaning: "Something went wrong inside of APNs.",
    fault: Fault::Apple,
    what_to_do: "Send it again later with growing pauses; Apple suggests to wait 15 minutes. If it does not stop, \
         open a new connection.",
    resend: Resend::Later,
    source: Source::Apple,
    connection: ConnectionFate::Keep,
};

pub(super) const SERVICE_UNAVAILABLE: Guidance = Guidance {
    meaning: "APNs is overloaded or under repair.",
    fault: Fault::Apple,
    what_to_do: "Send it again later with growing pauses; Apple suggests to wait 15 minutes. If it does not stop, \
         open a new connection.",
    resend: Resend::Later,
    source: Source::Apple,
    connection: ConnectionFate::Keep,
};

pub(super) const SHUTDOWN: Guidance = Guidance {
    meaning: "The server of APNs at the other end of this connection is being shut down, which is routine.",
    fault: Fault::Apple,
    what_to_do: "Open a new connection and send it there.",
    resend: Resend::OnAnotherConnection,
    source: Source::Inferred,
    connection: ConnectionFate::Replace,
};

pub(super) const UNKNOWN: Guidance = Guidance {
    meaning: "APNs, or something between here and APNs, gave a reason that this version of Tidings does not know, or none.",
    fault: Fault::Unknown,
    what_to_do: "Read the status and the text of the answer. With status 429 or 500 and above, send it again \
         later; otherwise not, until the cause is known. It is no evidence against the device token.",
    resend: Resend::AfterFix,
    source: Source::Inferred,
    connection: ConnectionFate::Keep,
};
