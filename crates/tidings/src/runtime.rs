//! The asynchronous runtime, for the commands that need one.

use std::future::Future;

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

fn run<T>(builder: &mut Builder, future: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime = builder.enable_all().build().context("cannot start the runtime")?;
    Ok(runtime.block_on(future))
}
