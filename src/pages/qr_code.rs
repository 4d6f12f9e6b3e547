//! A QR code (ISO/IEC 18004) as the path of an SVG, which a page draws by itself: what it tells goes to nobody else.

use qrcodegen::{QrCode as Code, QrCodeEcc};

/// A QR code, one unit a module, with the quiet zone of four around it.
#[derive(Clone, Debug)]
pub struct QrCode {
    /// Width and height in units.
    pub size: i32,
    /// The dark modules, as `d` of a `path`.
    pub path: String,
}

const QUIET: i32 = 4;

impl QrCode {
    /// The code of a text; `None` if it is too long for one.
    pub fn of(text: &str) -> Option<Self> {
        let code = Code::encode_text(text, QrCodeEcc::Medium).ok()?;
        let modules = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
        let dark = modules.filter(|(x, y)| code.get_module(*x, *y));
        let path = dark.map(|(x, y)| format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET)).collect();
        Some(Self { size: code.size() + 2 * QUIET, path })
    }
}
