//! What the programs of this folder share: their arguments, their load, and the lines that they print.

pub mod load;
pub mod measure;
pub mod send;
pub mod tls;
