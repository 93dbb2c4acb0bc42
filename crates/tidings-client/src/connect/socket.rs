//! Socket options: small writes leave at once, and a peer that has vanished is noticed by the kernel even when
//! nothing is being asked of it.

use std::io;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

use super::config::ConnectorConfig;

pub(super) fn configure(stream: &TcpStream, config: &ConnectorConfig) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    socket.set_tcp_keepalive(&keep_alive(config))?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(config.user_timeout))?;
    Ok(())
}

/// After the first probe, a few more in quick succession.
fn keep_alive(config: &ConnectorConfig) -> TcpKeepalive {
    let probes = TcpKeepalive::new().with_time(config.keep_alive);
    #[cfg(any(target_os = "linux", target_os = "macos", target_os = "windows"))]
    let probes = probes
        .with_interval(std::time::Duration::from_secs(5))
        .with_retries(3);
    probes
}
