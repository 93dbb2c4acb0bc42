//! The help of every command, as the binary prints it.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::program::{output_quietly, tidings};

pub(super) fn helps() -> Result<String> {
    helps_of(&tidings()?, &[])
}

/// A command and the commands below it.
fn helps_of(program: &Path, command: &[&str]) -> Result<String> {
    let help = help(program, command)?;
    let mut text = section(command, &help);
    for name in below(&help) {
        text.push_str(&helps_of(program, &[command, &[name]].concat())?);
    }
    Ok(text)
}

/// Without a terminal, so that the lines are as long for everybody.
fn help(program: &Path, command: &[&str]) -> Result<String> {
    output_quietly(
        Command::new(program)
            .args(command)
            .arg("--help")
            .env("COLUMNS", "100"),
    )
}

fn section(command: &[&str], help: &str) -> String {
    let title = [&["tidings"], command].concat().join(" ");
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    format!("## {title}\n\n```text\n{}\n```\n\n", lines.join("\n").trim_end())
}

/// The names that a help lists under "Commands:".
fn below(help: &str) -> Vec<&str> {
    let lines = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty());
    let named = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    named
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_of_a_help_are_found() {
        let help = "About\n\nCommands:\n  demo  See it\n        all\n  send  Send\n  help  Print\n\nOptions:\n  -h  Help\n";
        assert_eq!(below(help), ["demo", "send"]);
        assert_eq!(below("About\n\nOptions:\n  -h  Help\n"), [] as [&str; 0]);
    }
}
