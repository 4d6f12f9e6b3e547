//! What the portal knows about people, accounts, links and clients: pure types, without I/O.

pub mod account;
pub mod acting;
pub mod address;
pub mod authenticator;
pub mod birth;
pub mod case_number;
pub mod client;
pub mod contact;
pub mod device;
pub mod document;
pub mod ethnic;
pub mod guardianship;
pub mod identifier;
pub mod identity;
pub mod mandate;
pub mod person;
pub mod principal;
pub mod recovery;
pub mod session;
pub mod typed;
pub mod unit;
pub mod user_name;
