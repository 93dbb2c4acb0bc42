//! `tidings simulate`: an APNs on this machine.

use std::io::{self, IsTerminal as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use tidings_simulator::{ReadWorldError, Simulator, SimulatorConfig, StartError, WorldFile};

use crate::failure::Failure;
use crate::output::{self, DIM, STRONG, styled, tell};
use crate::runtime;

const EXAMPLES: &str = "\
Examples:
  tidings simulate                                   free ports; the first line on stdout says where
  tidings simulate --listen 127.0.0.1:8443 --state ./apns
  tidings simulate --world world.toml --state ./apns

A world file says who exists, so that there is something to send to at once:
  [[keys]]
  team_id = \"TEAM123456\"
  key_id = \"KEY1234567\"             # its .p8 file is written into the --state folder
  [[apps]]
  team_id = \"TEAM123456\"
  bundle_id = \"com.example.app\"
  [[devices]]
  device_id = \"phone\"
  installs = [{ bundle_id = \"com.example.app\", build = \"debug\", kinds = [\"alert\", \"voip\"] }]

Everything else is done while it runs, by the control API: curl CONTROL/openapi.json lists it.";

/// Run an APNs on this machine: both environments, devices, answers and faults, for any HTTP/2 client.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Who exists and how this APNs behaves: TOML, or JSON by its name
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,
    /// Where to listen; from a port that is not 0 on, five ports in a row are taken
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The folder for ca.pem and the world's keys and certificates [default: one that is removed at the end]
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
}

/// Runs until told to end.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = SimulatorConfig {
        listen: args.listen,
        world: read_world(args)?,
        directory: args.state.clone(),
    };
    runtime::on_all_threads(serve(config))??;
    Ok(ExitCode::SUCCESS)
}

fn read_world(args: &Args) -> anyhow::Result<WorldFile> {
    let Some(path) = &args.world else {
        return Ok(WorldFile::default());
    };
    WorldFile::read(path).map_err(with_world_hint)
}

fn with_world_hint(error: ReadWorldError) -> anyhow::Error {
    let is_unread = matches!(error, ReadWorldError::Read { .. });
    let error = anyhow::Error::from(error);
    if is_unread {
        return error;
    }
    error.context(Failure::new(
        "the world file cannot be used",
        "tidings simulate --help shows an example of one",
    ))
}

async fn serve(config: SimulatorConfig) -> anyhow::Result<()> {
    let simulator = Simulator::start(config).await.map_err(with_start_hint)?;
    output::json(simulator.ready())?;
    tell_people(&simulator);
    runtime::told_to_end().await?;
    simulator.shutdown().await;
    Ok(())
}

fn with_start_hint(error: StartError) -> anyhow::Error {
    let hint = match &error {
        StartError::World(_) | StartError::Populate(_) => {
            "look at the world file: tidings simulate --help has an example"
        }
        StartError::Listen { .. } => "choose another --listen; with port 0 free ports are taken",
        StartError::Write { .. } => "choose another --state folder",
        StartError::ReadKey { .. } => "check private_key_file in the world file; it is relative to that file",
        _ => return error.into(),
    };
    anyhow::Error::from(error).context(Failure::new("the simulator cannot start", hint))
}

/// Somebody who started it by hand wants to know what to do next; a program does not.
fn tell_people(simulator: &Simulator) {
    if !io::stderr().is_terminal() {
        return;
    }
    let ready = simulator.ready();
    tell(format_args!(
        "{}",
        styled(STRONG, "An APNs is running on this machine. Ctrl-C ends it.")
    ));
    for (name, value) in [
        ("production", ready.production.as_str()),
        ("sandbox", ready.sandbox.as_str()),
        ("control API", ready.control.as_str()),
    ] {
        tell(format_args!(
            "  {} {value}",
            styled(DIM, format_args!("{name:<12}"))
        ));
    }
    tell(format_args!(
        "  {} tidings send --url {} --ca {} …",
        styled(DIM, format_args!("{:<12}", "send to it")),
        ready.sandbox,
        ready.ca.display()
    ));
}
