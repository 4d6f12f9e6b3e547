//! Sums in words: the way past the captcha for those who can't see a picture. A screen reader reads them well.

use serde::{Deserialize, Serialize};

use crate::clock::Random;
use crate::domain::typed::compact;

/// A sum or a difference of small numbers; the answer is 0 to 28.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    a: u8,
    b: u8,
    op: Operation,
}

/// What is done with the two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// a + b.
    Plus,
    /// a - b; never below zero.
    Minus,
}

impl Question {
    /// A new question: a number up to 19, and one of 2 to 9 that is added to it or taken from it.
    pub fn mint(random: &Random) -> Self {
        let between = |low: u32, high: u32| u8::try_from(low + random.below(high - low + 1)).unwrap_or(9);
        let b = between(2, 9);
        match random.below(2) {
            0 => Self { a: between(2, 19), b, op: Operation::Plus },
            _ => Self { a: between(u32::from(b), 19), b, op: Operation::Minus },
        }
    }

    /// The question in Chinese: 七加五等于几？请填写数字
    pub fn text_zh(&self) -> String {
        let op = match self.op {
            Operation::Plus => "加",
            Operation::Minus => "减",
        };
        format!("{}{op}{}等于几？请填写数字", chinese(self.a), chinese(self.b))
    }

    /// The question in English.
    pub fn text_en(&self) -> String {
        let op = match self.op {
            Operation::Plus => "plus",
            Operation::Minus => "minus",
        };
        format!("What is {} {op} {}? Please answer with a number.", english(self.a), english(self.b))
    }

    /// The answer.
    pub fn answer(&self) -> u8 {
        match self.op {
            Operation::Plus => self.a.saturating_add(self.b),
            Operation::Minus => self.a.saturating_sub(self.b),
        }
    }
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Question")
    }
}

/// A number up to 99 as it is typed: digits of any width, Chinese numerals (十二, 一十二, 两), or an English word up to
/// nineteen.
pub(super) fn number(typed: &str) -> Option<u8> {
    let text = compact(typed);
    if !text.is_empty() && text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    if text.is_ascii() {
        let word = ENGLISH.iter().position(|word| word.eq_ignore_ascii_case(&text))?;
        return u8::try_from(word).ok();
    }
    match text.split_once('十') {
        Some((tens, units)) => {
            let tens = if tens.is_empty() { 1 } else { digit(tens).filter(|n| *n > 0)? };
            let units = if units.is_empty() { 0 } else { digit(units).filter(|n| *n > 0)? };
            Some(tens * 10 + units)
        }
        None => digit(&text),
    }
}

fn digit(text: &str) -> Option<u8> {
    let text = match text {
        "〇" => "零",
        "两" => "二",
        other => other,
    };
    CHINESE.iter().position(|word| *word == text).and_then(|n| u8::try_from(n).ok())
}

fn chinese(n: u8) -> String {
    let word = |n: u8| CHINESE.get(usize::from(n)).copied().unwrap_or_default();
    match (n / 10, n % 10) {
        (0, units) => word(units).to_owned(),
        (1, 0) => "十".to_owned(),
        (1, units) => format!("十{}", word(units)),
        (tens, 0) => format!("{}十", word(tens)),
        (tens, units) => format!("{}十{}", word(tens), word(units)),
    }
}

fn english(n: u8) -> &'static str {
    ENGLISH.get(usize::from(n)).copied().unwrap_or_default()
}

const CHINESE: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];

const ENGLISH: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captcha::Challenge;

    #[test]
    fn words_and_answers() {
        let question = Question { a: 7, b: 5, op: Operation::Plus };
        assert_eq!(question.text_zh(), "七加五等于几？请填写数字");
        assert_eq!(question.text_en(), "What is seven plus five? Please answer with a number.");
        let challenge = Challenge::Question(question);
        for right in ["12", " １２ ", "十二", "一十二", "Twelve", "012"] {
            assert!(challenge.check(right), "{right}");
        }
        for wrong in ["", "1", "十", "十二十", "十十", "-12", "12.0", "1２3", "twelv", "二十十", "零十二"]
        {
            assert!(!challenge.check(wrong), "{wrong}");
        }
        assert_eq!(Question { a: 19, b: 9, op: Operation::Minus }.text_zh(), "十九减九等于几？请填写数字");
    }

    #[test]
    fn every_minted_answer_is_readable_in_numerals() {
        let random = Random::seeded(3);
        for _ in 0..500 {
            let question = Question::mint(&random);
            assert!(question.answer() <= 28);
            assert_eq!(number(&chinese(question.answer())), Some(question.answer()));
        }
    }
}
