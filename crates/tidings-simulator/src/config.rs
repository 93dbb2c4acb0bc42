//! How a simulator is started.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::world_file::WorldFile;

/// What a simulator starts with. The default: the loopback address, free ports, an empty world.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatorConfig {
    /// The address to listen on. With port 0 every listener takes a free one; otherwise production gets this port,
    /// sandbox the next, then channel management of production and of the sandbox, then the control API.
    pub listen: SocketAddr,
    /// Who exists, and how this APNs behaves.
    pub world: WorldFile,
    /// Where `ca.pem` and the world's keys and certificates are written. Without it, a new folder among the
    /// temporary files, which is removed at the end.
    pub directory: Option<PathBuf>,
}

impl Default for SimulatorConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            world: WorldFile::default(),
            directory: None,
        }
    }
}
