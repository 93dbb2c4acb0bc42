//! Signing keys: the file, its id, its team, and what it may be used for.

use super::entries;

entries! { SigningKey;
    IDS_SWAPPED = "key-id-and-team-id-swapped", Error, [InvalidProviderToken] [] {
        title: "Key id and team id are swapped.",
        meaning: "Both are ten letters and digits. The key id names the key (it is in the file's name), the team id names the account.",
        causes: ["The two were pasted into each other's fields."],
        tell: "The key id is in the name `AuthKey_KEYID.p8`; the team id is in the profile of every build.",
        fix: "Exchange the two values.",
        tidings: "Compares them with the file and the build when they are at hand.",
    }
    TEAM_IS_NOT_THE_APPS = "team-does-not-own-app", Error, [TopicDisallowed, InvalidProviderToken] [] {
        title: "The credential belongs to another team than the app.",
        meaning: "A signing key may send only to apps of its own team. The build says which team signed it.",
        causes: [
            "The key comes from another account (personal, contractor's, another customer's).",
            "The team id is mistyped.",
            "The app prefix of an old App ID was taken for the team.",
            "An app is signed anew for each customer, each with a team, and one key is used for all.",
        ],
        tell: "Compare the configured team with the team in the build's profile or signature.",
        fix: "Use a key of the team that signs the app, with that team's id.",
        tidings: "Pauses the lane at the refusal; no device token is blamed.",
    }
    APP_WAS_TRANSFERRED = "app-was-transferred", Error, [TopicDisallowed] [] {
        title: "The app has moved to another team, and the credential is still the old team's.",
        meaning: "After a transfer the old team's keys and certificates may no longer send to the app. Device tokens are said to survive it.",
        causes: ["The app was transferred to another account."],
        tell: "An older build has the configured team, the newer one another.",
        fix: "Make a signing key in the new team, configure it with that team's id, and open new connections.",
        tidings: "Holds what is to be sent until a credential is accepted; tokens keep their registration.",
    }
    KEY_UNUSABLE = "signing-key-unusable", Error, [InvalidProviderToken, MissingProviderToken] [NotLoaded] {
        title: "The file is no key that can sign provider tokens.",
        meaning: "APNs takes ES256 only: a private key on the curve P-256, as in the .p8 that Apple hands out.",
        causes: [
            "An RSA key, a public key or a certificate was taken for the .p8.",
            "The file lost its first and last line, or its line breaks, in an environment variable.",
            "The file is empty.",
        ],
        tell: "The first line must be `-----BEGIN PRIVATE KEY-----`, and `openssl pkey -in FILE -text -noout` must say P-256.",
        fix: "Use the .p8 as it was downloaded from the developer portal (Certificates, Identifiers & Profiles, Keys). If it is lost, make \
              a new key.",
        tidings: "Refuses it at upload and says what the file is.",
    }
    FILE_MENDED = "credential-file-mended", Info, [] [NotLoaded] {
        title: "The credential's file is unusual in a way that could be mended.",
        meaning: "It can be read here. Other programs may refuse it: a missing first line, `\\n` spelled out, base64 around it.",
        causes: ["The file travelled through an environment variable, a secret store or a chat."],
        tell: "Compare with the file as downloaded.",
        fix: "Store the file unchanged, or as base64 that is decoded before use.",
        tidings: "Reads it and stores it in good form.",
    }
    KEY_ID_IS_NOT_THE_FILES = "key-id-is-not-the-files", Error, [InvalidProviderToken] [] {
        title: "The configured key id is not the one in the key's file name.",
        meaning: "APNs looks the key up by its id and checks the signature with it. An id of another key fails.",
        causes: ["The key was replaced and the id was not, or the reverse.", "The id is mistyped."],
        tell: "The ten characters in `AuthKey_KEYID.p8` are the id, if nobody renamed the file.",
        fix: "Configure the id that belongs to the file.",
        tidings: "Compares them when the file's name is known.",
    }
    KEY_FOR_THE_OTHER_ENVIRONMENT = "key-for-the-other-environment", Error, [BadEnvironmentKeyIdInToken, BadEnvironmentKeyInToken] [] {
        title: "The signing key is restricted to the other environment.",
        meaning: "Since February 2025 a new key is made for production or for the sandbox. It cannot be changed afterwards. Older keys \
                  serve both.",
        causes: [
            "A key for production is used for builds from Xcode.",
            "A key for the sandbox was shipped to production.",
        ],
        tell: "The same key is accepted in the other environment.",
        fix: "Make a key for this environment in the developer portal, and configure one for each.",
        tidings: "Keeps credentials for each environment; holds what this one cannot send.",
    }
    KEY_LACKS_TOPIC = "key-lacks-topic", Error, [TopicDisallowed] [] {
        title: "The signing key is restricted to topics, and this is not one of them.",
        meaning: "A topic-specific key serves the topics that it lists.",
        causes: ["The app was added after the key.", "The key was made for one app and is used for several."],
        tell: "The developer portal shows a key's topics.",
        fix: "Add the topic to the key, or make a team-scoped key; then open new connections.",
        tidings: "Pauses the lane; no device token is blamed.",
    }
    KEY_MAY_BE_RESTRICTED = "key-restricted-to-topics", Error, [TopicDisallowed] [] {
        title: "The signing key may be restricted to other topics.",
        meaning: "Keys made since February 2025 can be restricted to topics; then other topics of the same team are refused.",
        causes: ["The key was made as topic-specific."],
        tell: "Open the key in the developer portal. Or probe another topic of the same team.",
        fix: "Add the topic to the key, or make a team-scoped key.",
        tidings: "Pauses the lane; no device token is blamed.",
    }
    KEY_REVOKED = "key-revoked-or-not-for-apns", Error, [InvalidProviderToken, Forbidden] [] {
        title: "APNs does not take the provider token, and nothing here contradicts it.",
        meaning: "The key may have been revoked, or may be one for another of Apple's services, whose files have the same form. Nothing in the \
                  file tells.",
        causes: [
            "The key was revoked: then all apps of the key fail from one moment on.",
            "The key never was for APNs: then it failed from the first day, on both hosts.",
            "Key id, team id and file do not belong together.",
            "The clock of the sender is wrong.",
        ],
        tell: "Did it ever work? The developer portal (Keys) shows whether the key exists and which services it is for.",
        fix: "Make a key with Apple Push Notifications service enabled and replace this one.",
        tidings: "Pauses the lane and opens an incident. A burst that passes by itself is tried again.",
    }
    TEAMS_SHARE_A_CONNECTION = "teams-share-a-connection", Error,
        [InvalidProviderToken, TopicDisallowed, Forbidden, UnrelatedKeyIdInToken] [] {
        title: "Several teams or keys may share a connection.",
        meaning: "The first notification binds a connection to its team (and key). Provider tokens of another team on it are refused.",
        causes: ["One pool of connections, or one client object, serves several customers or keys."],
        tell: "It comes and goes, and began when a second team was added.",
        fix: "Use connections of their own for each team, key and environment.",
        tidings: "Has connections of their own for every credential and environment.",
    }
    KEY_CHANGED_ON_CONNECTION = "key-changed-on-connection", Error, [UnrelatedKeyIdInToken] [] {
        title: "The signing key was changed while a connection was open.",
        meaning: "A connection stays bound to the key that was used first on it.",
        causes: ["The key was rotated, and the old connections were kept."],
        tell: "It begins with a rotation and ends with a restart.",
        fix: "Open new connections after changing the key.",
        tidings: "Opens new connections for a new credential.",
    }
    NO_CREDENTIAL = "no-credential", Error, [MissingProviderToken] [] {
        title: "The request carried neither a provider token nor a client certificate.",
        meaning: "APNs wants one of them with every request.",
        causes: ["The header `authorization` is missing or lost in a proxy.", "The certificate was not presented in TLS."],
        tell: "Look at the request's headers as they leave the sender.",
        fix: "Send `authorization: bearer …`, or present the certificate.",
        tidings: "Sends nothing for an app without a credential.",
    }
    CREDENTIAL_DOES_NOT_REACH = "credential-does-not-reach-build", Error, [] [] {
        title: "The credential does not reach the environment of the build's device tokens.",
        meaning: "The credential serves one environment, the build's tokens belong to the other.",
        causes: ["A certificate for development is configured for a distributed app, or the reverse.", "A key was restricted to one environment."],
        tell: "Compare the credential's environments with the build's.",
        fix: "Configure a credential for the environment of the build.",
        tidings: "Holds such tokens, with the advice to add a credential, and sends what waits when one is there.",
    }
    ONE_ENVIRONMENT = "one-environment", Info, [] [] {
        title: "The credential reaches one environment only.",
        meaning: "Device tokens of the other environment cannot be served with it.",
        causes: ["It was made, or said, to be for one environment."],
        tell: "Builds from Xcode are of the sandbox; all distributed builds are of production.",
        fix: "If the app has devices of the other environment, add a credential for it.",
        tidings: "Holds notifications to tokens that no credential reaches.",
    }
    CREDENTIAL_WAS_ACCEPTED = "credential-was-accepted", Info, [] [] {
        title: "What is wrong with the credential here does not explain the answer.",
        meaning: "As far as is known, APNs checks the credential before it looks at the device token: an answer about the token means that \
                  the credential was accepted. What was given here may not be what was sent with.",
        causes: ["The files or settings given are not those that the sender uses."],
        tell: "Compare them with what the sender has.",
        fix: "Mend the credential as well, but look for the cause at the device token.",
        tidings: "Nothing.",
    }
}
