//! What the store promises: asked through its public face, and under faults that are made for it.

mod another_process;
mod conformance;
mod damage;
mod full_disk;
mod given;
mod kill;
mod opening;
mod speed;
mod sync_failure;
