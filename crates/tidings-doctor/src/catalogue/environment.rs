//! Device tokens of one environment that are sent to the other: what `BadDeviceToken` mostly means.

use super::entries;

entries! { Environment;
    SANDBOX_TOKEN_TO_PRODUCTION = "sandbox-token-to-production", Error, [BadDeviceToken, Unregistered] [] {
        title: "A sandbox device token is sent to production.",
        meaning: "An app that was signed for development (run from Xcode, or exported with the development method) gets \
                  sandbox tokens. Production does not know them and answers BadDeviceToken. The token is alive.",
        causes: [
            "A developer runs the app from Xcode against the production backend.",
            "A build was exported with the development (debugging) method and given to testers.",
            "The app was signed with `aps-environment` = `development` by hand or by another tool.",
        ],
        tell: "Only devices with builds from Xcode fail; people with the store's or TestFlight's build are fine. The same token \
               is accepted by api.sandbox.push.apple.com.",
        fix: "Send this token to the sandbox (api.sandbox.push.apple.com), and keep the environment with every token.",
        tidings: "Sends the same notification to the other environment at once, learns where the token lives when that is accepted, \
                  and flags the app's registration if it claimed the wrong one. No token is given up for this.",
    }
    PRODUCTION_TOKEN_TO_SANDBOX = "production-token-to-sandbox", Error, [BadDeviceToken, Unregistered] [] {
        title: "A production device token is sent to the sandbox.",
        meaning: "Apps from the App Store, TestFlight, Ad Hoc and enterprise distribution get production tokens. The sandbox does \
                  not know them and answers BadDeviceToken. The token is alive.",
        causes: [
            "A switch such as `production: false`, `use_sandbox` or `NODE_ENV` was left as it was for development.",
            "TestFlight was taken for a test environment of APNs; it is production.",
        ],
        tell: "It worked while debugging from Xcode and stopped with the first build that was distributed. The same token is accepted \
               by api.push.apple.com.",
        fix: "Send this token to production (api.push.apple.com).",
        tidings: "Sends the same notification to the other environment at once and learns where the token lives.",
    }
    AD_HOC_IS_PRODUCTION = "ad-hoc-is-production", Error, [BadDeviceToken, Unregistered] [] {
        title: "Ad Hoc and enterprise builds register production tokens.",
        meaning: "Ad Hoc and in-house profiles carry `aps-environment` = `production`, as the App Store's do. Only builds that are \
                  signed for development, and the Simulator, get sandbox tokens.",
        causes: [
            "The backend maps \"Ad Hoc\", \"beta\" or \"internal\" to the sandbox.",
            "Somebody looked at the project's .entitlements file, which says `development` for every kind of build.",
        ],
        tell: "Look into the profile that is embedded in the .ipa, not into the source: `tidings doctor App.ipa`.",
        fix: "Send tokens of Ad Hoc and enterprise builds to production (api.push.apple.com).",
        tidings: "Does not care how a build was distributed: it learns the environment from what APNs accepts.",
    }
    TOKEN_OF_THE_OTHER_ENVIRONMENT = "token-of-the-other-environment", Error, [BadDeviceToken, Unregistered] [] {
        title: "APNs accepts this device token in the other environment.",
        meaning: "The token was refused in one environment and accepted in the other. It belongs to the other, whatever the app \
                  claims.",
        causes: [
            "The environment of the token was guessed, or never recorded.",
            "The app was installed anew from another source: a TestFlight build over one from Xcode.",
        ],
        tell: "An acceptance is proof; nothing further is needed.",
        fix: "Send to the environment that accepted it, and store that with the token.",
        tidings: "Does this by itself: the environment that accepted a token is remembered as proven.",
    }
    ENVIRONMENT_NOT_RECORDED = "environment-not-recorded", Warning, [BadDeviceToken] [] {
        title: "Device tokens are kept without their environment.",
        meaning: "A token does not show its environment. A table with one column for tokens holds both sorts, and each host refuses \
                  the other's.",
        causes: [
            "The app does not say its environment when it registers.",
            "Tokens were imported from a system that did not keep it.",
        ],
        tell: "Some tokens fail and some do not, in both environments, and the sets are disjoint.",
        fix: "Let the app send its environment at every registration; try each unknown token once in the other environment and \
              remember what APNs accepts.",
        tidings: "Tries the other environment by itself and remembers the result.",
    }
    MISSING_PROFILE_READ_AS_SANDBOX = "missing-profile-read-as-sandbox", Error, [BadDeviceToken] [] {
        title: "An app from the store claims the sandbox because it found no profile in itself.",
        meaning: "Code that reads `embedded.mobileprovision` at run time finds none in an app from the App Store: Apple removes it. \
                  No profile means production. Where the code falls back to sandbox, every store user's token goes to the wrong host.",
        causes: ["The app, or a library in it, treats a missing embedded.mobileprovision as a development build."],
        tell: "All store users fail at once; TestFlight's or a debugger's users may not. The app's registration claims sandbox.",
        fix: "In the app: if embedded.mobileprovision is absent, register as production (and as sandbox in the Simulator).",
        tidings: "Trusts what APNs accepts more than what the app claims, and reports registrations that claim the wrong environment.",
    }
    CLAIM_IS_WRONG = "claimed-environment-is-wrong", Warning, [BadDeviceToken] [] {
        title: "The app registers its device token under the wrong environment.",
        meaning: "What the app says at registration disagrees with how it was signed, or with what APNs accepts. It is a guess in the \
                  app's code, often by the build configuration.",
        causes: [
            "`#if DEBUG` decides: a release build run from Xcode is sandbox, and no configuration shows that.",
            "A constant was left in the code.",
        ],
        tell: "Compare the claim with the signature of the build, or with the environment in which the token was accepted.",
        fix: "In the app: read `aps-environment` from embedded.mobileprovision; no profile means production.",
        tidings: "Uses the environment that APNs accepted, and says so in the answer to the next registration.",
    }
    SIMULATOR_TOKEN = "simulator-token", Error, [BadDeviceToken] [] {
        title: "The device token comes from the Simulator, whose tokens are of the sandbox.",
        meaning: "Since Xcode 14, simulators on recent Macs get real tokens, and they belong to the sandbox. Older ones gave none.",
        causes: ["A developer's simulator registered with the production backend."],
        tell: "The registration names a simulator as its model, or the build is for `iPhoneSimulator`.",
        fix: "Send tokens of simulators to the sandbox, or do not register them in production.",
        tidings: "Tries the sandbox by itself if a credential reaches it.",
    }
    LEFT_FROM_TESTING = "left-from-testing", Warning, [BadDeviceToken] [] {
        title: "The device token was registered before there was a build for production.",
        meaning: "Rows from the time of development are sandbox tokens. After going live they are sent to production and refused.",
        causes: ["The table of the testing time was kept when the app went live."],
        tell: "The failing rows are older than the first production build; newer rows do well.",
        fix: "Send the old rows to the sandbox, or delete them: the app registers again at its next launch.",
        tidings: "Tries the other environment; a token refused in both is retired, and comes back with its next registration.",
    }
    CONFIGURATION_CHANGED = "configuration-changed", Error, [BadDeviceToken, DeviceTokenNotForTopic] [] {
        title: "All apps began to fail at once: the configuration of the sender changed, not the device tokens.",
        meaning: "Tokens go bad one by one. When those of every app are refused from one moment on, something of yours changed.",
        causes: [
            "A variable was renamed, or a default flipped, so that the sender talks to the other environment.",
            "The configuration of staging was deployed to production.",
        ],
        tell: "Compare the time of the first refusal with deployments, and the sender's host with what it was.",
        fix: "Restore the configuration. Do not delete tokens.",
        tidings: "Notices within a handful of proven tokens, opens an incident, holds what was to be sent, and sends it when canaries \
                  are accepted again. No token is lost.",
    }
    ARTEFACTS_DISAGREE = "builds-of-both-environments", Info, [] [] {
        title: "The files are of both environments.",
        meaning: "One build or profile is for production and another for the sandbox. That is normal for a project, and fatal if the \
                  wrong one was taken: machines and pipelines produce different artefacts from the same source.",
        causes: ["Development and distribution exports of the same app.", "Two build machines, or Xcode Cloud's artefacts of several methods."],
        tell: "Look at the DistributionSummary.plist beside each .ipa.",
        fix: "Diagnose the build that is on the failing device, by itself.",
        tidings: "Nothing.",
    }
}
