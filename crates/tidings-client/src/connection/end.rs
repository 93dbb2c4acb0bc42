//! The end of a connection: every request it holds gets an outcome or goes back to the queue.

use std::sync::Arc;

use tidings_http2::ErrorCode;

use super::{Connection, Ended, Phase};
use crate::connect::ConnectFault;
use crate::send_error::{Cause, SendError};
use crate::watch::ConnectionEvent;

impl Connection {
    /// Ends a connection that has failed. What the peer said before may answer requests, or explain the end.
    pub(super) fn break_off(mut self, cause: Cause) -> Ended {
        if let Cause::Lost(_) = &cause {
            while let Ok(received @ 1..) = self.transport.read_now() {
                if self.take_in(received).is_err() {
                    break;
                }
            }
        }
        self.end(Some(cause))
    }

    /// Ends the connection, in peace or because of `cause`.
    pub(super) fn end(mut self, cause: Option<Cause>) -> Ended {
        let had_farewell = self.farewell.is_some();
        let cause = self.true_cause(cause);
        self.retire();
        let is_turned_away = cause.as_deref().is_some_and(is_about_credential);
        self.is_refusal |= is_turned_away;
        let may_have_left = if is_turned_away && !self.http2.is_established() {
            // With TLS 1.3 the verdict on the client's certificate comes after the handshake, before anything is read.
            0
        } else {
            // What HTTP/2 has put out and TLS has not taken has not left this machine.
            self.transport.may_have_left()
        };
        let unsent = self.in_flight.extract(|entry| entry.written_at >= may_have_left);
        let rest = self.in_flight.extract(|_| true);
        if !had_farewell || unsent.len() + rest.len() > 0 {
            // Otherwise the GOAWAY has said it all.
            let cause = cause.as_deref().map(|cause| cause as &dyn std::error::Error);
            let event = ConnectionEvent::closed(cause, unsent.len(), rest.len());
            self.context.ledger.note(&self.shared, event);
        }
        if let Some(cause) = &cause {
            self.move_on(unsent, cause);
            for entry in rest {
                entry.job.fail(SendError::Unknown(Arc::clone(cause)));
            }
        }
        self.tell_outcomes();
        self.say_goodbye();
        self.shared.enter(Phase::Ended);
        Ended {
            cause,
            was_useful: self.was_useful,
            is_refusal: self.is_refusal,
        }
    }

    /// What APNs said when it closed the connection explains better than the loss that followed.
    fn true_cause(&mut self, cause: Option<Cause>) -> Option<Arc<Cause>> {
        match (cause, self.farewell.take()) {
            (Some(Cause::Lost(_)) | None, Some(farewell)) => Some(farewell),
            (cause, _) => cause.map(Arc::new),
        }
    }

    fn say_goodbye(&mut self) {
        if !self.http2.is_closing() {
            self.http2.go_away(ErrorCode::NO_ERROR, b"");
        }
        self.transport.close(&mut self.http2);
    }
}

fn is_about_credential(cause: &Cause) -> bool {
    matches!(cause, Cause::Tls(error) if error.fault() == ConnectFault::Credential)
}
