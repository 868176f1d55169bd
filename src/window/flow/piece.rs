//! What links hand on: rows, and how far time is behind which of them.

use super::super::clock::Mark;
use super::super::column::Batch;
use super::super::operator::Error;

/// Rows on their way, all of which count, with the watermarks that come between and behind them, ascending in both.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    pub batch: &'a Batch,
    pub marks: &'a [Mark],
    /// Behind these rows nothing is heard for a while: others need not wait.
    pub idle: bool,
}

/// Takes what is handed on.
pub(super) type Down<'a> = &'a mut dyn FnMut(Piece<'_>) -> Result<(), Error>;

static NOTHING: Batch = Batch { len: 0, columns: Vec::new(), selection: None };

impl<'a> Piece<'a> {
    /// Rows alone.
    pub fn of(batch: &'a Batch) -> Piece<'a> {
        Piece { batch, marks: &[], idle: false }
    }

    /// Time alone.
    pub fn time(marks: &'a [Mark], idle: bool) -> Piece<'a> {
        Piece { batch: &NOTHING, marks, idle }
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.batch.len == 0 && self.marks.is_empty() && !self.idle
    }

    /// The last watermark, behind no rows.
    pub fn last(&self) -> Option<Mark> {
        self.marks.last().map(|mark| Mark { rows: 0, ..*mark })
    }

    /// The marks, where of its rows these are left, ascending; one may be there several times.
    pub fn marks_among(&self, rows: &[u32]) -> Vec<Mark> {
        let among = |mark: &Mark| Mark {
            rows: rows.partition_point(|row| (*row as usize) < mark.rows),
            watermark: mark.watermark,
        };
        self.marks.iter().map(among).collect()
    }
}

/// Tells how far time is, where it is known.
pub(super) fn tell_time(watermark: Option<i64>, idle: bool, down: Down<'_>) -> Result<(), Error> {
    let mark = watermark.map(|watermark| Mark { rows: 0, watermark });
    let piece = Piece::time(mark.as_slice(), idle);
    if piece.is_empty() { Ok(()) } else { down(piece) }
}
