//! Pictures that people send: sniffed, bounded, decoded and encoded again, so that nothing of the file but its pixels
//! is kept — no location, no camera, no second document behind the first.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::protocol::acr::IdentityLevel;

/// The largest file that is read, in bytes.
pub const LARGEST_FILE: usize = 8 * 1024 * 1024;
/// The largest side of a picture that is decoded, in pixels.
const LARGEST_SIDE: u32 = 12_000;
/// The smallest side on which a document can be read.
const SMALLEST_SIDE: u32 = 300;
/// Larger pictures are made smaller, to this longer side.
const KEPT_SIDE: u32 = 2_000;
/// The most memory that decoding may take, in bytes.
const MEMORY: u64 = 256 * 1024 * 1024;
const QUALITY: u8 = 82;
/// How many pictures are decoded at once: the memory of all of them is bounded.
static DECODERS: Semaphore = Semaphore::const_new(2);

/// What a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The document itself.
    Document,
    /// The person holding the document (手持证件).
    Holding,
    /// A page of the household register (户口簿).
    Household,
    /// A certificate of birth (出生医学证明).
    BirthCertificate,
    /// A unit's licence or certificate of registration (营业执照, 登记证书).
    Licence,
    /// A certificate of a changed name or number.
    Change,
    /// Something else.
    Other,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Document,
        Self::Holding,
        Self::Household,
        Self::BirthCertificate,
        Self::Licence,
        Self::Change,
        Self::Other,
    ];
    /// What a person shows, in the order of the form.
    pub const PERSON: &[Self] = &[Self::Document, Self::Holding, Self::Household, Self::Change, Self::Other];
    /// What a unit shows.
    pub const UNIT: &[Self] = &[Self::Licence, Self::Document, Self::Holding, Self::Change, Self::Other];
    /// What a guardian shows for a child.
    pub const CHILD: &[Self] =
        &[Self::Household, Self::BirthCertificate, Self::Document, Self::Holding, Self::Change, Self::Other];

    /// Its text in forms and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Holding => "holding",
            Self::Household => "household",
            Self::BirthCertificate => "birth_certificate",
            Self::Licence => "licence",
            Self::Change => "change",
            Self::Other => "other",
        }
    }

    /// Reads that text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Whose case pictures are sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A person's own.
    Person,
    /// A unit's, by its representative.
    Unit,
    /// A child's, by its guardian.
    Child,
}

impl Whose {
    /// What is shown, in the order of the form.
    pub fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Person => Kind::PERSON,
            Self::Unit => Kind::UNIT,
            Self::Child => Kind::CHILD,
        }
    }

    /// Of what there has to be one: the document; a unit's licence; what says who a child's parents or guardians are.
    pub fn needs(self) -> &'static [Kind] {
        match self {
            Self::Person => &[Kind::Document],
            Self::Unit => &[Kind::Licence],
            Self::Child => &[Kind::Household, Kind::BirthCertificate],
        }
    }
}

/// The level of assurance that pictures carry: what is needed beside its holder's face 3, alone 2, else none. In a unit's
/// case the face is its representative's, in a child's that of child and guardian.
pub fn level(kinds: &[Kind], whose: Whose) -> Option<IdentityLevel> {
    let document = kinds.iter().any(|kind| whose.needs().contains(kind));
    match (document, kinds.contains(&Kind::Holding)) {
        (true, true) => Some(IdentityLevel::Present),
        (true, false) => Some(IdentityLevel::Confirmed),
        (false, _) => None,
    }
}

/// Why a file isn't taken. The text is a key: the pages word it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureFault {
    /// No file was chosen.
    #[error("empty")]
    Empty,
    /// More bytes, or more pixels, than are read.
    #[error("large")]
    TooLarge,
    /// Too few pixels to read a document on it.
    #[error("small")]
    TooSmall,
    /// Not a JPEG, PNG or WebP picture, whatever its name says; or a broken one.
    #[error("format")]
    Format,
}

/// Reads a file by its content and gives it back as a JPEG of its own making.
///
/// # Errors
/// [`PictureFault`]
pub async fn prepare(file: Vec<u8>) -> Result<Vec<u8>, PictureFault> {
    let _place = DECODERS.acquire().await.map_err(|_| PictureFault::Format)?;
    tokio::task::spawn_blocking(move || encode_again(&file)).await.map_err(|_| PictureFault::Format)?
}

fn encode_again(file: &[u8]) -> Result<Vec<u8>, PictureFault> {
    if file.is_empty() {
        return Err(PictureFault::Empty);
    }
    if file.len() > LARGEST_FILE {
        return Err(PictureFault::TooLarge);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(MEMORY);
    // The first bytes tell the format; only the decoders of three formats are compiled in.
    let mut reader = ImageReader::new(Cursor::new(file)).with_guessed_format().map_err(|_| PictureFault::Format)?;
    if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) {
        return Err(PictureFault::Format);
    }
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| fault(&error))?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| fault(&error))?;
    picture.apply_orientation(orientation);
    if picture.width().min(picture.height()) < SMALLEST_SIDE {
        return Err(PictureFault::TooSmall);
    }
    if picture.width().max(picture.height()) > KEPT_SIDE {
        picture = picture.thumbnail(KEPT_SIDE, KEPT_SIDE);
    }
    let mut jpeg = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
    picture.to_rgb8().write_with_encoder(encoder).map_err(|_| PictureFault::Format)?;
    Ok(jpeg)
}

fn fault(error: &image::ImageError) -> PictureFault {
    match error {
        image::ImageError::Limits(_) => PictureFault::TooLarge,
        _ => PictureFault::Format,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        let pixel = |x, y| image::Rgb([(x % 251) as u8, (y % 251) as u8, 90]);
        DynamicImage::ImageRgb8(image::RgbImage::from_fn(width, height, pixel))
            .write_to(&mut out, ImageFormat::Png)
            .unwrap();
        out.into_inner()
    }

    #[test]
    fn a_picture_is_encoded_again_and_nothing_else_of_the_file_stays() {
        let mut file = png(900, 500);
        file.extend_from_slice(b"<script>GPS 31.8,117.2</script>");
        let jpeg = encode_again(&file).unwrap();
        assert!(jpeg.starts_with(&[0xFF, 0xD8, 0xFF]));
        assert!(!jpeg.windows(3).any(|w| w == b"GPS"));
        let read = image::load_from_memory(&jpeg).unwrap();
        assert_eq!((read.width(), read.height()), (900, 500));
    }

    #[test]
    fn a_large_one_is_made_smaller_and_a_tiny_one_refused() {
        let read = image::load_from_memory(&encode_again(&png(4000, 1000)).unwrap()).unwrap();
        assert_eq!((read.width(), read.height()), (2000, 500));
        assert_eq!(encode_again(&png(200, 900)), Err(PictureFault::TooSmall));
    }

    #[test]
    fn what_is_no_picture_is_refused_whatever_it_says() {
        for file in
            [&b"%PDF-1.7"[..], b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a\x01\x00\x01\x00", b"BM12345678"]
        {
            assert_eq!(encode_again(file), Err(PictureFault::Format));
        }
        assert_eq!(encode_again(&png(400, 400)[..300]), Err(PictureFault::Format), "cut off");
        assert_eq!(encode_again(&[]), Err(PictureFault::Empty));
        assert_eq!(encode_again(&vec![0; LARGEST_FILE + 1]), Err(PictureFault::TooLarge));
    }

    #[test]
    fn a_picture_that_would_fill_the_memory_is_refused_before_it_is_decoded() {
        // The header of a PNG of 60,000 by 60,000 pixels, 57 bytes long.
        let mut file = png(400, 400);
        file[16..24].copy_from_slice(&[0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60]);
        assert!(matches!(encode_again(&file), Err(PictureFault::TooLarge | PictureFault::Format)));
    }

    #[test]
    fn the_level_follows_the_evidence() {
        assert_eq!(level(&[Kind::Document, Kind::Holding], Whose::Person), Some(IdentityLevel::Present));
        assert_eq!(level(&[Kind::Document, Kind::Household], Whose::Person), Some(IdentityLevel::Confirmed));
        assert_eq!(level(&[Kind::Holding, Kind::Other], Whose::Person), None);
        assert_eq!(level(&[Kind::Licence, Kind::Holding], Whose::Unit), Some(IdentityLevel::Present));
        assert_eq!(level(&[Kind::Document, Kind::Holding], Whose::Unit), None);
        assert_eq!(level(&[Kind::Document, Kind::Holding], Whose::Child), None, "says nothing of the relation");
        assert_eq!(level(&[Kind::BirthCertificate], Whose::Child), Some(IdentityLevel::Confirmed));
        assert_eq!(level(&[Kind::Holding, Kind::Household], Whose::Child), Some(IdentityLevel::Present));
    }
}
