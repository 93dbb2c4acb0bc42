//! Whether the doors can be opened as they are configured.

use std::fs;

use tidings_server::GorushAuthentication;

use super::{Inspection, is_open_to_others};
use crate::service::apns_door;

impl Inspection<'_> {
    /// It speaks TLS, so it takes a certificate and its key.
    pub(super) fn apns_door(&mut self) {
        let settings = self.settings().apns_door.clone();
        if settings.listen.is_none() {
            return;
        }
        if let Err(error) = apns_door(&settings) {
            self.error(
                "apns_door.listen",
                format!("{error:#}"),
                "give a certificate and its private key, both PEM, to `apns_door.certificate_file` and `apns_door.key_file`",
            );
        }
        let Some(path) = settings.key_file else {
            return;
        };
        if fs::metadata(&path).is_ok_and(|found| is_open_to_others(&found, 0o004)) {
            let origin = self.configuration.origin("apns_door.key_file");
            self.warning(
                origin,
                format!("every user of this machine may read {}", path.display()),
                format!("chmod 600 {}", path.display()),
            );
        }
    }

    /// Whoever reaches the port can send.
    pub(super) fn gorush_door(&mut self) {
        let settings = self.settings();
        let is_reached = !settings.server.listen.ip().is_loopback();
        let door = &settings.gorush_door;
        if door.app.is_some() && door.authentication == GorushAuthentication::Nothing && is_reached {
            let origin = self.configuration.origin("gorush_door.authentication");
            self.warning(
                origin,
                "everybody who can reach the API can send notifications by the door shaped like gorush",
                "set `gorush_door.authentication` to \"api_key\", or see to it that only your own programs reach the port",
            );
        }
    }
}
