//! Every reason that APNs gives, from the explanations in `tidings-apns` and the catalogue of
//! `tidings-doctor`.

use tidings_apns::{ConnectionFate, Reason};
use tidings_doctor::reason_entry;

use super::findings::link;

/// One line for each reason.
pub(super) fn summary() -> String {
    let rows = Reason::ALL.iter().map(|reason| {
        let guidance = reason.guidance();
        let name = reason.as_str();
        format!(
            "| [`{name}`](#{}) | {} | {} | {} |\n",
            name.to_lowercase(),
            statuses(reason),
            guidance.fault.as_str(),
            guidance.resend.as_str()
        )
    });
    format!(
        "| reason | status | at fault | again |\n| --- | --- | --- | --- |\n{}",
        rows.collect::<String>()
    )
}

/// A section for each reason.
pub(super) fn explained() -> String {
    Reason::ALL.iter().map(section).collect()
}

fn section(reason: &Reason) -> String {
    let guidance = reason.guidance();
    let connection = match guidance.connection {
        ConnectionFate::Keep => "",
        ConnectionFate::Replace => " The connection that brought it should be replaced.",
    };
    format!(
        "### {}\n\n{}\n\n{}*What to do:* {}{connection}\n\n*What Tidings does by itself:* {}\n\n",
        reason.as_str(),
        guidance.meaning,
        causes(reason),
        guidance.what_to_do,
        reason_entry(reason).tidings
    )
}

/// What can have led to it, linked. What explains many reasons explains none of them in particular.
fn causes(reason: &Reason) -> String {
    let causes = reason_entry(reason).causes;
    let particular = causes.iter().filter(|entry| !entry.is_general());
    let lines: Vec<String> = particular
        .map(|entry| format!("1. {} ({})\n", entry.title, link(entry)))
        .collect();
    let lines = lines.concat();
    if lines.is_empty() {
        return lines;
    }
    format!("*Likely causes, the most likely first:*\n\n{lines}\n")
}

fn statuses(reason: &Reason) -> String {
    let statuses: Vec<String> = reason.documented_statuses().iter().map(u16::to_string).collect();
    if statuses.is_empty() {
        "–".to_owned()
    } else {
        statuses.join(", ")
    }
}
