//! The line that says that the server accepts connections: JSON on stdout for programs, words on stderr for people.

use std::io::{self, IsTerminal as _};

use serde::Serialize;

use crate::configuration::Settings;
use crate::output::{self, DIM, DOUBTFUL, STRONG, styled, tell};
use crate::service::Service;

#[derive(Serialize)]
struct Ready<'a> {
    event: &'static str,
    url: String,
    /// Where the door shaped like APNs is, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    apns_door: Option<String>,
    version: &'static str,
    pid: u32,
    data_directory: &'a std::path::Path,
    /// Only the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    admin_key: Option<&'a str>,
    /// Opens the dashboard once. Only the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    dashboard_link: Option<&'a str>,
}

/// Tells everybody.
pub(super) fn tell_all(service: &Service, settings: &Settings) -> io::Result<()> {
    let key = service.admin_key.as_ref().map(|key| key.as_str());
    output::json(&Ready {
        event: "ready",
        url: service.url(),
        apns_door: service.apns_door.map(|address| format!("https://{address}")),
        version: env!("CARGO_PKG_VERSION"),
        pid: std::process::id(),
        data_directory: &settings.data.directory,
        admin_key: key,
        dashboard_link: service.dashboard_link.as_ref().map(|link| link.as_str()),
    })?;
    tracing::info!(
        url = service.url(),
        data_directory = %settings.data.directory.display(),
        version = env!("CARGO_PKG_VERSION"),
        "ready"
    );
    if io::stderr().is_terminal() {
        tell_people(service, key);
    }
    Ok(())
}

fn tell_people(service: &Service, key: Option<&str>) {
    let url = service.url();
    tell(styled(
        STRONG,
        format_args!("The server is running at {url}. Ctrl-C ends it."),
    ));
    if let Some(key) = key {
        tell(format_args!(
            "  {} {key}",
            styled(DOUBTFUL, "API key, shown this once:")
        ));
        tell(format_args!(
            "  {} export TIDINGS_API_KEY={key}",
            styled(DIM, "for the other commands:")
        ));
    }
    let (what, address) = match &service.dashboard_link {
        Some(link) => ("the dashboard, by a link that opens it once:", link.to_string()),
        None => ("the dashboard:", service.dashboard_url()),
    };
    tell(format_args!("  {} {address}", styled(DIM, what)));
    tell(format_args!(
        "  {} {url}/openapi.json",
        styled(DIM, "what it can do:")
    ));
}
