//! Other push services between an app and APNs, whose errors hide those of APNs.

use super::entries;

entries! { Elsewhere;
    FIREBASE_CREDENTIAL = "firebase-apns-credential", Error, [] [OtherService] {
        title: "Firebase cannot use its APNs credential for this app.",
        meaning: "`third-party-auth-error` on Apple devices is about the APNs key or certificate in the Firebase project, not about the service \
                  account, although the message speaks of OAuth.",
        causes: [
            "No APNs key is uploaded, or one with a wrong key id or team id.",
            "The key is restricted to one environment, or to other topics.",
            "The bundle id in the Firebase project is another.",
        ],
        tell: "Only Apple devices fail. The details of the error may hold an APNs status 403 and reason.",
        fix: "Firebase console: Project settings, Cloud Messaging, Apple app configuration: upload the .p8 with its key id and team id for both \
              slots.",
        tidings: "Talks to APNs itself: the answer is not hidden.",
    }
    FIREBASE_TOKEN_TYPE = "firebase-token-type", Error, [] [OtherService] {
        title: "Firebase may have been told the wrong environment for the device token.",
        meaning: "`setAPNSToken(_:type:)` with a fixed type forces sandbox or production for all builds.",
        causes: ["The app passes `.sandbox` or `.prod` rather than `.unknown`."],
        tell: "The same device token works when it is sent to APNs directly.",
        fix: "In the app: pass `.unknown`, or set `Messaging.messaging().apnsToken`.",
        tidings: "Talks to APNs itself.",
    }
    SNS_ENDPOINT_DISABLED = "sns-endpoint-disabled", Error, [] [OtherService] {
        title: "Amazon SNS disabled the endpoint after APNs refused its device token.",
        meaning: "SNS disables an endpoint when APNs says that the token is bad or not for the topic, and sends nothing more to it.",
        causes: ["The platform application was made with another app's credential.", "APNS and APNS_SANDBOX were exchanged."],
        tell: "The platform application's bundle id and environment, beside those of the build.",
        fix: "Correct the platform application, then create the endpoint anew or set its token and `Enabled=true`.",
        tidings: "Gives up no token for a mistake of configuration.",
    }
}
