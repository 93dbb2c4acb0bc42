//! `tidings serve`: the server.

mod log;
mod notify;
mod ready;
mod reload;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use tidings_delivery::SystemClock;

use self::reload::Reload;
use crate::configuration::{
    self, Configuration, Gravity, Mistake, Overrides, ReadConfigurationError, SEALING_KEY_VARIABLE, Source,
    inspect,
};
use crate::failure::{Failure, Told};
use crate::runtime::{self, Signal, Signals};
use crate::service::{Beginning, Service, sealing_key};

const EXAMPLES: &str = "\
Examples:
  tidings serve                                 on a data directory beside it, with no configuration at all
  tidings serve --config /etc/tidings/tidings.toml
  TIDINGS_SERVER__LISTEN=127.0.0.1:9000 tidings serve --data /var/lib/tidings

At the first start it prints an API key with the scope admin, once, and a link that opens the dashboard once. When it accepts connections it prints one line of JSON on
stdout: {\"event\":\"ready\",\"url\":…}. SIGTERM and Ctrl-C end it in good order, a second one at once; SIGHUP reads the declared
credentials again.

Exit status: 0 ended in good order, 1 it could not go on, 78 the configuration or the data directory cannot be used.";

/// Run the server: the HTTP API, the registry of device tokens, and the delivery of notifications.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The configuration [default: tidings.toml in the working directory, if there is one]
    #[arg(long, value_name = "FILE", env = "TIDINGS_CONFIG")]
    config: Option<PathBuf>,
    /// The address and port of the API, instead of `server.listen`
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// The data directory, instead of `data.directory`
    #[arg(long, value_name = "FOLDER")]
    data: Option<String>,
}

/// Serves until told to end.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let source = Source::new(args.config.as_deref()).with_overrides(overrides(args));
    let (configuration, warnings) = read(&source)?;
    let sampling = log::begin(configuration.settings.log)?;
    for warning in warnings {
        tracing::warn!(
            place = %warning.origin,
            hint = warning.hint.as_deref().unwrap_or_default(),
            "{}",
            warning.what
        );
    }
    let serving = async {
        let told = tokio::select! {
            ended = serve(source, configuration) => ended,
            () = sampling.tell_for_ever() => Ok(ExitCode::FAILURE),
        };
        sampling.finish();
        told
    };
    runtime::on_all_threads(serving)?
}

fn overrides(args: &Args) -> Overrides {
    [
        ("--listen", "server.listen", &args.listen),
        ("--data", "data.directory", &args.data),
    ]
    .into_iter()
    .filter_map(|(option, key, value)| Some((option, key, value.clone()?)))
    .collect()
}

/// The configuration and its warnings. What is dangerous is refused.
fn read(source: &Source) -> anyhow::Result<(Configuration, Vec<Mistake>)> {
    let mut configuration = match source.read() {
        Ok(configuration) => configuration,
        Err(ReadConfigurationError::Mistakes(mistakes)) => return Err(refused(&mistakes)),
        Err(error) => {
            let failure =
                Failure::configuration("there is no configuration", "check the path after --config");
            return Err(anyhow::Error::from(error).context(failure));
        }
    };
    let sealing_key = std::env::var(SEALING_KEY_VARIABLE).ok();
    let mut mistakes = std::mem::take(&mut configuration.warnings);
    mistakes.extend(inspect(&configuration, sealing_key.as_deref(), SystemTime::now()));
    if mistakes.iter().any(|mistake| mistake.gravity == Gravity::Error) {
        return Err(refused(&mistakes));
    }
    Ok((configuration, mistakes))
}

fn refused(mistakes: &[Mistake]) -> anyhow::Error {
    configuration::tell(mistakes);
    Told::configuration("the server does not start with this configuration").into()
}

async fn serve(source: Source, configuration: Configuration) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::listen()?;
    let settings = configuration.settings.clone();
    let beginning = Beginning {
        sealing_key: sealing_key(&settings)?,
        settings: settings.clone(),
        shown: configuration.shown.clone(),
        clock: Arc::new(SystemClock::new()),
        tune: |_| (),
        practice: None,
    };
    let mut service = tokio::select! {
        started = Service::start(beginning) => started?,
        // Nothing has begun that would have to be finished.
        () = signals.told_to_end() => return Ok(ExitCode::SUCCESS),
    };
    ready::tell_all(&service, &settings)?;
    notify::ready();
    let mut reload = Reload::new(source, configuration, &service);
    let unable = loop {
        tokio::select! {
            unable = service.unable() => break Some(unable),
            signal = signals.next() => match signal {
                Signal::Reload => reload.now().await,
                Signal::End => break None,
            },
            () = reload.changed() => reload.now().await,
        }
    };
    notify::stopping();
    if let Some(unable) = unable {
        tracing::error!("{unable}");
        let hint = "look at the log of the system and of this server, then start it again: what was acknowledged is safe";
        return Err(anyhow::Error::from(unable).context(Failure::new("the server cannot go on", hint)));
    }
    // It holds the engine.
    drop(reload);
    end(service, signals).await
}

/// Ends in good order, or at once if told a second time.
async fn end(service: Service, mut signals: Signals) -> anyhow::Result<ExitCode> {
    tracing::info!("told to end: nothing new is taken, what is on its way is finished");
    tokio::select! {
        report = service.drain() => {
            let report = report?;
            tracing::info!(
                finished = report.finished,
                abandoned = report.abandoned,
                seconds = report.took.as_secs_f64(),
                "ended; what is not sent is sent after the next start"
            );
            Ok(ExitCode::SUCCESS)
        }
        () = signals.told_to_end() => {
            tracing::warn!("told a second time: ended at once; what was on its way is sent again after the next start");
            Ok(ExitCode::FAILURE)
        }
    }
}
