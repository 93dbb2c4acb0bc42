//! What is measured: servers, and the clients that send to them.

/// A server and the clients that are measured against it.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) explanation: &'static str,
    /// Arguments of `tidings bench sink`.
    pub(crate) sink: &'static str,
    pub(crate) clients: &'static [Client],
    /// What the server allows, in notifications a second, where that is the measure.
    pub(crate) allowed: Option<f64>,
}

/// A client and how much it sends.
pub(crate) struct Client {
    pub(crate) label: &'static str,
    pub(crate) program: Program,
    pub(crate) arguments: &'static str,
    pub(crate) count: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// `tidings bench send`.
    Tidings,
    /// A program of `interop/` that takes the same arguments and prints the same object.
    Peer(&'static str),
    /// `h2load`, of Debian's nghttp2-client.
    H2load,
}

const fn client(label: &'static str, program: Program, arguments: &'static str, count: u64) -> Client {
    Client {
        label,
        program,
        arguments,
        count,
    }
}

const BATCH: &str = "tidings, batch";
const SINGLE: &str = "tidings, single";
const H2: Program = Program::Peer("peer-h2");
const A2: Program = Program::Peer("peer-a2");

pub(crate) const SCENARIOS: [Scenario; 7] = [
    Scenario {
        name: "saturated",
        title: "Saturated, one connection",
        explanation: "The server answers at once and in bursts, 1000 streams, windows of 1 MiB: what encoding, TLS and bookkeeping cost.",
        sink: "--streams 1000 --window 1048576",
        clients: &[
            client(BATCH, Program::Tidings, "--connections 1", 1_000_000),
            client(
                SINGLE,
                Program::Tidings,
                "--connections 1 --face single",
                1_000_000,
            ),
            client("h2load", Program::H2load, "-c 1 -m 1000", 500_000),
            client("h2 crate", H2, "--connections 1 --streams 1000", 400_000),
            client("a2", A2, "--connections 1 --streams 1000", 200_000),
        ],
        allowed: None,
    },
    Scenario {
        name: "saturated-64k",
        title: "Saturated, one connection, windows of 65,535 bytes",
        explanation: "The same with the windows that APNs was observed to have: 327 notifications in flight, so that batches are smaller.",
        sink: "--streams 1000",
        clients: &[
            client(BATCH, Program::Tidings, "--connections 1", 1_000_000),
            client(
                SINGLE,
                Program::Tidings,
                "--connections 1 --face single",
                1_000_000,
            ),
            client("h2load", Program::H2load, "-c 1 -m 1000", 500_000),
        ],
        allowed: None,
    },
    Scenario {
        name: "paced-1",
        title: "Paced, one connection",
        explanation: "Each answer comes by itself, 25 to 75 ms late, in a TLS record and a write of its own; 1000 streams allow 20,000 a second.",
        sink: "--streams 1000 --window 1048576 --rtt 50ms --jitter 25ms",
        clients: &[
            client(BATCH, Program::Tidings, "--connections 1", 200_000),
            client(SINGLE, Program::Tidings, "--connections 1 --face single", 200_000),
            client(
                "h2 crate, same tick",
                H2,
                "--connections 1 --streams 1000 --tick-us 1000",
                200_000,
            ),
            client("a2", A2, "--connections 1 --streams 1000", 200_000),
        ],
        allowed: Some(20_000.0),
    },
    Scenario {
        name: "paced-4",
        title: "Paced, four connections",
        explanation: "The same with four connections, which allow 80,000 a second.",
        sink: "--streams 1000 --window 1048576 --rtt 50ms --jitter 25ms",
        clients: &[
            client(BATCH, Program::Tidings, "--connections 4", 600_000),
            client(SINGLE, Program::Tidings, "--connections 4 --face single", 600_000),
            client(
                "h2 crate, same tick",
                H2,
                "--connections 4 --streams 1000 --tick-us 1000",
                600_000,
            ),
            client("a2", A2, "--connections 4 --streams 1000", 400_000),
        ],
        allowed: Some(80_000.0),
    },
    Scenario {
        name: "idle",
        title: "One at a time over an idle connection",
        explanation: "Each notification is sent when the one before was answered: the latency shows whether anything waits on purpose.",
        sink: "",
        clients: &[
            client(
                SINGLE,
                Program::Tidings,
                "--connections 1 --streams 1 --face single",
                10_000,
            ),
            client("h2 crate, no tick", H2, "--connections 1 --streams 1", 10_000),
            client("a2", A2, "--connections 1 --streams 1", 10_000),
        ],
        allowed: None,
    },
    Scenario {
        name: "far-1",
        title: "Far away, one connection",
        explanation: "50 ms round trip, windows of 65,535 bytes, 1000 streams: 327 payloads of 200 bytes a round trip are allowed.",
        sink: "--streams 1000 --rtt 50ms",
        clients: &[client(
            BATCH,
            Program::Tidings,
            "--connections 1 --warm-up 20000",
            60_000,
        )],
        allowed: Some(65_535.0 / 200.0 / 0.05),
    },
    Scenario {
        name: "far-16",
        title: "Far away, as many connections as the pool finds useful, up to 16",
        explanation: "The same with answers 25 to 75 ms late: the server writes each by itself, about 7 µs of one core, so that 16 full \
            windows due at one instant would wait for the server for 37 ms. The pool begins with one connection and finds the \
            others during the warm-up, which is not measured.",
        sink: "--streams 1000 --rtt 50ms --jitter 25ms",
        clients: &[client(
            BATCH,
            Program::Tidings,
            "--max-connections 16 --warm-up 300000",
            600_000,
        )],
        allowed: Some(16.0 * 65_535.0 / 200.0 / 0.05),
    },
];
