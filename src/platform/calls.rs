//! The calls of pipelines.

use super::{
    Platform,
    pipeline::{Call, Pipeline, Reader, Step, StepKind},
    resource::Noun,
};

impl Pipeline {
    /// Its calls with where each one's step begins, in the order of the program; those that read the items of loops too.
    pub fn calls(&self) -> Vec<(u32, &Call)> {
        let mut calls = Vec::new();
        each(&self.body, &mut |step| match &step.kind {
            StepKind::Call(call) => calls.push((step.span.start, &**call)),
            _ => calls.extend(reader(step).map(|reader| (step.span.start, &*reader.call))),
        });
        calls
    }

    /// What its loops read their items from, with where each loop begins.
    pub fn readers(&self) -> Vec<(u32, &Reader)> {
        let mut readers = Vec::new();
        each(&self.body, &mut |step| readers.extend(reader(step).map(|reader| (step.span.start, reader))));
        readers
    }
}

impl Platform {
    /// A pipeline and those that it runs.
    pub fn run_by<'p>(&'p self, pipeline: &'p Pipeline) -> Vec<&'p Pipeline> {
        let (mut all, mut open): (Vec<&Pipeline>, _) = (Vec::new(), vec![pipeline]);
        while let Some(pipeline) = open.pop() {
            if all.iter().any(|known| known.resource == pipeline.resource) {
                continue;
            }
            all.push(pipeline);
            for (_, call) in pipeline.calls() {
                if let Some(Noun::Pipeline(at)) = call.runs.map(|id| self.resource(id).noun) {
                    open.extend(self.pipelines.get(at as usize));
                }
            }
        }
        all
    }

    /// The calls of a pipeline, and those of the pipelines that it runs.
    pub fn calls_within<'p>(&'p self, pipeline: &'p Pipeline) -> Vec<&'p Call> {
        self.run_by(pipeline).into_iter().flat_map(Pipeline::calls).map(|(_, call)| call).collect()
    }
}

/// Every step, each before those inside it.
fn each<'p>(steps: &'p [Step], see: &mut impl FnMut(&'p Step)) {
    for step in steps {
        see(step);
        step.blocks().into_iter().for_each(|block| each(block, see));
    }
}

fn reader(step: &Step) -> Option<&Reader> {
    match &step.kind {
        StepKind::For(each) => each.distributed.as_ref()?.reader.as_ref(),
        _ => None,
    }
}
