//! What every page shares: the language, the visit it answers, its form with errors beside their causes.

mod applicant;
mod captcha;
pub mod door;
mod form;
mod locale;
mod moment;
mod visit;

pub use applicant::Applicant;
pub use captcha::{captcha, passes_captcha};
pub use form::{FieldError, Form};
pub use locale::{Locale, keys};
pub use moment::beijing;
pub use visit::{Asker, Departure, Page, Rendered, Visit, login};
