//! The steps that only a unit goes through.

pub(in crate::journeys) mod check;
pub(in crate::journeys) mod confirmation;
pub(in crate::journeys) mod enter;
pub(in crate::journeys) mod existing;
pub(in crate::journeys) mod representative;
