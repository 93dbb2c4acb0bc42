//! Accepted and not arrived; refused for its form; limited; Apple's own failures.

use super::entries;

entries! { Delivery;
    ACCEPTED_IS_NOT_DELIVERED = "accepted-is-not-delivered", Info, [] [Silence] {
        title: "APNs accepted the notification; that proves the address, not the delivery.",
        meaning: "Device token, topic, environment and credential are right. APNs answers 200 to many tokens of deleted apps on purpose, to old \
                  tokens of a device that has newer ones, and when notifications are switched off.",
        causes: [
            "The app was deleted, or has a newer token.",
            "Notifications are switched off for the app.",
            "A background notification was held back by the system.",
        ],
        tell: "Send an alert to the token that the app prints right now. Apple's Push Notifications Console shows the fate of one notification.",
        fix: "Register the token at every launch with an id of the installation, so that older tokens of it are replaced.",
        tidings: "Replaces older tokens of an installation when it registers another.",
    }
    NO_BACKGROUND_MODE = "no-background-mode", Info, [] [Silence] {
        title: "The app does not declare the background mode for remote notifications.",
        meaning: "Apple asks for `remote-notification` in UIBackgroundModes of an app that is to be woken by background notifications.",
        causes: ["The capability Background Modes, Remote notifications is off."],
        tell: "Info.plist of the built app.",
        fix: "Xcode: target, Signing & Capabilities, Background Modes, Remote notifications. Send with push type background and priority 5.",
        tidings: "Warns when a background notification has priority 10.",
    }
    NO_VOIP_MODE = "no-voip-mode", Info, [] [Silence] {
        title: "The app does not declare the background mode for calls.",
        meaning: "Apple asks for `voip` in UIBackgroundModes of an app that takes calls by PushKit.",
        causes: ["The capability Background Modes, Voice over IP is off."],
        tell: "Info.plist of the built app.",
        fix: "Xcode: target, Signing & Capabilities, Background Modes, Voice over IP. The app must report each call to CallKit.",
        tidings: "Nothing.",
    }
    REQUEST_IS_MALFORMED = "request-is-malformed", Error,
        [BadCollapseId, BadExpirationDate, BadMessageId, BadPriority, DuplicateHeaders, InvalidPushType, PayloadEmpty, PayloadTooLarge,
         BadPath, MethodNotAllowed, MissingPushType, MissingChannelId, BadChannelId, BadRequestParams, BadRequestPayload,
         ChannelNotRegistered, CannotCreateChannelConfig, FeatureNotEnabled, TopicMismatch] [] {
        title: "APNs refuses the request for its form or content.",
        meaning: "Nothing is wrong with the device token, and as a rule not with the credential: the request itself is at fault.",
        causes: ["A header or the payload breaks one of Apple's rules."],
        tell: "The reason names it.",
        fix: "Correct what the reason names.",
        tidings: "Checks everything checkable before it accepts a notification, and names the field.",
    }
    TOO_MUCH = "too-much-for-one-device", Warning, [TooManyRequests] [ApnsFails] {
        title: "Too much was sent to one device token.",
        meaning: "APNs limits how much one device gets in a short time.",
        causes: ["A loop sends to the same device.", "Each change is a notification."],
        tell: "Only this token is concerned.",
        fix: "Pause for this device, and merge notifications with a collapse id.",
        tidings: "Backs off for this token only.",
    }
    APNS_FAILS = "apns-is-unwell", Warning, [InternalServerError, ServiceUnavailable, Shutdown, IdleTimeout] [ApnsFails] {
        title: "APNs itself has a failure, or closes the connection.",
        meaning: "It says nothing of your device tokens or credentials.",
        causes: ["A failure or maintenance at Apple.", "An idle connection was closed."],
        tell: "Apple's System Status page; other apps fail as well.",
        fix: "Send again with growing pauses, on a new connection.",
        tidings: "Sends again by itself until the notification expires.",
    }
    ANSWER_NOT_EXPLAINED = "answer-not-explained", Warning, [] [] {
        title: "What was given does not explain the answer of APNs.",
        meaning: "The reason is new, or the facts at hand do not touch it.",
        causes: ["More facts are needed: the build, the credential, the topic, the environment, the device token."],
        tell: "`tidings explain REASON` says what is known of it.",
        fix: "Give the build that is on the device, the credential, the topic and the environment.",
        tidings: "Keeps an unknown reason as it was said and blames no device token for it.",
    }
}
