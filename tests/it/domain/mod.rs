//! The domain's types against the published vectors and against arbitrary input.

mod identifiers;
mod units;
