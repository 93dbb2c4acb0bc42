//! What a running server knows of an app or of one of its device tokens.

use hyper::Method;
use serde::Deserialize;

use super::args::Args;
use super::reading::Reading;
use crate::failure::Failure;
use crate::remote::{Address, Question};

/// A device with what the doctor says of it.
#[derive(Deserialize)]
struct Device {
    diagnosis: Reading,
}

/// Asks the server.
pub(super) async fn ask(args: &Args, server: &Address) -> anyhow::Result<Reading> {
    let Some(app) = &args.failure.app else {
        return Err(Failure::usage(
            "the server has to know which app",
            "give --app, the app's bundle id",
        )
        .into());
    };
    let mut remote = args.registry.key.remote(server.clone())?;
    let Some(token) = &args.failure.token else {
        let path = format!("/v1/apps/{app}/diagnosis");
        return remote.json(Question::new(Method::GET, &path)).await;
    };
    let token: tidings_apns::DeviceToken = crate::access::parsed("--token", token)?;
    let path = format!("/v1/apps/{app}/devices/{token}");
    let device: Device = remote.json(Question::new(Method::GET, &path)).await?;
    Ok(device.diagnosis)
}
