//! What people type, brought into one form before it is judged: full width, blanks and invisible characters.
//!
//! Not a full NFKC: only the forms that Chinese input methods produce. Any other script's digits or letters stay what
//! they are, and the parsers refuse them.

/// A full-width ASCII form (U+FF01 to U+FF5E) or the ideographic space as its half-width twin.
pub fn half_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c),
        _ => c,
    }
}

/// Whether a character leaves no mark: zero-width, direction and variation marks that arrive by copy and paste.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0100}'..='\u{E01EF}')
}

/// Whether a character is one of the dashes that are typed for `-`.
pub fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE63}' | '\u{FF0D}')
}

/// Half width, without invisible characters, trimmed.
pub fn tidy(raw: &str) -> String {
    let text: String = raw.chars().filter(|c| !is_invisible(*c)).map(half_width).collect();
    text.trim().to_owned()
}

/// Half width, upper case (ASCII), without any blanks: the form of a number that stands on a document.
pub fn compact(raw: &str) -> String {
    raw.chars()
        .filter(|c| !is_invisible(*c))
        .map(half_width)
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

/// `count` asterisks.
pub(crate) fn stars(count: usize) -> String {
    "*".repeat(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_and_blanks_fold() {
        assert_eq!(compact(" ３４０１０２　１９８８０３１５ ９９７ｘ\u{200B}"), "34010219880315997X");
        assert_eq!(tidy("\u{FEFF}　ｚｈａｎｇ　"), "zhang");
    }
}
