//! `tidings channels`: the broadcast channels of an app.

use std::process::ExitCode;

use serde_json::json;
use tidings_apns::{BundleId, ChannelId, Rejected, StoragePolicy};
use tidings_client::{Channels, ManageChannelError};

use crate::access::{AccessArgs, CredentialArgs, app_of};
use crate::failure::Failure;
use crate::output::{self, BAD, Format, GOOD, STRONG, field, print, print_line, styled};
use crate::runtime;

const EXAMPLES: &str = "\
Examples:
  tidings channels create --key AuthKey_ABCDE12345.p8 --team-id TEAM123456 --bundle-id com.example.app
  tidings channels list   --key AuthKey_ABCDE12345.p8 --team-id TEAM123456 --bundle-id com.example.app
  tidings channels delete … --bundle-id com.example.app --channel-id dHN0LXNyY2gtY2hubA==
  tidings send … --broadcast --channel-id dHN0LXNyY2gtY2hubA== --event update --content-state '{\"home\": 1}'

For a simulator, --url is its address for channels (`channels_sandbox` of the ready line).";

const EXAMPLE: &str = "\
Example:
  tidings channels create --key AuthKey_ABCDE12345.p8 --team-id TEAM123456 --bundle-id com.example.app";

const EXAMPLE_WITH_CHANNEL: &str = "\
Example:
  tidings channels read --key AuthKey_ABCDE12345.p8 --team-id TEAM123456 \\
      --bundle-id com.example.app --channel-id dHN0LXNyY2gtY2hubA==";

/// Make, look at and delete broadcast channels for Live Activities.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a channel, and print its id
    #[command(after_help = EXAMPLE)]
    Create {
        #[command(flatten)]
        common: Common,
        /// What APNs keeps for devices that are offline, for ever: none, or most-recent for up to eight hours
        #[arg(
            long,
            value_enum,
            value_name = "POLICY",
            default_value_t,
            hide_possible_values = true
        )]
        storage: Storage,
    },
    /// Say what a channel stores
    #[command(after_help = EXAMPLE_WITH_CHANNEL)]
    Read {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        channel: Channel,
    },
    /// List all channels of an app
    #[command(after_help = EXAMPLE)]
    List {
        #[command(flatten)]
        common: Common,
    },
    /// Delete a channel for ever: its id is never given out again
    #[command(after_help = EXAMPLE_WITH_CHANNEL)]
    Delete {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        channel: Channel,
    },
}

/// What all of them need.
#[derive(Debug, clap::Args)]
struct Common {
    #[command(flatten)]
    access: AccessArgs,
    /// The app's bundle id [default: that of the certificate]
    #[arg(long, value_name = "ID")]
    bundle_id: Option<BundleId>,
    /// How the answer is printed: text or json
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        hide_possible_values = true
    )]
    format: Format,
}

/// Which channel.
#[derive(Debug, clap::Args)]
struct Channel {
    /// The channel
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    channel_id: ChannelId,
}

/// What APNs keeps for devices that are offline.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Storage {
    /// Nothing: more can be published, and all of it with expiration 0
    #[default]
    None,
    /// The latest update, for at most eight hours
    MostRecent,
}

impl Storage {
    fn policy(self) -> StoragePolicy {
        match self {
            Self::None => StoragePolicy::NoStorage,
            Self::MostRecent => StoragePolicy::MostRecent,
        }
    }
}

/// Does one of them.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    runtime::on_this_thread(ask(&args.command))?
}

async fn ask(command: &Command) -> anyhow::Result<ExitCode> {
    let common = command.common();
    let credential = CredentialArgs::require(common.access.credential.read()?)?;
    let app = common
        .bundle_id
        .clone()
        .or_else(|| app_of(Some(&credential)))
        .ok_or_else(|| {
            Failure::usage(
                "there is no app",
                "give --bundle-id, the app's bundle id as in Xcode",
            )
        })?;
    let client = common.access.client(credential)?;
    let answer = command.perform(client.channels(), &app).await;
    client.close().await;
    match answer {
        Ok(answer) => answer.print(common.format).map(|()| ExitCode::SUCCESS),
        Err(ManageChannelError::Rejected(rejected)) => refused(&rejected, common.format),
        Err(error) => Err(error.into()),
    }
}

impl Command {
    fn common(&self) -> &Common {
        match self {
            Self::Create { common, .. }
            | Self::Read { common, .. }
            | Self::List { common }
            | Self::Delete { common, .. } => common,
        }
    }

    async fn perform(&self, channels: Channels<'_>, app: &BundleId) -> Result<Answer, ManageChannelError> {
        Ok(match self {
            Self::Create { storage, .. } => Answer::Created(channels.create(app, storage.policy()).await?),
            Self::Read { channel, .. } => {
                let policy = channels.read(app, &channel.channel_id).await?;
                Answer::Read(channel.channel_id.clone(), policy)
            }
            Self::List { .. } => Answer::List(channels.list(app).await?),
            Self::Delete { channel, .. } => {
                channels.delete(app, &channel.channel_id).await?;
                Answer::Deleted(channel.channel_id.clone())
            }
        })
    }
}

/// What came of it.
enum Answer {
    Created(ChannelId),
    Read(ChannelId, StoragePolicy),
    List(Vec<ChannelId>),
    Deleted(ChannelId),
}

impl Answer {
    fn print(&self, format: Format) -> anyhow::Result<()> {
        match format {
            Format::Text => self.print_text()?,
            Format::Json => self.print_json()?,
        }
        Ok(())
    }

    fn print_text(&self) -> std::io::Result<()> {
        match self {
            Self::Created(id) => print_line(id),
            Self::Read(id, policy) => print_line(format_args!("{id}  {}", in_words(*policy))),
            Self::List(ids) => ids.iter().try_for_each(print_line),
            Self::Deleted(id) => print_line(format_args!("{} {id}", styled(GOOD, "✔ deleted"))),
        }
    }

    fn print_json(&self) -> std::io::Result<()> {
        match self {
            Self::Created(id) => output::json(&json!({"channel_id": id, "created": true})),
            Self::Read(id, policy) => {
                output::json(&json!({"channel_id": id, "message_storage_policy": policy.as_u8()}))
            }
            Self::List(ids) => output::json(&json!({"channel_ids": ids})),
            Self::Deleted(id) => output::json(&json!({"channel_id": id, "deleted": true})),
        }
    }
}

fn in_words(policy: StoragePolicy) -> &'static str {
    match policy {
        StoragePolicy::NoStorage => "stores nothing; publish with expiration 0",
        StoragePolicy::MostRecent => "stores the latest update for at most eight hours",
    }
}

/// APNs said no: that is an answer, and printed as one.
fn refused(rejected: &Rejected, format: Format) -> anyhow::Result<ExitCode> {
    let guidance = rejected.reason.guidance();
    match format {
        Format::Json => output::json(&json!({
            "outcome": "rejected",
            "status": rejected.status,
            "reason": rejected.reason.to_string(),
            "meaning": guidance.meaning,
            "fault": guidance.fault.as_str(),
            "what_to_do": guidance.what_to_do,
        }))?,
        Format::Text => {
            let what = format!("{} {}", rejected.status, rejected.reason);
            print_line(format_args!(
                "{} {}",
                styled(BAD, "✘ rejected"),
                styled(STRONG, what)
            ))?;
            print(field("means", guidance.meaning))?;
            print(field("fault", guidance.fault.as_str()))?;
            print(field("what to do", guidance.what_to_do))?;
        }
    }
    Ok(ExitCode::FAILURE)
}
