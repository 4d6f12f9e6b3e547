//! Acting for a unit, through the front door, on both databases. People and the unit are put into the database; what
//! they do goes through the pages.

mod endings;
mod grants;
mod invitations;
mod pages;
mod properties;
mod registry;
pub mod town;

pub use town::{HUIYUAN, Someone, Town};
