//! Whether a word stands in a sorted text, found by halving it: nothing is read but a few lines, so it may be as large as a disk.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// No line is longer than half of this.
const WINDOW: usize = 256;

/// What can be read at any place.
pub(super) trait Text {
    /// Reads from `at` on, as much as there is room or text for.
    ///
    /// # Errors
    /// The system's own.
    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize>;
}

impl Text for File {
    fn read_at(&self, mut at: u64, mut into: &mut [u8]) -> io::Result<usize> {
        let mut all = 0;
        while !into.is_empty() {
            match FileExt::read_at(self, into, at) {
                Ok(0) => break,
                Ok(read) => {
                    all += read;
                    at += read as u64;
                    into = into.get_mut(read..).unwrap_or_default();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }
}

impl Text for [u8] {
    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(at).ok().and_then(|at| self.get(at..)).unwrap_or_default();
        let read = rest.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..read), rest.get(..read)) {
            to.copy_from_slice(from);
        }
        Ok(read)
    }
}

/// Whether a line begins with `word` and ends there, or goes on with `:`. The lines of the text, `size` bytes long, are
/// sorted by what stands before their `:`; each ends with a line feed (the last may lack it), and may have a carriage return
/// before it.
///
/// # Errors
/// The system's own, or [`io::ErrorKind::InvalidData`] where there are no such lines.
pub(super) fn hold<T: Text + ?Sized>(text: &T, size: u64, word: &[u8]) -> io::Result<bool> {
    // Lines begin at `low` and after; those that begin at `high` and after are too large.
    let (mut low, mut high) = (0, size);
    while low < high {
        let middle = low + (high - low) / 2;
        let (start, line) = first_line(text, middle, middle == low)?;
        let Some(line) = line else {
            high = middle;
            continue;
        };
        let next = start + line.len() as u64 + 1;
        match key(&line).cmp(word) {
            std::cmp::Ordering::Equal => return Ok(true),
            std::cmp::Ordering::Less => low = next,
            std::cmp::Ordering::Greater if middle == low => return Ok(false),
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    Ok(false)
}

/// The first line that begins at `at` or after it, and where; `begins` if one is known to begin there.
fn first_line<T: Text + ?Sized>(text: &T, at: u64, begins: bool) -> io::Result<(u64, Option<Vec<u8>>)> {
    let fault = || io::Error::new(io::ErrorKind::InvalidData, "the list has other lines than it should have");
    // What begins here follows a line feed, which may be the byte before.
    let from = if begins { at } else { at - 1 };
    let mut window = [0; WINDOW];
    let read = text.read_at(from, &mut window)?;
    let window = window.get(..read).unwrap_or_default();
    let feed = |bytes: &[u8]| bytes.iter().position(|byte| *byte == b'\n');
    let skip = match (begins, feed(window)) {
        (true, _) => 0,
        (false, Some(end)) => end + 1,
        (false, None) if read < WINDOW => return Ok((from + read as u64, None)),
        (false, None) => return Err(fault()),
    };
    let rest = window.get(skip..).unwrap_or_default();
    let line = match feed(rest) {
        Some(end) => rest.get(..end).unwrap_or_default(),
        None if read < WINDOW => rest,
        None => return Err(fault()),
    };
    let none = rest.is_empty();
    Ok((from + skip as u64, (!none).then(|| line.to_vec())))
}

/// What a line is found by.
fn key(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    line.split(|byte| *byte == b':').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str, word: &str) -> bool {
        hold(text.as_bytes(), text.len() as u64, word.as_bytes()).unwrap()
    }

    #[test]
    fn every_line_is_found_and_nothing_between_them() {
        for count in 0..60 {
            let words: Vec<String> = (0..count).map(|n| format!("{:0width$}", n * 2, width = 3 + n % 2)).collect();
            let mut words = words;
            words.sort();
            for end in ["\n", "\r\n", ":7\r\n"] {
                let text: String = words.iter().map(|word| format!("{word}{end}")).collect();
                for (text, whole) in [(text.as_str(), true), (text.trim_end_matches('\n'), false)] {
                    for word in &words {
                        assert!(holds(text, word), "{word} in {count} {whole}");
                        for other in [format!("{word}0"), word[..2].to_owned(), format!("!{word}"), String::new()] {
                            assert!(!holds(text, &other) || words.contains(&other), "{other} in {text:?}");
                        }
                    }
                    assert!(!holds(text, "zzz") && !holds(text, "001"));
                }
            }
        }
    }

    #[test]
    fn what_is_no_list_is_a_fault() {
        let text = "x".repeat(4 * WINDOW);
        assert!(hold(text.as_bytes(), text.len() as u64, b"word").is_err());
    }
}
