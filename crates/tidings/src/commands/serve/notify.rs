//! Tells systemd when the server is ready and when it ends (`sd_notify(3)`), if it was started so.

use std::ffi::OsStr;
use std::io;

/// It accepts connections.
pub(super) fn ready() {
    tell("READY=1");
}

/// It ends.
pub(super) fn stopping() {
    tell("STOPPING=1");
}

fn tell(what: &str) {
    let Some(socket) = std::env::var_os("NOTIFY_SOCKET") else {
        return;
    };
    if let Err(error) = send(&socket, what) {
        tracing::warn!(%error, "cannot tell systemd {what}");
    }
}

#[cfg(not(unix))]
fn send(_socket: &OsStr, _what: &str) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn send(socket: &OsStr, what: &str) -> io::Result<()> {
    let datagram = std::os::unix::net::UnixDatagram::unbound()?;
    #[cfg(target_os = "linux")]
    {
        use std::os::linux::net::SocketAddrExt as _;
        use std::os::unix::ffi::OsStrExt as _;
        if let Some(name) = socket.as_bytes().strip_prefix(b"@") {
            let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
            return datagram.send_to_addr(what.as_bytes(), &address).map(drop);
        }
    }
    datagram.send_to(what.as_bytes(), socket).map(drop)
}
