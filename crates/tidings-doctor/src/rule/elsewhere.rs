//! Messages of other push services.

use tidings_apns::Reason;

use crate::catalogue::{Sign, elsewhere as entries};
use crate::facts::Facts;
use crate::remark::Remark;

pub(super) fn messages(facts: &Facts<'_>) -> Vec<Remark> {
    if !facts.message.is_sign_of(Sign::OtherService) {
        return Vec::new();
    }
    [firebase_credential(facts), firebase_type(facts), sns(facts)]
        .into_iter()
        .flatten()
        .collect()
}

fn firebase_credential(facts: &Facts<'_>) -> Option<Remark> {
    facts
        .message
        .has(&["third-party-auth-error", "third_party_auth_error"])
        .then(|| {
            let detail = facts
                .reason
                .as_ref()
                .map(|reason| format!("message: quotes the answer {reason} of APNs"));
            Remark::certain(
                &entries::FIREBASE_CREDENTIAL,
                "Firebase cannot authenticate to APNs with the key of this app's project.",
            )
            .evidence("message: third-party-auth-error")
            .evidences(detail)
        })
}

fn firebase_type(facts: &Facts<'_>) -> Option<Remark> {
    (facts.message.has(&["firebase", "fcm"]) && facts.is(&Reason::BadDeviceToken)).then(|| {
        let title = "The device token is refused when Firebase sends to it; the app may have told Firebase the environment.";
        let question = "Does the same device token work when it is sent to APNs directly, and does the app call setAPNSToken with a fixed type?";
        Remark::ask(&entries::FIREBASE_TOKEN_TYPE, title, question)
    })
}

fn sns(facts: &Facts<'_>) -> Option<Remark> {
    facts.message.has(&["endpointdisabled", "endpoint is disabled"]).then(|| {
        let title = "Amazon SNS disabled the endpoint: APNs refused its device token, mostly for a wrong platform application.";
        Remark::likely(&entries::SNS_ENDPOINT_DISABLED, title)
            .evidence("message: the endpoint is disabled")
            .question("Is the platform application for this bundle id, and for the build's environment?")
    })
}
