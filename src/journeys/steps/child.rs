//! The steps that only a child's journey has.

pub(in crate::journeys) mod existing;
pub(in crate::journeys) mod guardian;
pub(in crate::journeys) mod relation;
