//! Computes a word: sixteen filters over the last sixteen rows give two bits each.
//!
//! Filters and thresholds are `kClassifiersTest1` and `kClassifiersTest2` of Chromaprint's
//! `fingerprinter_configuration.cpp`; `filter_utils.h` defines the shapes of the filters. The method is by Ke, Hoiem and
//! Sukthankar, "Computer Vision for Music Identification" (CVPR 2005).

use super::image::{Image, SPAN};

/// The parts of a filter's rectangle that are added (`a`) and subtracted (`b`).
#[derive(Clone, Copy)]
enum Shape {
    /// The whole rectangle is added.
    Whole,
    /// The upper half of the notes minus the lower half.
    Notes,
    /// The later half of the rows minus the earlier half.
    Rows,
    /// Two opposite quarters minus the other two quarters.
    Quarters,
    /// The middle third of the notes minus the outer thirds.
    MiddleNotes,
    /// The middle third of the rows minus the outer thirds.
    MiddleRows,
}

/// A filter, with the thresholds between its four levels.
pub(super) struct Classifier {
    shape: Shape,
    note: usize,
    height: usize,
    width: usize,
    thresholds: [f64; 3],
}

const fn classifier(shape: Shape, note: usize, height: usize, width: usize, thresholds: [f64; 3]) -> Classifier {
    Classifier { shape, note, height, width, thresholds }
}

/// The filters of algorithm 1.
pub(super) const FIRST: [Classifier; 16] = [
    classifier(Shape::Whole, 0, 3, 15, [2.10543, 2.45354, 2.69414]),
    classifier(Shape::Notes, 0, 4, 14, [-0.345_922, 0.046_374_6, 0.446_251]),
    classifier(Shape::Notes, 4, 4, 11, [-0.392_132, 0.029_107_7, 0.443_391]),
    classifier(Shape::Quarters, 0, 4, 14, [-0.192_851, 0.005_835_35, 0.204_053]),
    classifier(Shape::Rows, 8, 2, 4, [-0.077_161_9, -0.009_919_99, 0.057_540_6]),
    classifier(Shape::MiddleRows, 6, 2, 15, [-0.710_437, -0.518_954, -0.330_402]),
    classifier(Shape::Notes, 9, 2, 16, [-0.353_724, -0.018_971_9, 0.289_768]),
    classifier(Shape::Quarters, 4, 2, 10, [-0.128_418, -0.028_569_7, 0.059_179_1]),
    classifier(Shape::Quarters, 9, 2, 16, [-0.139_052, -0.022_846_8, 0.087_972_3]),
    classifier(Shape::Rows, 1, 3, 6, [-0.133_562, 0.006_692_05, 0.155_012]),
    classifier(Shape::Quarters, 3, 6, 2, [-0.0267, 0.008_048_29, 0.045_977_3]),
    classifier(Shape::Rows, 8, 1, 10, [-0.097_241_7, 0.015_222_7, 0.129_003]),
    classifier(Shape::Quarters, 4, 4, 14, [-0.141_434, 0.003_745_15, 0.149_935]),
    classifier(Shape::MiddleRows, 4, 2, 15, [-0.64035, -0.466_999, -0.285_493]),
    classifier(Shape::MiddleRows, 9, 2, 3, [-0.322_792, -0.254_258, -0.174_278]),
    classifier(Shape::Rows, 1, 8, 4, [-0.074_137_5, -0.005_909_33, 0.060_035_7]),
];

/// The filters of all other algorithms.
pub(super) const SECOND: [Classifier; 16] = [
    classifier(Shape::Whole, 4, 3, 15, [1.98215, 2.35817, 2.63523]),
    classifier(Shape::MiddleNotes, 4, 6, 15, [-1.03809, -0.651_211, -0.282_167]),
    classifier(Shape::Notes, 0, 4, 16, [-0.298_702, 0.119_262, 0.558_497]),
    classifier(Shape::Quarters, 8, 2, 12, [-0.105_439, 0.015_394_6, 0.135_898]),
    classifier(Shape::Quarters, 4, 4, 8, [-0.142_891, 0.025_873_6, 0.200_632]),
    classifier(Shape::MiddleNotes, 0, 3, 5, [-0.826_319, -0.590_612, -0.368_214]),
    classifier(Shape::Notes, 2, 2, 9, [-0.557_409, -0.233_035, 0.053_452_5]),
    classifier(Shape::Rows, 7, 3, 4, [-0.064_682_6, 0.006_204_76, 0.078_484_7]),
    classifier(Shape::Rows, 6, 2, 16, [-0.192_387, -0.029_699, 0.215_855]),
    classifier(Shape::Rows, 1, 3, 2, [-0.039_781_8, -0.005_680_76, 0.029_202_6]),
    classifier(Shape::MiddleRows, 10, 1, 15, [-0.53823, -0.369_934, -0.190_235]),
    classifier(Shape::Quarters, 6, 2, 10, [-0.124_877, 0.029_648_3, 0.139_239]),
    classifier(Shape::Rows, 1, 1, 14, [-0.101_475, 0.022_561_7, 0.231_971]),
    classifier(Shape::Quarters, 5, 6, 4, [-0.079_991_5, -0.007_296_16, 0.063_262]),
    classifier(Shape::Notes, 9, 2, 12, [-0.272_556, 0.019_424, 0.302_559]),
    classifier(Shape::Quarters, 4, 2, 14, [-0.164_292, -0.032_118_8, 0.084_633_9]),
];

// The widest filter determines the number of rows for a word.
const _: () = assert!(SECOND[2].width == SPAN && FIRST[6].width == SPAN);

/// The word of the last sixteen rows; `None` until there are sixteen rows.
pub(super) fn word(image: &Image, classifiers: &[Classifier; 16]) -> Option<u32> {
    let level = |classifier: &Classifier| gray(quantised(value(image, classifier), &classifier.thresholds));
    image.is_full().then(|| classifiers.iter().fold(0, |bits, classifier| bits << 2 | level(classifier)))
}

/// The logarithm of the energy ratio between the two parts of the rectangle.
fn value(image: &Image, classifier: &Classifier) -> f64 {
    let Classifier { shape, note, height, width, .. } = *classifier;
    let all = ((0, width), (note, note + height));
    let sum = |rows: (usize, usize), notes: (usize, usize)| image.area(rows.0..rows.1, notes.0..notes.1);
    let (a, b) = match shape {
        Shape::Whole => (sum(all.0, all.1), 0.0),
        Shape::Notes => {
            let middle = note + height / 2;
            (sum(all.0, (middle, note + height)), sum(all.0, (note, middle)))
        }
        Shape::Rows => (sum((width / 2, width), all.1), sum((0, width / 2), all.1)),
        Shape::Quarters => {
            let (early, late) = ((0, width / 2), (width / 2, width));
            let (low, high) = ((note, note + height / 2), (note + height / 2, note + height));
            (sum(early, high) + sum(late, low), sum(early, low) + sum(late, high))
        }
        Shape::MiddleNotes => {
            let (from, to) = (note + height / 3, note + 2 * (height / 3));
            (sum(all.0, (from, to)), sum(all.0, (note, from)) + sum(all.0, (to, note + height)))
        }
        Shape::MiddleRows => {
            let (from, to) = (width / 3, 2 * (width / 3));
            (sum((from, to), all.1), sum((0, from), all.1) + sum((to, width), all.1))
        }
    };
    ((1.0 + a) / (1.0 + b)).ln()
}

/// The level of a value, 0 to 3.
fn quantised(value: f64, thresholds: &[f64; 3]) -> usize {
    thresholds.iter().take_while(|threshold| value >= **threshold).count()
}

/// The Gray code of a level: neighbours differ in one bit.
fn gray(level: usize) -> u32 {
    [0b00, 0b01, 0b11, 0b10].get(level).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_gray_coded() {
        let codes = [-2.0, -0.5, 0.5, 2.0].map(|value| gray(quantised(value, &[-1.0, 0.0, 1.0])));
        assert_eq!(codes, [0, 1, 3, 2]);
    }

    #[test]
    fn thresholds_rise() {
        assert!(FIRST.iter().chain(&SECOND).all(|classifier| classifier.thresholds.is_sorted()));
    }

    #[test]
    fn every_filter_is_inside_the_image() {
        for classifier in FIRST.iter().chain(&SECOND) {
            assert!(classifier.width <= SPAN && classifier.note + classifier.height <= 12);
        }
    }

    #[test]
    fn silence_has_the_word_of_fpcalc() {
        let mut image = Image::default();
        (0..16).for_each(|_| image.push(&[0.0; 12]));
        assert_eq!(word(&image, &SECOND), Some(627_964_279));
    }
}
