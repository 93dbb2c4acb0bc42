//! Every reason that APNs gives, from the explanations in `tidings-apns`.

use tidings_apns::{ConnectionFate, Reason};

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
        "### {}\n\n{}\n\n*What to do:* {}{connection}\n\n",
        reason.as_str(),
        guidance.meaning,
        guidance.what_to_do
    )
}

fn statuses(reason: &Reason) -> String {
    let statuses: Vec<String> = reason.documented_statuses().iter().map(u16::to_string).collect();
    if statuses.is_empty() {
        "–".to_owned()
    } else {
        statuses.join(", ")
    }
}
