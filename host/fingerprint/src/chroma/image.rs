//! The last rows as an integral image, which computes the sum of any rectangle with four look-ups:
//! `rolling_integral_image.h` of Chromaprint. All sums start at the first row of the stream, as in Chromaprint, so that both
//! round in the same way.

use std::ops::Range;

use super::smooth::{NOTES, Notes};

/// The number of rows of the widest filter.
pub(super) const SPAN: usize = 16;
/// The number of stored rows: [`SPAN`] and the row before it, rounded up to a power of two.
const KEPT: usize = 32;

/// For each note: the sum of all energies up to this row and below this note. The first element is zero.
type Row = [f64; NOTES + 1];

/// The last rows.
#[derive(Default)]
pub(super) struct Image {
    rows: [Row; KEPT],
    /// The number of rows that were received.
    count: usize,
}

impl Image {
    /// Appends a row.
    pub(super) fn push(&mut self, notes: &Notes) {
        let above = *self.row(self.count);
        let mut row = Row::default();
        let mut sum = 0.0;
        for ((place, note), above) in row.iter_mut().skip(1).zip(notes).zip(above.iter().skip(1)) {
            sum += note;
            *place = above + sum;
        }
        self.count += 1;
        let index = self.count % KEPT;
        if let Some(place) = self.rows.get_mut(index) {
            *place = row;
        }
    }

    /// True if there are enough rows for a word.
    pub(super) fn is_full(&self) -> bool {
        self.count >= SPAN
    }

    /// The sum of the rows `rows` of the last [`SPAN`] rows, for the notes `notes`.
    pub(super) fn area(&self, rows: Range<usize>, notes: Range<usize>) -> f64 {
        if rows.is_empty() || notes.is_empty() {
            return 0.0;
        }
        let first = self.count.saturating_sub(SPAN);
        let (above, below) = (self.row(first + rows.start), self.row(first + rows.end));
        let at = |row: &Row, note: usize| row.get(note).copied().unwrap_or_default();
        at(below, notes.end) - at(above, notes.end) - at(below, notes.start) + at(above, notes.start)
    }

    /// The sums after the first `count` rows; zero if `count` is 0.
    fn row(&self, count: usize) -> &Row {
        const NONE: Row = [0.0; NOTES + 1];
        self.rows.get(count % KEPT).unwrap_or(&NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_is_the_sum_of_its_values() {
        let mut image = Image::default();
        let value = |row: usize, note: usize| f64::from(u32::try_from(row * 31 + note * 7).unwrap() % 23);
        let rows = 100;
        for row in 0..rows {
            image.push(&std::array::from_fn(|note| value(row, note)));
        }
        let expected: f64 = (3..9).flat_map(|row| (2..11).map(move |note| value(rows - SPAN + row, note))).sum();
        assert!((image.area(3..9, 2..11) - expected).abs() < 1e-9);
        assert!(image.area(4..4, 0..12).abs() < f64::EPSILON);
    }

    #[test]
    fn it_is_full_after_sixteen_rows() {
        let mut image = Image::default();
        for _ in 0..15 {
            image.push(&[1.0; NOTES]);
        }
        assert!(!image.is_full());
        image.push(&[1.0; NOTES]);
        assert!(image.is_full());
        assert!((image.area(0..16, 0..12) - 192.0).abs() < 1e-9);
    }
}
