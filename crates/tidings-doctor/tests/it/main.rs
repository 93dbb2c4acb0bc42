//! The public face of the doctor: what its readers make of synthetic files, and what it says of cases.

mod builds;
mod cases;
mod catalogue;
mod credentials;
mod damage;
mod damaged_credentials;
mod executables;
mod folder;
mod keystores;
mod large;
mod limits;
mod profiles;
mod property_lists;
mod provider_tokens;
mod situations;
mod strangers;
mod verdicts;
