//! The options of `tidings send`.

use std::path::PathBuf;

use tidings_apns::{ApnsId, BundleId, ChannelId, CollapseId, InterruptionLevel, Priority, PushType, Topic};

use super::datum::Datum;
use super::through::ThroughArgs;
use crate::access::AccessArgs;
use crate::output::Format;
use crate::when::When;

const EXAMPLES: &str = "\
Examples:
  tidings send --key AuthKey_ABCDE12345.p8 --team-id TEAM123456 --environment sandbox \\
      --bundle-id com.example.app --token 00fc13ad… --title Kitchen --body 'Tea is ready' --sound default
  tidings send --certificate push.p12 --token 00fc13ad… --push-type background --data refresh=menu
  tidings send … --event update --content-state '{\"home\": 1, \"away\": 0}' --stale-date 10m
  tidings send … --broadcast --channel-id dHN0LXNyY2gtY2hubA== --event end
  tidings send … --payload @payload.json --dry-run
  tidings send … --tokens-file tokens.txt --body 'Tea is ready' --format json
  tidings send --server http://127.0.0.1:8377 --bundle-id com.example.app --user ann --body 'Tea is ready' --wait

To a simulator (`tidings simulate`) give its --url and --ca as well. Through a server (`tidings serve`) no credential is
given: it has them.

Exit status: 0 APNs accepted everything, 1 it refused something or gave no answer, 2 wrong usage.";

/// Send a notification straight to APNs or through a server, and say in words what came of it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(super) access: AccessArgs,
    #[command(flatten)]
    pub(super) recipients: RecipientArgs,
    #[command(flatten)]
    pub(super) headers: HeaderArgs,
    #[command(flatten)]
    pub(super) content: ContentArgs,
    #[command(flatten)]
    pub(super) activity: ActivityArgs,
    #[command(flatten)]
    pub(super) through: ThroughArgs,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

/// Whom to.
#[derive(clap::Args, Default)]
#[command(next_help_heading = "Whom to")]
pub(crate) struct RecipientArgs {
    /// A device token in hexadecimal; can be repeated; `-` reads many from standard input, one on a line
    #[arg(long = "token", value_name = "HEX")]
    pub(super) tokens: Vec<String>,
    /// A file of device tokens, one on a line
    #[arg(long, value_name = "FILE")]
    pub(super) tokens_file: Option<PathBuf>,
    /// The app's bundle id; the topic follows from it and the push type
    #[arg(long, value_name = "ID")]
    pub(super) bundle_id: Option<BundleId>,
    /// The topic as it stands, instead of a bundle id
    #[arg(long, value_name = "TOPIC", conflicts_with = "bundle_id")]
    pub(super) topic: Option<Topic>,
    /// Send a Live Activity update to everybody who follows a channel
    #[arg(long, requires = "channel_id", conflicts_with_all = ["tokens", "tokens_file", "topic", "collapse_id"])]
    pub(super) broadcast: bool,
    /// The broadcast channel
    #[arg(long, value_name = "ID", requires = "broadcast", allow_hyphen_values = true)]
    pub(super) channel_id: Option<ChannelId>,
}

impl std::fmt::Debug for RecipientArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecipientArgs")
            .field("tokens", &self.tokens.len())
            .field("tokens_file", &self.tokens_file)
            .finish_non_exhaustive()
    }
}

/// The headers.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Headers")]
pub(crate) struct HeaderArgs {
    /// alert, background, voip, complication, fileprovider, mdm, location, liveactivity, pushtotalk, widgets or
    /// controls [default: alert; liveactivity with --event]
    #[arg(long, value_name = "TYPE")]
    pub(super) push_type: Option<PushType>,
    /// 10 at once, 5 considerate of the battery, 1 battery first [default: 5 for background, else none is sent,
    /// which means 10]
    #[arg(long, value_name = "10|5|1")]
    pub(super) priority: Option<Priority>,
    /// Until when APNs keeps it for a device that is offline: 0 (try once), seconds since 1970, or from now, as 1h
    #[arg(long, value_name = "WHEN")]
    pub(super) expiration: Option<When>,
    /// Notifications with the same id replace each other on the device; at most 64 bytes
    #[arg(long, value_name = "ID")]
    pub(super) collapse_id: Option<CollapseId>,
    /// The UUID of the request, for one recipient [default: a new one for each]
    #[arg(long, value_name = "UUID")]
    pub(super) apns_id: Option<ApnsId>,
}

/// What it says.
#[derive(clap::Args, Default)]
#[command(next_help_heading = "Content")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are independent flags of the command line"
)]
pub(crate) struct ContentArgs {
    /// The whole payload, passed through untouched: JSON, @FILE, or - for standard input
    #[arg(long, value_name = "JSON", conflicts_with_all = CONTENT, conflicts_with_all = ACTIVITY)]
    pub(super) payload: Option<String>,
    /// The title of the alert
    #[arg(long, value_name = "TEXT")]
    pub(super) title: Option<String>,
    /// The second line of the alert
    #[arg(long, value_name = "TEXT")]
    pub(super) subtitle: Option<String>,
    /// The text of the alert
    #[arg(long, value_name = "TEXT")]
    pub(super) body: Option<String>,
    /// The title as a key in the app's strings
    #[arg(long, value_name = "KEY", conflicts_with = "title")]
    pub(super) title_loc_key: Option<String>,
    /// An argument for the title's key; can be repeated
    #[arg(long = "title-loc-arg", value_name = "TEXT", requires = "title_loc_key")]
    pub(super) title_loc_args: Vec<String>,
    /// The second line as a key in the app's strings
    #[arg(long, value_name = "KEY", conflicts_with = "subtitle")]
    pub(super) subtitle_loc_key: Option<String>,
    /// An argument for the second line's key; can be repeated
    #[arg(long = "subtitle-loc-arg", value_name = "TEXT", requires = "subtitle_loc_key")]
    pub(super) subtitle_loc_args: Vec<String>,
    /// The text as a key in the app's strings
    #[arg(long, value_name = "KEY", conflicts_with = "body")]
    pub(super) loc_key: Option<String>,
    /// An argument for the text's key; can be repeated
    #[arg(long = "loc-arg", value_name = "TEXT", requires = "loc_key")]
    pub(super) loc_args: Vec<String>,
    /// The launch image or storyboard to show when the app is opened from the alert
    #[arg(long, value_name = "FILE")]
    pub(super) launch_image: Option<String>,
    /// The number on the app's icon; 0 takes it away
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub(super) badge: Option<u32>,
    /// A sound file in the app, or `default`
    #[arg(long, value_name = "NAME")]
    pub(super) sound: Option<String>,
    /// Make the sound critical: it is heard even when the device is silenced
    #[arg(long)]
    pub(super) critical: bool,
    /// The volume of the critical sound, from 0 to 1
    #[arg(
        long,
        value_name = "0..1",
        requires = "critical",
        allow_negative_numbers = true
    )]
    pub(super) volume: Option<f64>,
    /// Groups notifications on the device
    #[arg(long, value_name = "ID")]
    pub(super) thread_id: Option<String>,
    /// The category, which decides the actions that are offered
    #[arg(long, value_name = "ID")]
    pub(super) category: Option<String>,
    /// passive, active, time-sensitive or critical
    #[arg(long, value_name = "LEVEL")]
    pub(super) interruption_level: Option<InterruptionLevel>,
    /// The place in a summary, from 0 to 1; of a Live Activity, any number
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub(super) relevance_score: Option<f64>,
    /// The window that comes forward
    #[arg(long, value_name = "ID")]
    pub(super) target_content_id: Option<String>,
    /// What the app's Focus filter decides by
    #[arg(long, value_name = "TEXT")]
    pub(super) filter_criteria: Option<String>,
    /// Wake the app in the background [always with --push-type background]
    #[arg(long)]
    pub(super) content_available: bool,
    /// Let the app's notification service extension change it before it is shown
    #[arg(long)]
    pub(super) mutable_content: bool,
    /// Reload widgets or controls [always with --push-type widgets or controls]
    #[arg(long)]
    pub(super) content_changed: bool,
    /// Something for the app beside `aps`: KEY=TEXT, KEY:=JSON, or a JSON object; can be repeated
    #[arg(long, value_name = "KEY=TEXT")]
    pub(super) data: Vec<Datum>,
}

impl std::fmt::Debug for ContentArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContentArgs(…)")
    }
}

/// All options that write a part of the payload, except those of Live Activities.
const CONTENT: [&str; 22] = [
    "title",
    "subtitle",
    "body",
    "title_loc_key",
    "subtitle_loc_key",
    "loc_key",
    "launch_image",
    "badge",
    "sound",
    "critical",
    "thread_id",
    "category",
    "interruption_level",
    "relevance_score",
    "target_content_id",
    "filter_criteria",
    "content_available",
    "mutable_content",
    "content_changed",
    "data",
    "event",
    "volume",
];

/// All options that write a part of a Live Activity's payload.
const ACTIVITY: [&str; 8] = [
    "content_state",
    "attributes_type",
    "attributes",
    "timestamp",
    "stale_date",
    "dismissal_date",
    "input_push_token",
    "input_push_channel",
];

/// Options that the payload of a Live Activity has no place for.
const NOT_OF_ACTIVITIES: [&str; 13] = [
    "subtitle",
    "subtitle_loc_key",
    "launch_image",
    "badge",
    "critical",
    "thread_id",
    "category",
    "interruption_level",
    "target_content_id",
    "filter_criteria",
    "content_available",
    "mutable_content",
    "data",
];

/// A Live Activity.
#[derive(clap::Args, Default)]
#[command(next_help_heading = "Live Activity")]
pub(crate) struct ActivityArgs {
    /// start, update or end a Live Activity; its alert is --title, --body and --sound
    #[arg(long, value_enum, value_name = "EVENT", hide_possible_values = true, conflicts_with_all = NOT_OF_ACTIVITIES)]
    pub(super) event: Option<Event>,
    /// What the activity shows, as Swift's JSON decoder reads it: JSON, @FILE, or -
    #[arg(long, value_name = "JSON", requires = "event")]
    pub(super) content_state: Option<String>,
    /// The Swift type of the attributes, to start an activity
    #[arg(long, value_name = "TYPE", requires = "event")]
    pub(super) attributes_type: Option<String>,
    /// The attributes, to start an activity: JSON, @FILE, or - [default: {}]
    #[arg(long, value_name = "JSON", requires = "event")]
    pub(super) attributes: Option<String>,
    /// When the change happened [default: now]
    #[arg(long, value_name = "WHEN", requires = "event")]
    pub(super) timestamp: Option<When>,
    /// When the activity is to be shown as outdated
    #[arg(long, value_name = "WHEN", requires = "event")]
    pub(super) stale_date: Option<When>,
    /// When an ended activity leaves the Lock Screen; `now` removes it at once
    #[arg(long, value_name = "WHEN", requires = "event")]
    pub(super) dismissal_date: Option<When>,
    /// Ask for a token for updates of the started activity (iOS 18)
    #[arg(long, requires = "event", conflicts_with = "input_push_channel")]
    pub(super) input_push_token: bool,
    /// Let the started activity follow a broadcast channel (iOS 18)
    #[arg(long, value_name = "ID", requires = "event", allow_hyphen_values = true)]
    pub(super) input_push_channel: Option<ChannelId>,
}

impl std::fmt::Debug for ActivityArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ActivityArgs")
            .field("event", &self.event)
            .finish_non_exhaustive()
    }
}

/// What happens to a Live Activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Event {
    /// It appears; sent to the app's push-to-start token.
    Start,
    /// It shows something else.
    Update,
    /// It is over.
    End,
}

/// How it is done.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "How")]
pub(crate) struct RunArgs {
    /// Show what would be sent, and send nothing; needs no credential
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Do not look for mistakes; also sends what is sure to be refused
    #[arg(long)]
    pub(super) no_lint: bool,
    /// How the answer is printed: text or json
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        hide_possible_values = true
    )]
    pub(super) format: Format,
}
