//! The asynchronous runtime, for the commands that need one.

use std::future::Future;
use std::time::Duration;

use anyhow::Context as _;
use tokio::runtime::Builder;

/// Runs to the end on this thread: for a command that waits more than it works.
pub(crate) fn on_this_thread<T>(future: impl Future<Output = T>) -> anyhow::Result<T> {
    run(&mut Builder::new_current_thread(), future)
}

/// Runs to the end on as many threads as there are processors: for a command that serves.
pub(crate) fn on_all_threads<T>(future: impl Future<Output = T>) -> anyhow::Result<T> {
    run(&mut Builder::new_multi_thread(), future)
}

/// Waits until the user or the system asks the program to end.
pub(crate) async fn told_to_end() -> anyhow::Result<()> {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
        tokio::select! {
            interrupted = interrupt => interrupted.context("cannot listen for SIGINT"),
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    interrupt.await.context("cannot listen for Ctrl-C")
}

/// What the system asks of a program that serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// To end.
    End,
    /// To read its configuration again.
    Reload,
}

/// Listens for signals, from its beginning on: none is missed between two calls.
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

impl Signals {
    /// Listens from now on.
    #[cfg(unix)]
    pub(crate) fn listen() -> anyhow::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    /// Listens from now on.
    #[cfg(not(unix))]
    pub(crate) fn listen() -> anyhow::Result<Self> {
        Ok(Self {})
    }

    /// The next one.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::End,
            _ = self.terminate.recv() => Signal::End,
            _ = self.hangup.recv() => Signal::Reload,
        }
    }

    /// The next one.
    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) -> Signal {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Signal::End
    }

    /// Waits until it is to end.
    pub(crate) async fn told_to_end(&mut self) {
        while self.next().await != Signal::End {}
    }
}

/// How long threads that wait for something outside may hold up the end.
const LINGER: Duration = Duration::from_millis(300);

fn run<T>(builder: &mut Builder, future: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime = builder.enable_all().build().context("cannot start the runtime")?;
    let result = runtime.block_on(future);
    runtime.shutdown_timeout(LINGER);
    Ok(result)
}
