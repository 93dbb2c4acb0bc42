//! How a command says that it failed: the chain of causes, and one line of what to do about it.

use std::error::Error;
use std::fmt::Display;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use tidings_client::{
    BuildConnectorError, Cause, ConnectError, ManageChannelError, ReadCertificateError, ReadSigningKeyError,
    SendError, TlsError, TrustError,
};

use crate::output::{BAD, SIGN, styled, tell};
use crate::remote::Problem;

/// The exit status of most failures.
const FAILED: u8 = 1;
/// The exit status of wrong usage, the same as that of the argument parser.
const USAGE: u8 = 2;
/// The exit status of a configuration or a data directory that cannot be used: `EX_CONFIG` of sysexits.h. A service manager
/// need not try again.
const CONFIGURATION: u8 = 78;

/// A failure that knows what to do about it. With a cause, it is the cause's context.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    message: String,
    hint: String,
    status: u8,
}

impl Failure {
    /// The command line asks for something that makes no sense.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
            status: USAGE,
        }
    }

    /// The way it was set up makes no sense.
    pub(crate) fn configuration(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
            status: CONFIGURATION,
        }
    }

    /// Something went wrong.
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
            status: FAILED,
        }
    }
}

/// A failure whose causes have all been told already, one by one; this sums them up.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Told {
    message: &'static str,
    status: u8,
}

impl Told {
    /// Something went wrong.
    pub(crate) const fn new(message: &'static str) -> Self {
        Self {
            message,
            status: FAILED,
        }
    }

    /// The way it was set up makes no sense.
    pub(crate) const fn configuration(message: &'static str) -> Self {
        Self {
            message,
            status: CONFIGURATION,
        }
    }
}

/// Tells the failure on stderr; the exit status that goes with it.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if is_broken_pipe(error) {
        return ExitCode::FAILURE;
    }
    if let Some(told) = error.downcast_ref::<Told>() {
        tell(styled(BAD, format_args!("✘ {told}")));
        return ExitCode::from(told.status);
    }
    tell(format_args!("{} {error}", styled(BAD, "error:")));
    tell_causes(error.chain().skip(1));
    let hint = hint(error);
    if let Some(hint) = &hint {
        tell(format_args!("{} {hint}", styled(SIGN, "hint:")));
    }
    let failure = error.downcast_ref::<Failure>();
    ExitCode::from(failure.map_or(FAILED, |failure| failure.status))
}

/// The whole chain in one line, for programs.
pub(crate) fn in_one_line(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// What to do, said by whoever in the chain knows best.
fn hint(error: &anyhow::Error) -> Option<String> {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return Some(failure.hint.clone());
    }
    if let Some(problem) = error.chain().find_map(|error| error.downcast_ref::<Problem>()) {
        return Some(problem.hint.clone());
    }
    let by_option = error.chain().find_map(option_hint);
    by_option
        .or_else(|| error.chain().find_map(known_hint))
        .map(str::to_owned)
}

/// Where an option of ours helps, its name helps more than the advice of the library.
fn option_hint(error: &(dyn Error + 'static)) -> Option<&'static str> {
    if let Some(TlsError::UnknownIssuer) = error.downcast_ref() {
        return Some(
            "for a simulator or a proxy that inspects TLS give its root certificate with --ca; otherwise update this \
             machine's root certificates (APNs needs USERTrust RSA) or try --bundled-roots",
        );
    }
    if let Some(Cause::Deadline(_)) = error.downcast_ref().map(Arc::as_ref) {
        return Some("send again later, or allow more time with --timeout");
    }
    match error.downcast_ref()? {
        ConnectError::TimedOut { peer, .. } | ConnectError::Closed { peer, .. } if !peer.is_proxy() => Some(
            "check host and port; a firewall may be in the way: allow outgoing TCP to APNs, try --port 2197, or go \
             through a --proxy",
        ),
        _ => None,
    }
}

fn known_hint(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let send = error.downcast_ref().map(SendError::hint);
    send.or_else(|| error.downcast_ref().map(BuildConnectorError::hint))
        .or_else(|| error.downcast_ref().map(ReadSigningKeyError::hint))
        .or_else(|| error.downcast_ref().map(ReadCertificateError::hint))
        .or_else(|| error.downcast_ref().map(TrustError::hint))
        .or_else(|| error.downcast_ref().and_then(channel_hint))
        .or_else(|| error.downcast_ref().and_then(io_hint))
}

fn channel_hint(error: &ManageChannelError) -> Option<&'static str> {
    match error {
        ManageChannelError::Rejected(rejected) => Some(rejected.reason.guidance().what_to_do),
        ManageChannelError::Answer { .. } => {
            Some("make sure that host and port are those of APNs' channel management")
        }
        _ => None,
    }
}

fn io_hint(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::NotFound => Some("check the path"),
        io::ErrorKind::PermissionDenied => Some("check who may read and write it"),
        io::ErrorKind::IsADirectory => Some("give a file, not a folder"),
        io::ErrorKind::AddrInUse => Some("choose another port, or 0 for a free one"),
        io::ErrorKind::AddrNotAvailable => Some("give an address of this machine, such as 127.0.0.1"),
        _ => None,
    }
}

fn tell_causes(causes: impl Iterator<Item = impl Display>) {
    for cause in causes {
        tell(format_args!("  cause: {cause}"));
    }
}

/// The reader of our output has gone (`tidings explain | head`): nothing to complain about.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn the_hint_comes_from_the_cause_that_knows_what_to_do() {
        let not_found = io::Error::from(io::ErrorKind::NotFound);
        let error = Err::<(), _>(not_found)
            .context("cannot read the world")
            .unwrap_err();
        assert_eq!(hint(&error).as_deref(), Some("check the path"));
    }

    #[test]
    fn a_failure_around_a_cause_gives_the_hint_and_keeps_the_cause() {
        let cause = io::Error::from(io::ErrorKind::NotFound);
        let error = Err::<(), _>(cause)
            .context(Failure::new("no key", "give one"))
            .unwrap_err();
        assert_eq!(hint(&error).as_deref(), Some("give one"));
        assert_eq!(error.chain().count(), 2);
    }

    #[test]
    fn only_a_reader_that_left_is_silently_accepted() {
        assert!(is_broken_pipe(&io::Error::from(io::ErrorKind::BrokenPipe).into()));
        assert!(!is_broken_pipe(&io::Error::from(io::ErrorKind::NotFound).into()));
    }
}
