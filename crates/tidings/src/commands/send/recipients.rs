//! Whom to: device tokens from options, from files and from standard input.

use std::path::Path;

use anyhow::Context as _;
use tidings_apns::DeviceToken;

use super::args::RecipientArgs;
use crate::failure::Failure;
use crate::input;

/// Whether somebody is meant who is not named by a device token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Others {
    Named,
    None,
}

/// All device tokens, in the order in which they were given.
pub(super) fn read(args: &RecipientArgs, others: Others) -> anyhow::Result<Vec<DeviceToken>> {
    let mut tokens = Vec::new();
    for (place, text) in args.tokens.iter().enumerate() {
        if text == "-" {
            tokens.append(&mut read_list(Path::new("-"), "standard input")?);
        } else {
            tokens.push(one(text, || format!("--token number {}", place + 1))?);
        }
    }
    if let Some(path) = &args.tokens_file {
        tokens.append(&mut read_list(path, &path.display().to_string())?);
    }
    if tokens.is_empty() && !args.broadcast && others == Others::None {
        let hint = "give --token, --tokens-file, or --broadcast with --channel-id";
        return Err(Failure::usage("there is nobody to send to", hint).into());
    }
    Ok(tokens)
}

fn read_list(path: &Path, name: &str) -> anyhow::Result<Vec<DeviceToken>> {
    let bytes = input::file("device tokens", path)?;
    let text = std::str::from_utf8(&bytes).with_context(|| {
        Failure::usage(
            format!("{name} is not a list of device tokens"),
            "give one token in hexadecimal on each line",
        )
    })?;
    list(text, name)
}

/// One device token on a line; what follows a `#` is for people.
fn list(text: &str, name: &str) -> anyhow::Result<Vec<DeviceToken>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text
        .lines()
        .enumerate()
        .map(|(number, line)| (number + 1, content(line)));
    lines
        .filter(|(_, line)| !line.is_empty())
        .map(|(number, line)| one(line, || format!("line {number} of {name}")))
        .collect()
}

fn content(line: &str) -> &str {
    line.split_once('#').map_or(line, |(token, _)| token).trim()
}

/// A device token; an error says where it stood, and quotes nothing of it.
fn one(text: &str, place: impl Fn() -> String) -> anyhow::Result<DeviceToken> {
    text.parse().with_context(|| {
        Failure::usage(
            format!("{} is not a device token", place()),
            "give the bytes that the app got from didRegisterForRemoteNotifications, as hexadecimal digits only",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_one_token_on_a_line_and_notes_for_people() {
        let text = "\u{feff}00FC\r\n\n# from the test phones\n  a1b2c3  # Ann\n";
        let tokens: Vec<String> = list(text, "x").unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(tokens, ["00fc", "a1b2c3"]);
    }

    #[test]
    fn a_bad_line_is_named_but_not_shown() {
        let error = list("00fc\nnot-a-token\n", "tokens.txt").unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains("line 2 of tokens.txt"), "{text}");
        assert!(!text.contains("not-a-token"), "{text}");
    }

    #[test]
    fn nobody_is_nobody_but_a_broadcast_needs_no_token() {
        assert!(read(&RecipientArgs::default(), Others::None).is_err());
        assert_eq!(read(&RecipientArgs::default(), Others::Named).unwrap(), []);
        let args = RecipientArgs {
            broadcast: true,
            ..RecipientArgs::default()
        };
        assert_eq!(read(&args, Others::None).unwrap(), []);
    }
}
