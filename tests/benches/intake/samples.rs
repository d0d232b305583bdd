//! Measured values with their spread.

/// Values in ascending order, all in one unit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    /// The values, in any order.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    /// The smallest value that at least `percent` per cent of all values do not exceed (nearest rank); not a number when
    /// there are no values.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).saturating_sub(1);
        self.0.get(rank).copied().unwrap_or(f64::NAN)
    }

    /// The middle value. For an even number of values, it is the mean of the two values in the middle.
    pub(crate) fn median(&self) -> f64 {
        let at = |rank: usize| self.0.get(rank).copied().unwrap_or(f64::NAN);
        f64::midpoint(at(self.0.len().saturating_sub(1) / 2), at(self.0.len() / 2))
    }

    /// The smallest value.
    pub(crate) fn min(&self) -> f64 {
        self.percentile(0)
    }

    /// The largest value.
    pub(crate) fn max(&self) -> f64 {
        self.percentile(100)
    }

    /// All values, in ascending order.
    pub(crate) fn values(&self) -> &[f64] {
        &self.0
    }
}
