//! Rows that are taken in the order of time: they wait until the watermark has reached them.

use super::column::Batch;
use super::operator::Error;

/// What takes rows one by one, and lets out what time has come for.
pub(super) trait InOrder {
    /// What is computed of the rows of a batch at once.
    type Prepared;

    fn prepared(&mut self, batch: &Batch) -> Result<Self::Prepared, Error>;

    /// Takes a row of the batch that was prepared.
    fn add(&mut self, prepared: &Self::Prepared, batch: &Batch, row: usize);

    /// What comes of rows now that the watermark is so far; `None` once there is no more.
    fn fired(&mut self, watermark: i64) -> Result<Option<Batch>, Error>;

    /// Begins to tell late rows anew, where it tells them.
    fn forget_late(&mut self) {}
}
