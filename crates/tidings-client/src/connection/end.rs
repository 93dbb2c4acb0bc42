//! The end of a connection: every request it holds gets an outcome or goes back to the queue.

use std::sync::Arc;

use tidings_http2::ErrorCode;

use super::{Connection, Ended, Phase};
use crate::send_error::{Cause, SendError};

impl Connection {
    /// Ends the connection, in peace or because of `cause`.
    pub(super) fn end(mut self, cause: Option<Cause>) -> Ended {
        let cause = self.true_cause(cause);
        self.retire();
        // What HTTP/2 has put out and TLS has not taken has not left this machine.
        let may_have_left = self.transport.may_have_left();
        let unsent = self.in_flight.extract(|entry| entry.written_at >= may_have_left);
        let rest = self.in_flight.extract(|_| true);
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
