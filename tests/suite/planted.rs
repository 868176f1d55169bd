//! Type errors planted in working pipelines: one at a time, and the first error is found on the line that it stands on.

use std::collections::BTreeMap;

use dpl::{
    Analysis,
    diagnostic::Severity,
    platform::{
        Base, DataType, Pipeline,
        pipeline::{Call, Choice, Expression, ExpressionKind, Pause, Step, StepKind},
        resource::Noun,
    },
    source::Span,
    syntax::ast::BinaryOp,
};

use super::programs::{analyze, example, messages};

/// A change to a program: what kind of mistake it is, the text that is replaced, and by what.
struct Plant {
    kind: &'static str,
    span: Span,
    text: String,
}

/// Finds where mistakes can be planted in a pipeline.
struct Gardener<'p> {
    analysis: &'p Analysis,
    plants: Vec<Plant>,
}

impl Gardener<'_> {
    fn plant(&mut self, kind: &'static str, span: Span, text: impl Into<String>) {
        self.plants.push(Plant { kind, span, text: text.into() });
    }

    fn text(&self, span: Span) -> &str {
        self.analysis.sources.text(span)
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        self.steps(&pipeline.body, pipeline.result.as_ref());
    }

    fn steps(&mut self, steps: &[Step], result: Option<&DataType>) {
        for step in steps {
            self.durations(step);
            match &step.kind {
                StepKind::Let(_, value) => self.expression(value),
                StepKind::Call(call) => self.call(call, step.span),
                StepKind::Choose(choice) => self.choose(choice, step.span),
                StepKind::For(each) => self.expression(&each.over),
                StepKind::Fail(_, Some(cause)) => {
                    self.expression(cause);
                    self.wrong(cause, &cause.ty);
                }
                StepKind::Return(Some(value)) => {
                    self.expression(value);
                    self.wrong(value, result.unwrap());
                }
                StepKind::Wait(Pause::Until(instant)) => self.expression(instant),
                _ => {}
            }
            match &step.kind {
                StepKind::Choose(choice) => {
                    let bodies = choice.arms.iter().map(|arm| &arm.body).chain(&choice.otherwise);
                    bodies.for_each(|body| self.steps(body, result));
                }
                StepKind::Parallel(branches) => {
                    branches.iter().for_each(|branch| self.steps(&branch.body, result));
                }
                StepKind::For(each) => self.steps(&each.body, result),
                StepKind::Try(body, catches) => {
                    self.steps(body, result);
                    catches.iter().for_each(|catch| self.steps(&catch.body, result));
                }
                _ => {}
            }
        }
    }

    /// A field that there is not, wherever one is read; and a value that may be `none`, where `??` says what stands for it.
    fn expression(&mut self, expression: &Expression) {
        match &expression.kind {
            ExpressionKind::Field(of, name)
                if matches!(of.ty.base, Base::Record(_))
                    && self.text(expression.span).ends_with(name.as_str()) =>
            {
                let end = expression.span.end;
                let length = u32::try_from(name.len()).unwrap();
                self.plant("wrong field", Span::new(end - length, end), format!("{name}_zzqx"));
            }
            ExpressionKind::Binary(BinaryOp::Equal | BinaryOp::Less, a, b) if a.span != b.span => {
                let other = if matches!(a.ty.base, Base::String) { "[1]" } else { "\"text\"" };
                if !matches!(a.ty.base, Base::Json)
                    && b.kind != ExpressionKind::None
                    && !matches!(b.ty.base, Base::Json)
                {
                    self.plant("wrong type compared", b.span, other);
                }
            }
            _ => {}
        }
        parts(expression).into_iter().for_each(|part| self.expression(part));
    }

    /// A value of another type where that type is wanted.
    fn wrong(&mut self, value: &Expression, wanted: &DataType) {
        if self.text(value.span).is_empty() || matches!(wanted.base, Base::Json) {
            return;
        }
        let wrong = match wanted.base {
            Base::String | Base::Location => "[1]",
            Base::List(_) | Base::Map(..) | Base::Record(_) => "1",
            _ => "\"text\"",
        };
        self.plant("wrong type", value.span, wrong);
        match wanted.base {
            _ if wanted.nullable => {}
            Base::String => self.plant("may be none", value.span, "[\"a\"][0]"),
            Base::Int | Base::BigInt | Base::Double => self.plant("may be none", value.span, "[1][0]"),
            _ => {}
        }
        if let ExpressionKind::Binary(BinaryOp::Coalesce, left, _) = &value.kind
            && left.ty.nullable
            && !wanted.nullable
        {
            let left = self.text(left.span).to_owned();
            self.plant("may be none", value.span, left);
        }
        // Text has a type of its own where any is wanted: one of this alone.
        if wanted.refinement.one_of.len() > 1 && value.as_text().is_some() {
            self.plant("wrong enum value", value.span, "\"zzqx\"");
            self.plant("any text", value.span, "\"zzqx {1}\"");
        }
    }

    fn call(&mut self, call: &Call, span: Span) {
        call.given.iter().for_each(|value| self.expression(value));
        let platform = &self.analysis.platform;
        let params = call.callee.map(|id| match platform.resource(id).noun {
            Noun::Function(at) => platform.functions[at as usize].params.clone(),
            Noun::Pipeline(at) => platform.pipelines[at as usize].params.clone(),
            _ => Vec::new(),
        });
        match &params {
            Some(params) if params.len() == call.given.len() => {
                call.given.iter().zip(params).for_each(|(value, param)| self.wrong(value, &param.ty));
            }
            Some(_) => {}
            // What a name stands for that is bound elsewhere is wrong where it is read, and not where it is written.
            None => call
                .given
                .iter()
                .filter(|value| span.start <= value.span.start && value.span.end <= span.end)
                .for_each(|value| self.wrong(value, &value.ty)),
        }
        let needs = params.as_ref().is_none_or(|params| params.iter().any(|param| !param.ty.nullable));
        let text = self.text(span);
        if needs && let Some(open) = text.find('(') {
            let close = open + closing(&text[open..]);
            let inner = Span::new(span.start + offset(open) + 1, span.start + offset(close));
            if !self.text(inner).contains('\n') {
                self.plant("missing argument", inner, "");
            }
        }
    }

    fn choose(&mut self, choice: &Choice, span: Span) {
        for arm in &choice.arms {
            if !choice.by_value {
                self.expression(&arm.condition);
                self.plant("wrong condition", arm.condition.span, "\"text\"");
                continue;
            }
            let ExpressionKind::Binary(_, _, pattern) = &arm.condition.kind else { continue };
            if pattern.as_text().is_some() {
                let wanted = if choice.otherwise.is_none() { "\"zzqx\"" } else { "5" };
                self.plant("wrong enum value", pattern.span, wanted);
            }
            if choice.otherwise.is_none() {
                let behind = Span::new(pattern.span.start, span.end);
                let body = self.text(behind).find('{').unwrap();
                let end = pattern.span.start + offset(body + closing(&self.text(behind)[body..])) + 1;
                let whole = Span::new(pattern.span.start, end);
                if !self.text(whole).contains('\n') {
                    self.plant("missing arm", whole, "");
                }
            }
        }
    }

    /// A unit that there is not, behind a number.
    fn durations(&mut self, step: &Step) {
        if !matches!(step.kind, StepKind::Wait(Pause::Seconds(_)) | StepKind::Call(_)) {
            return;
        }
        let text = self.text(step.span).to_owned();
        let quoted = |at: usize| text[..at].matches('"').count() % 2 == 1;
        for (at, _) in text.match_indices(['s', 'm', 'h', 'd']) {
            let digit = text[..at].chars().next_back().is_some_and(|letter| letter.is_ascii_digit());
            let number =
                text[..at].rsplit(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default();
            let before = text[..at - number.len()].chars().next_back();
            let ends =
                !text[at + 1..].starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
            if digit && ends && !quoted(at) && before.is_none_or(|letter| letter == ' ' || letter == '(') {
                let start = step.span.start + offset(at);
                self.plant("wrong unit", Span::new(start, start + 1), "q");
            }
        }
    }
}

fn parts(expression: &Expression) -> Vec<&Expression> {
    match &expression.kind {
        ExpressionKind::Field(of, _) | ExpressionKind::Not(of) | ExpressionKind::Negate(of) => vec![of],
        ExpressionKind::Index(a, b) | ExpressionKind::Binary(_, a, b) => vec![a, b],
        ExpressionKind::List(items) | ExpressionKind::Join(items) | ExpressionKind::Location(_, items) => {
            items.iter().collect()
        }
        ExpressionKind::Record(fields) => fields.iter().map(|(_, value)| value).collect(),
        _ => Vec::new(),
    }
}

/// Where the bracket that a text begins with is closed; brackets in text count, as they are in pairs there.
fn closing(text: &str) -> usize {
    let mut depth = 0;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' | '{' => depth += 1,
            ')' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap()
}

/// Working programs with pipelines: modules and their texts.
fn programs() -> Vec<(String, Vec<(String, String)>)> {
    let mut programs = vec![("acme".to_owned(), example("acme"))];
    for folder in ["tests/cases/targets/pipelines", "tests/cases/silent"] {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut paths: Vec<_> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths.into_iter().filter(|path| path.extension().is_some_and(|end| end == "dpl")) {
            let text = std::fs::read_to_string(&path).unwrap();
            programs.push((path.display().to_string(), vec![("program".to_owned(), text)]));
        }
    }
    programs
}

/// Every `STEP`th plant is tried, from a place that the seed says: `DPL_SEEDS=1,2,3` tries others.
const STEP: usize = 3;

fn seeds() -> Vec<usize> {
    let given = std::env::var("DPL_SEEDS").unwrap_or_else(|_| "0".to_owned());
    given.split(',').filter_map(|seed| seed.trim().parse().ok()).collect()
}

#[test]
fn planted_type_errors_are_found_on_their_lines() {
    let mut tried: BTreeMap<&str, usize> = BTreeMap::new();
    let mut missed = Vec::new();
    for (name, modules) in programs() {
        let analysis = analyze(&modules);
        assert!(!analysis.has_errors(), "{name}: {}", messages(&analysis));
        let mut gardener = Gardener { analysis: &analysis, plants: Vec::new() };
        analysis.platform.pipelines.iter().for_each(|pipeline| gardener.pipeline(pipeline));
        let mut kinds: BTreeMap<&str, Vec<&Plant>> = BTreeMap::new();
        gardener.plants.iter().for_each(|plant| kinds.entry(plant.kind).or_default().push(plant));
        for seed in seeds() {
            for plant in kinds.values().flat_map(|plants| plants.iter().skip(seed % STEP).step_by(STEP)) {
                *tried.entry(plant.kind).or_default() += 1;
                missed.extend(missed_plant(&name, &analysis, &modules, plant));
            }
        }
    }
    assert!(missed.is_empty(), "{} of {tried:?}\n{}", missed.len(), missed.join("\n"));
    assert!(tried.len() >= 8 && tried.values().sum::<usize>() >= 120, "{tried:?}");
}

/// What is said instead, where the first error is not on the line of the plant.
fn missed_plant(
    name: &str,
    analysis: &Analysis,
    modules: &[(String, String)],
    plant: &Plant,
) -> Option<String> {
    let (_, file) = analysis.sources.file_of(plant.span)?;
    let range = dpl::source::local(file, plant.span);
    let mut changed = modules.to_vec();
    let (_, text) = changed.iter_mut().find(|(module, _)| *module == file.module)?;
    text.replace_range(range.clone(), &plant.text);
    let mut line = file.line_at(range.start) + 1;
    // What is missing is found where the `match` begins.
    if plant.kind == "missing arm" {
        line = file.text[..range.start]
            .lines()
            .collect::<Vec<_>>()
            .iter()
            .rposition(|line| line.contains("match "))?
            + 1;
    }
    let after = analyze(&changed);
    let first = after.diagnostics.iter().find(|one| one.severity == Severity::Error);
    let found = first.and_then(|one| after.sources.position(one.span.start));
    let at = found.map(|(file, position)| (file.module.clone(), position.line as usize));
    (at != Some((file.module.clone(), line))).then(|| {
        let was = &file.text[range];
        let said = first.map_or("nothing is said".to_owned(), |one| format!("{} {}", one.code, one.message));
        format!("{name}:{line}: {} (`{was}` -> `{}`) is found at {at:?}: {said}", plant.kind, plant.text)
    })
}
