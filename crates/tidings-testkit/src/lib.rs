//! Test support for the workspace: simulators on port 0, scripted HTTP/2 peers. Never published.
