//! The command line as a whole; what each command takes stands with the command.

use clap::builder::Styles;
use clap::builder::styling::AnsiColor;
use clap::{Parser, Subcommand, ValueEnum};

use crate::bench;
use crate::commands::{
    backup, channels, completions, config, dashboard, demo, devices, doctor, explain, health, keys, man,
    restore, send, serve, simulate,
};

const EXAMPLES: &str = "\
Examples:
  tidings demo                          see it all happen on this machine, without an account
  tidings serve                         the server: device tokens in, notifications out
  tidings simulate                      an APNs of your own to develop against
  tidings send --key AuthKey_ABCDE12345.p8 --team-id TEAM123456 \\
      --bundle-id com.example.app --environment sandbox --token 00fc13ad… --body 'Tea is ready'
  tidings doctor App.ipa AuthKey_ABCDE12345.p8 --reason BadDeviceToken
  tidings explain BadDeviceToken        what an answer of APNs means and what to do

Exit status: 0 done, 1 failed or refused by APNs, 2 wrong usage, 3 the doctor found something wrong, 78 a configuration
that cannot be used.";

/// The push service for Apple devices that keeps device tokens true: serve, send, understand the answers, and try it
/// all on this machine.
#[derive(Debug, Parser)]
#[command(name = "tidings", version, styles = STYLES, max_term_width = 100, after_help = EXAMPLES)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// When to use colour: auto, always or never
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        hide_possible_values = true
    )]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(demo::Args),
    Serve(serve::Args),
    Send(Box<send::Args>),
    Channels(Box<channels::Args>),
    Simulate(simulate::Args),
    Doctor(Box<doctor::Args>),
    Explain(explain::Args),
    Bench(bench::Args),
    Devices(devices::Args),
    Dashboard(dashboard::Args),
    Backup(backup::Args),
    Restore(restore::Args),
    Health(health::Args),
    Keys(keys::Args),
    Config(config::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Makes it the rule for everything that is printed from now on.
    pub(crate) fn write_global(self) {
        let choice = match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example_in_its_help() {
        let mut command = Cli::command();
        command.build();
        for command in commands(&command) {
            let name = command.get_name();
            let help = command.get_after_help().map(ToString::to_string);
            assert!(
                name == "help" || help.is_some_and(|help| help.contains("tidings")),
                "{name}"
            );
        }
    }

    #[test]
    fn every_option_says_what_it_does() {
        for command in commands(&Cli::command()) {
            for argument in command.get_arguments() {
                let (command, id) = (command.get_name(), argument.get_id());
                assert!(argument.get_help().is_some(), "{command} {id}");
            }
        }
    }

    /// The command and all below it, except the bench, whose commands are for developers of this program.
    fn commands(command: &clap::Command) -> Vec<&clap::Command> {
        let below = command
            .get_subcommands()
            .filter(|command| !["bench", "help"].contains(&command.get_name()));
        std::iter::once(command).chain(below.flat_map(commands)).collect()
    }
}
