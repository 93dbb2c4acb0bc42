//! Faults.

use serde::Serialize;
use utoipa::ToSchema;

use crate::faults::NewFault;

use super::{Control, ControlError};

/// A fault that is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CreatedFault {
    /// By which it can be lifted.
    pub fault_id: String,
}

impl Control {
    /// Puts a fault in force.
    pub fn add_fault(&self, new: &NewFault) -> Result<CreatedFault, ControlError> {
        let state = &mut *self.shared.lock();
        let now = state.clock.now().simulated;
        let fault_id = state.world.random.uuid_v7(now).to_string();
        if !state.faults.add(new.check(fault_id.clone())?) {
            return Err(ControlError::invalid("kind", "too many faults are in force"));
        }
        Ok(CreatedFault { fault_id })
    }

    /// The faults in force.
    pub fn faults(&self) -> Vec<CreatedFault> {
        let state = self.shared.lock();
        state
            .faults
            .ids()
            .map(|id| CreatedFault {
                fault_id: id.to_owned(),
            })
            .collect()
    }

    /// Lifts a fault.
    pub fn lift_fault(&self, fault_id: &str) -> Result<(), ControlError> {
        let lifted = self.shared.lock().faults.lift(fault_id);
        if lifted {
            Ok(())
        } else {
            Err(ControlError::not_found("fault", fault_id))
        }
    }

    /// Lifts all faults.
    pub fn lift_all_faults(&self) {
        self.shared.lock().faults.clear();
    }
}
