//! The topic: whether it can exist, belongs to the credential, and belongs to the device token.

use super::entries;

entries! { Topic;
    TOPIC_IS_NOT_THE_BUNDLE_ID = "topic-is-not-the-bundle-id", Error, [DeviceTokenNotForTopic, TopicDisallowed, BadTopic] [] {
        title: "The topic is not the bundle id of the build.",
        meaning: "The topic must be the bundle id of the app that got the token, letter by letter, and a suffix for some kinds of tokens.",
        causes: ["The sender is configured for another app.", "The bundle id of the app was changed.", "Catalyst apps of older projects have a bundle id of their own."],
        tell: "Compare the topic with CFBundleIdentifier in the built app's Info.plist.",
        fix: "Send to the topic of the build.",
        tidings: "Makes the topic from the app under which the token was registered.",
    }
    TOPIC_OF_ANOTHER_FLAVOUR = "topic-of-another-flavour", Error, [DeviceTokenNotForTopic] [] {
        title: "The build is another flavour of the app than the topic.",
        meaning: "Flavours such as `.dev`, `.staging` or `.beta` are apps of their own to Apple, with tokens of their own. One configured \
                  topic fits only one of them.",
        causes: ["The backend sends one topic for all flavours."],
        tell: "All users of one flavour fail, and all of the other are fine.",
        fix: "Store the bundle id with each token and send to that topic.",
        tidings: "Keeps a flavour as an app of its own.",
    }
    BUNDLE_ID_CHANGED = "bundle-id-changed", Error, [DeviceTokenNotForTopic] [] {
        title: "The bundle id of the app changed between the builds.",
        meaning: "To Apple an app with another bundle id is another app. Its tokens are new, and need the new topic.",
        causes: ["The app was renamed or split in a release."],
        tell: "Failures began with a release; the older build has the topic as its bundle id, the newer has not.",
        fix: "Send to the new bundle id for tokens that the new build registered, and to the old one for the rest.",
        tidings: "Register the new bundle id as an app of its own; the tokens of the old one stay with it.",
    }
    TOPIC_OF_ANOTHER_APP = "topic-of-another-app", Error, [DeviceTokenNotForTopic, TopicDisallowed] [] {
        title: "The device token was registered for another app than it is sent to.",
        meaning: "One table holds the tokens of several apps, and the topic was taken from elsewhere.",
        causes: ["Tokens are looked up by user, without their app.", "Apps share a keychain or an app group, and one stored the other's token."],
        tell: "The bundle id under which the token is registered is not the topic's.",
        fix: "Make (app, environment) part of the key of the table of tokens.",
        tidings: "Tokens belong to an app, and go only to its topics.",
    }
    TOPIC_OF_AN_EXTENSION = "topic-of-an-extension", Error, [DeviceTokenNotForTopic, TopicDisallowed] [] {
        title: "The topic is the bundle id of an extension, which has no device tokens.",
        meaning: "A notification service or content extension works on notifications of its app. The topic is the app's.",
        causes: ["The bundle id was copied from the wrong target in Xcode."],
        tell: "The topic is found at a bundle in PlugIns.",
        fix: "Send to the bundle id of the containing app.",
        tidings: "Nothing: register tokens under the app.",
    }
    WATCH_APP_TOPIC = "watch-token-with-phone-topic", Error, [DeviceTokenNotForTopic] [] {
        title: "The app for the watch has a bundle id and device tokens of its own.",
        meaning: "A token that the watch's app got works with the watch app's bundle id only.",
        causes: ["Tokens of phone and watch are stored alike."],
        tell: "Only tokens that a watch registered fail.",
        fix: "Send these tokens to the bundle id of the watch app.",
        tidings: "Register the watch app as an app of its own.",
    }
    KIND_DOES_NOT_MATCH = "kind-does-not-match-topic", Error, [DeviceTokenNotForTopic, BadDeviceToken] [] {
        title: "The kind of the device token and the suffix of the topic do not belong together.",
        meaning: "An app has a separate token for alerts, for calls (PushKit), for Live Activities, for widgets and more. Each works with \
                  its own topic only: `.voip` for calls, `.push-type.liveactivity` for Live Activities, no suffix for alerts.",
        causes: ["One column holds tokens of several kinds.", "The suffix was forgotten, or added for the wrong kind."],
        tell: "Only calls fail, or only Live Activities do; alerts arrive.",
        fix: "Keep a column for each kind and send each to its topic.",
        tidings: "Keeps the kind with each token and makes the topic from it.",
    }
    TOPIC_SUFFIX_DOUBLED = "topic-suffix-doubled", Error, [DeviceTokenNotForTopic, TopicDisallowed, BadTopic] [] {
        title: "The topic has two suffixes.",
        meaning: "Some libraries append the suffix by themselves. If the configured topic has it already, it stands there twice.",
        causes: ["The topic was configured with its suffix for a library that adds it."],
        tell: "The topic ends with `.voip.voip` or the like.",
        fix: "Configure the bare bundle id.",
        tidings: "Refuses such a topic.",
    }
    TOPIC_MISSPELLED = "topic-misspelled", Error, [TopicDisallowed, BadTopic, DeviceTokenNotForTopic] [] {
        title: "The topic is almost the bundle id.",
        meaning: "APNs compares letter by letter. A prefix of the team, other capitals or a placeholder make another topic.",
        causes: ["The application identifier (`TEAM.bundle.id`) was taken for the bundle id.", "Capitals differ.", "A placeholder was never filled in."],
        tell: "Compare with CFBundleIdentifier.",
        fix: "Use the bundle id exactly as in the built Info.plist.",
        tidings: "Refuses topics that cannot be one.",
    }
    TOPIC_MALFORMED = "topic-malformed", Error, [BadTopic, TopicDisallowed] [] {
        title: "The topic holds characters that no bundle id has, or is empty.",
        meaning: "Bundle ids consist of letters, digits, hyphens and full stops.",
        causes: ["A space or a line break was configured along.", "A variable was not replaced."],
        tell: "Print the topic between quotes.",
        fix: "Write the bundle id as it stands in Xcode under Signing & Capabilities.",
        tidings: "Refuses it.",
    }
    TOPIC_MISSING = "topic-missing", Error, [MissingTopic] [] {
        title: "The request names no topic.",
        meaning: "With a signing key the topic is always needed; with a certificate that covers several topics too.",
        causes: ["The header `apns-topic` is not set.", "A certificate for one topic was replaced by one for several."],
        tell: "Look at the request's headers.",
        fix: "Send `apns-topic` with every request.",
        tidings: "Always sends it.",
    }
    TOPIC_NOT_PERMITTED = "topic-not-permitted", Error, [TopicDisallowed, BadTopic] [] {
        title: "The credential is accepted, but not for this topic.",
        meaning: "APNs knows the signing key or certificate, and it may not send to this topic.",
        causes: [
            "The bundle id belongs to another team.",
            "The key is restricted to certain topics and this one is not among them.",
            "The topic is misspelled.",
            "Push notifications are not enabled for the App ID.",
            "The connection is older than the app's enabling: old connections do not learn of it.",
        ],
        tell: "Try another topic of the same team with the same key: if it is accepted, the key or its team is right and the topic is not.",
        fix: "In the developer portal compare the team and the key's topics with the app's identifier; then open new connections.",
        tidings: "Pauses the lane, opens an incident and holds what is to be sent. No device token is blamed.",
    }
    TOPIC_UNEXPLAINED = "token-of-another-topic", Error, [DeviceTokenNotForTopic] [] {
        title: "The device token is alive and belongs to another topic.",
        meaning: "APNs found the token in this environment under another topic: another app, another flavour, or another kind of token. \
                  Environment and credential are right.",
        causes: ["Another flavour of the app registered it.", "It is a token of another kind, such as for calls.", "Another app registered it."],
        tell: "Look up which build registered the token, and for which kind.",
        fix: "Send to the topic that the token was registered for.",
        tidings: "Holds the token, never gives it up, and says so in its story.",
    }
}
