//! What happened to a connection, in sentences.

use tidings_client::ConnectionEvent;

/// The name of what happened.
pub(crate) const fn event_name(event: &ConnectionEvent) -> &'static str {
    match event {
        ConnectionEvent::NotOpened { .. } => "not_opened",
        ConnectionEvent::GoAway { .. } => "go_away",
        ConnectionEvent::Closed { .. } => "closed",
        _ => "other",
    }
}

/// What happened, in a sentence or two.
pub(crate) fn summary(event: &ConnectionEvent) -> String {
    match event {
        ConnectionEvent::NotOpened { cause } => format!("It could not be opened: {cause}."),
        ConnectionEvent::GoAway {
            code,
            text,
            given_back,
            ..
        } => {
            let said = if text.is_empty() {
                "without a reason".to_owned()
            } else {
                format!("and the reason {text}")
            };
            format!(
                "APNs takes no more on it: GOAWAY with {code} {said}.{}",
                travels_again(*given_back)
            )
        }
        ConnectionEvent::Closed {
            cause,
            given_back,
            unknown,
        } => {
            let how = match cause {
                None => "It was not needed any more, and was closed in peace.".to_owned(),
                Some(cause) => format!("It ended: {cause}."),
            };
            format!("{how}{}{}", travels_again(*given_back), uncertain(*unknown))
        }
        _ => "Something happened that this version cannot tell.".to_owned(),
    }
}

fn travels_again(requests: usize) -> String {
    match requests {
        0 => String::new(),
        1 => " One request that APNs has not looked at travels again.".to_owned(),
        many => format!(" {many} requests that APNs has not looked at travel again."),
    }
}

fn uncertain(requests: usize) -> String {
    match requests {
        0 => String::new(),
        1 => " Of one request it is not known whether APNs has it.".to_owned(),
        many => format!(" Of {many} requests it is not known whether APNs has them."),
    }
}
