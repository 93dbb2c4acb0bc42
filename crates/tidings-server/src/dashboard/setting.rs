//! A setting as the dashboard shows it. The binary reads the configuration, and hands this over.

/// A setting: its name, its value, and where that was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownSetting {
    /// The key, such as `server.listen`.
    pub name: String,
    /// The value as a person would write it; nothing that is secret.
    pub value: String,
    /// The file and the line, the variable, the option, or `default`.
    pub origin: String,
    /// What it means.
    pub meaning: String,
}
