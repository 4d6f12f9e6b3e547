//! The characters of the picture, as strokes in a unit square: x to the right, y downwards.

/// A place in the unit square, or in the picture.
pub(super) type Point = (f32, f32);

/// A part of a character.
pub(super) enum Stroke {
    /// A line through points.
    Line(&'static [Point]),
    /// A part of an ellipse: centre, radii, from and to in degrees (0 is right, 90 is down).
    Arc(Point, Point, f32, f32),
}

use Stroke::{Arc, Line};

impl Stroke {
    /// The stroke as points, close enough together to bend with the picture.
    pub(super) fn points(&self) -> Vec<Point> {
        match self {
            Line(corners) => corners
                .windows(2)
                .flat_map(|pair| match pair {
                    [from, to] => between(*from, *to),
                    _ => Vec::new(),
                })
                .collect(),
            Arc((cx, cy), (rx, ry), from, to) => steps()
                .map(|t| {
                    let angle = (from + (to - from) * t).to_radians();
                    (cx + rx * angle.cos(), cy + ry * angle.sin())
                })
                .collect(),
        }
    }
}

fn between(from: Point, to: Point) -> Vec<Point> {
    steps().map(|t| (from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t)).collect()
}

fn steps() -> impl Iterator<Item = f32> {
    (0_u8..=STEPS).map(|n| f32::from(n) / f32::from(STEPS))
}

const STEPS: u8 = 16;

/// The strokes of a character; none for one that isn't in the alphabet.
pub(super) fn strokes(c: char) -> &'static [Stroke] {
    ALPHABET.iter().find(|(known, _)| *known == c).map_or(&[], |(_, strokes)| strokes)
}

/// The characters, none easily read as another: without 0 O Q, 1 I L, 2 Z, 5 S, 8 B, G and V.
pub(super) fn characters() -> impl Iterator<Item = char> {
    ALPHABET.iter().map(|(c, _)| *c)
}

const ALPHABET: &[(char, &[Stroke])] = &[
    ('A', &[Line(&[(0.0, 1.0), (0.5, 0.0), (1.0, 1.0)]), Line(&[(0.2, 0.64), (0.8, 0.64)])]),
    ('C', &[Arc((0.55, 0.5), (0.55, 0.5), -50.0, -310.0)]),
    ('D', &[Line(&[(0.35, 0.0), (0.0, 0.0), (0.0, 1.0), (0.35, 1.0)]), Arc((0.35, 0.5), (0.62, 0.5), -90.0, 90.0)]),
    ('E', &[Line(&[(0.9, 0.0), (0.0, 0.0), (0.0, 1.0), (0.9, 1.0)]), Line(&[(0.0, 0.5), (0.75, 0.5)])]),
    ('F', &[Line(&[(0.9, 0.0), (0.0, 0.0), (0.0, 1.0)]), Line(&[(0.0, 0.48), (0.7, 0.48)])]),
    ('H', &[Line(&[(0.0, 0.0), (0.0, 1.0)]), Line(&[(0.95, 0.0), (0.95, 1.0)]), Line(&[(0.0, 0.5), (0.95, 0.5)])]),
    ('J', &[Line(&[(0.35, 0.0), (0.85, 0.0), (0.85, 0.66)]), Arc((0.45, 0.66), (0.4, 0.34), 0.0, 165.0)]),
    ('K', &[Line(&[(0.0, 0.0), (0.0, 1.0)]), Line(&[(0.9, 0.0), (0.0, 0.58)]), Line(&[(0.3, 0.39), (0.95, 1.0)])]),
    ('M', &[Line(&[(-0.03, 1.0), (0.02, 0.0), (0.5, 0.7), (0.98, 0.0), (1.03, 1.0)])]),
    ('N', &[Line(&[(0.0, 1.0), (0.0, 0.0), (0.95, 1.0), (0.95, 0.0)])]),
    (
        'P',
        &[
            Line(&[(0.0, 1.0), (0.0, 0.0), (0.5, 0.0)]),
            Arc((0.5, 0.28), (0.42, 0.28), -90.0, 90.0),
            Line(&[(0.5, 0.56), (0.0, 0.56)]),
        ],
    ),
    (
        'R',
        &[
            Line(&[(0.0, 1.0), (0.0, 0.0), (0.5, 0.0)]),
            Arc((0.5, 0.27), (0.42, 0.27), -90.0, 90.0),
            Line(&[(0.5, 0.54), (0.0, 0.54)]),
            Line(&[(0.42, 0.54), (0.95, 1.0)]),
        ],
    ),
    ('T', &[Line(&[(0.0, 0.0), (1.0, 0.0)]), Line(&[(0.5, 0.0), (0.5, 1.0)])]),
    (
        'U',
        &[
            Line(&[(0.0, 0.0), (0.0, 0.62)]),
            Arc((0.48, 0.62), (0.48, 0.38), 180.0, 0.0),
            Line(&[(0.96, 0.62), (0.96, 0.0)]),
        ],
    ),
    ('W', &[Line(&[(-0.06, 0.0), (0.22, 1.0), (0.5, 0.3), (0.78, 1.0), (1.06, 0.0)])]),
    ('X', &[Line(&[(0.05, 0.0), (0.95, 1.0)]), Line(&[(0.95, 0.0), (0.05, 1.0)])]),
    ('Y', &[Line(&[(0.0, 0.0), (0.5, 0.5), (1.0, 0.0)]), Line(&[(0.5, 0.5), (0.5, 1.0)])]),
    ('3', &[Arc((0.45, 0.25), (0.38, 0.25), -160.0, 90.0), Arc((0.45, 0.75), (0.45, 0.25), -90.0, 160.0)]),
    ('4', &[Line(&[(0.7, 1.0), (0.7, 0.0), (0.0, 0.7), (1.0, 0.7)])]),
    ('6', &[Arc((0.47, 0.69), (0.43, 0.31), 0.0, 360.0), Arc((0.84, 0.69), (0.8, 0.69), 180.0, 262.0)]),
    ('7', &[Line(&[(0.0, 0.0), (0.95, 0.0), (0.3, 1.0)])]),
    ('9', &[Arc((0.47, 0.31), (0.43, 0.31), 0.0, 360.0), Arc((0.1, 0.31), (0.8, 0.69), 0.0, 82.0)]),
];
