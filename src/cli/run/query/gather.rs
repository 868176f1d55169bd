//! All that a run reads: files, each a partition, and the partitions of live streams.

use crossbeam_channel::Receiver;
use dpl::native::Native;
use dpl::platform::Platform;
use dpl::run::{Checkpoint, InputState, Position};

use super::Bound;
use super::input::{self, Input, Opening};
use super::live::{Bell, Live, Opened, Partition};
use crate::cli::Failure;
use crate::cli::run::Arguments;
use crate::cli::run::files::LIVE;

/// The inputs of a run, and those that it will have.
pub(super) struct Gathered {
    pub(super) inputs: Vec<Input>,
    /// The partitions that come to be, each with the place of its stream.
    pub(super) born: Vec<(usize, Receiver<Partition>)>,
    /// What rings when a live stream has rows.
    pub(super) bell: Option<Receiver<()>>,
}

/// Opens the inputs, in the order of the checkpoint if there is one.
pub(super) fn gather(
    arguments: &Arguments,
    platform: &Platform,
    native: &Native,
    bound: &Bound<'_>,
    found: Option<&Checkpoint>,
) -> Result<Gathered, Failure> {
    let opening = |stream| Opening {
        native,
        stream,
        follow: arguments.follow,
        alone: bound.sources.len() == 1,
        keeps: arguments.checkpoint.is_some(),
    };
    let (bell, heard) = Bell::new();
    let mut live = Vec::new();
    for (stream, _) in bound.sources.iter().filter(|(_, file)| *file == LIVE) {
        live.push((*stream, open(arguments, platform, native, *stream, found, &bell)?));
    }
    let (mut inputs, mut born) = (Vec::new(), Vec::new());
    for (stream, file) in &bound.sources {
        if let Some(at) = live.iter().position(|(of, _)| *file == LIVE && of == stream) {
            let (stream, opened) = live.swap_remove(at);
            let before: Vec<&InputState> =
                found.iter().flat_map(|found| &found.inputs).filter(|state| is_of(state, stream)).collect();
            let partitions = opened.partitions.into_iter().enumerate();
            inputs
                .extend(partitions.map(|(at, partition)| {
                    input::live(partition, &opening(stream), before.get(at).copied())
                }));
            born.push((stream, opened.born));
        } else {
            let state = found.and_then(|found| {
                found.inputs.iter().find(|state| state.input == *stream && state.file == *file)
            });
            inputs.push(input::open(file, &opening(*stream), state)?);
        }
    }
    if let Some(found) = found {
        in_order(&mut inputs, found);
    }
    let bell = Some(heard).filter(|_| !born.is_empty());
    Ok(Gathered { inputs, born, bell })
}

/// Starts to read a live stream.
fn open(
    arguments: &Arguments,
    platform: &Platform,
    native: &Native,
    stream: usize,
    found: Option<&Checkpoint>,
    bell: &Bell,
) -> Result<Opened, Failure> {
    let Some(id) = native.sources.get(stream).map(|source| source.stream) else {
        return Err(Failure("the query has no such stream".to_owned()));
    };
    let endpoint = arguments.endpoint_of(platform.resource(id).name.as_str());
    let states = found.iter().flat_map(|found| &found.inputs).filter(|state| is_of(state, stream));
    let before: Vec<(Position, bool)> =
        states.filter_map(|state| Some((state.position.clone()?, state.ended))).collect();
    Live { platform, id, endpoint }.open(arguments.since, &before, bell)
}

/// Whether that is a partition of a live stream.
fn is_of(state: &InputState, stream: usize) -> bool {
    state.input == stream && state.position.is_some()
}

/// Puts inputs into the order in which a checkpoint has them: partitions of live streams that came to be later stand behind all others.
fn in_order(inputs: &mut [Input], found: &Checkpoint) {
    let place = |input: &Input| {
        let is_it = |state: &InputState| {
            let label = state.position.as_ref().map_or(&state.file, |position| &position.partition);
            state.input == input.stream && *label == input.label
        };
        found.inputs.iter().position(is_it)
    };
    inputs.sort_by_key(|input| place(input).unwrap_or(usize::MAX));
}
