//! A bar on a terminal that says how far an import is.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The bar; nothing where stderr is no terminal.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// For a file of this size.
    pub(super) fn new(bytes: Option<u64>) -> Self {
        let bar = match bytes {
            Some(bytes) => ProgressBar::new(bytes),
            None => ProgressBar::no_length(),
        };
        // It draws nothing where there is no terminal.
        bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(5));
        let form = match bytes {
            Some(_) => "{bar:40} {bytes}/{total_bytes}, {msg} lines, {eta} left",
            None => "{spinner} {bytes}, {msg} lines, {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(form) {
            bar.set_style(style);
        }
        Self(bar)
    }

    pub(super) fn advance(&self, bytes: u64, lines: u64) {
        self.0.set_message(lines.to_string());
        self.0.set_position(bytes);
    }

    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
