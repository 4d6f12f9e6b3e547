//! Text messages and e-mail: what they say, one-time codes, and the gateway that sends them.

pub mod codes;
mod gateway;
pub mod mandates;
pub mod texts;
pub mod told;

pub use gateway::Gateway;
