//! The build: what its signature, its profile and its entitlements say, and which of them decide.

use super::entries;

entries! { Build;
    ENTITLEMENT_LOST_IN_SIGNING = "entitlement-lost-in-signing", Error, [] [NoToken, UploadRefused] {
        title: "The profile allows push, and the signature does not claim it.",
        meaning: "The app was signed without its entitlements. iOS goes by the signature: there will be no device token (Cocoa error 3000).",
        causes: [
            "The app was signed anew by a tool that drops entitlements.",
            "The archive was made with `CODE_SIGNING_ALLOWED=NO` and exported afterwards.",
        ],
        tell: "`codesign -d --entitlements - App.app` shows no `aps-environment`; the embedded profile has it.",
        fix: "Sign with the entitlements: codesign -f -s IDENTITY --entitlements App.entitlements App.app",
        tidings: "Nothing: such an app never registers.",
    }
    NO_PUSH_ENTITLEMENT = "no-push-entitlement", Error, [] [NoToken, UploadRefused] {
        title: "The build may not receive push notifications.",
        meaning: "Neither its signature nor its profile has `aps-environment`. iOS gives it no device token: `no valid 'aps-environment' \
                  entitlement string found for application` (Cocoa error 3000).",
        causes: ["The capability Push Notifications is missing in Xcode or at the App ID.", "The profile is older than the capability."],
        tell: "`tidings doctor App.ipa` shows what signature and profile have.",
        fix: "Xcode: target, Signing & Capabilities, + Push Notifications. Then make the profile anew and build again.",
        tidings: "Nothing: such an app never registers.",
    }
    WILDCARD_APP_ID = "wildcard-app-id", Error, [] [NoToken] {
        title: "The profile is for a wildcard App ID, which never has push.",
        meaning: "Push belongs to an explicit App ID.",
        causes: ["Xcode or a script chose the team's wildcard profile."],
        tell: "The application identifier in the profile ends with `*`.",
        fix: "Register an explicit App ID with Push Notifications enabled, make a profile for it, and sign with that.",
        tidings: "Nothing: such an app never registers.",
    }
    PERSONAL_TEAM = "personal-team", Error, [] [NoToken] {
        title: "The profile is from a free personal team, which has no push.",
        meaning: "Push needs a membership in the Apple Developer Program.",
        causes: ["The app was run from Xcode with a personal team."],
        tell: "The profile is good for seven days and marked `LocalProvision`.",
        fix: "Sign with a team that is enrolled in the program.",
        tidings: "Nothing: such an app never registers.",
    }
    COCOA_3000 = "no-token-given", Error, [] [NoToken] {
        title: "iOS gave the app no device token, because its signature lacks `aps-environment`.",
        meaning: "The error (Cocoa 3000) is about how the installed app was signed, not about the server.",
        causes: [
            "The capability Push Notifications is off.",
            "The App ID is a wildcard, or the team a personal one.",
            "A tool signed the app anew without entitlements.",
        ],
        tell: "`tidings doctor App.ipa` tells which of them.",
        fix: "Xcode: target, Signing & Capabilities, + Push Notifications. Then make the profile anew and build again.",
        tidings: "Nothing: such an app never registers.",
    }
    SIGNATURE_AND_PROFILE_DISAGREE = "signature-and-profile-disagree", Error, [BadDeviceToken] [NotInstalled, UploadRefused] {
        title: "Signature and profile name different environments.",
        meaning: "The signature decides where the tokens belong. A signature that claims what its profile does not allow cannot be installed, \
                  and the store refuses `development`.",
        causes: [
            "`aps-environment` is written into the entitlements by hand and the app was signed without Xcode.",
            "A tool signed the app anew with another profile.",
        ],
        tell: "`codesign -d --entitlements - App.app` beside `security cms -D -i embedded.mobileprovision`.",
        fix: "Let Xcode set the value, or sign with the profile's: codesign -f -s IDENTITY --entitlements App.entitlements App.app",
        tidings: "Learns the environment from what APNs accepts.",
    }
    SIGNATURE_EXCEEDS_PROFILE = "signature-exceeds-profile", Error, [] [NotInstalled] {
        title: "The signature claims what the profile does not allow.",
        meaning: "iOS compares the two when the app is installed, and refuses (0xe8008015, 0xe8008016).",
        causes: ["Entitlements were edited without making the profile anew.", "The wrong profile is embedded."],
        tell: "The signature has `aps-environment` and the profile has not.",
        fix: "Enable Push Notifications for the App ID, make the profile anew, sign with it.",
        tidings: "Nothing.",
    }
    INSTALL_REFUSED = "install-refused", Error, [] [NotInstalled] {
        title: "iOS refuses to install the app: signature and profile do not fit.",
        meaning: "0xe8008015 and 0xe8008016 are about the signature's entitlements and the profile, not about push.",
        causes: ["The entitlements ask for more than the profile grants.", "The profile has expired or does not name the device."],
        tell: "`tidings doctor App.ipa` compares the two.",
        fix: "Make the profile anew with all capabilities, and sign with it.",
        tidings: "Nothing.",
    }
    STORE_REFUSES_VALUE = "store-refuses-development", Error, [] [UploadRefused] {
        title: "The store refuses the build, because it is signed for development.",
        meaning: "ITMS-90046 means that an entitlement has a value that is not allowed in the store: `aps-environment` must be `production`.",
        causes: ["`aps-environment` = `development` is written by hand.", "The build was signed with a development profile."],
        tell: "`codesign -d --entitlements - App.app`.",
        fix: "Export with the method app-store-connect and let Xcode set the value.",
        tidings: "Nothing.",
    }
    STORE_MISSES_ENTITLEMENT = "store-misses-push-entitlement", Error, [] [UploadRefused] {
        title: "The store misses the push entitlement in the build.",
        meaning: "ITMS-90078: the app asks for remote notifications in its code and is not signed for them. It will get no device token.",
        causes: ["The capability is off, or the profile is older than it.", "The app was signed anew without entitlements."],
        tell: "`tidings doctor App.ipa`.",
        fix: "Xcode: target, Signing & Capabilities, + Push Notifications; or remove the code if the app needs no push.",
        tidings: "Nothing.",
    }
    PROFILE_EXPIRED = "profile-expired", Warning, [] [NotInstalled] {
        title: "The provisioning profile has expired.",
        meaning: "Builds for development, Ad Hoc and enterprise stop starting then. What APNs answers does not change by it.",
        causes: ["It is a year old (seven days with a personal team)."],
        tell: "The date in the profile.",
        fix: "Make the profile anew, build and distribute again.",
        tidings: "Nothing.",
    }
    SLICES_DIFFER = "slices-differ", Warning, [] [] {
        title: "The slices of the executable are signed differently.",
        meaning: "Each architecture has a signature of its own. Which one counts depends on the device.",
        causes: ["A tool signed one slice anew."],
        tell: "`codesign -d --entitlements - -a ARCH App.app` for each.",
        fix: "Sign the whole bundle anew.",
        tidings: "Nothing.",
    }
    VALUE_UNKNOWN = "aps-environment-unknown", Warning, [] [NoToken] {
        title: "`aps-environment` has a value that is neither `development` nor `production`.",
        meaning: "No device token can be expected from it.",
        causes: ["The value was written by hand."],
        tell: "`codesign -d --entitlements - App.app`.",
        fix: "Let Xcode set the value.",
        tidings: "Nothing.",
    }
    VARIABLE_UNRESOLVED = "variable-unresolved", Info, [] [] {
        title: "`aps-environment` is a build variable, decided when the app is built.",
        meaning: "The file is a project's source. It does not say how a build was signed.",
        causes: ["The source was given instead of the build."],
        tell: "The value has the form `$(NAME)`.",
        fix: "Diagnose the built .ipa.",
        tidings: "Nothing.",
    }
    SOURCE_DECIDES_NOTHING = "source-entitlements-decide-nothing", Info, [] [] {
        title: "An entitlements file of the source says what was asked for, not how the app was signed.",
        meaning: "Most projects say `development` there and ship builds for production: signing takes the profile's value.",
        causes: ["The source was given instead of the build."],
        tell: "Look into the .ipa that was shipped.",
        fix: "Diagnose the built .ipa, or the profile that it is signed with.",
        tidings: "Nothing.",
    }
    ARCHIVE_DECIDES_NOTHING = "archive-decides-nothing", Info, [] [] {
        title: "An .xcarchive does not say how the shipped app is signed.",
        meaning: "Xcode archives with the development identity and signs anew when exporting. The archive may say `development` while the .ipa \
                  from it says `production`.",
        causes: ["The archive was given instead of the export."],
        tell: "Export, and look into the .ipa.",
        fix: "Diagnose the exported .ipa.",
        tidings: "Nothing.",
    }
    SIMULATOR_BUILD = "simulator-build", Info, [] [] {
        title: "The build is for the Simulator.",
        meaning: "It cannot be installed on a device. Its tokens, on recent Macs, belong to the sandbox.",
        causes: ["The wrong product was given."],
        tell: "CFBundleSupportedPlatforms says `iPhoneSimulator`.",
        fix: "Diagnose the build that is on the device.",
        tidings: "Nothing.",
    }
    PROFILE_NOT_BY_APPLE = "profile-not-by-apple", Info, [] [NotInstalled] {
        title: "The profile was not made by Apple.",
        meaning: "Its signer is not one of Apple's, or it has no signature. A device does not accept it; it can be read all the same.",
        causes: ["It is a fixture for tests.", "It was edited."],
        tell: "`security cms -D -i FILE` and its signer.",
        fix: "Download the profile from the developer portal.",
        tidings: "Nothing.",
    }
    PARTLY_UNREADABLE = "build-partly-unreadable", Warning, [] [] {
        title: "A part of the build could not be read.",
        meaning: "What the part says is missing in the diagnosis.",
        causes: ["The build is damaged, or was packed by other tools."],
        tell: "See the evidence.",
        fix: "Diagnose the build as Xcode exported it.",
        tidings: "Nothing.",
    }
    BUILD_ODDITY = "build-oddity", Info, [] [] {
        title: "Something about the build is unusual.",
        meaning: "It was read all the same; what is odd may explain other surprises.",
        causes: ["Files were renamed, edited or packed by other tools than Xcode."],
        tell: "See the evidence.",
        fix: "Nothing, unless it surprises you.",
        tidings: "Nothing.",
    }
}
