//! Foreign servers as child processes, and the load that is put on them.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Whose server.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Foreign {
    Node,
    Python,
    H2Crate,
    Nghttpd,
}

/// What is sent.
pub(crate) struct Load {
    pub(crate) count: u64,
    pub(crate) connections: u32,
    pub(crate) timeout: &'static str,
}

/// A running server. It is ended when it is dropped.
pub(crate) struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    url: String,
    folder: TempDir,
}

/// Starts a server in the given modes.
pub(crate) fn server(program: Foreign, modes: &[&str]) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let names = ["localhost", "127.0.0.1"].map(str::to_owned);
    let certificate = rcgen::CertificateParams::new(names)
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let (cert, key_file) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert, certificate.pem()).unwrap();
    std::fs::write(&key_file, key.serialize_pem()).unwrap();
    if let Foreign::Nghttpd = program {
        return nghttpd(folder, &key_file, &cert);
    }
    let mut command = command(program);
    command
        .arg("--cert")
        .arg(&cert)
        .arg("--key")
        .arg(&key_file)
        .args(modes);
    let mut child = start(&mut command);
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let ready = line(&mut stdout);
    let url = ready["url"]
        .as_str()
        .unwrap_or_else(|| panic!("{program:?} is not ready: {ready}"))
        .to_owned();
    Server {
        child,
        stdout,
        url,
        folder,
    }
}

impl Server {
    /// Sends through the real command; answers the object that it prints.
    pub(crate) fn send(&self, load: &Load) -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_tidings"))
            .args(["bench", "send", "--target", &self.url, "--ca"])
            .arg(self.folder.path().join("cert.pem"))
            .args([
                "--count",
                &load.count.to_string(),
                "--connections",
                &load.connections.to_string(),
            ])
            .args(["--timeout", load.timeout])
            .output()
            .unwrap();
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Ends the server as an operator would; answers what it says of what it did.
    pub(crate) fn stop(mut self) -> Value {
        let killed = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(killed.success());
        let summary = line(&mut self.stdout);
        self.child.wait().unwrap();
        summary
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// nghttpd says nothing when it is ready: it is when its port answers.
fn nghttpd(folder: TempDir, key: &Path, cert: &Path) -> Server {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut command = Command::new("nghttpd");
    command
        .args(["--address=127.0.0.1", "--htdocs"])
        .arg(folder.path())
        .arg(port.to_string())
        .arg(key)
        .arg(cert);
    let mut child = start(&mut command);
    let deadline = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < deadline, "nghttpd does not listen");
        std::thread::yield_now();
    }
    let stdout = BufReader::new(child.stdout.take().unwrap());
    Server {
        child,
        stdout,
        url: format!("https://127.0.0.1:{port}"),
        folder,
    }
}

fn start(command: &mut Command) -> Child {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    child.unwrap_or_else(|error| {
        panic!("{command:?} did not start ({error}): run .ci/setup and `cargo xtask ci interop`")
    })
}

fn command(program: Foreign) -> Command {
    let interop = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../interop");
    match program {
        Foreign::Node => {
            let mut command = Command::new("node");
            command.arg(interop.join("node/server.mjs"));
            command
        }
        Foreign::Python => {
            let mut command = Command::new(interop.join("python/.venv/bin/python"));
            command.arg(interop.join("python/server.py"));
            command
        }
        Foreign::H2Crate => Command::new(beside_the_binary("h2-server")),
        Foreign::Nghttpd => Command::new("nghttpd"),
    }
}

/// The programs of `interop/` are built into the same folder as ours.
fn beside_the_binary(name: &str) -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_tidings")).with_file_name(name)
}

/// The next line, which is a JSON object.
fn line(stdout: &mut BufReader<ChildStdout>) -> Value {
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|_| {
        let mut rest = String::new();
        let _ended = stdout.read_to_string(&mut rest);
        panic!("the server said `{line}{rest}`")
    })
}
