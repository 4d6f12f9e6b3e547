//! A grey picture that round strokes are drawn on, and its PNG.

use super::glyphs::Point;

/// Grey values, row by row; 0 is black. Places are given at scale 1 and enlarged here.
pub(super) struct Canvas {
    width: usize,
    height: usize,
    scale: f32,
    pixels: Vec<u8>,
}

impl Canvas {
    /// A canvas whose paper is shaded by `paper(x, y)`.
    pub(super) fn new(width: u16, height: u16, scale: u8, paper: impl Fn(f32, f32) -> f32) -> Self {
        let (wide, high) = (usize::from(width) * usize::from(scale), usize::from(height) * usize::from(scale));
        let scale = f32::from(scale);
        let pixels = (0..high)
            .flat_map(|y| (0..wide).map(move |x| (x, y)))
            .map(|(x, y)| grey(paper(x as f32 / scale, y as f32 / scale)))
            .collect();
        Self { width: wide, height: high, scale, pixels }
    }

    /// Draws a round pen of a radius along the points, in a grey from 0 (black) to 1.
    pub(super) fn stroke(&mut self, points: &[Point], radius: f32, ink: f32) {
        let radius = radius * self.scale;
        let points: Vec<Point> = points.iter().map(|(x, y)| (x * self.scale, y * self.scale)).collect();
        let range = |values: &mut dyn Iterator<Item = f32>, end: usize| {
            let (low, high) = values.fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(v), high.max(v)));
            let from = (low - radius - 1.0).max(0.0) as usize;
            from..((high + radius + 2.0).max(0.0) as usize).min(end)
        };
        let columns = range(&mut points.iter().map(|p| p.0), self.width);
        for y in range(&mut points.iter().map(|p| p.1), self.height) {
            for x in columns.clone() {
                let centre = (x as f32 + 0.5, y as f32 + 0.5);
                let cover = (radius + 0.5 - distance(centre, &points)).clamp(0.0, 1.0);
                if let Some(pixel) = self.pixels.get_mut(y * self.width + x).filter(|_| cover > 0.0) {
                    let paper = f32::from(*pixel) / 255.0;
                    *pixel = grey(paper.min(paper + (ink - paper) * cover));
                }
            }
        }
    }

    /// The picture as PNG (ISO/IEC 15948): 8-bit greyscale.
    pub(super) fn png(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self.encode(&mut out) {
            Ok(()) => out,
            Err(error) => {
                tracing::error!(%error, "a captcha's picture couldn't be encoded");
                Vec::new()
            }
        }
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), png::EncodingError> {
        let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let mut encoder = png::Encoder::new(out, side(self.width), side(self.height));
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()
    }
}

fn grey(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0).round() as u8
}

/// From a place to the nearest one on a line through points.
fn distance(place: Point, points: &[Point]) -> f32 {
    let lines = points.windows(2).map(|pair| match pair {
        [a, b] => {
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            let length = (dx * dx + dy * dy).max(f32::EPSILON);
            let along = (((place.0 - a.0) * dx + (place.1 - a.1) * dy) / length).clamp(0.0, 1.0);
            (place.0 - a.0 - along * dx).hypot(place.1 - a.1 - along * dy)
        }
        _ => f32::MAX,
    });
    lines.fold(f32::MAX, f32::min)
}
