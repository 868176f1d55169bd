//! Loops to `Map` states. The iterations of an inline loop read the variables around it. Those of a distributed one are executions of their own,
//! whose input is all that they can read: what they need of the rest is handed to them beside the item.

use rustc_hash::FxHashSet;
use serde_json::{Map, Value as Json};

use super::{
    document::{self, Flow, Next, State, States},
    jsonata::{self, Scope},
    lower::{Level, Lowerer, Paging, retries},
    poll::CallNames,
};
use crate::platform::{
    Pipeline,
    pipeline::{
        Batch, Call, Distributed, Expression, ExpressionKind, LocalId, Loop, Reader, Step, StepKind,
        Tolerated,
    },
};

/// What an execution of a distributed loop is given.
const EXECUTION_INPUT: &str = "$states.context.Execution.Input";
/// One item, where what an execution is given is made.
const ITEM: &str = "$states.context.Map.Item.Value";
/// One item of a batch, while the batch is gone through.
const OF_BATCH: &str = "$value";

impl Lowerer<'_> {
    pub(super) fn each(
        &mut self,
        each: &Loop,
        comment: Option<String>,
        step: &Step,
        next: Next,
        level: &mut Level,
    ) {
        let pages = each.further.as_ref().zip(self.paging(&each.over));
        let base = pages.as_ref().map(|(_, paging)| paging.state.clone()).unwrap_or_default();
        let behind = match &pages {
            Some(_) => Next::Next(self.names.give(&format!("IfMore{base}"))),
            None => next.clone(),
        };
        let state = match &each.distributed {
            None => self.inline(each, comment, step, behind.clone()),
            Some(distributed) => self.distributed(each, distributed, comment, step, behind.clone()),
        };
        self.push(step, State::Map(Box::new(state)), level);
        if let (Some((further, paging)), Next::Next(asks)) = (pages, behind) {
            self.further_page(further, &paging, &asks, step, &next, level);
        }
    }

    /// Asks for a further page where there is one, and goes through the loop again.
    fn further_page(
        &mut self,
        further: &Call,
        paging: &Paging,
        asks: &str,
        step: &Step,
        next: &Next,
        level: &mut Level,
    ) {
        let again = Next::Next(self.entry_of(step));
        let state = self.names.give(&format!("More{}", paging.state));
        let rule = document::Rule {
            condition: format!("{{% $boolean(${}) %}}", paging.variable),
            assign: Map::new(),
            next: state.clone(),
        };
        let default = Some(self.target(next, level));
        let choice = document::Choice { comment: None, choices: vec![rule], default };
        level.states.push((asks.to_owned(), State::Choice(choice)));
        let (mut assign, output) = self.returned(further, &CallNames::default(), level, &again);
        assign.extend(further.more.as_ref().map(|more| (paging.variable.clone(), self.next_page(more))));
        let kept = format!("${}", paging.variable);
        let task = document::Task {
            comment: None,
            resource: self.resource(&further.start.resource),
            credentials: self.credentials(further),
            arguments: Scope { kept: &kept, ..self.scope() }.json(&further.start.arguments),
            timeout_seconds: further.timeout,
            heartbeat_seconds: further.heartbeat,
            retry: retries(&further.retry),
            catch: self.catches(),
            assign,
            output,
            next: again,
        };
        self.asks_again(state.clone(), paging.step);
        level.states.push((state, State::Task(task)));
    }

    fn inline(&mut self, each: &Loop, comment: Option<String>, step: &Step, next: Next) -> document::Loop {
        let items = self.scope().json(&each.over);
        let catch = self.catches();
        let flow = self.loop_body(each, step);
        let processor_config = document::ProcessorConfig { mode: "INLINE", execution_type: None };
        document::Loop {
            items: Some(items),
            max_concurrency: each.limit,
            catch,
            ..document::Loop::new(comment, document::ItemProcessor { processor_config, flow }, next)
        }
    }

    /// The element is the input of the loop's first state. Where that is the only one, it is read there; else it is bound first.
    fn loop_body(&mut self, each: &Loop, step: &Step) -> Flow {
        let mut stateful = each.body.iter().filter(|step| self.has_state(step));
        let only = match (stateful.next().map(|step| &step.kind), stateful.next()) {
            (Some(StepKind::Call(call)), None) => call.poll.is_none() && call.fetch.is_none(),
            _ => false,
        };
        if only || !self.is_read(each.item) {
            self.read_as(each.item, jsonata::INPUT.to_owned());
            return self.inner_level(&each.body, None);
        }
        self.bound_first(each, step, &format!("{{% {} %}}", jsonata::INPUT))
    }

    /// The body behind a state that binds the item to what an expression says.
    fn bound_first(&mut self, each: &Loop, step: &Step, value: &str) -> Flow {
        let binder = self.names.give(&self.entry_of(step).replacen("ForEach", "Take", 1));
        self.scopes += 1;
        let scope = std::mem::replace(&mut self.scope, self.scopes);
        let variable = self.variable(each.item);
        let handlers = std::mem::take(&mut self.handlers);
        let flow = self.level(&each.body, None);
        self.handlers = handlers;
        self.scope = scope;
        let assign = Map::from_iter([(variable, Json::from(value))]);
        let take = document::Pass { comment: None, assign, output: None, next: Next::Next(flow.start_at) };
        let mut states = vec![(binder.clone(), State::Pass(take))];
        states.extend(flow.states.0);
        Flow { start_at: binder, states: States(states) }
    }

    fn distributed(
        &mut self,
        each: &Loop,
        distributed: &Distributed,
        comment: Option<String>,
        step: &Step,
        next: Next,
    ) -> document::Loop {
        let catch = self.catches();
        let items = distributed.reader.is_none().then(|| self.scope().json(&each.over));
        let item_reader = distributed.reader.as_ref().map(|reader| self.reader(reader, step));
        let result_writer = distributed.writer.as_ref().map(|writer| document::ResultWriter {
            resource: self.resource(&writer.resource),
            arguments: self.scope().json(&writer.arguments),
        });
        let handed = self.handed(each, distributed);
        let (flow, selector, batch_input) = self.own_execution(each, distributed, step, handed);
        let item_batcher = distributed.batch.map(|batch| document::ItemBatcher {
            max_items_per_batch: match batch {
                Batch::Items(items) => Some(items),
                Batch::Bytes(_) => None,
            },
            max_input_bytes_per_batch: match batch {
                Batch::Bytes(bytes) => Some(bytes),
                Batch::Items(_) => None,
            },
            batch_input,
        });
        let processor_config =
            document::ProcessorConfig { mode: "DISTRIBUTED", execution_type: Some("STANDARD") };
        document::Loop {
            items,
            item_reader,
            item_selector: selector,
            item_batcher,
            max_concurrency: each.limit,
            tolerated_failure_count: match distributed.tolerated {
                Some(Tolerated::Items(items)) => Some(items),
                _ => None,
            },
            tolerated_failure_percentage: match distributed.tolerated {
                Some(Tolerated::Percent(percent)) => Some(percent),
                _ => None,
            },
            result_writer,
            catch,
            ..document::Loop::new(comment, document::ItemProcessor { processor_config, flow }, next)
        }
    }

    fn reader(&mut self, reader: &Reader, step: &Step) -> document::ItemReader {
        let state = self.entry_of(step);
        self.task_of(state, step);
        let config = self.scope().json(&reader.config);
        document::ItemReader {
            resource: self.resource(&reader.call.start.resource),
            reader_config: Some(config)
                .filter(|config| config.as_object().is_some_and(|all| !all.is_empty())),
            arguments: self.scope().json(&reader.call.start.arguments),
        }
    }

    /// What the body reads that is bound around it, by the names that it is handed under, and how each is read there.
    fn handed(&self, each: &Loop, distributed: &Distributed) -> Vec<(LocalId, String, Json, String)> {
        let path = match distributed.batch {
            Some(_) => format!("{EXECUTION_INPUT}.BatchInput"),
            None => EXECUTION_INPUT.to_owned(),
        };
        let mut reads = Reads {
            pipeline: self.pipeline,
            read: Vec::new(),
            seen: FxHashSet::default(),
            bound: FxHashSet::default(),
        };
        reads.steps(&each.body);
        let ids = reads.read.into_iter().filter(|id| !reads.bound.contains(id) && *id != each.item);
        let handed = ids.filter_map(|id| {
            let local = self.pipeline.locals.get(id.0 as usize)?;
            let value =
                Expression { kind: ExpressionKind::Local(id), ty: local.ty.clone(), span: local.span };
            let mut inside = format!("{path}.");
            jsonata::member(&local.name, &mut inside);
            Some((id, local.name.to_string(), self.scope().json(&value), inside))
        });
        handed.collect()
    }

    /// The states of one execution, what it is given of an item, and what it is given beside a batch.
    fn own_execution(
        &mut self,
        each: &Loop,
        distributed: &Distributed,
        step: &Step,
        handed: Vec<(LocalId, String, Json, String)>,
    ) -> (Flow, Option<Json>, Option<Json>) {
        let element = distributed.reader.as_ref().and_then(|reader| reader.element.as_ref());
        // What may fail, as reading a number does, fails in the execution, where it may be tolerated.
        let (outside, inside) = match element {
            Some(element) if can_fail(element) => (None, Some(element)),
            element => (element, None),
        };
        let read = self.is_read(each.item);
        let whole = Scope { result: ITEM, ..self.scope() };
        let item = outside.filter(|_| read).map(|element| whole.json(element));
        let name = self.pipeline.locals.get(each.item.0 as usize).map(|local| local.name.to_string());
        let name = name.unwrap_or_default();
        let members = handed.iter().map(|(_, name, value, _)| (name.clone(), value.clone()));
        let members: Map<String, Json> = members.collect();
        let (selector, batch_input, place) = if distributed.batch.is_some() {
            let beside = (!members.is_empty()).then_some(Json::Object(members));
            (item, beside, format!("{EXECUTION_INPUT}.Items"))
        } else if members.is_empty() {
            (item, None, EXECUTION_INPUT.to_owned())
        } else {
            let mut all = Map::new();
            if read {
                let item = item.unwrap_or_else(|| Json::from(format!("{{% {ITEM} %}}")));
                all.insert(name.clone(), item);
            }
            all.extend(members);
            let mut place = format!("{EXECUTION_INPUT}.");
            jsonata::member(&name, &mut place);
            (Some(Json::Object(all)), None, place)
        };
        let outer: Vec<(LocalId, String)> =
            handed.into_iter().map(|(id, _, _, inside)| (id, self.read_instead(id, inside))).collect();
        let flow = match inside.filter(|_| read) {
            Some(element) => {
                let value = self.made_inside(element, distributed.batch.is_some(), &place);
                self.bound_first(each, step, &value)
            }
            None => {
                self.read_as(each.item, place);
                self.inner_level(&each.body, None)
            }
        };
        for (id, text) in outer {
            self.read_as(id, text);
        }
        (flow, selector, batch_input)
    }

    /// The item made of what was read, in the execution.
    fn made_inside(&self, element: &Expression, batch: bool, place: &str) -> String {
        if batch {
            let one = Scope { result: OF_BATCH, ..self.scope() }.text(element);
            format!("{{% [$map({place}, function({OF_BATCH}) {{{one}}})] %}}")
        } else {
            let one = Scope { result: place, ..self.scope() }.text(element);
            format!("{{% {one} %}}")
        }
    }
}

/// Whether an expression may have no value: one that calls a function.
fn can_fail(expression: &Expression) -> bool {
    matches!(expression.kind, ExpressionKind::Function(..)) || expression.parts().into_iter().any(can_fail)
}

/// What steps read, in the order in which it is first read, and what they bind.
struct Reads<'p> {
    pipeline: &'p Pipeline,
    read: Vec<LocalId>,
    seen: FxHashSet<LocalId>,
    bound: FxHashSet<LocalId>,
}

impl Reads<'_> {
    fn expression(&mut self, expression: &Expression) {
        if let ExpressionKind::Local(id) = expression.kind
            && self.seen.insert(id)
        {
            self.read.push(id);
        }
        if let ExpressionKind::Each(each) = &expression.kind {
            self.bound.insert(each.item);
        }
        expression.parts().into_iter().for_each(|part| self.expression(part));
    }

    /// A name that several branches bind is one behind them.
    fn bind(&mut self, id: LocalId) {
        let mut of = Some(id);
        while let Some(id) = of {
            self.bound.insert(id);
            of = self.pipeline.locals.get(id.0 as usize).and_then(|local| local.joins);
        }
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            step.reads().into_iter().for_each(|expression| self.expression(expression));
            step.binds().into_iter().for_each(|id| self.bind(id));
            step.blocks().into_iter().for_each(|block| self.steps(block));
        }
    }
}
