//! The doors for programs that are written for something else: from their settings to what serves them.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use tidings_server::{ApnsDoor, GorushDoorConfig, Server};
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use crate::configuration::{ApnsDoorSettings, GorushDoorSettings};
use crate::failure::Failure;
use crate::input;

/// How often there is a look at the certificate.
const EVERY: Duration = Duration::from_secs(10);

/// A door shaped like APNs, where somebody can come in as soon as it is served.
pub(super) struct OpenDoor {
    pub(super) address: SocketAddr,
    door: ApnsDoor,
    listener: TcpListener,
    settings: ApnsDoorSettings,
}

impl OpenDoor {
    /// Serves until the server has ended, and shows the certificate that is in the files.
    pub(super) async fn serve(self, server: Server) {
        let renewals = renew_for_ever(&self.settings, &self.door);
        tokio::select! {
            () = server.serve_apns_door(self.door.clone(), self.listener) => {}
            never = renewals => match never {},
        }
    }
}

/// Looks at the files of the certificate now and then: authorities renew certificates every few weeks.
async fn renew_for_ever(settings: &ApnsDoorSettings, door: &ApnsDoor) -> Infallible {
    let mut seen = stamps(settings);
    loop {
        tokio::time::sleep(EVERY).await;
        let now = stamps(settings);
        if now == seen {
            continue;
        }
        seen = now;
        match read(settings) {
            Ok((certificate, key)) => match door.renew(&certificate, &key) {
                Ok(()) => tracing::info!("the door shaped like APNs shows another certificate"),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(
                        error,
                        "the door shaped like APNs goes on with the old certificate"
                    );
                }
            },
            Err(error) => {
                tracing::error!("the door shaped like APNs goes on with the old certificate: {error:#}");
            }
        }
    }
}

/// When the files were last written.
fn stamps(settings: &ApnsDoorSettings) -> [Option<SystemTime>; 2] {
    [&settings.certificate_file, &settings.key_file].map(|path| {
        let found = std::fs::metadata(path.as_deref()?).ok()?;
        found.modified().ok()
    })
}

/// Opens the door shaped like APNs, if there is to be one.
pub(super) async fn open(settings: &ApnsDoorSettings) -> anyhow::Result<Option<OpenDoor>> {
    let Some(address) = settings.listen else {
        return Ok(None);
    };
    let door = door(settings)?;
    let listener = TcpListener::bind(address).await.with_context(|| {
        let hint = "end what listens there, or set `apns_door.listen` (TIDINGS_APNS_DOOR__LISTEN) to another address";
        Failure::new(format!("cannot listen on {address}"), hint)
    })?;
    let address = listener.local_addr();
    let address = address.context("cannot tell where the door shaped like APNs listens")?;
    Ok(Some(OpenDoor {
        address,
        door,
        listener,
        settings: settings.clone(),
    }))
}

/// The door with its certificate.
pub(crate) fn door(settings: &ApnsDoorSettings) -> anyhow::Result<ApnsDoor> {
    let (certificate, key) = read(settings)?;
    ApnsDoor::new(&certificate, &key).with_context(|| {
        let hint = "give a certificate and its private key, both PEM, to `apns_door.certificate_file` and `apns_door.key_file`";
        Failure::configuration("cannot open the door shaped like APNs", hint)
    })
}

fn read(settings: &ApnsDoorSettings) -> anyhow::Result<(Vec<u8>, Zeroizing<Vec<u8>>)> {
    let certificate = path(settings.certificate_file.as_deref(), "apns_door.certificate_file")?;
    let key = path(settings.key_file.as_deref(), "apns_door.key_file")?;
    let certificate = input::file("the certificate of the door", certificate)?;
    Ok((
        certificate,
        input::secret_file("the private key of the door", key)?,
    ))
}

fn path<'a>(path: Option<&'a Path>, key: &str) -> anyhow::Result<&'a Path> {
    path.with_context(|| {
        let hint = format!("set `{key}`: the door speaks TLS, and there is none without a certificate");
        Failure::configuration(format!("`apns_door.listen` is set, and `{key}` is not"), hint)
    })
}

/// The door shaped like gorush, if there is to be one.
pub(super) fn gorush(settings: &GorushDoorSettings) -> Option<GorushDoorConfig> {
    let app = settings.app.clone()?;
    Some(GorushDoorConfig::new(app, settings.authentication))
}
