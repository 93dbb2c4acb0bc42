//! Every key there is: its name, what it is by default, what it means, and how it is set. The example, the reference and
//! the checks come from this table.

use std::ops::RangeInclusive;
use std::time::Duration;

use tidings_server::{GorushAuthentication, Network};
use tidings_store::OnUnknown;
use tracing_subscriber::filter::LevelFilter;

use super::settings::{LogFormat, Reach, Roots, Settings};
use super::value::Value;

/// A part of the file.
pub(crate) struct Section {
    /// As it stands between brackets.
    pub(crate) name: &'static str,
    /// What it is about.
    pub(crate) about: &'static str,
}

/// A key.
pub(crate) struct Key {
    /// With its section: `server.listen`.
    pub(crate) name: &'static str,
    /// As it is written in the file; where there is no default, an example.
    pub(crate) shown: Shown,
    /// What it means, in full sentences.
    pub(crate) meaning: &'static str,
    /// Puts a value into the settings, or says in words why it does not fit: "`server.listen` …".
    pub(super) set: fn(&mut Settings, &Value) -> Result<(), String>,
}

/// What stands behind the name of a key in an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// What holds if nothing is given.
    Default(&'static str),
    /// Nothing holds if nothing is given; this is what it could be.
    Example(&'static str),
}

impl Key {
    /// The name without its section.
    pub(crate) fn short_name(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(_, name)| name)
    }

    /// The name of the section.
    pub(crate) fn section(&self) -> &'static str {
        self.name.split_once('.').map_or("", |(section, _)| section)
    }

    /// The variable of the environment that sets it, too.
    pub(crate) fn variable(&self) -> String {
        variable(self.name)
    }
}

/// The variable of the environment that stands for a name.
pub(super) fn variable(name: &str) -> String {
    format!("TIDINGS_{}", name.replace('.', "__").to_ascii_uppercase())
}

/// The sections, in the order of the file. The credentials have keys of their own.
pub(crate) const SECTIONS: [Section; 9] = [
    Section {
        name: "server",
        about: "The HTTP API.",
    },
    Section {
        name: "data",
        about: "Where everything durable is kept.",
    },
    Section {
        name: "delivery",
        about: "How notifications go to APNs.",
    },
    Section {
        name: "webhooks",
        about: "How events go to webhooks. Which there are, the API says.",
    },
    Section {
        name: "apns_door",
        about: "A door shaped like APNs, for programs that are written for Apple's: POST /3/device/TOKEN over HTTP/2. There is \
                none unless `listen` is given.",
    },
    Section {
        name: "gorush_door",
        about: "A door shaped like gorush, on the API's own port: POST /api/push. There is none unless `app` is given.",
    },
    Section {
        name: "retention",
        about: "How long things are kept. Lengths of time are written as 90s, 15m, 12h or 30d.",
    },
    Section {
        name: "log",
        about: "What the server says while it works, on stderr.",
    },
    Section {
        name: "telemetry",
        about: "Traces of requests and of what became of them, for an OpenTelemetry collector.",
    },
];

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// Ten years.
const AGES: Duration = Duration::from_hours(24 * 3650);

/// The keys, in the order of the file.
pub(crate) const KEYS: [Key; 37] = [
    Key {
        name: "server.listen",
        shown: Shown::Default("\"127.0.0.1:8377\""),
        meaning: "The address and port of the API. With port 0 a free one is taken; the ready line says which.",
        set: |settings, value| {
            settings.server.listen = value.address()?;
            Ok(())
        },
    },
    Key {
        name: "server.reach",
        shown: Shown::Default("\"this_machine\""),
        meaning: "The API is plain HTTP. To listen on an address that other machines can reach, say \"network\" here: \
                  when something before it speaks TLS, or when the network between is yours alone.",
        set: |settings, value| {
            let words = [("this_machine", Reach::ThisMachine), ("network", Reach::Network)];
            settings.server.reach = value.one_of(&words)?;
            Ok(())
        },
    },
    Key {
        name: "server.max_connections",
        shown: Shown::Default("10000"),
        meaning: "How many clients may be connected at once. Further ones wait.",
        set: |settings, value| {
            settings.server.max_connections = value.count(1..=1_000_000)?;
            Ok(())
        },
    },
    Key {
        name: "server.request_timeout",
        shown: Shown::Default("\"30s\""),
        meaning: "How long a client may take to send a request, except for an import or a batch that keeps coming.",
        set: |settings, value| {
            settings.server.request_timeout = value.duration(SECOND..=HOUR)?;
            Ok(())
        },
    },
    Key {
        name: "server.drain_timeout",
        shown: Shown::Default("\"30s\""),
        meaning: "How long the server goes on after SIGTERM to finish what is on the way to APNs. What is not sent by \
                  then is sent after the next start.",
        set: |settings, value| {
            settings.server.drain_timeout = value.duration(SECOND..=HOUR)?;
            Ok(())
        },
    },
    Key {
        name: "data.directory",
        shown: Shown::Default("\"tidings-data\""),
        meaning: "The data directory. It is made if it is not there. A path in this file is relative to this file; one \
                  in a variable, and the default, to the working directory.",
        set: |settings, value| {
            settings.data.directory = value.path()?;
            Ok(())
        },
    },
    Key {
        name: "data.sealing_key_file",
        shown: Shown::Example("\"/etc/tidings/sealing.key\""),
        meaning: "The key under which credentials are sealed in the database: 64 hexadecimal digits, readable by the \
                  server alone. If nothing is given it is `sealing.key` in the data directory, and is made there at the \
                  first start. The variable TIDINGS_SEALING_KEY holds the key itself, and goes before the file.",
        set: |settings, value| {
            settings.data.sealing_key_file = Some(value.path()?);
            Ok(())
        },
    },
    Key {
        name: "data.readers",
        shown: Shown::Default("4"),
        meaning: "How many threads read the database.",
        set: |settings, value| {
            settings.data.readers = value.count(1..=64)?;
            Ok(())
        },
    },
    Key {
        name: "data.reserve_mebibytes",
        shown: Shown::Default("64"),
        meaning: "Room on the disk that is kept for results when all else is full.",
        set: |settings, value| {
            settings.data.reserve_bytes = value.integer(0..=65_536)? << 20;
            Ok(())
        },
    },
    Key {
        name: "delivery.max_connections",
        shown: Shown::Default("16"),
        meaning: "How many connections each lane may open: an app with one credential in one environment. They are opened \
                  and closed as latency and work demand.",
        set: |settings, value| {
            settings.delivery.connections.max = value.count(1..=1000)?;
            Ok(())
        },
    },
    Key {
        name: "delivery.request_timeout",
        shown: Shown::Default("\"10s\""),
        meaning: "How long to wait for an answer of APNs before the notification is sent again.",
        set: |settings, value| {
            settings.delivery.request_timeout = value.duration(SECOND..=HOUR)?;
            Ok(())
        },
    },
    Key {
        name: "delivery.connect_timeout",
        shown: Shown::Default("\"10s\""),
        meaning: "How long each step of connecting may take: the name, TCP, the proxy, TLS.",
        set: |settings, value| {
            settings.delivery.connect_timeout = value.duration(SECOND..=HOUR)?;
            Ok(())
        },
    },
    Key {
        name: "delivery.on_unknown",
        shown: Shown::Default("\"retry\""),
        meaning: "What to do when a connection ends before APNs has answered: \"retry\" sends the notification again under \
                  the same apns-id, and it may be shown twice; \"drop\" does not, and it may not be shown at all. A \
                  notification may say otherwise for itself.",
        set: |settings, value| {
            let words = [("retry", OnUnknown::Retry), ("drop", OnUnknown::Drop)];
            settings.delivery.on_unknown = value.one_of(&words)?;
            Ok(())
        },
    },
    Key {
        name: "delivery.production_url",
        shown: Shown::Example("\"https://api.push.apple.com:2197\""),
        meaning: "Another server for production: Apple's other port, or a simulator.",
        set: |settings, value| {
            settings.delivery.production_url = Some(value.parsed()?);
            Ok(())
        },
    },
    Key {
        name: "delivery.sandbox_url",
        shown: Shown::Example("\"https://127.0.0.1:8444\""),
        meaning: "Another server for the sandbox.",
        set: |settings, value| {
            settings.delivery.sandbox_url = Some(value.parsed()?);
            Ok(())
        },
    },
    Key {
        name: "delivery.production_channels_url",
        shown: Shown::Example("\"https://127.0.0.1:8445\""),
        meaning: "Another server for the management of broadcast channels in production.",
        set: |settings, value| {
            settings.delivery.production_channels_url = Some(value.parsed()?);
            Ok(())
        },
    },
    Key {
        name: "delivery.sandbox_channels_url",
        shown: Shown::Example("\"https://127.0.0.1:8446\""),
        meaning: "Another server for the management of broadcast channels in the sandbox.",
        set: |settings, value| {
            settings.delivery.sandbox_channels_url = Some(value.parsed()?);
            Ok(())
        },
    },
    Key {
        name: "delivery.roots",
        shown: Shown::Default("\"system\""),
        meaning: "Whose root certificates are trusted: \"system\", those of the operating system, or \"bundled\", Mozilla's, \
                  which are part of this program.",
        set: |settings, value| {
            let words = [("system", Roots::System), ("bundled", Roots::Bundled)];
            settings.delivery.roots = value.one_of(&words)?;
            Ok(())
        },
    },
    Key {
        name: "delivery.ca_file",
        shown: Shown::Example("\"simulator/ca.pem\""),
        meaning: "Trust only the root certificates in this PEM file: for a simulator, or a proxy that inspects TLS.",
        set: |settings, value| {
            settings.delivery.ca_file = Some(value.path()?);
            Ok(())
        },
    },
    Key {
        name: "delivery.proxy",
        shown: Shown::Example("\"http://proxy.example.com:3128\""),
        meaning: "Go to APNs through this HTTP proxy. User and password can stand before the host, as \
                  http://USER:PASSWORD@HOST:PORT.",
        set: |settings, value| {
            settings.delivery.proxy = Some(value.parsed()?);
            Ok(())
        },
    },
    Key {
        name: "webhooks.allow_networks",
        shown: Shown::Example("[\"10.1.0.0/16\", \"::1/128\"]"),
        meaning: "Webhooks go to addresses of the public internet only, over TLS, to port 443 or 1024 and above. To those \
                  networks here they may go, too, there without TLS and to any port. Whoever may make webhooks can reach all \
                  that is in them.",
        set: |settings, value| {
            let texts = value.list()?;
            let networks = texts.iter().filter(|text| !text.is_empty()).map(|text| {
                let read: Result<Network, _> = text.parse();
                read.map_err(|error| format!("has {text:?} in it, which cannot be used: {error}"))
            });
            settings.webhooks.allow_networks = networks.collect::<Result<_, _>>()?;
            Ok(())
        },
    },
    Key {
        name: "webhooks.ca_file",
        shown: Shown::Example("\"own-ca.pem\""),
        meaning: "Trust only the root certificates in this PEM file when speaking to webhooks. If nothing is given, the roots \
                  are those of `delivery.roots`.",
        set: |settings, value| {
            settings.webhooks.ca_file = Some(value.path()?);
            Ok(())
        },
    },
    Key {
        name: "webhooks.request_timeout",
        shown: Shown::Default("\"15s\""),
        meaning: "How long one request to a webhook may take, from looking its name up to the answer.",
        set: |settings, value| {
            settings.webhooks.request_timeout = value.duration(SECOND..=MINUTE)?;
            Ok(())
        },
    },
    Key {
        name: "apns_door.listen",
        shown: Shown::Example("\"0.0.0.0:2197\""),
        meaning: "The address and port of the door shaped like APNs. It speaks TLS, and whoever sends proves by the provider \
                  token of their library that they hold a signing key of the app.",
        set: |settings, value| {
            settings.apns_door.listen = Some(value.address()?);
            Ok(())
        },
    },
    Key {
        name: "apns_door.certificate_file",
        shown: Shown::Example("\"/etc/tidings/door.pem\""),
        meaning: "The certificate that it shows, with those that vouch for it: PEM. When it or its key changes, it is read again.",
        set: |settings, value| {
            settings.apns_door.certificate_file = Some(value.path()?);
            Ok(())
        },
    },
    Key {
        name: "apns_door.key_file",
        shown: Shown::Example("\"/etc/tidings/door.key\""),
        meaning: "The private key of that certificate: PEM, readable by the server alone.",
        set: |settings, value| {
            settings.apns_door.key_file = Some(value.path()?);
            Ok(())
        },
    },
    Key {
        name: "gorush_door.app",
        shown: Shown::Example("\"com.example.app\""),
        meaning: "The bundle id of the app that notifications without a `topic` are for.",
        set: |settings, value| {
            settings.gorush_door.app = Some(value.parsed()?);
            Ok(())
        },
    },
    Key {
        name: "gorush_door.authentication",
        shown: Shown::Default("\"api_key\""),
        meaning: "Who may send: \"api_key\", whoever has an API key with the scope send, as `Authorization: Bearer`; or \"none\", \
                  everybody who reaches the port, as gorush has it, but only to `app`.",
        set: |settings, value| {
            let words = [
                ("api_key", GorushAuthentication::ApiKey),
                ("none", GorushAuthentication::Nothing),
            ];
            settings.gorush_door.authentication = value.one_of(&words)?;
            Ok(())
        },
    },
    Key {
        name: "retention.devices",
        shown: Shown::Default("\"90d\""),
        meaning: "Device tokens that are unregistered, rejected or superseded. Until then they can be restored.",
        set: |settings, value| {
            settings.retention.devices = value.duration(kept())?;
            Ok(())
        },
    },
    Key {
        name: "retention.notifications",
        shown: Shown::Default("\"30d\""),
        meaning: "Notifications, after their last recipient has ended.",
        set: |settings, value| {
            settings.retention.notifications = value.duration(kept())?;
            Ok(())
        },
    },
    Key {
        name: "retention.events",
        shown: Shown::Default("\"30d\""),
        meaning: "Events.",
        set: |settings, value| {
            settings.retention.events = value.duration(kept())?;
            Ok(())
        },
    },
    Key {
        name: "log.format",
        shown: Shown::Default("\"text\""),
        meaning: "\"text\" for people, \"json\" for programs: one object on a line.",
        set: |settings, value| {
            let words = [("text", LogFormat::Text), ("json", LogFormat::Json)];
            settings.log.format = value.one_of(&words)?;
            Ok(())
        },
    },
    Key {
        name: "log.level",
        shown: Shown::Default("\"info\""),
        meaning: "\"error\", \"warn\", \"info\", \"debug\" or \"trace\"; \"off\" for nothing. No level shows secrets, payloads \
                  or whole device tokens.",
        set: |settings, value| {
            let words = [
                ("error", LevelFilter::ERROR),
                ("warn", LevelFilter::WARN),
                ("info", LevelFilter::INFO),
                ("debug", LevelFilter::DEBUG),
                ("trace", LevelFilter::TRACE),
                ("off", LevelFilter::OFF),
            ];
            settings.log.level = value.one_of(&words)?;
            Ok(())
        },
    },
    Key {
        name: "log.storm_lines",
        shown: Shown::Default("20"),
        meaning: "How many lines that are alike are written before only their number is: same place in the program, same \
                  app, environment, reason and error. With 0 all are. Lines below \"info\" are never kept back.",
        set: |settings, value| {
            settings.log.storms.whole = value.count(0..=1_000_000)?;
            Ok(())
        },
    },
    Key {
        name: "log.storm_interval",
        shown: Shown::Default("\"60s\""),
        meaning: "How often it is written how many more there were. After so long without a storm, lines are written whole \
                  again.",
        set: |settings, value| {
            settings.log.storms.interval = value.duration(SECOND..=HOUR)?;
            Ok(())
        },
    },
    Key {
        name: "telemetry.otlp_endpoint",
        shown: Shown::Example("\"http://127.0.0.1:4318\""),
        meaning: "Where traces are sent to, by OTLP over HTTP with JSON; `/v1/traces` is added. If nothing is given there are \
                  none. They hold no device token, no payload and no secret.",
        set: |settings, value| {
            settings.telemetry.otlp_endpoint = Some(value.parsed()?);
            Ok(())
        },
    },
    Key {
        name: "telemetry.sample_one_in",
        shown: Shown::Default("100"),
        meaning: "One request to the API in so many is followed, with the notifications that it makes. Whoever sends the \
                  header `traceparent` decides for themselves.",
        set: |settings, value| {
            settings.telemetry.sample_one_in = value.count(1..=1_000_000_000)?;
            Ok(())
        },
    },
];

/// How long things can be kept.
fn kept() -> RangeInclusive<Duration> {
    DAY..=AGES
}
