//! Tells the story: for people with signs, columns and colour, for programs as JSON.

use std::fmt::Write as _;
use std::io;
use std::time::Instant;

use super::line::Line;
use super::stage::{Invitation, Stage};
use crate::output::{self, BAD, DIM, Format, GOOD, PLAIN, SIGN, STRONG, print, print_line, styled, wrapped};
use serde::Serialize;
use serde_json::json;

/// Where the second column begins.
const COLUMN: usize = 58;

/// Where the explanations begin.
const INDENT: usize = 6;

/// Tells the story and counts.
pub(super) struct Narrator {
    format: Format,
    chapter: &'static str,
    began: Instant,
    lines: usize,
    came_true: usize,
}

/// A line with its chapter, for programs.
#[derive(Serialize)]
struct InChapter<'a> {
    chapter: &'a str,
    #[serde(flatten)]
    line: &'a Line,
}

impl Narrator {
    pub(super) fn new(format: Format) -> Self {
        Self {
            format,
            chapter: "",
            began: Instant::now(),
            lines: 0,
            came_true: 0,
        }
    }

    /// Says where everything is.
    pub(super) fn open(&self, stage: &Stage) -> io::Result<()> {
        let apns = stage.simulator().ready();
        if self.format == Format::Json {
            return output::json(&json!({
                "event": "ready",
                "url": stage.url(),
                "dashboard": stage.dashboard_url(),
                "admin_key": stage.admin_key(),
                "production": apns.production,
                "sandbox": apns.sandbox,
                "control": apns.control,
                "ca": apns.ca,
            }));
        }
        print_line(styled(
            STRONG,
            "Tidings: a server and an APNs on this machine, and what becomes of notifications",
        ))?;
        for (name, value) in [
            ("server", &stage.url()),
            ("dashboard", &stage.dashboard_url()),
            ("production", &apns.production),
            ("sandbox", &apns.sandbox),
            ("control API", &apns.control),
        ] {
            print_line(format_args!("  {} {value}", styled(DIM, format!("{name:<12}"))))?;
        }
        let note =
            "Everything goes through the server's API; every line is held against what the phones got.";
        print_line(format_args!("  {}", styled(DIM, note)))
    }

    /// Begins a chapter.
    pub(super) fn chapter(&mut self, title: &'static str) -> io::Result<()> {
        self.chapter = title;
        match self.format {
            Format::Json => Ok(()),
            Format::Text => print_line(format_args!("\n{}", styled(SIGN, title))),
        }
    }

    /// Tells a line. One that could not be played did not come true.
    pub(super) fn tell(&mut self, what: &str, played: anyhow::Result<Line>) -> io::Result<()> {
        let line = played.unwrap_or_else(|error| Line::broken(&error)).called(what);
        self.lines += 1;
        self.came_true += usize::from(line.came_true);
        match self.format {
            Format::Json => output::json(&InChapter {
                chapter: self.chapter,
                line: &line,
            }),
            Format::Text => print(in_words(&line, output::width())),
        }
    }

    /// Sums up; whether every line came true.
    pub(super) fn conclude(&self) -> io::Result<bool> {
        let Self { lines, came_true, .. } = *self;
        let is_true = lines == came_true && lines > 0;
        let seconds = self.began.elapsed().as_secs_f32();
        if self.format == Format::Json {
            let seconds = f64::from((seconds * 1000.0).round()) / 1000.0;
            output::json(
                &json!({"event": "end", "lines": lines, "came_true": came_true, "seconds": seconds}),
            )?;
            return Ok(is_true);
        }
        let (style, sign) = if is_true { (GOOD, "✔") } else { (BAD, "✘") };
        let sum = styled(style, format!("{sign} {came_true} of {lines} lines came true"));
        print_line(format_args!("\n{sum} in {seconds:.2} seconds"))?;
        Ok(is_true)
    }

    /// Says how to go on.
    pub(super) fn invite(&self, invitation: &Invitation) -> io::Result<()> {
        let Invitation {
            export,
            curl,
            send,
            phone,
            dashboard,
        } = invitation;
        if self.format == Format::Json {
            return output::json(&json!({
                "event": "staying", "curl": curl, "send": send, "look": phone, "dashboard_link": dashboard,
            }));
        }
        print_line(format_args!(
            "\n{}",
            styled(STRONG, "Everything stays here to play with until Ctrl-C:")
        ))?;
        for (what, command) in [
            (
                "look at all of it, by a link that opens the dashboard once:",
                dashboard,
            ),
            ("the key for it, in another shell:", export),
            ("send to a phone:", curl),
            ("or:", send),
            ("look at what the phone shows:", phone),
        ] {
            print_line(format_args!("  {}\n      {command}", styled(DIM, what)))?;
        }
        Ok(())
    }
}

fn in_words(line: &Line, width: usize) -> String {
    let (style, sign) = if line.came_true {
        (GOOD, "✔")
    } else {
        (BAD, "✘")
    };
    let what = format!("{:<width$}", line.what, width = COLUMN - 4);
    let mut out = format!("  {} {what}{}\n", styled(style, sign), styled(STRONG, &line.said));
    let means = line.means.iter().map(|means| (PLAIN, means));
    for (style, text) in means.chain([(DIM, &line.truth)]) {
        for part in wrapped(text, width.saturating_sub(INDENT)) {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{:INDENT$}{}", "", styled(style, part));
        }
    }
    out
}
