//! The run itself: rows from the inputs to the engine, and between them all that is to be done from time to time.

use std::io::ErrorKind;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam_channel::Receiver;
use dpl::native::Native;
use dpl::run::{Checkpoint, Engine, Gauges, OutputState, Progress, RowBatch, RunError, Summary, metrics};

use super::Streams;
use super::input::{self, Input, Opening};
use super::keep::Keep;
use super::live::Partition;
use super::output::Sinks;
use super::report::Reporter;
use super::stop::Stop;
use crate::cli::Failure;
use crate::cli::run::progress::Meter;

/// The pauses between two looks at inputs that had nothing: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(20));

/// As long do results wait for others where rows come without end.
const LINGER: Duration = Duration::from_millis(2);

/// A run with all that it needs.
pub(super) struct Drive<'a> {
    pub(super) engine: Engine<'a>,
    /// The job.
    pub(super) native: &'a Native,
    pub(super) inputs: Vec<Input>,
    /// The partitions of live streams that come to be, each with the place of its stream.
    pub(super) born: Vec<(usize, Receiver<Partition>)>,
    /// What rings when a live stream has rows.
    pub(super) bell: Option<Receiver<()>>,
    pub(super) sinks: Sinks,
    /// Whether no end is in sight.
    pub(super) endless: bool,
    /// Since when results may wait to be handed on.
    pub(super) unwritten: Option<Instant>,
    pub(super) keep: Option<Keep>,
    pub(super) reporter: Option<Reporter>,
    pub(super) meter: Meter,
    pub(super) stop: Stop,
    /// How long a silent partition holds the watermark back.
    pub(super) idle: Option<Duration>,
    /// The most bytes of state allowed.
    pub(super) most_state: Option<usize>,
    /// The query, and the streams around it.
    pub(super) names: (&'a str, &'a Streams<'a>),
    /// Whether anything has changed since the last checkpoint.
    pub(super) changed: bool,
    /// The job's fingerprint.
    pub(super) job: [u8; 32],
    /// The files of the outputs.
    pub(super) files: Vec<Option<String>>,
}

/// How a run ended.
pub(super) enum End {
    /// With its input.
    Whole(Meter, Summary),
    /// By a signal, with so many windows open.
    Stopped(Meter, Summary, u8, usize),
    /// Nobody reads the results any more.
    Unread,
    /// By a row or a result that must not be.
    Faulty(String),
}

/// What a step found.
enum Step {
    Rows,
    Nothing,
    End,
}

/// Why a run can't go on.
enum Halt {
    Run(RunError, String),
    Failure(Failure),
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl Drive<'_> {
    /// Runs to the end of the inputs, or until a signal comes.
    pub(super) fn run(mut self) -> Result<End, Failure> {
        let ran = self.steps().and_then(|signal| self.close(signal).map(|()| signal));
        self.meter.clear();
        match ran {
            Ok(None) => Ok(End::Whole(self.meter, self.engine.summary())),
            Ok(Some(signal)) => {
                let open = self.engine.held().windows;
                Ok(End::Stopped(self.meter, self.engine.summary(), signal, open))
            }
            Err(Halt::Failure(failure)) => Err(failure),
            // Whoever read the results has read enough; what else was written is whole.
            Err(Halt::Run(RunError::Write(error), _)) if error.kind() == ErrorKind::BrokenPipe => {
                for sink in self.sinks.each() {
                    match sink.finish() {
                        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                            return Err(Failure(format!("an output can't be written: {error}")));
                        }
                        _ => {}
                    }
                }
                Ok(End::Unread)
            }
            Err(Halt::Run(error @ (RunError::Read(_) | RunError::Write(_)), file)) => {
                Err(Failure(format!("`{file}`: {error}")))
            }
            Err(Halt::Run(error, file)) => Ok(End::Faulty(format!("`{file}`: {error}"))),
        }
    }

    /// Feeds the engine; the signal that ended it, or none at the end of the inputs.
    fn steps(&mut self) -> Result<Option<u8>, Halt> {
        let mut rows = RowBatch::default();
        let mut quiet = 0_u32;
        self.report()?;
        loop {
            if let Some(signal) = self.stop.asked() {
                return Ok(Some(signal));
            }
            match self.step(&mut rows)? {
                Step::Rows => {
                    quiet = 0;
                    self.unwritten = self.unwritten.or_else(|| self.endless.then(Instant::now));
                }
                Step::End => return Ok(None),
                Step::Nothing => {
                    self.rest(quiet)?;
                    quiet = quiet.saturating_add(1);
                }
            }
            self.tick()?;
        }
    }

    /// Reads from the input whose event time is the least: so no other gets far ahead, and which rows come in which order
    /// does not depend on how fast each is.
    fn step(&mut self, rows: &mut RowBatch) -> Result<Step, Halt> {
        self.welcome();
        let mut open: Vec<usize> = (0..self.inputs.len())
            .filter(|i| self.inputs.get(*i).is_some_and(|input| !input.ended))
            .collect();
        if open.is_empty() {
            return Ok(Step::End);
        }
        open.sort_by_key(|index| (self.engine.latest(*index as u32), *index));
        for index in open {
            let Some(read) = self.inputs.get_mut(index).map(|input| input.source.read(rows)) else {
                continue;
            };
            if matches!(read, Ok(false)) {
                // What follows it came before its end, and holds the watermark back in its place.
                self.welcome();
            }
            let Some(input) = self.inputs.get_mut(index) else { continue };
            let halt = |error| Halt::Run(error, input.label.clone());
            match read {
                Ok(true) => {
                    let pushed = self.engine.push(index as u32, rows, &mut self.sinks.outputs());
                    pushed.map_err(halt)?;
                    (input.heard, input.idle) = (Instant::now(), false);
                    self.changed = true;
                    return Ok(Step::Rows);
                }
                Ok(false) => {
                    (input.ended, self.changed) = (true, true);
                    self.engine.end(index as u32, &mut self.sinks.outputs()).map_err(halt)?;
                    return Ok(Step::Rows);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(halt(RunError::Read(error))),
            }
        }
        Ok(Step::Nothing)
    }

    /// Takes the partitions that live streams have got.
    fn welcome(&mut self) {
        for (stream, born) in &self.born {
            for partition in born.try_iter() {
                let keeps = self.keep.is_some();
                let opening =
                    Opening { native: self.native, stream: *stream, follow: false, alone: false, keeps };
                self.inputs.push(input::live(partition, &opening, None));
                self.engine.add(*stream);
                self.changed = true;
            }
        }
    }

    /// There is nothing to read: what is ready is handed on, and a pause is made.
    fn rest(&mut self, quiet: u32) -> Result<(), Halt> {
        if quiet == 0 {
            self.hand_on()?;
        }
        if self.inputs.iter().any(|input| input.waits) {
            return Ok(());
        }
        let pause = (PAUSES.0 * quiet.clamp(1, 32)).min(PAUSES.1);
        match &self.bell {
            // Whether it rang or not, inputs are looked at again.
            Some(bell) => drop(bell.recv_timeout(pause)),
            None => std::thread::sleep(pause),
        }
        Ok(())
    }

    /// Hands results on.
    fn hand_on(&mut self) -> Result<(), Halt> {
        for (sink, file) in self.sinks.each().zip(&self.files) {
            sink.flush().map_err(|error| written(error, file))?;
        }
        self.unwritten = None;
        Ok(())
    }

    /// What is to be done from time to time.
    fn tick(&mut self) -> Result<(), Halt> {
        let now = Instant::now();
        if self.unwritten.is_some_and(|since| now.duration_since(since) >= LINGER) {
            self.hand_on()?;
        }
        let (rows, bytes) = self.engine.read();
        self.meter.show(Progress { rows, bytes });
        if let Some(idle) = self.idle {
            self.tell_idle(now, idle)?;
        }
        if let Some(most) = self.most_state
            && self.engine.most_memory() > most
        {
            return Err(Halt::Failure(Failure(format!(
                "the state takes {} bytes, more than `--max-state` allows: {} keys in {} windows are open",
                self.engine.most_memory(),
                self.engine.held().keys,
                self.engine.held().windows
            ))));
        }
        if self.changed && self.keep.as_ref().is_some_and(|keep| keep.is_due(now)) {
            self.checkpoint(false)?;
        }
        if self.reporter.as_ref().is_some_and(|reporter| reporter.is_due(now)) {
            self.report()?;
        }
        Ok(())
    }

    fn tell_idle(&mut self, now: Instant, after: Duration) -> Result<(), Halt> {
        for (index, input) in self.inputs.iter_mut().enumerate() {
            if !input.ended && !input.idle && now.duration_since(input.heard) >= after {
                (input.idle, self.changed) = (true, true);
                self.engine
                    .set_idle(index as u32, &mut self.sinks.outputs())
                    .map_err(|error| Halt::Run(error, input.label.clone()))?;
            }
        }
        Ok(())
    }

    /// Ends the outputs, after all that was open where the inputs have ended.
    fn close(&mut self, signal: Option<u8>) -> Result<(), Halt> {
        if signal.is_none() {
            let file = self.inputs.first().map(|input| input.label.clone()).unwrap_or_default();
            self.engine.finish(&mut self.sinks.outputs()).map_err(|error| Halt::Run(error, file))?;
        }
        if self.keep.is_some() {
            self.checkpoint(signal.is_none())?;
        }
        for (sink, file) in self.sinks.each().zip(&self.files) {
            sink.finish().map_err(|error| written(error, file))?;
        }
        self.report()
    }

    /// Keeps this moment: first the outputs are made to last, then what they were made from.
    fn checkpoint(&mut self, finished: bool) -> Result<(), Halt> {
        let mut outputs = Vec::new();
        for (sink, file) in self.sinks.each().zip(&self.files) {
            let length = sink.seal().map_err(|error| written(error, file))?;
            outputs.push(OutputState { file: file.clone().unwrap_or_default(), length });
        }
        let mut inputs = Vec::new();
        for input in &self.inputs {
            inputs.push(input.state().map_err(|e| Halt::Run(RunError::Read(e), input.label.clone()))?);
        }
        let checkpoint = Checkpoint { job: self.job, inputs, outputs, state: self.engine.save(), finished };
        if let Some(keep) = &mut self.keep {
            keep.write(&checkpoint)?;
        }
        self.changed = false;
        Ok(())
    }

    fn report(&mut self) -> Result<(), Halt> {
        let Some(reporter) = &mut self.reporter else { return Ok(()) };
        let (query, streams) = self.names;
        let mut gauges = Gauges {
            query,
            sources: streams.sources.clone(),
            sink: streams.sink,
            partitions: self.inputs.iter().map(|input| (input.stream, input.label.as_str())).collect(),
            now: millis(SystemTime::now()),
            started: millis(self.meter.began()),
            ..Gauges::default()
        };
        if let Some(keep) = &self.keep {
            gauges.checkpoints = keep.written;
            gauges.last_checkpoint = keep.at.map(millis);
            gauges.checkpoint_millis = u64::try_from(keep.took.as_millis()).unwrap_or(u64::MAX);
            gauges.checkpoint_bytes = keep.bytes;
        }
        let text = metrics(&self.engine, &gauges);
        Ok(reporter.publish(text)?)
    }
}

fn written(error: std::io::Error, file: &Option<String>) -> Halt {
    Halt::Run(RunError::Write(error), file.clone().unwrap_or_default())
}

fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
