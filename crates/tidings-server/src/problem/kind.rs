//! The closed table of problems. It makes the answers, the OpenAPI document and the book.

/// Declares the problems: name, slug, status, title, and what to do.
macro_rules! problems {
    ($($kind:ident $slug:literal $status:literal $title:literal $hint:literal;)*) => {
        /// What sort of thing went wrong. The slugs do not change between versions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum ProblemKind {
            $($kind,)*
        }

        impl ProblemKind {
            /// All of them.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// The last part of the type.
            pub(crate) const fn slug(self) -> &'static str {
                match self { $(Self::$kind => $slug,)* }
            }

            pub(crate) const fn status(self) -> u16 {
                match self { $(Self::$kind => $status,)* }
            }

            pub(crate) const fn title(self) -> &'static str {
                match self { $(Self::$kind => $title,)* }
            }

            /// What to do.
            pub(crate) const fn hint(self) -> &'static str {
                match self { $(Self::$kind => $hint,)* }
            }
        }
    };
}

problems! {
    MalformedRequest "malformed-request" 400 "The request cannot be read"
        "Look at the path, the headers and their encoding.";
    InvalidJson "invalid-json" 400 "The body is not JSON"
        "Send one JSON object, in UTF-8.";
    InvalidParameter "invalid-parameter" 400 "A query parameter makes no sense"
        "The parameters of each operation are in /openapi.json.";
    InvalidCursor "invalid-cursor" 400 "The cursor is not one of this list"
        "Send back `next_cursor` unchanged, with the same filters; or begin anew without a cursor.";
    MissingKey "missing-key" 401 "There is no API key"
        "Send the header `Authorization: Bearer tid_…`. The first start of `tidings serve` prints an admin key.";
    InvalidKey "invalid-key" 401 "The API key is not valid"
        "Copy the key again as a whole; if it is lost, make another by `POST /v1/api-keys`.";
    ExpiredKey "expired-key" 401 "The API key has expired"
        "Make another by `POST /v1/api-keys`.";
    RevokedKey "revoked-key" 401 "The API key was revoked"
        "Make another by `POST /v1/api-keys`.";
    ScopeMissing "scope-missing" 403 "The API key does not allow this"
        "Use a key with the scope that is named, or with `admin`.";
    AppNotAllowed "app-not-allowed" 403 "The API key is for other apps"
        "Use a key that is for this app, or for all.";
    UnknownRoute "unknown-route" 404 "There is no such operation"
        "The operations are listed at /openapi.json.";
    AppNotFound "app-not-found" 404 "The app is not known"
        "An app is known from its first registration or credential on. Look at the bundle id for a slip.";
    DeviceNotFound "device-not-found" 404 "The device is not known"
        "It was never registered under this app, or was forgotten.";
    NotificationNotFound "notification-not-found" 404 "The notification is not known"
        "It is of another app, or was finished so long ago that it is no longer kept.";
    IncidentNotFound "incident-not-found" 404 "The incident is not known"
        "Look at the list of the app's incidents.";
    CredentialNotFound "credential-not-found" 404 "The credential is not known"
        "Look at the list of the app's credentials.";
    ChannelNotFound "channel-not-found" 404 "The channel is not known"
        "Channels of the two environments have nothing to do with each other: look at the environment.";
    ApiKeyNotFound "api-key-not-found" 404 "The API key is not known"
        "Look at the list of API keys; it may be revoked already.";
    WebhookNotFound "webhook-not-found" 404 "The webhook is not known"
        "Look at the list of webhooks.";
    ProblemNotFound "problem-not-found" 404 "The problem is not known"
        "Look at the list of the app's problems: nobody may have it any more.";
    ReplayNotFound "replay-not-found" 404 "The replay is not known"
        "Plan another by `POST /v1/apps/{bundle_id}/problems/{problem}:replay`.";
    MethodNotAllowed "method-not-allowed" 405 "This cannot be done here"
        "The methods of each path are listed at /openapi.json.";
    RequestTimeout "request-timeout" 408 "The body did not arrive in time"
        "Send the body without long pauses.";
    Conflict "conflict" 409 "It is in conflict with what is stored"
        "Look at what is stored under that name.";
    IdempotencyInFlight "idempotency-in-flight" 409 "The first request under this idempotency key is still being answered"
        "Ask again in a moment.";
    IncidentEnded "incident-ended" 409 "The incident has ended"
        "Nothing needs to be done.";
    NothingToReplay "nothing-to-replay" 409 "Nothing of it can be sent again"
        "Send what is still wanted as a new notification.";
    StepNotOffered "step-not-offered" 409 "This step of the replay may not begin now"
        "Ask for the replay: it names the step that may begin, and what came of those before.";
    LastAdminKey "last-admin-key" 409 "It is the last key with the scope `admin`"
        "Make another admin key first, or nobody could make keys any more.";
    CredentialMissing "credential-missing" 409 "The app has no usable credential for this environment"
        "Upload one by `POST /v1/apps/{bundle_id}/credentials`.";
    TooManyApps "too-many-apps" 409 "There are as many apps as this server takes"
        "Look at the list of apps for slips in bundle ids, or raise the limit in the configuration.";
    TooManyWebhooks "too-many-webhooks" 409 "There are as many webhooks as this server takes"
        "Remove one that is not needed.";
    BodyTooLarge "body-too-large" 413 "The body is too large"
        "Send less at once; `notifications:batch` and `devices:import` take streams.";
    UnsupportedMediaType "unsupported-media-type" 415 "The body is of the wrong type"
        "Send `Content-Type: application/json` (with curl: `-H 'content-type: application/json'`).";
    InvalidField "invalid-field" 422 "A field makes no sense"
        "The fields of each operation are in /openapi.json.";
    InvalidDeviceToken "invalid-device-token" 422 "It is not a device token"
        "Send the bytes that the app was given as hexadecimal digits, without spaces or angle brackets.";
    InvalidPayload "invalid-payload" 422 "APNs or a device would not take the payload"
        "`aps` is Apple's dictionary, `data` holds the app's own keys, which stand beside it.";
    PayloadTooLarge "payload-too-large" 422 "The payload is too large"
        "Send less, and let the app fetch the rest.";
    UnreadableCredential "unreadable-credential" 422 "The file is not a usable credential"
        "Upload the .p8 file of a signing key, or a push certificate with its private key as .p12 or PEM.";
    IdempotencyMismatch "idempotency-mismatch" 422 "The idempotency key was used for another request"
        "Use a new idempotency key for a new request.";
    AskedLately "asked-lately" 429 "APNs was asked about this credential a moment ago"
        "Ask again after the pause that `Retry-After` names: APNs takes many new connections for an attack.";
    Internal "internal" 500 "Something went wrong here"
        "This should not happen; please report it with the server's log.";
    ApnsRefused "apns-refused" 502 "APNs refused"
        "The reason is explained in the book: Why APNs said no.";
    ApnsUnreachable "apns-unreachable" 502 "APNs did not answer"
        "Ask again later; whether the request was executed is not known.";
    StorageFull "storage-full" 503 "There is no room left on the disk"
        "Make room on the disk of the data directory; writing resumes by itself.";
    StorageUnavailable "storage-unavailable" 503 "The store cannot be written"
        "Look at the server's log. What was acknowledged is safe.";
    Overloaded "overloaded" 503 "The server has too much to do"
        "Ask again after the pause that `Retry-After` names.";
}

impl ProblemKind {
    /// The type: a URI that names the problem.
    pub(crate) fn uri(self) -> String {
        format!("urn:tidings:problem:{}", self.slug())
    }

    /// When to ask again, where that can help.
    pub(crate) const fn retry_after_seconds(self) -> Option<u32> {
        match self {
            Self::IdempotencyInFlight | Self::Overloaded => Some(1),
            Self::AskedLately => Some(10),
            Self::StorageFull | Self::StorageUnavailable => Some(5),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_problem_has_a_name_of_its_own_and_says_what_to_do() {
        let mut slugs = HashSet::new();
        for kind in ProblemKind::ALL {
            assert!(slugs.insert(kind.slug()), "{kind:?}");
            assert!((400..600).contains(&kind.status()), "{kind:?}");
            assert!(
                kind.hint().ends_with('.') && !kind.title().ends_with('.'),
                "{kind:?}"
            );
        }
    }
}
