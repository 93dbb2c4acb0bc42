//! The arguments and the lines that every client of this folder has in common, whatever language it is written in.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use serde::Serialize;

/// What to send, to whom, and as whom.
#[derive(Args, Debug)]
pub struct Send {
    /// Where the simulator (or what plays APNs) listens: `https://127.0.0.1:PORT`
    #[arg(long)]
    pub url: http::Uri,
    /// Which of Apple's host names to speak to
    #[arg(long, value_enum, default_value_t = Environment::Production)]
    pub environment: Environment,
    /// A PEM file with the certificate authority of that server
    #[arg(long)]
    pub ca: PathBuf,
    /// The signing key, a .p8 file
    #[arg(long, requires_all = ["key_id", "team_id"], required_unless_present = "cert")]
    pub key: Option<PathBuf>,
    #[arg(long)]
    pub key_id: Option<String>,
    #[arg(long)]
    pub team_id: Option<String>,
    /// The client certificate, a PEM file, instead of a signing key
    #[arg(long, requires = "cert_key", conflicts_with = "key")]
    pub cert: Option<PathBuf>,
    /// The private key of the certificate, a PEM file
    #[arg(long)]
    pub cert_key: Option<PathBuf>,
    #[arg(long)]
    pub topic: String,
    /// A device token; may be given several times
    #[arg(long, required = true)]
    pub token: Vec<String>,
    #[arg(long, default_value = "alert")]
    pub push_type: String,
    #[arg(long, default_value_t = 10)]
    pub priority: u8,
    /// The payload, JSON
    #[arg(long, default_value = r#"{"aps":{"alert":"Hello"}}"#)]
    pub payload: String,
    /// Send to each token but the first only after a line (or the end) of the standard input
    #[arg(long)]
    pub step: bool,
}

impl Send {
    /// `HOST:PORT` of the server.
    pub fn address(&self) -> Result<String> {
        let authority = self
            .url
            .authority()
            .with_context(|| format!("{} names no host", self.url))?;
        Ok(authority.to_string())
    }
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub enum Environment {
    Production,
    Sandbox,
}

/// The line that is printed for every device token.
#[derive(Serialize, Default, Debug)]
pub struct Line<'a> {
    pub client: &'static str,
    pub token: &'a str,
    /// The HTTP status; none when no answer came.
    pub status: Option<u16>,
    pub apns_id: Option<String>,
    pub reason: Option<String>,
    /// Milliseconds since 1970.
    pub timestamp: Option<u64>,
    /// What the client said when it got no answer.
    pub error: Option<String>,
}
