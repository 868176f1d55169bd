//! Where inputs meet: the least of their watermarks counts.

use super::super::clock::Mark;
use super::super::save::Saved;
use super::piece::Piece;

/// How far each input is, and all of them.
///
/// An input that is silent is not waited for. One that is heard again is waited for once it is as far as the others, as Flink does it
/// (`StatusWatermarkValve`).
#[derive(Debug)]
pub(super) struct Meeting {
    inputs: Vec<Met>,
    /// The watermark announced last.
    watermark: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
struct Met {
    watermark: Option<i64>,
    idle: bool,
    /// Heard again, and behind the others.
    behind: bool,
}

impl Met {
    fn counts(self) -> bool {
        !self.idle && !self.behind
    }
}

impl Meeting {
    pub fn new(inputs: usize) -> Meeting {
        let met = Met { watermark: None, idle: false, behind: false };
        Meeting { inputs: vec![met; inputs], watermark: None }
    }

    /// What an input's piece says to those behind the meeting: the marks, and whether now nothing is heard of any.
    pub fn meet(&mut self, input: usize, piece: &Piece<'_>) -> (Vec<Mark>, bool) {
        let others = self.others(input);
        let mut marks = Vec::new();
        if let Some(met) = self.inputs.get_mut(input) {
            if met.idle && !piece.is_empty() {
                met.behind = met.watermark < self.watermark;
            }
            met.idle = false;
        }
        for mark in piece.marks {
            let Some(met) = self.inputs.get_mut(input) else { break };
            met.watermark = met.watermark.max(Some(mark.watermark));
            met.behind &= met.watermark < self.watermark;
            let least =
                if met.behind { others } else { others.and_then(|least| Some(least.min(met.watermark?))) };
            self.announce(least, mark.rows, &mut marks);
        }
        if piece.idle {
            if let Some(met) = self.inputs.get_mut(input) {
                met.idle = true;
            }
            // Where nothing is heard of any, time stands still.
            if self.inputs.iter().any(|met| met.counts()) {
                self.announce(self.others(input), piece.batch.len, &mut marks);
            }
        }
        (marks, self.inputs.iter().all(|met| met.idle))
    }

    /// All inputs are waited for.
    pub fn wake(&mut self) {
        for met in &mut self.inputs {
            (met.idle, met.behind) = (false, false);
        }
    }

    /// The least watermark of the inputs that are waited for but one; `None` if one has none yet.
    fn others(&self, but: usize) -> Option<i64> {
        let others = self.inputs.iter().enumerate().filter(|(at, met)| *at != but && met.counts());
        others
            .map(|(_, met)| met.watermark)
            .try_fold(i64::MAX, |least, watermark| Some(least.min(watermark?)))
    }

    fn announce(&mut self, least: Option<i64>, rows: usize, marks: &mut Vec<Mark>) {
        let Some(watermark) = least.filter(|least| Some(*least) > self.watermark) else { return };
        self.watermark = Some(watermark);
        marks.push(Mark { rows, watermark });
    }

    pub fn save(&self, out: &mut Vec<u8>) {
        for met in &self.inputs {
            met.watermark.save(out);
            (met.idle, met.behind).save(out);
        }
        self.watermark.save(out);
    }

    pub fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        for met in &mut self.inputs {
            met.watermark = Saved::load(from)?;
            (met.idle, met.behind) = Saved::load(from)?;
        }
        self.watermark = Saved::load(from)?;
        Some(())
    }
}
