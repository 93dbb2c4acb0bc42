//! What is going to be done, said before it is done.

use tidings_client::Credential;

use super::Plan;

impl Plan {
    /// Every connection and every notification, a line each.
    pub(crate) fn announcement(&self) -> Vec<String> {
        let mut lines = self
            .endpoints
            .iter()
            .map(|endpoint| format!("connect to {} ({})", endpoint.place(), endpoint.environment))
            .collect::<Vec<_>>();
        match (&self.credential, &self.topic) {
            (Some(credential), Some(topic)) => {
                lines.push(format!(
                    "ask there, as {}, whether a background notification for {topic} may be sent, with a device token of zeros: \
                     it reaches nobody",
                    named(credential)
                ));
                if let Some(device) = &self.device {
                    lines.push(format!(
                        "send one background notification without content to the device with the token {}: it shows \
                         nothing, and may wake the app",
                        start_of(device)
                    ));
                }
            }
            (None, _) => lines.push("ask nothing: there is no credential to ask with".to_owned()),
            (Some(_), None) => lines.push("ask nothing: there is no app to ask for".to_owned()),
        }
        lines
    }
}

fn named(credential: &Credential) -> String {
    match credential {
        Credential::SigningKey(key) => format!("key {} of team {}", key.key_id(), key.team_id()),
        Credential::Certificate(certificate) => {
            let topic = certificate.facts().user_id.as_deref();
            format!("the certificate of {}", topic.unwrap_or("an unnamed app"))
        }
    }
}

/// Enough to know it by, and too little to send to.
fn start_of(device: &tidings_apns::DeviceToken) -> String {
    device.to_string().chars().take(8).chain(['…']).collect()
}
