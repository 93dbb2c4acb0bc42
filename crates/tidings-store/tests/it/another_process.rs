//! This test binary once more, as another process that does one thing with a store and tells of it line by line.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use tidings_store::{SealingKey, Store, StoreConfig};

const TASK: &str = "TIDINGS_STORE_TASK";
const DIRECTORY: &str = "TIDINGS_STORE_DIRECTORY";

/// Lines that the test harness says itself do not begin so.
const MARK: &str = "told: ";

/// What another process is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Open the store, and wait to be killed.
    Hold,
    /// Write without end.
    Write,
    /// Write until the disk fails.
    WriteUntilBroken,
    /// Mount a small disk, fill it, and make room again.
    FillTheDisk,
}

impl Task {
    const ALL: [Self; 4] = [Self::Hold, Self::Write, Self::WriteUntilBroken, Self::FillTheDisk];

    fn name(self) -> String {
        format!("{self:?}")
    }
}

/// The key of all stores that are shared with another process.
pub(crate) fn config(directory: &Path) -> StoreConfig {
    StoreConfig::new(directory, SealingKey::from_bytes([5; 32]))
        .with_readers(2)
        .with_reserve_bytes(1 << 20)
}

pub(crate) async fn open(directory: &Path) -> Store {
    Store::open(&config(directory)).await.expect("the store opens")
}

/// Says something to the process that started this one.
pub(crate) fn tell(what: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{MARK}{what}").expect("somebody listens");
    out.flush().expect("somebody listens");
}

/// Another process.
pub(crate) struct AnotherProcess {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl AnotherProcess {
    pub(crate) fn start(task: Task, directory: &Path) -> Self {
        Self::start_under(&[], task, directory)
    }

    /// Starts it by another program, such as strace.
    pub(crate) fn start_under(launcher: &[&str], task: Task, directory: &Path) -> Self {
        let binary = std::env::current_exe().expect("this binary");
        let binary = binary.to_str().expect("a path of text");
        let mut words = launcher.iter().copied().chain([
            binary,
            "another_process::does_its_task",
            "--exact",
            "--ignored",
            "--nocapture",
        ]);
        let mut command = Command::new(words.next().expect("a program"));
        command
            .args(words)
            .env(TASK, task.name())
            .env(DIRECTORY, directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .expect("it starts: with strace and unshare, where those are needed");
        let out = child.stdout.take().expect("its output");
        Self {
            child,
            lines: BufReader::new(out).lines(),
        }
    }

    /// What it says next; nothing when it has ended.
    pub(crate) fn hear(&mut self) -> Option<String> {
        loop {
            let line = self.lines.next()?.expect("a line");
            // The harness writes without ending its line.
            if let Some((_, told)) = line.split_once(MARK) {
                return Some(told.to_owned());
            }
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it, and waits for its end; what it said before.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
        std::iter::from_fn(move || self.hear()).collect()
    }

    /// Waits for its end; what it said.
    pub(crate) fn finish(mut self) -> Vec<String> {
        let told: Vec<String> = std::iter::from_fn(|| self.hear()).collect();
        let status = self.child.wait().expect("it ends");
        assert!(status.success(), "{status}: {told:?}");
        told
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "is run by other tests, as another process"]
async fn does_its_task() -> anyhow::Result<()> {
    let (Ok(name), Some(directory)) = (std::env::var(TASK), std::env::var_os(DIRECTORY)) else {
        return Ok(());
    };
    let directory = Path::new(&directory);
    let task = Task::ALL.into_iter().find(|task| task.name() == name);
    match task.expect("a known task") {
        Task::Hold => {
            let _store = open(directory).await;
            tell("open");
            std::future::pending::<()>().await;
        }
        Task::Write => crate::kill::write(directory).await?,
        Task::WriteUntilBroken => crate::sync_failure::write_until_broken(directory).await?,
        Task::FillTheDisk => crate::full_disk::fill(directory).await?,
    }
    Ok(())
}
