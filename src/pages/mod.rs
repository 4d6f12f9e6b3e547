//! What every page shares: the language, the visit it answers, its form with errors beside their causes.

mod applicant;
mod captcha;
pub mod door;
mod form;
mod locale;
mod moment;
mod new_password;
mod qr_code;
mod visit;

pub use applicant::Applicant;
pub use captcha::{captcha, passes_captcha};
pub use form::{FieldError, Form};
pub use locale::{Locale, keys};
pub use moment::beijing;
pub use new_password::{new_password, own_data};
pub use qr_code::QrCode;
pub use visit::{Asker, Departure, Page, Rendered, Visit, login};
