//! The picture: characters drawn as strokes, without a font, each bent in its own way, among noise.

use std::f32::consts::TAU;

use super::canvas::Canvas;
use super::glyphs::{self, Point};
use crate::clock::Random;

/// The picture's width at scale 1.
pub const WIDTH: u16 = 180;
/// The picture's height at scale 1.
pub const HEIGHT: u16 = 64;

/// Random characters for a picture.
pub fn text(length: usize, random: &Random) -> String {
    let alphabet: Vec<char> = glyphs::characters().collect();
    let count = u32::try_from(alphabet.len()).unwrap_or(0);
    (0..length).filter_map(|_| alphabet.get(random.below(count) as usize)).collect()
}

/// Draws `text` at a scale of 1 to 4. The same text and seed give the same picture, at another scale enlarged, so that
/// the double size shows nothing new to a machine that reads both.
pub fn png(text: &str, seed: &Random, scale: u32) -> Vec<u8> {
    let scale = u8::try_from(scale.clamp(1, 4)).unwrap_or(1);
    let dice = Dice(seed);
    let (tilt, dark) = (dice.between(0.0, TAU), dice.between(0.86, 0.92));
    let shade = |x: f32, y: f32| dark + 0.05 * ((x * tilt.cos() + y * tilt.sin()) / 40.0).sin();
    let mut canvas = Canvas::new(WIDTH, HEIGHT, scale, shade);

    for _ in 0..DOTS {
        let at = (dice.between(2.0, f32::from(WIDTH) - 2.0), dice.between(2.0, f32::from(HEIGHT) - 2.0));
        canvas.stroke(&[at, at], dice.between(0.6, 1.3), dice.between(0.45, 0.75));
    }
    let wave = Wave::random(&dice);
    let count = f32::from(u16::try_from(text.chars().count()).unwrap_or(u16::MAX).max(1));
    let room = (f32::from(WIDTH) - 2.0 * MARGIN) / count;
    for (n, c) in (0_u16..).zip(text.chars()) {
        let hand = Hand::random(&dice, MARGIN + room * (f32::from(n) + 0.5), room);
        for stroke in glyphs::strokes(c) {
            let points: Vec<Point> = stroke.points().into_iter().map(|at| wave.bend(hand.place(at))).collect();
            canvas.stroke(&points, hand.pen, hand.ink);
        }
    }
    for _ in 0..LINES {
        canvas.stroke(&curve(&dice), dice.between(0.5, 0.8), dice.between(0.25, 0.5));
    }
    canvas.png()
}

/// How one character is written.
struct Hand {
    centre: Point,
    size: Point,
    turn: f32,
    lean: f32,
    pen: f32,
    ink: f32,
}

impl Hand {
    fn random(dice: &Dice<'_>, x: f32, room: f32) -> Self {
        let height = dice.between(31.0, 38.0);
        let width = (height * dice.between(0.62, 0.76)).min(room * 0.78);
        Self {
            centre: (x + dice.between(-2.0, 2.0), f32::from(HEIGHT) / 2.0 + dice.between(-5.0, 5.0)),
            size: (width, height),
            turn: dice.between(-13.0, 13.0).to_radians(),
            lean: dice.between(-0.14, 0.14),
            pen: dice.between(1.7, 2.4),
            ink: dice.between(0.05, 0.22),
        }
    }

    fn place(&self, (x, y): Point) -> Point {
        let y = (y - 0.5) * self.size.1;
        let x = (x - 0.5) * self.size.0 - y * self.lean;
        let (sin, cos) = self.turn.sin_cos();
        (self.centre.0 + x * cos - y * sin, self.centre.1 + x * sin + y * cos)
    }
}

/// How the whole paper is bent.
struct Wave {
    across: Point,
    down: Point,
}

impl Wave {
    fn random(dice: &Dice<'_>) -> Self {
        let phase = || dice.between(0.0, TAU);
        Self { across: (dice.between(1.2, 2.4), phase()), down: (dice.between(1.2, 2.4), phase()) }
    }

    fn bend(&self, (x, y): Point) -> Point {
        let across = self.across.0 * (y / 11.0 + self.across.1).sin();
        (x + across, y + self.down.0 * (x / 14.0 + self.down.1).sin())
    }
}

/// A thin wavy line from side to side.
fn curve(dice: &Dice<'_>) -> Vec<Point> {
    let (from, to) = (dice.between(12.0, 52.0), dice.between(12.0, 52.0));
    let (height, length, phase) = (dice.between(4.0, 9.0), dice.between(20.0, 34.0), dice.between(0.0, TAU));
    (0_u16..=60)
        .map(|n| {
            let t = f32::from(n) / 60.0;
            let x = t * f32::from(WIDTH);
            (x, from + (to - from) * t + height * (x / length + phase).sin())
        })
        .collect()
}

struct Dice<'a>(&'a Random);

impl Dice<'_> {
    fn between(&self, low: f32, high: f32) -> f32 {
        low + (high - low) * f32::from(u16::from_be_bytes(self.0.bytes())) / f32::from(u16::MAX)
    }
}

const MARGIN: f32 = 6.0;
const DOTS: usize = 60;
const LINES: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_picture() {
        let draw = |seed, scale| png("A3KW", &Random::seeded(seed), scale);
        assert_eq!(draw(1, 1), draw(1, 1));
        assert_ne!(draw(1, 1), draw(2, 1));
        let side = |png: &[u8]| u32::from_be_bytes(png[16..20].try_into().unwrap());
        assert_eq!((side(&draw(1, 1)), side(&draw(1, 2)), side(&draw(1, 99))), (180, 360, 720));
        assert!(!png("", &Random::seeded(1), 0).is_empty());
    }

    #[test]
    fn every_character_has_strokes() {
        let random = Random::seeded(5);
        assert!(text(200, &random).chars().all(|c| !glyphs::strokes(c).is_empty()));
        assert!(glyphs::strokes('0').is_empty());
    }

    /// Writes a sheet of pictures to the folder in `CAPTCHA_SHEET`, to be looked at.
    #[test]
    fn sheet() {
        let Ok(folder) = std::env::var("CAPTCHA_SHEET") else { return };
        for seed in 0..12 {
            let random = Random::seeded(seed);
            let text = text(4, &random);
            std::fs::write(format!("{folder}/{seed:02}-{text}.png"), png(&text, &random, 2)).unwrap();
        }
    }
}
