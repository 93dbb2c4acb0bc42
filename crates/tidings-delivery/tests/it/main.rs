//! The engine as the server sees it: over the real store, with a scripted wire in virtual time, and with the real client
//! against the simulator.

mod apples_fault;
mod books;
mod clocks;
mod delivering;
mod fairness;
mod incidents;
mod real;
mod restarts;
mod rig;
mod script;
mod tokens;
