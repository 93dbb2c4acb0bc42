//! What the doctor is told on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use tidings_apns::{BundleId, Environment, KeyId, TeamId, Timestamp, TokenKind};
use tidings_doctor::Reach;

use super::report::Detail;
use crate::access::Url;
use crate::output::FormatArgs;
use crate::remote::{Address, KeyArgs};
use crate::when;

const EXAMPLES: &str = "\
Examples:
  tidings doctor App.ipa AuthKey_ABCDE12345.p8 --team-id TEAM123456
  tidings doctor App.ipa --status 400 --reason BadDeviceToken --environment sandbox
  tidings doctor push.p12 --password-file password.txt --app com.example.app
  tidings doctor --config tidings.toml
  tidings doctor --server http://127.0.0.1:8377 --app com.example.app
  tidings doctor AuthKey_ABCDE12345.p8 --team-id TEAM123456 --app com.example.app --online
  pbpaste | tidings doctor -

Exit status: 0 nothing is wrong, 1 it could not look, 2 wrong usage, 3 something is wrong.";

/// Say why APNs answers 400, 403 or 410, or why nothing arrives, and what to change.
///
/// Give whatever is at hand, in any mix: builds (.ipa, .app, .xcarchive), provisioning profiles, entitlements, Info.plist,
/// executables, keys and certificates (.p8, .p12, .pem, .cer), a provider token (JWT) from a log, folders of these. What a
/// file is, its content decides. Nothing is sent anywhere, unless --online or --server is given.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct Args {
    /// Files and folders; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) output: FormatArgs,
    /// Show also what was read, and what is only good to know
    #[arg(long, short)]
    verbose: bool,
    #[command(flatten)]
    pub(super) failure: FailureArgs,
    #[command(flatten)]
    pub(super) credential: CredentialArgs,
    #[command(flatten)]
    pub(super) registry: RegistryArgs,
    #[command(flatten)]
    pub(super) online: OnlineArgs,
}

/// What went wrong.
#[derive(clap::Args)]
#[command(next_help_heading = "What went wrong")]
pub(super) struct FailureArgs {
    /// The app's bundle id
    #[arg(long, value_name = "BUNDLE")]
    pub(super) app: Option<BundleId>,
    /// `apns-topic` as it was sent, where it is not the bundle id
    #[arg(long, value_name = "TOPIC")]
    pub(super) topic: Option<String>,
    /// The device token, as it was stored or sent; it is printed nowhere as a whole
    #[arg(long, value_name = "HEX")]
    pub(super) token: Option<String>,
    /// What the device token is for: alert, voip, liveactivity-update, …
    #[arg(long, value_name = "KIND")]
    pub(super) kind: Option<TokenKind>,
    /// The environment that was sent to: production or sandbox
    #[arg(long, value_name = "ENVIRONMENT")]
    pub(super) environment: Option<Environment>,
    /// The HTTP status that APNs answered
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(100..600))]
    pub(super) status: Option<u16>,
    /// The reason that APNs gave, such as `BadDeviceToken`
    #[arg(long, value_name = "REASON")]
    pub(super) reason: Option<String>,
    /// The `timestamp` of a 410, in milliseconds since 1970
    #[arg(long, value_name = "MS", value_parser = instant)]
    pub(super) timestamp: Option<Timestamp>,
    /// When the app last registered the device token: 2026-01-31T12:00:00Z, or milliseconds since 1970
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(super) registered_at: Option<Timestamp>,
    /// An error message: of TLS, of iOS, of Xcode, of another service
    #[arg(long, value_name = "TEXT")]
    pub(super) error: Option<String>,
    /// How many devices it concerns: one, some, all, all-apps
    #[arg(long, value_enum, value_name = "HOW MANY", hide_possible_values = true)]
    pub(super) affects: Option<Affects>,
}

/// What is needed to read keys and certificates, and who they are said to be.
#[derive(clap::Args)]
#[command(next_help_heading = "Keys and certificates")]
pub(super) struct CredentialArgs {
    /// The id of the signing key, as it is configured
    #[arg(long, value_name = "ID")]
    pub(super) key_id: Option<KeyId>,
    /// The id of the team, as it is configured
    #[arg(long, value_name = "ID")]
    pub(super) team_id: Option<TeamId>,
    /// The password of .p12 files; better in a file or in the environment, where other users do not see it
    #[arg(
        long,
        value_name = "PASSWORD",
        env = "TIDINGS_CERTIFICATE_PASSWORD",
        hide_env_values = true
    )]
    pub(super) password: Option<String>,
    /// A file with the password of .p12 files
    #[arg(long, value_name = "FILE")]
    pub(super) password_file: Option<PathBuf>,
}

/// Where more is known.
#[derive(clap::Args)]
#[command(next_help_heading = "What is set up")]
pub(super) struct RegistryArgs {
    /// A configuration: its credentials are looked at, too
    #[arg(long, value_name = "tidings.toml")]
    pub(super) config: Option<PathBuf>,
    /// Ask a running server what it knows of --app, and of --token
    #[arg(long, value_name = "URL", requires = "app", conflicts_with_all = ["files", "config", "online"])]
    pub(super) server: Option<Address>,
    #[command(flatten)]
    pub(super) key: KeyArgs,
}

/// What is tried out.
#[derive(clap::Args)]
#[command(next_help_heading = "Trying it out")]
pub(super) struct OnlineArgs {
    /// Try out the way to APNs (DNS, TCP, TLS), and ask it with a device token of zeros whether credential and topic are good.
    /// What is sent is said before, and reaches nobody
    #[arg(long)]
    pub(super) online: bool,
    /// With --online: also send one empty background notification to the device of --token
    #[arg(long, requires = "online", requires = "token")]
    pub(super) send_to_device: bool,
    /// Another server than Apple's, such as a simulator: https://HOST:PORT
    #[arg(long, value_name = "URL", requires = "online")]
    pub(super) url: Option<Url>,
    /// Trust only the root certificates in this PEM file; for a simulator, or a proxy that inspects TLS
    #[arg(
        long,
        value_name = "FILE",
        requires = "online",
        conflicts_with = "bundled_roots"
    )]
    pub(super) ca: Option<PathBuf>,
    /// Trust Mozilla's root certificates, built into this program, instead of the system's
    #[arg(long, requires = "online")]
    pub(super) bundled_roots: bool,
    // Not a doc comment: rustdoc would take the brackets for a link.
    #[arg(
        long,
        value_name = "URL",
        requires = "online",
        help = "Go through an HTTP proxy: http://[USER:PASSWORD@]HOST:PORT"
    )]
    pub(super) proxy: Option<String>,
    /// How long each step may take
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = when::duration)]
    pub(super) timeout: Duration,
}

/// How many devices are concerned.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Affects {
    /// One, while others do well.
    One,
    /// Some, while others do well.
    Some,
    /// All of the app.
    All,
    /// All of all apps.
    AllApps,
}

/// Milliseconds, or RFC 3339.
fn instant(text: &str) -> Result<Timestamp, String> {
    if let Ok(millis) = text.parse() {
        return Ok(Timestamp::from_unix_millis(millis));
    }
    let hint = "give milliseconds since 1970, or a time such as 2026-01-31T12:00:00Z";
    text.parse().map_err(|_not_a_time| hint.to_owned())
}

impl Args {
    /// How much is to be told.
    pub(super) const fn detail(&self) -> Detail {
        if self.verbose {
            Detail::Everything
        } else {
            Detail::Problems
        }
    }
}

impl From<Affects> for Reach {
    fn from(affects: Affects) -> Self {
        match affects {
            Affects::One => Self::One,
            Affects::Some => Self::Some,
            Affects::All => Self::All,
            Affects::AllApps => Self::AllApps,
        }
    }
}

/// Without what may be a secret.
impl std::fmt::Debug for Args {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Args")
            .field("files", &self.files)
            .field("app", &self.failure.app)
            .finish_non_exhaustive()
    }
}
