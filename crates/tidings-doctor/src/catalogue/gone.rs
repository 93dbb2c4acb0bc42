//! What 410 says: the end of a device token, and when not to believe it.

use super::entries;

entries! { Gone;
    APP_IS_GONE = "app-is-gone", Warning, [Unregistered] [] {
        title: "The app can no longer be reached under this device token.",
        meaning: "The app was deleted, or got another token. Apple says so late and on purpose, so the time in the answer is when APNs \
                  noticed, not when it happened. The same device may have a newer token.",
        causes: ["The app was deleted.", "The token was replaced: reinstall, restore, new device."],
        tell: "The time in the answer is later than the last registration of this token.",
        fix: "Stop sending to this token until the app registers it again. Nothing in the configuration is wrong.",
        tidings: "Retires the token, keeps its row for the retention, and takes it back at its next registration.",
    }
    STALE_410 = "stale-410", Info, [Unregistered, ExpiredToken] [] {
        title: "The 410 is older than the newest registration: the app is back.",
        meaning: "APNs noticed the end of the token before the app registered it again. Apple asks to compare the two times for exactly \
                  this case.",
        causes: ["The app was deleted and installed again.", "The answer belongs to a request from before the registration."],
        tell: "The `timestamp` of the 410 is earlier than the last registration.",
        fix: "Keep the token and send again later.",
        tidings: "Keeps the token, counts the contradiction and tries again after a pause.",
    }
    TOKEN_EXPIRED = "token-expired", Warning, [ExpiredToken] [] {
        title: "The device token has expired.",
        meaning: "The token was valid and is no longer. Tokens of Live Activities end this way.",
        causes: ["The Live Activity is over.", "The token was replaced by a newer one."],
        tell: "The reason says ExpiredToken, not Unregistered.",
        fix: "Stop sending to it; the app registers a new one when it runs, or starts a new activity.",
        tidings: "Retires the token; ends tokens of Live Activities by their age even when APNs does not.",
    }
    TIMES_UNKNOWN = "time-of-410-unknown", Info, [Unregistered, ExpiredToken] [] {
        title: "Whether the 410 is newer than the last registration cannot be told.",
        meaning: "A 410 ends a token only if it is newer than the last time the app registered it.",
        causes: ["The time of the last registration was not stored.", "The sender dropped the `timestamp` of the answer."],
        tell: "Keep both times.",
        fix: "Write the time at every registration, changed or not, and compare it with the `timestamp` of the 410.",
        tidings: "Writes the time at every registration and compares.",
    }
}
