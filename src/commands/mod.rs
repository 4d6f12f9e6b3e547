//! What operators and reviewers do on the command line, until the console is there.

pub mod doctor;
pub mod keys;
pub mod passwords;
pub mod review;
