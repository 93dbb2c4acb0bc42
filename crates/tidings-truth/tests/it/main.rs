//! What the evidence makes of device tokens, from outside.

mod detector;
mod incidents;
mod life;
mod properties;
mod story;
mod verdicts;
